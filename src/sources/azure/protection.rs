//! The vaults, their policies and jobs, and whether a snapshot would be allowed.

use std::collections::BTreeMap;

use futures::future::join_all;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::listing::stands_on;
use super::{Arm, MOST_VAULTS, together};
use crate::azure::{Az, Question};
use crate::facts::arm::{ArmId, BackupJob, PolicyEvaluation, SnapshotTrial, Vault};
use crate::facts::{Fetched, Need, Parts};

/// So many jobs of each vault are kept: the newest.
const MOST_JOBS: usize = 60;

/// Why nothing is known of a vault.
const NO_VAULT: &str = "no vault is known for this cluster; name one with --vault and its id";

/// Says that not all vaults were asked.
fn surplus(vaults: &[ArmId]) -> Option<String> {
    let more = vaults.len().checked_sub(MOST_VAULTS).filter(|more| *more > 0)?;
    Some(format!("{more} more vaults were not asked; name one with --vault and its id"))
}

impl Arm<'_> {
    /// Returns the vaults to judge, or the state of what stands on them.
    fn known_vaults<T>(&self) -> Result<Vec<ArmId>, Fetched<T>> {
        let facts = self.facts.borrow();
        let vaults = facts.vault_ids();
        if vaults.is_empty() {
            let unread = stands_on(&facts.backup_instances, Need::BackupInstances.what())
                .or_else(|| stands_on(&facts.trusted_access, Need::TrustedAccess.what()));
            return Err(unread.unwrap_or_else(|| Fetched::Failed(NO_VAULT.to_owned())));
        }
        Ok(vaults)
    }

    pub(super) async fn vaults(&self, az: &Az<'_>) -> Fetched<Vec<Vault>> {
        let vaults = match self.known_vaults() {
            Ok(vaults) => vaults,
            Err(state) => return state,
        };
        let few = &vaults[..vaults.len().min(MOST_VAULTS)];
        let answers = join_all(few.iter().map(|id| self.one::<Vault>(az, Question::get(id.as_str())))).await;
        let mut all = Parts::new();
        if let Some(why) = surplus(&vaults) {
            all.lack(why);
        }
        for (id, answer) in vaults.iter().zip(answers) {
            match answer {
                Fetched::Got(vault) => all.add([vault]),
                // One that is gone is no row; who names it is a finding of its own.
                Fetched::Absent => {}
                other => match other.unread(&id.words()) {
                    Some(unread) => all.lack_unread(unread),
                    None => all.lack(id.words()),
                },
            }
        }
        all.together()
    }

    /// Lists something of every vault.
    pub(super) async fn of_vaults<T: DeserializeOwned>(&self, az: &Az<'_>, what: &str) -> Fetched<Vec<T>> {
        let vaults = match self.known_vaults() {
            Ok(vaults) => vaults,
            Err(state) => return state,
        };
        let few = &vaults[..vaults.len().min(MOST_VAULTS)];
        let mut lists = join_all(few.iter().map(|id| async move {
            match self.list(az, Question::get(format!("{id}/{what}"))).await {
                // Of a vault that is gone nothing is known: who names it is a finding of its own.
                Fetched::Absent => Fetched::Failed(format!("{} is not there", id.words())),
                list => list,
            }
        }))
        .await;
        lists.extend(surplus(&vaults).map(Fetched::Failed));
        together(lists)
    }

    /// Lists the newest jobs about the cluster, and asks for the details of the newest that warned.
    pub(super) async fn jobs(&self, az: &Az<'_>, cluster: &ArmId) -> Fetched<Vec<BackupJob>> {
        let mut jobs: Fetched<Vec<BackupJob>> = self.of_vaults(az, "backupJobs").await;
        let Some(rows) = jobs.known_mut() else { return jobs };
        rows.retain(|job| job.properties.data_source_id == *cluster);
        rows.sort_by_key(|job| std::cmp::Reverse(job.when()));
        let mut kept: BTreeMap<String, usize> = BTreeMap::new();
        rows.retain(|job| {
            let vault = job.id.parent().map(|vault| vault.as_str().to_ascii_lowercase()).unwrap_or_default();
            let count = kept.entry(vault).or_default();
            *count += 1;
            *count <= MOST_JOBS
        });
        let newest = rows.iter_mut().find(|job| job.is_backup() && !job.is("InProgress"));
        if let Some(job) =
            newest.filter(|job| job.is("CompletedWithWarnings") && job.properties.extended_info.is_none())
        {
            let whole: Fetched<BackupJob> = self.one(az, Question::get(job.id.as_str())).await;
            if let Fetched::Got(whole) = whole {
                job.properties.extended_info = whole.properties.extended_info;
            }
        }
        jobs
    }

    /// Asks Azure's policies about a snapshot in the snapshot group; nothing is made.
    pub(super) async fn snapshot_trial(&self, az: &Az<'_>) -> Fetched<SnapshotTrial> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Answer {
            content_evaluation_result: Option<Evaluations>,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Evaluations {
            #[serde(default)]
            policy_evaluations: Vec<PolicyEvaluation>,
        }
        let (group, more) = {
            let facts = self.facts.borrow();
            if facts.managed_cluster.is_absent() {
                return Fetched::Failed("there is no cluster any more that would make one".to_owned());
            }
            if let Some(state) = stands_on(&facts.backup_instances, Need::BackupInstances.what()) {
                return state;
            }
            let groups = facts.snapshot_groups();
            let more = groups.len().saturating_sub(1);
            let more = (more > 0).then(|| format!("{more} more snapshot resource groups were not asked about"));
            match groups.into_iter().next() {
                Some(group) => (group, more),
                None => return Fetched::Failed("no backup instance names a snapshot resource group".to_owned()),
            }
        };
        let region = self.facts.borrow().managed_cluster.known().map(|cluster| cluster.location.clone());
        let body = serde_json::json!({"resourceDetails": {
            "apiVersion": "2024-03-02",
            "resourceContent": {
                "type": "Microsoft.Compute/snapshots",
                "name": "kubectl-aksbackup-asks-only",
                "location": region.unwrap_or_default(),
                "properties": {"creationData": {"createOption": "Copy"}, "incremental": true},
            },
        }});
        let path = format!("{group}/providers/Microsoft.PolicyInsights/checkPolicyRestrictions");
        let answer: Fetched<Answer> = self.one(az, Question::post(path, body)).await;
        match answer {
            Fetched::Got(answer) => {
                let evaluations =
                    answer.content_evaluation_result.map(|all| all.policy_evaluations).unwrap_or_default();
                Fetched::of(SnapshotTrial { group, evaluations }, more)
            }
            Fetched::Absent => Fetched::Absent,
            Fetched::Denied(right) => Fetched::Denied(right),
            Fetched::Failed(why) => Fetched::Failed(why),
            _ => Fetched::NotAsked,
        }
    }
}
