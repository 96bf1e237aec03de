//! More memory for the extension's containers: two checks ask for it alike.
//!
//! Knowledge: azure-backup.md sections 3.3 and 5: the Azure CLI knows the setting as `memoryLimit` and drops
//! the full key with a warning; the troubleshooting page's own value is 4400Mi.

use crate::facts::{Facts, Quantity};
use crate::finding::Remedy;

/// The page's own value, in MiB.
const DOCUMENTED: u64 = 4400;

/// Says how to raise the limit from what it is now; `what` begins the sentence about the cause.
pub fn raise_limit(facts: &Facts, now: Option<&str>, what: &str) -> Remedy {
    let mebibytes = now.and_then(Quantity::parse).map(|now| now.units() >> 20);
    let next = match mebibytes {
        Some(now) if now >= DOCUMENTED => now.saturating_mul(2),
        _ => DOCUMENTED,
    };
    let name = facts.extension.name.as_deref().unwrap_or("EXTENSION");
    Remedy::guided(format!(
        "{what} Raise the extension's memory limit to {next}Mi, then start a backup; raise it again if it is killed again. The \
         pod's node needs that much memory to give. The setting's name is memoryLimit: the Azure CLI drops \
         the full name of it with a warning only."
    ))
    .documented(format!(
        "az k8s-extension update --name {name} --cluster-type managedClusters --resource-group RESOURCE_GROUP --cluster-name CLUSTER --configuration-settings memoryLimit={next}Mi"
    ))
}
