//! Who acts, and what each may do: identities, role assignments, and the roles behind them.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::listing::{stands_on, unread};
use super::storage::account_of;
use super::{Arm, under};
use crate::azure::{Az, Question};
use crate::facts::arm::{
    ArmId, CallerRights, CallerRightsAt, FederatedCredential, Held, PermissionSet, Registration, RoleAssignment,
    RoleDefinition, ScaleSet, UserIdentity, Vault, known_role,
};
use crate::facts::{Facts, Fetched, Need, Parts, Text};

/// So many roles that are not Azure's own, or not known here, are asked for.
const MOST_ROLES: usize = 4;
/// The resource providers that a backup needs, besides that of the cluster itself.
const PROVIDERS: [&str; 2] = ["Microsoft.KubernetesConfiguration", "Microsoft.DataProtection"];

/// An identity, and a subscription in which it needs something.
type Wanted = (String, String);

impl Arm<'_> {
    /// Lists the scale sets of the nodes.
    pub(super) async fn scale_sets(&self, az: &Az<'_>) -> Fetched<Vec<ScaleSet>> {
        let group = self.facts.borrow().machine_group();
        match group {
            Some(group) => self.list(az, under(&group, "Microsoft.Compute/virtualMachineScaleSets")).await,
            None => Fetched::Failed("no node shows which resource group its machine lies in".to_owned()),
        }
    }

    /// Lists the identities of the nodes' group, only where no scale set has the extension's.
    pub(super) async fn identities(&self, az: &Az<'_>) -> Fetched<Vec<UserIdentity>> {
        let group = {
            let facts = self.facts.borrow();
            let principal =
                facts.backup_extension().ok().and_then(|extension| extension.principal().map(str::to_owned));
            let is_seen = principal.is_none_or(|id| facts.scale_sets.known_rows().iter().any(|set| set.may_be(&id)));
            facts.machine_group().filter(|_| !is_seen)
        };
        match group {
            Some(group) => self.list(az, under(&group, "Microsoft.ManagedIdentity/userAssignedIdentities")).await,
            None => Fetched::Got(Vec::new()),
        }
    }

    /// Lists whose tokens are taken for the extension's identity, where the identities had to be listed and it is there.
    pub(super) async fn federated_credentials(&self, az: &Az<'_>) -> Fetched<Vec<FederatedCredential>> {
        let identity = {
            let facts = self.facts.borrow();
            if let Some(state) = stands_on(&facts.identities, Need::Identities.what()) {
                return state;
            }
            facts.extension_identity().map(|identity| identity.id.clone())
        };
        match identity {
            Some(id) => self.list(az, Question::get(format!("{id}/federatedIdentityCredentials"))).await,
            None => Fetched::Got(Vec::new()),
        }
    }

    /// Asks whether the providers may be used, only where something of theirs is missing.
    pub(super) async fn registrations(&self, az: &Az<'_>, cluster: &ArmId) -> Fetched<Vec<Registration>> {
        let is_whole = {
            let facts = self.facts.borrow();
            facts.backup_extensions().next().is_some() && !facts.backup_instances.known_rows().is_empty()
        };
        let Some(subscription) = cluster.subscription().filter(|_| !is_whole) else { return Fetched::Got(Vec::new()) };
        let answers = join_all(PROVIDERS.iter().map(|namespace| {
            self.one::<Registration>(az, Question::get(format!("/subscriptions/{subscription}/providers/{namespace}")))
        }))
        .await;
        let mut all = Parts::new();
        for answer in answers {
            match answer {
                Fetched::Got(one) => all.add([one]),
                other => {
                    if let Some(unread) = other.unread("a registration") {
                        all.lack_unread(unread);
                    }
                }
            }
        }
        all.together()
    }

    /// Lists what the extension and the cluster may do, in the subscriptions where they need something.
    pub(super) async fn role_assignments(&self, az: &Az<'_>) -> Fetched<Vec<Held>> {
        let wanted = wanted_of_cluster(&self.facts.borrow());
        self.held(az, &wanted).await
    }

    /// Lists what the vaults may do: who they are is known one wave later.
    pub(super) async fn roles_of_vaults(&self, az: &Az<'_>) {
        if !self.needs.contains(&Need::RoleAssignments) {
            return;
        }
        let (wanted, is_unread) = {
            let facts = self.facts.borrow();
            (wanted_of_vaults(&facts), stands_on::<Vec<Vault>, Vec<Held>>(&facts.vaults, Need::Vaults.what()))
        };
        let more = match is_unread {
            Some(state) => state,
            None => self.held(az, &wanted).await,
        };
        let mut facts = self.facts.borrow_mut();
        let own = std::mem::take(&mut facts.role_assignments);
        facts.role_assignments = super::together(vec![own, more]);
    }

    async fn held(&self, az: &Az<'_>, wanted: &[Wanted]) -> Fetched<Vec<Held>> {
        let answers = join_all(wanted.iter().map(|(principal, subscription)| {
            let path = format!("/subscriptions/{subscription}/providers/Microsoft.Authorization/roleAssignments");
            // What its groups may do is what it may do.
            self.list::<RoleAssignment>(az, Question::get(path).filtered(&format!("assignedTo('{principal}')")))
        }))
        .await;
        let mut all = Parts::new();
        for ((principal, subscription), answer) in wanted.iter().zip(answers) {
            let unread = unread(&answer);
            let lack = unread.as_ref().map(|unread| Text::new(&unread.why));
            if let Some(unread) = unread {
                all.lack_unread(unread);
            }
            if let Fetched::Got(assignments) | Fetched::Partial { got: assignments, .. } = answer {
                let (principal, subscription) = (principal.clone(), subscription.clone());
                all.add([Held { principal, subscription, assignments, lack }]);
            }
        }
        all.together()
    }

    /// Asks for the roles that are not known by themselves.
    pub(super) async fn role_definitions(&self, az: &Az<'_>) -> Fetched<Vec<RoleDefinition>> {
        let unknown: Vec<ArmId> = {
            let facts = self.facts.borrow();
            let all = facts.role_assignments.known_rows().iter().flat_map(|held| &held.assignments);
            let mut ids: Vec<ArmId> = Vec::new();
            for id in all.map(|one| &one.properties.role_definition_id) {
                if known_role(id.name()).is_none() && !ids.iter().any(|seen| seen.name() == id.name()) {
                    ids.push(id.clone());
                }
            }
            ids
        };
        let answers = join_all(
            unknown.iter().take(MOST_ROLES).map(|id| self.one::<RoleDefinition>(az, Question::get(id.as_str()))),
        )
        .await;
        let mut all = Parts::new();
        for answer in answers {
            match answer {
                Fetched::Got(role) => all.add([role]),
                // A role that is gone allows nothing.
                Fetched::Absent => {}
                other => {
                    if let Some(unread) = other.unread("a role") {
                        all.lack_unread(unread);
                    }
                }
            }
        }
        let surplus = unknown.len().saturating_sub(MOST_ROLES);
        if surplus > 0 {
            all.lack(format!("{surplus} more roles were not asked for"));
        }
        all.together()
    }

    /// Asks what the person who runs the command may do where roles would be granted.
    pub(super) async fn caller_rights(&self, az: &Az<'_>) -> Fetched<CallerRights> {
        let scopes: Vec<ArmId> = {
            let facts = self.facts.borrow();
            let mut scopes: Vec<ArmId> = account_of(&facts).ok().into_iter().collect();
            scopes.extend(facts.snapshot_groups().into_iter().take(1));
            scopes
        };
        let answers = join_all(
            scopes
                .iter()
                .map(|scope| self.list::<PermissionSet>(az, under(scope, "Microsoft.Authorization/permissions"))),
        )
        .await;
        let mut all = Parts::new();
        for (scope, answer) in scopes.into_iter().zip(answers) {
            if let Some(unread) = unread(&answer) {
                all.lack_unread(unread);
            }
            if let Fetched::Got(permissions) | Fetched::Partial { got: permissions, .. } = answer {
                all.add([CallerRightsAt { scope, permissions }]);
            }
        }
        all.together()
    }
}

/// Returns where the extension and the cluster need something.
fn wanted_of_cluster(facts: &Facts) -> Vec<Wanted> {
    let mut wanted: BTreeSet<Wanted> = BTreeSet::new();
    if let Ok(extension) = facts.backup_extension()
        && let (Some(principal), Some(account)) = (extension.principal(), extension.account())
        && let Some(subscription) = account.subscription()
    {
        wanted.insert((principal.to_owned(), subscription.to_owned()));
    }
    if let Some(cluster) = facts.managed_cluster.known() {
        let own = cluster.id.subscription().map(str::to_owned);
        let of_snapshots = facts.snapshot_groups().first().and_then(|group| group.subscription().map(str::to_owned));
        // Only the first of its identities makes snapshots; a second is looked at in case it is that one.
        for principal in cluster.principals().into_iter().take(2) {
            if let Some(subscription) = of_snapshots.clone().or_else(|| own.clone()) {
                wanted.insert((principal.to_owned(), subscription));
            }
        }
    }
    wanted.into_iter().collect()
}

/// Returns where the vaults need something: at the cluster, and at the snapshots.
fn wanted_of_vaults(facts: &Facts) -> Vec<Wanted> {
    let subscriptions = facts.subscriptions(facts.cluster_id().as_ref());
    let mut wanted: BTreeSet<Wanted> = BTreeSet::new();
    for vault in facts.vaults.known_rows() {
        for principal in facts.principals_of_vault(vault) {
            wanted.extend(subscriptions.iter().map(|one| (principal.to_owned(), one.clone())));
        }
    }
    wanted.into_iter().collect()
}
