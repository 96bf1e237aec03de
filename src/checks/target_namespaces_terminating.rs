//! Namespaces of the cluster that a restore is to go to are being deleted.
//!
//! Knowledge: facts/diagnosis.md section 5, row 17: nothing can be created in a namespace that is being deleted, so a
//! restore into it fails object by object.

use super::check::{Check, Judgement};
use crate::facts::objects::Namespace;
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, minute};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB634",
    name: "target-namespaces-terminating",
    hop: Hop::Runs,
    title: "no namespace of the restore's target is being deleted",
    needs: &[required(Need::Target), helpful(Need::Backups)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether a namespace at the target is being deleted.

Why it matters
  Nothing can be created in such a namespace: a restore into it fails object by object.

How it is found
  The phase of every namespace at the target. One that the newest backup names is an error, since a
  restore of that backup goes there; any other is a warning.

What to do
  See what its deletion waits for, and let that come to an end before the restore.

Sources
  The Kubernetes documentation of namespaces; public reports of restores that failed so.
";

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let namespaces = target.namespaces.rows("the namespaces of the target")?;
    let newest = facts.backups.known_rows().iter().max_by_key(|backup| backup.began());
    let is_going = |namespace: &&Namespace| {
        namespace.status.phase.as_deref() == Some("Terminating") || namespace.metadata.deletion_timestamp.is_some()
    };
    let findings = namespaces.iter().filter(is_going).map(|namespace| {
        let name = &namespace.metadata.name;
        let backup = newest.filter(|backup| backup.spec.included_namespaces.contains(name));
        let since =
            namespace.metadata.deletion_timestamp.map_or_else(String::new, |at| format!(" since {}", minute(at)));
        let (severity, why) = match backup {
            Some(backup) => (
                Severity::Error,
                format!("Backup {} holds that namespace, so a restore of it fails.", backup.metadata.name),
            ),
            None => (Severity::Warning, "A restore into it would fail.".to_owned()),
        };
        let message = format!(
            "At {}, namespace {name} is being deleted{since}: nothing can be created in it. {why}",
            target.words()
        );
        let mut evidence =
            Evidence::at(format!("namespace/{name} of the target {} .status.conditions", target.context));
        let waits = namespace.status.conditions.iter().filter(|condition| condition.status == "True");
        if let Some(message) = waits.filter_map(|condition| condition.message.as_ref()).next() {
            evidence = evidence.quoting(message.to_string());
        }
        let subject = Subject::cluster_wide("v1", "Namespace", name.clone());
        Finding::new(severity, subject, message)
            .seen(evidence)
            .without(
                facts
                    .unread(Need::Backups)
                    .map(|unread| format!("whether a backup holds this namespace: {}", unread.why)),
            )
            .mended_by(Remedy::guided("See what its deletion waits for, and restore when it is gone.").documented(
                target.kubectl(&format!("get namespace {name} --output jsonpath='{{.status.conditions}}'")),
            ))
    });
    let findings: Vec<Finding> = findings.collect();
    if findings.is_empty() {
        // Nothing in a part of them is no word about the rest.
        target.namespaces.whole_rows("the namespaces of the target")?;
    }
    Ok(findings)
}
