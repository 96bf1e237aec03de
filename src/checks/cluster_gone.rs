//! Azure has no such cluster any more; what protects it may still be there.
//!
//! Knowledge: Azure Backup's troubleshooting page, BackupPluginDeleteBackupOperationFailed: expired recovery points are
//! deleted through the cluster, and stay where it is gone.

use super::check::{Check, Judgement};
use super::reading::azure::azure_subject;
use super::reading::azure_words::{cluster_subject, instance_options};
use super::reading::location_account::Account;
use crate::facts::arm::{ArmId, BackupInstance, SnapshotsLeft};
use crate::facts::{Facts, Need, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted, listing};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB712",
    name: "cluster-gone",
    hop: Hop::Cluster,
    title: "Azure has the cluster",
    needs: &[
        required(Need::ManagedCluster),
        helpful(Need::NodeGroup),
        helpful(Need::BackupInstances),
        helpful(Need::LeftBehind),
        helpful(Need::StorageLocations),
    ],
    explains: &["BackupPluginDeleteBackupOperationFailed"],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether Azure still has the cluster.

Why it matters
  A vault deletes expired recovery points through the cluster. Where that is gone, snapshots and backup data
  stay and cost, and the vault's jobs fail.

How it is found
  Azure answers that there is no such cluster. Where the API server of the kubeconfig answers all the same, the
  names that were given may be those of another cluster; that is said. What is left of the protection is what the
  vault lists for the cluster, the snapshots in its snapshot resource groups, and the containers of the accounts at
  which the vault has a role; without instances of the cluster, --vault names where to look.

What to do
  Restore what is needed into another cluster first. Then stop or delete the backup instance, and delete what
  is left of snapshots and backup data.

Sources
  Azure Backup's troubleshooting page for AKS, BackupPluginDeleteBackupOperationFailed.
";

fn run(facts: &Facts) -> Judgement {
    if !facts.managed_cluster.is_absent() {
        facts.azure_cluster()?;
        return Ok(Vec::new());
    }
    let id = facts.cluster_id();
    let answers = facts.server.version.is_some();
    let mut message = match &id {
        Some(id) => format!(
            "Azure finds no cluster {} in resource group {} of subscription {}.",
            id.name(),
            id.group().unwrap_or_default(),
            id.subscription().unwrap_or_default()
        ),
        None => "Azure finds no such cluster.".to_owned(),
    };
    if answers {
        message.push_str(
            "\nThe API server of the kubeconfig answers all the same: the subscription, resource group or name may be those of \
             another cluster.",
        );
    }
    if facts.named.cluster.is_none()
        && facts.node_group.known().is_none()
        && let (Some(_), Some(vault)) = (&id, &facts.named.vault)
    {
        message.push_str(&format!(
            "\nVault {} names it, and no other cluster: that it is the kubeconfig's, nothing else tells.",
            vault.name()
        ));
    }
    let mut evidence =
        vec![Evidence::at(id.as_ref().map_or_else(|| "the cluster: none".to_owned(), |id| format!("{id}: none")))];
    let left = left(facts, &mut evidence);
    if left.is_empty() {
        message.push_str("\nNothing of its protection is known here.");
    } else {
        message.push_str("\nWhat is known to be left of its protection:");
        left.iter().for_each(|one| message.push_str(&format!("\n  {one}")));
    }
    let instances = facts.backup_instances.known_rows();
    let mut finding = Finding::new(Severity::Warning, cluster_subject(facts), message);
    finding.evidence = evidence;
    finding.concerns.extend(instances.iter().map(|one| azure_subject(&one.id)));
    finding = finding
        .without(not_known(facts))
        .without(facts.unread(Need::LeftBehind).map(|unread| format!("what else is left: {}", unread.why)));
    Ok(vec![finding.mended_by(remedy(facts, id.as_ref(), answers))])
}

/// Says what is left, each thing in a line.
fn left(facts: &Facts, evidence: &mut Vec<Evidence>) -> Vec<String> {
    let mut left: Vec<String> = Vec::new();
    for one in facts.backup_instances.known_rows() {
        let vault = one.vault();
        left.push(format!(
            "backup instance {} in vault {}",
            one.label(),
            vault.as_ref().map_or("an unknown vault", |vault| vault.name())
        ));
        evidence.push(Evidence::at(one.id.to_string()));
    }
    let behind = facts.left_behind.known();
    let snapshots = behind.map_or(&[][..], |behind| &behind.snapshots);
    for group in facts.snapshot_groups() {
        left.push(snapshots_in(&group, snapshots));
        evidence.extend(snapshots.iter().filter(|row| row.lie_in == group).map(|row| {
            let count = row.count.unwrap_or_default();
            let of = if row.disks_of.is_empty() { String::new() } else { format!(" of disks of {}", row.disks_of) };
            Evidence::quoted(format!("snapshots in {group} in Azure's index"), format!("{count}{of}"))
        }));
    }
    // What the location in the cluster names is the one, unless a flag named another cluster; what the vault has a role
    // at may hold others' backups too.
    let own = facts.locations().next().filter(|_| facts.named.cluster.is_none());
    let own = own.map(|location| Account::of(facts, location));
    match own {
        Some(account) => left.push(format!("{}, with the backup data", account.container_words())),
        None => {
            let containers = behind.map_or(&[][..], |behind| &behind.containers);
            let mut accounts: Vec<ArmId> = containers.iter().filter_map(account_of).collect();
            accounts.dedup();
            for account in accounts {
                let names: Vec<&str> = containers.iter().filter(|one| account.holds(one)).map(ArmId::name).collect();
                left.push(format!(
                    "storage account {}, at which the vault has a role, with {} {}: whose backups {} holds, Azure does not tell",
                    account.name(),
                    if names.len() == 1 { "container" } else { "the containers" },
                    listing(names.iter().copied(), 8),
                    if names.len() == 1 { "it" } else { "each" }
                ));
                evidence.push(Evidence::at(account.to_string()));
            }
        }
    }
    left
}

/// Says how many snapshots there are in a group, by the resource groups of their disks.
fn snapshots_in(group: &ArmId, all: &[SnapshotsLeft]) -> String {
    let mut here: Vec<&SnapshotsLeft> = all.iter().filter(|row| row.lie_in == *group).collect();
    if here.is_empty() {
        return format!("resource group {}, into which its snapshots went", group.name());
    }
    here.sort_by_key(|row| std::cmp::Reverse(row.count));
    let many = |row: &SnapshotsLeft| usize::try_from(row.count.unwrap_or_default()).unwrap_or(usize::MAX);
    let parts: Vec<String> = here
        .iter()
        .map(|row| match row.disks_of.group() {
            Some(of) => format!("{} of disks of resource group {of}", counted(many(row), "snapshot", "snapshots")),
            None => format!("{} of disks that Azure does not name", counted(many(row), "snapshot", "snapshots")),
        })
        .collect();
    let others = if here.len() > 1 { ": only those of the cluster's own disks are left over" } else { "" };
    format!("resource group {}: {}{others}", group.name(), listing(parts.iter().map(String::as_str), 3))
}

/// Returns the storage account of a container.
fn account_of(container: &ArmId) -> Option<ArmId> {
    container.parent()?.parent()
}

/// Says what nobody here can know of what protected it.
fn not_known(facts: &Facts) -> Option<String> {
    if let Some(unread) = facts.unread(Need::BackupInstances) {
        return Some(format!("which vault protected it: {}", unread.why));
    }
    if facts.backup_instances.known_rows().is_empty() {
        return Some(match &facts.named.vault {
            Some(vault) => format!("which vault protected it: vault {} lists no backup instance of it", vault.name()),
            None => "which vault protected it: none is known; name it with --vault and its id".to_owned(),
        });
    }
    let has_place =
        facts.left_behind.known().is_some_and(|left| !left.containers.is_empty()) || facts.locations().next().is_some();
    (!has_place).then(|| {
        "where its backup data is: only the extension's settings said that, and they are gone with the cluster"
            .to_owned()
    })
}

fn remedy(facts: &Facts, id: Option<&ArmId>, answers: bool) -> Remedy {
    let mut remedy = Remedy::guided(if answers {
        "See which cluster was meant: where the subscription, the resource group and the name were given, correct them, or leave \
         them out to have them found. If the cluster is being deleted, restore what is needed into another one first."
    } else {
        "See first that the cluster is really gone, and that no name which was given is mistyped. Then restore what is needed into another cluster, as long as the recovery points \
         are there. After that, stop the protection in the vault, and delete those snapshots of its disks, and that backup data, that nobody needs; others in the same places are recovery points of clusters that live."
    });
    if let Some(id) = id {
        remedy = remedy.documented(format!("az resource show --ids {}", shell_word(id.as_str())));
    }
    let instances: &[BackupInstance] = facts.backup_instances.known_rows();
    for one in instances.iter().take(2) {
        remedy = remedy.documented(format!("az dataprotection backup-instance show {}", instance_options(&one.id)));
    }
    for group in facts.snapshot_groups().iter().take(2) {
        let (name, subscription) = (shell_word(group.name()), shell_word(group.subscription().unwrap_or_default()));
        remedy = remedy.documented(format!(
            "az snapshot list --resource-group {name} --subscription {subscription} --query \"[].{{name:name, disk:creationData.sourceResourceId, made:timeCreated}}\" --output table"
        ));
    }
    remedy
}
