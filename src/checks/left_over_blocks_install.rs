//! Helm will not install the extension, since an object of its chart exists already and belongs to something else.
//!
//! Knowledge: helm's words about ownership, which name the object and the release that its annotations name;
//! vmware-tanzu/helm-charts issue 500; diagnosis.md section 3 ("a left-over object or a second Velero"). Whose it is
//! decides what to do, so nothing is deleted before that is known.

use super::check::{Check, Judgement};
use super::reading::agent::{is_installed, says};
use super::reading::extension_parts::running_into;
use super::reading::other_veleros::{self, other_veleros};
use super::reading::said::shortened;
use super::reading::word::word;
use crate::catalogue::{Captured, Match, Sign, classify, innermost};
use crate::facts::objects::{ExtensionConfig, Workload};
use crate::facts::{Facts, Need, SYSTEM_NAMESPACE, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB126",
    name: "left-over-blocks-install",
    hop: Hop::Extension,
    title: "no object of somebody else's stands in the way of the installation",
    needs: &[
        required(Need::ExtensionConfigs),
        helpful(Need::VeleroWorkloads),
        helpful(Need::Deployments),
        helpful(Need::StorageLocations),
    ],
    explains: &["EXT_RESOURCE_ALREADY_EXISTS", "UserErrorKubernetesBackupExtensionHasErrors"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether the extension's record says that an object \"exists and cannot be imported into the current
  release\", which object that is, and whose.

Why it matters
  Helm takes over nothing that another release, or nobody, owns: it gives up, and nothing is installed. The
  object stays, so every further attempt ends in the same way.

How it is found
  The words of the extension's record, which name the object and, in most versions, the release that its
  annotations name. Whether that release's Velero runs is seen by the Deployments of the cluster that run
  Velero.

What to do
  Find out whose it is. What a running Velero uses stays, and then it is a question of which of the two
  Veleros is wanted. What belongs to another helm release is its owner's to give away. What no release owns
  and nobody uses is handed over to the new release by its label and annotations, or deleted.

Sources
  Helm's documentation of ownership; vmware-tanzu/helm-charts issue 500; Microsoft's page on cluster
  extension deployment errors.
";

fn run(facts: &Facts) -> Judgement {
    let configs = facts.extension_configs.rows(Need::ExtensionConfigs.what())?;
    let backup = configs.iter().filter(|config| config.is_backup() && !says(config, "Installed"));
    Ok(backup.filter_map(|config| of_config(facts, config)).collect())
}

/// What the message says of the object.
#[derive(Default)]
struct Object<'m> {
    kind: Option<&'m str>,
    namespace: Option<&'m str>,
    name: Option<&'m str>,
    owner: Option<&'m str>,
    owner_namespace: Option<&'m str>,
}

impl<'m> Object<'m> {
    fn read(found: &'m Match) -> Self {
        let Captured::Existing { kind, namespace, name, owner, owner_namespace } = &found.captured else {
            return Self::default();
        };
        let filled = |text: &'m Option<String>| text.as_deref().filter(|text| !text.is_empty());
        Self {
            kind: filled(kind),
            namespace: filled(namespace),
            name: filled(name),
            owner: filled(owner),
            owner_namespace: filled(owner_namespace),
        }
    }

    /// Tells whether it belongs to a release that is not the extension's own.
    fn is_foreign(&self, release: &str) -> bool {
        // Helm names only what differs: a namespace alone means a release of the extension's own name there.
        self.owner.is_some_and(|owner| owner != release)
    }

    fn words(&self) -> String {
        match (self.kind, self.name, self.namespace) {
            (Some(kind), Some(name), Some(namespace)) => format!("{kind} {name} in namespace {namespace}"),
            (Some(kind), Some(name), None) => format!("{kind} {name}"),
            _ => "an object that its words do not name".to_owned(),
        }
    }

    fn subject(&self) -> Option<Subject> {
        // The kind's group and version are not told.
        Some(Subject {
            api_version: None,
            kind: Some(self.kind?.to_owned()),
            namespace: self.namespace.map(str::to_owned),
            name: Some(self.name?.to_owned()),
            id: None,
        })
    }
}

fn of_config(facts: &Facts, config: &ExtensionConfig) -> Option<Finding> {
    let text = config.failure()?;
    let found = classify(text).into_iter().find(|found| found.sign == Sign::ResourceExists)?;
    let object = Object::read(&found);
    let name = &config.metadata.name;
    let mut message = format!(
        "Helm does not install or change the extension {name}, because of {}: that exists already, and does not belong to this release.",
        object.words()
    );
    message.push('\n');
    message.push_str(&whose(&object, name));
    let users: Vec<&Workload> = other_veleros(facts).filter(|velero| uses(velero, &object)).collect();
    let others: Vec<String> = other_veleros(facts).map(other_veleros::subject).map(|subject| place(&subject)).collect();
    message.push_str(&match (users.first(), others.is_empty(), facts.unread(Need::VeleroWorkloads).is_none()) {
        (Some(velero), ..) if other_veleros::is_up(velero) => format!(
            "\nA Velero runs there ({}), so the object is in use: this is no left-over, but a second Velero.",
            place(&other_veleros::subject(velero))
        ),
        (Some(velero), ..) => format!(
            "\nA Velero is installed there ({}) and scaled to 0: it does nothing now, and would use the object again.",
            place(&other_veleros::subject(velero))
        ),
        (None, false, _) => format!(
            "\nAnother Velero is in this cluster ({}); the message does not tie the object to it.",
            listing(others.iter().map(String::as_str), 3)
        ),
        (None, true, true) if object.is_foreign(name) => {
            "\nNo other Velero is in this cluster, so it is not a second Velero's: that release is some other software's, or \
             helm no longer has it. Whether it is in use, its owner knows."
                .to_owned()
        }
        (None, true, true) => {
            "\nNo other Velero is in this cluster, so no Velero uses it: it is a left-over.".to_owned()
        }
        (None, true, false) => String::new(),
    });
    // As long as what was there before runs on, backups do too.
    let severity =
        if is_installed(facts) || running_into(facts).is_some() { Severity::Warning } else { Severity::Error };
    let field =
        if config.status.reconciliation_error.as_ref() == Some(text) { "reconciliationError" } else { "message" };
    let quote = shortened(innermost(text), QUOTE);
    let mut finding = Finding::new(severity, object.subject().unwrap_or_else(|| config.subject()), message)
        .seen(Evidence::quoted(format!("{} .status.{field}", config.at()), quote))
        .concerning(config.subject());
    finding.concerns.extend(users.iter().map(|velero| other_veleros::subject(velero)));
    let finding = finding.without(
        facts
            .unread(Need::VeleroWorkloads)
            .map(|unread| format!("whether another Velero uses the object: {}", unread.why)),
    );
    let is_used = users.iter().any(|velero| other_veleros::is_up(velero));
    Some(finding.mended_by(remedy(facts, &object, name, is_used)))
}

/// The longest excerpt that is quoted.
const QUOTE: usize = 700;

fn whose(object: &Object<'_>, release: &str) -> String {
    let place = object.owner_namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
    match object.owner {
        Some(owner) if owner == release => {
            format!("Its annotations name a release of the same name{place}: an earlier installation left it.")
        }
        Some(owner) => format!("Its annotations name the helm release {owner}{place}."),
        None if !place.is_empty() => format!("Its annotations name a helm release{place}."),
        None => {
            "The message names no release that it belongs to: what was made by hand, by velero install or by a hook has none."
                .to_owned()
        }
    }
}

/// Tells whether a Velero is the one that the object belongs to, by the release that owns it or by where it lies.
fn uses(velero: &Workload, object: &Object<'_>) -> bool {
    let namespace = velero.metadata.namespace();
    let release = velero.metadata.label("app.kubernetes.io/instance");
    object.owner_namespace == Some(namespace)
        || object.namespace == Some(namespace)
        || (object.owner_namespace.is_none() && release.is_some() && release == object.owner)
}

fn place(subject: &Subject) -> String {
    let part = |text: &Option<String>| text.clone().unwrap_or_default();
    format!("Deployment {}/{}", part(&subject.namespace), part(&subject.name))
}

fn remedy(facts: &Facts, object: &Object<'_>, release: &str, is_used: bool) -> Remedy {
    const RELEASES: &str = "helm list --all-namespaces --all";
    let Some((kind, name)) = object.kind.zip(object.name) else {
        return Remedy::guided(
            "Find out first which object it is: the log of extension-operator in kube-system has helm's own words, where it \
             runs in the cluster. Do not delete by the recommendation in the message before you know whose it is.",
        )
        .documented(format!("kubectl --namespace {SYSTEM_NAMESPACE} logs --selector control-plane=extension-operator --all-containers --prefix --tail=300"))
        .documented(RELEASES);
    };
    let (kind, name) = (word(Some(kind), "KIND"), word(Some(name), "NAME"));
    let namespace = object
        .namespace
        .map_or(String::new(), |namespace| format!(" --namespace {}", word(Some(namespace), "NAMESPACE")));
    let is_definition = kind.eq_ignore_ascii_case("CustomResourceDefinition");
    let (deletion, caution) = if is_definition {
        ("", " Do not delete it: with a definition go all objects of its kind, in all namespaces.")
    } else {
        ("; or delete that one object", "")
    };
    let show = format!("kubectl get {kind} {name}{namespace} --output yaml");
    if is_used {
        return Remedy::guided(format!(
            "Decide which of the two Veleros is wanted: Microsoft does not support another one beside the extension. Leave \
             the object alone while the other runs. If that one is to go, remove it by the tool that installed it, and see \
             to it that its definitions, which the extension needs too, stay.{caution}"
        ))
        .documented(show)
        .documented(RELEASES)
        .documented("kubectl get backupstoragelocations.velero.io --all-namespaces");
    }
    if object.is_foreign(release) {
        let owner = object.owner.unwrap_or_default();
        let place = object.owner_namespace.map_or(String::new(), |namespace| format!(" in namespace {namespace}"));
        return Remedy::guided(format!(
            "The object belongs to the helm release {owner}{place}: ask its owner, and do not take it away from that. See whether helm still has \
             that release (second command). Where it has, its owner decides which of the two may have the object. Where it \
             has not, its owner says whether anything still uses the object; only if nothing does, it is removed or handed \
             over by whoever made it.{caution}"
        ))
        .documented(show)
        .documented(RELEASES);
    }
    let home = &facts.extension.namespace;
    Remedy::guided(format!(
        "Look at the object first (first command), and whether helm still has the release that it names (second). Where \
         that release is there, its owner uninstalls it. Where it is not and nobody uses the object, keep a copy of it and \
         hand it over to the extension's release by the label and the annotations (the last two commands){deletion}; then \
         install again.{caution}"
    ))
    .documented(show)
    .documented(RELEASES)
    .documented(format!("kubectl label {kind} {name}{namespace} --overwrite app.kubernetes.io/managed-by=Helm"))
    .documented(format!(
        "kubectl annotate {kind} {name}{namespace} --overwrite meta.helm.sh/release-name={release} meta.helm.sh/release-namespace={home}"
    ))
}
