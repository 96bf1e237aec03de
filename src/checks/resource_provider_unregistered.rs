//! The subscription may not use a resource provider that backup needs.
//!
//! Knowledge: azure-backup.md section 2, rule 14. Asked only where something of the provider is missing.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use crate::facts::arm::{ArmId, Registration};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB136",
    name: "resource-provider-unregistered",
    hop: Hop::Extension,
    title: "the subscription may use the resource providers of backup",
    needs: &[
        required(Need::Registrations),
        helpful(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::Nodes),
    ],
    explains: &["UserErrorKubernetesBackupExtensionNotFoundError"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the cluster's subscription is registered for Microsoft.KubernetesConfiguration, which installs extensions,
  and Microsoft.DataProtection, which backs up.

Why it matters
  Without the first no extension can be installed or listed, without the second the vault cannot work in this
  subscription.

How it is found
  The registration's state in Azure. It is asked for only where something of the provider is missing.

What to do
  Register the provider. It takes some minutes, and changes nothing that is there.

Sources
  Azure Backup's page on backing up AKS with the Azure CLI; Azure Resource Manager's page on resource providers.
";

/// The providers that backup needs.
const NEEDED: [&str; 2] = ["Microsoft.KubernetesConfiguration", "Microsoft.DataProtection"];

fn run(facts: &Facts) -> Judgement {
    let all = facts.registrations.rows(Need::Registrations.what())?;
    let needed = all.iter().filter(|one| NEEDED.iter().any(|name| one.namespace.eq_ignore_ascii_case(name)));
    let is_known = |one: &&Registration| !one.registration_state.is_empty();
    let lacking = needed.filter(is_known).filter(|one| !one.registration_state.eq_ignore_ascii_case("Registered"));
    Ok(lacking.map(|registration| say(facts, registration)).collect())
}

fn say(facts: &Facts, registration: &Registration) -> Finding {
    let (name, state) = (registration.namespace.as_str(), registration.registration_state.as_str());
    let cluster = facts.cluster_id();
    let subscription = cluster.as_ref().and_then(ArmId::subscription);
    let is_coming = state.eq_ignore_ascii_case("Registering");
    let installs = name.eq_ignore_ascii_case("Microsoft.KubernetesConfiguration");
    let place = subscription.map_or_else(|| "the subscription".to_owned(), |id| format!("subscription {id}"));
    let mut message = format!("The resource provider {name} is {state} in {place}.");
    message.push_str(match (is_coming, installs) {
        (true, _) => " That takes some minutes.",
        (_, true) => " No extension can be installed there.",
        _ => " Backups of what is in this subscription cannot be set up.",
    });
    let severity = match (is_coming, installs) {
        (true, _) => Severity::Info,
        (_, true) => Severity::Error,
        _ => Severity::Warning,
    };
    let id = subscription.map(|subscription| ArmId::new(&format!("/subscriptions/{subscription}/providers/{name}")));
    let subject = match &id {
        Some(id) => azure_subject(id),
        None => Subject { kind: Some("providers".to_owned()), name: Some(name.to_owned()), ..Subject::default() },
    };
    let at = id.as_ref().map_or_else(|| format!("provider {name}"), ToString::to_string);
    let of = format!(
        "--namespace {} --subscription {}",
        shell_word(name),
        subscription.map_or("SUBSCRIPTION".to_owned(), shell_word)
    );
    let mut remedy = Remedy::guided(if is_coming {
        "Wait, and look again in some minutes."
    } else {
        "Register the provider and wait until it says Registered. That takes the right to register providers in the \
         subscription, which Contributor has."
    });
    if !is_coming {
        remedy = remedy.documented(format!("az provider register {of}"));
    }
    Finding::new(severity, subject, message)
        .seen(Evidence::quoted(format!("{at} registrationState"), state))
        .mended_by(remedy.documented(format!("az provider show {of} --query registrationState --output tsv")))
}
