//! The cluster that a restore is to go to lacks storage classes of the source.
//!
//! Knowledge: azure-backup.md (restore: storage classes are mapped or must exist at the target); facts/diagnosis.md
//! section 5, row 17.

use super::check::{Check, Judgement};
use crate::facts::objects::{StorageClass, Target};
use crate::facts::{Facts, Need, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, Subject, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB632",
    name: "target-lacks-storage-classes",
    hop: Hop::Runs,
    title: "the target of a restore has the source's storage classes",
    needs: &[required(Need::Target), required(Need::StorageClasses)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether every storage class of the source exists at the target, made by the same provisioner.

Why it matters
  A restored claim names its class. Where that class does not exist, the claim stays Pending; where it
  stands for another provisioner, the snapshot is not used and the volume comes back empty.

How it is found
  The storage classes of both clusters, by name. Whether a claim of the backup uses the class is not
  looked at here.

What to do
  Make the class at the target, or map it to another one in the restore.

Sources
  Azure Backup's support matrix for AKS; public reports of restores with claims that stay Pending.
";

/// How many classes are named.
const SHOWN: usize = 6;

fn run(facts: &Facts) -> Judgement {
    let target = facts.target.required(Need::Target.what())?;
    let source = facts.storage_classes.rows(Need::StorageClasses.what())?;
    let there = target.storage_classes.whole_rows("the StorageClasses of the target")?;
    let find = |class: &StorageClass| there.iter().find(|other| other.metadata.name == class.metadata.name);
    let missing: Vec<&StorageClass> = source.iter().filter(|class| find(class).is_none()).collect();
    let mut findings = Vec::new();
    if let [first, rest @ ..] = missing.as_slice() {
        let names = listing(missing.iter().map(|class| class.metadata.name.as_str()), SHOWN);
        let (have, claims) = match missing.as_slice() {
            [_] => ("storage class", "A claim of this class stays"),
            _ => ("storage classes", "Claims of these classes stay"),
        };
        let message = format!(
            "{} has no {have} {names}. {claims} Pending after a restore, unless the restore maps the class to another.",
            capital(&target.words())
        );
        let subject = Subject::cluster_wide("storage.k8s.io/v1", "StorageClass", first.metadata.name.clone());
        let mut finding = Finding::new(Severity::Warning, subject, message).seen(
            Evidence::at(format!("storageclasses of the target {}", target.context))
                .quoting(listing(there.iter().map(|class| class.metadata.name.as_str()), SHOWN)),
        );
        for class in rest {
            finding = finding.concerning(Subject::cluster_wide(
                "storage.k8s.io/v1",
                "StorageClass",
                class.metadata.name.clone(),
            ));
        }
        findings.push(finding.mended_by(remedy(target)));
    }
    for (class, other) in source.iter().filter_map(|class| Some((class, find(class)?))) {
        if class.provisioner == other.provisioner {
            continue;
        }
        let name = &class.metadata.name;
        let message = format!(
            "Storage class {name} is made by {} at the source and by {} at {}. A volume restored through it cannot be made from a snapshot of the source's driver.",
            class.provisioner,
            other.provisioner,
            target.words()
        );
        let subject = Subject::cluster_wide("storage.k8s.io/v1", "StorageClass", name.clone());
        findings.push(
            Finding::new(Severity::Warning, subject, message)
                .seen(
                    Evidence::at(format!("storageclass/{name} of the target {} .provisioner", target.context))
                        .quoting(other.provisioner.clone()),
                )
                .mended_by(remedy(target)),
        );
    }
    Ok(findings)
}

fn remedy(target: &Target) -> Remedy {
    Remedy::guided("Make the class at the target with the source's provisioner and parameters, or map it to another class in the restore's configuration.")
        .documented(target.kubectl("get storageclass"))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
