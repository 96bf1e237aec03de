//! Azure has more than one backup extension on the cluster.
//!
//! Knowledge: diagnosis.md section 2 (4): a failed twin under another name keeps an installation from being created
//! ("Multiple extensions of same type is not allowed at this scope"), and a filter that minds the case of the type hides it.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_extension::{cluster, list, on, show};
use crate::facts::arm::ArmExtension;
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB132",
    name: "azure-extension-twins",
    hop: Hop::Extension,
    title: "Azure has one backup extension on the cluster",
    needs: &[required(Need::ArmExtensions), helpful(Need::ExtensionConfigs)],
    explains: &["UserErrorKubernetesBackupExtensionHasErrors"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure lists two or more extensions of the type microsoft.dataprotection.kubernetes on the cluster, under
  whatever names and however the type is written.

Why it matters
  Only one is allowed. A second one, failed or left over, keeps an installation from being created and makes the vault
  report errors of an extension that you do not look at.

How it is found
  The cluster's extensions in Azure, compared by type without regard to case.

What to do
  Find out which one works: its state is Succeeded, and its name is that of the record in the cluster. Delete the other
  by its name, once you know that nothing of it is in use.

Sources
  Azure's refusal of a second extension of a type; public reports.
";

fn run(facts: &Facts) -> Judgement {
    let kept = facts.backup_extension()?;
    let all: Vec<&ArmExtension> = facts.backup_extensions().collect();
    if all.len() < 2 {
        return Ok(Vec::new());
    }
    let state = |extension: &ArmExtension| {
        let state = extension.properties.provisioning_state.as_deref().unwrap_or("state unknown");
        format!("{} ({state})", extension.name)
    };
    let named: Vec<String> = all.iter().map(|extension| state(extension)).collect();
    let mut message = format!(
        "Azure has {} backup extensions on the cluster: {}. Only one of a type is allowed.",
        all.len(),
        listing(named.iter().map(String::as_str), 4)
    );
    let working = all.iter().filter(|extension| extension.has_succeeded()).count();
    let is_here = facts.extension.name.as_deref() == Some(kept.name.as_str());
    if is_here {
        message.push_str(&format!("\nThe record in the cluster is that of {}.", kept.name));
    }
    let severity = if working == 0 { Severity::Error } else { Severity::Warning };
    let others: Vec<&ArmExtension> = all.iter().copied().filter(|other| !std::ptr::eq(*other, kept)).collect();
    let subject = others.first().map_or(&kept.id, |other| &other.id);
    let mut finding = Finding::new(severity, azure_subject(subject), message);
    for extension in &all {
        let state = extension.properties.provisioning_state.as_deref().unwrap_or("null");
        finding = finding.seen(Evidence::quoted(format!("{} properties.provisioningState", extension.id), state));
        finding = finding.concerning(azure_subject(&extension.id));
    }
    let text = if working == 1 && kept.has_succeeded() {
        format!(
            "See first that {} is the one in use: its name is that of the record in the cluster. Then delete the other by \
             its name, and leave {} as it is.",
            kept.name, kept.name
        )
    } else {
        "Find out which one is in use: the record in the cluster has its name. Keep that one. Delete another only when \
         you know that no pod and no storage location of it is left in the cluster."
            .to_owned()
    };
    let mut remedy = Remedy::guided(text)
        .documented(list(cluster(kept).as_ref()))
        .documented("kubectl get extensionconfigs.aks.clusterconfig.azure.com --all-namespaces");
    for other in &others {
        remedy = remedy.documented(show(other, ""));
        if working == 1 && kept.has_succeeded() {
            let place = on(cluster(other).as_ref());
            remedy = remedy.documented(format!("az k8s-extension delete --name {} {place}", shell_word(&other.name)));
        }
    }
    Ok(vec![finding.mended_by(remedy)])
}
