//! Who must be allowed what for a backup, and whether it is: one table, for the checks and for the report.
//!
//! Four identities, four scopes, and nobody sees them in one place: that is what this is for. A role is judged by the
//! actions that it allows, wildcards and exceptions included, and never by its name alone; what a group of the identity
//! holds counts.
//! Knowledge: Azure Backup's pages for AKS (roles and actions per identity); the storage role depends on how the
//! extension signs in to the account (Velero's pkg/util/azure/storage.go).

use jiff::{SignedDuration, Timestamp};

use super::reading::location_account::{Account, Mode};
use crate::facts::arm::{
    ArmExtension, ArmId, BackupInstance, Held, PermissionSet, RoleAssignment, TrustedAccess, known_role,
};
use crate::facts::{Binding, Facts, Fetched, Need, Unread};

/// So long after it was granted a role may not have reached everywhere.
///
/// Knowledge: the troubleshooting page says to wait an hour.
pub const SETTLES: SignedDuration = SignedDuration::from_hours(1);

/// Whose permission it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// The extension.
    Extension,
    /// A backup vault.
    Vault,
    /// The cluster.
    Cluster,
    /// The nodes' kubelet.
    Kubelet,
    /// The person who runs the command.
    You,
}

/// What a permission is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Writing backups into the account.
    Store,
    /// Looking at the cluster and its extension.
    LookAtCluster,
    /// Calling the cluster's API.
    CallCluster,
    /// Making snapshots.
    Snapshot,
    /// Looking at the snapshots.
    LookAtSnapshots,
    /// Moving copies into the vault.
    MoveToVault,
    /// Granting roles.
    Grant,
    /// Nothing.
    Nothing,
}

/// How it stands with a permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is there.
    Granted,
    /// It is there, and so new that it may not have reached everywhere; until when.
    Recent(Timestamp),
    /// It is not there.
    Missing,
    /// It is taken away again by a deny assignment.
    Denied,
    /// Nobody could find out; why.
    Unknown(Unread),
    /// None is needed.
    NotNeeded,
}

impl Verdict {
    /// Returns one word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Granted => "granted",
            Self::Recent(_) => "granted-recently",
            Self::Missing => "missing",
            Self::Denied => "denied",
            Self::Unknown(_) => "unknown",
            Self::NotNeeded => "not-needed",
        }
    }

    /// Returns whether it stands in the way.
    #[must_use]
    pub const fn is_broken(&self) -> bool {
        matches!(self, Self::Missing | Self::Denied)
    }
}

/// One permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Whose.
    pub who: Who,
    /// The same in words: `vault vault-prod`.
    pub identity: String,
    /// The resource that acts: the extension, the vault, the cluster; empty for a person.
    pub of: ArmId,
    /// The object id.
    pub principal: Option<String>,
    /// Where.
    pub scope: ArmId,
    /// What for.
    pub what: What,
    /// The role that Azure's pages name for it.
    pub needed: &'static str,
    /// The role that gives it.
    pub has: Option<String>,
    /// Since when.
    pub since: Option<Timestamp>,
    /// The scope that the role was given at, where that lies above.
    pub inherited_from: Option<ArmId>,
    /// The deny assignment that takes it away.
    pub denied_by: Option<String>,
    /// How it stands.
    pub verdict: Verdict,
}

/// Who acts.
struct Actor<'f> {
    who: Who,
    identity: String,
    of: ArmId,
    principal: Option<&'f str>,
    /// A scope below that which suffices: of the account the one container.
    narrower: Option<ArmId>,
}

/// An action, and whether it is one on data.
type Action = (&'static str, bool);

const BLOBS: &[Action] = &[
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write", true),
    ("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete", true),
];
const KEYS: &[Action] = &[("Microsoft.Storage/storageAccounts/listKeys/action", false)];
const LOOK_AT_CLUSTER: &[Action] = &[
    ("Microsoft.ContainerService/managedClusters/read", false),
    ("Microsoft.KubernetesConfiguration/extensions/read", false),
];
const LOOK_AT_SNAPSHOTS: &[Action] =
    &[("Microsoft.Resources/subscriptions/resourceGroups/read", false), ("Microsoft.Compute/snapshots/read", false)];
const SNAPSHOTS: &[Action] = &[
    ("Microsoft.Compute/snapshots/read", false),
    ("Microsoft.Compute/snapshots/write", false),
    ("Microsoft.Compute/snapshots/delete", false),
];
const EXPORT: &[Action] = &[("Microsoft.Compute/snapshots/beginGetAccess/action", false)];
const DOWNLOAD: &[Action] = &[("Microsoft.Compute/snapshots/download/action", true)];
const READ_BLOBS: &[Action] = &[("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read", true)];

/// The right to grant roles.
pub const GRANT: &str = "Microsoft.Authorization/roleAssignments/write";

/// The facts that the table is made from.
pub const OF_TABLE: [Need; 10] = [
    Need::ManagedCluster,
    Need::ArmExtensions,
    Need::BackupInstances,
    Need::TrustedAccess,
    Need::Vaults,
    Need::BackupPolicies,
    Need::RoleAssignments,
    Need::RoleDefinitions,
    Need::DenyAssignments,
    Need::CallerRights,
];

/// Returns the table; empty where Azure was not asked.
#[must_use]
pub fn permissions(facts: &Facts) -> Vec<Row> {
    // Who may do what on another cluster is of no use here.
    if matches!(facts.binding(), Binding::Contradicted(_)) {
        return Vec::new();
    }
    let mut rows = Vec::new();
    rows.extend(of_extension(facts));
    for instance in facts.backup_instances.known_rows() {
        rows.extend(of_vault(facts, instance));
    }
    rows.extend(of_vaults_without_instance(facts));
    rows.extend(of_cluster(facts));
    rows.extend(of_kubelet(facts));
    rows.extend(of_caller(facts));
    // Two instances of one vault ask for the same.
    let mut seen: Vec<(ArmId, Option<String>, ArmId, &'static str)> = Vec::new();
    rows.retain(|row| {
        let key = (row.of.clone(), row.principal.clone(), row.scope.clone(), row.needed);
        let is_new = !seen.contains(&key);
        seen.push(key);
        is_new
    });
    rows
}

fn of_extension(facts: &Facts) -> Option<Row> {
    let extension = facts.backup_extension().ok()?;
    let account = extension.account()?;
    let container = extension
        .storage_setting("bucket")
        .map(|bucket| ArmId::new(&format!("{account}/blobServices/default/containers/{bucket}")));
    let (needed, actions) = match signs_in_as_itself(facts, extension) {
        true => ("Storage Blob Data Contributor", BLOBS),
        false => ("Storage Account Contributor", KEYS),
    };
    let actor = Actor {
        who: Who::Extension,
        identity: format!("extension {}", extension.name),
        of: extension.id.clone(),
        principal: extension.principal(),
        narrower: container,
    };
    Some(judge(facts, &actor, account, What::Store, needed, actions))
}

/// Returns whether the extension signs in to the account as itself: by the location in the cluster where that tells, else
/// by its settings in Azure.
#[must_use]
pub fn signs_in_as_itself(facts: &Facts, extension: &ArmExtension) -> bool {
    let account = extension.storage_setting("storageAccount");
    let location = facts.locations().find(|location| location.setting("storageAccount") == account);
    match location.map(|location| Account::of(facts, location).mode()) {
        Some(Mode::Identity) => true,
        Some(Mode::Keys) => false,
        _ => extension.uses_aad(),
    }
}

fn of_vault(facts: &Facts, instance: &BackupInstance) -> Vec<Row> {
    let Some(vault) = instance.vault() else { return Vec::new() };
    let mut rows = at_cluster(facts, &vault, Some(instance));
    let actor = the_vault(facts, &vault, Some(instance));
    let mut add = |scope: ArmId, what, needed, actions: &'static [Action]| {
        rows.push(judge(facts, &actor, scope, what, needed, actions));
    };
    let policy = &instance.properties.policy_info.policy_id;
    let has_vault_tier = facts.backup_policies.known_rows().iter().any(|one| one.id == *policy && one.has_vault_tier());
    if let Some(group) = instance.snapshot_group() {
        add(group.clone(), What::LookAtSnapshots, "Reader", LOOK_AT_SNAPSHOTS);
        if has_vault_tier {
            add(group.clone(), What::MoveToVault, "Disk Snapshot Contributor", EXPORT);
            add(group.clone(), What::MoveToVault, "Data Operator for Managed Disks", DOWNLOAD);
        }
    }
    if let (true, Some(account)) = (has_vault_tier, facts.backup_extension().ok().and_then(ArmExtension::account)) {
        add(account, What::MoveToVault, "Storage Blob Data Reader", READ_BLOBS);
    }
    let is_known = facts.backup_policies.known_rows().iter().any(|one| one.id == *policy);
    if let (false, Some(unread), Some(group)) =
        (is_known, facts.backup_policies.unread(Need::BackupPolicies.what()), instance.snapshot_group())
    {
        // Whether copies go into the vault is what the policy says.
        let mut row = judge(facts, &actor, group.clone(), What::MoveToVault, "Disk Snapshot Contributor", EXPORT);
        row.verdict = Verdict::Unknown(unread);
        rows.push(row);
    }
    rows
}

/// A vault that does not protect the cluster yet must be able to look at it: without, nobody can configure it.
fn of_vaults_without_instance(facts: &Facts) -> Vec<Row> {
    if facts.backup_instances.known_rows().is_empty() {
        facts.vault_ids().iter().flat_map(|vault| at_cluster(facts, vault, None)).collect()
    } else {
        Vec::new()
    }
}

/// Returns a vault as it acts for an instance, which may name one of several identities.
fn the_vault<'f>(facts: &'f Facts, vault: &ArmId, instance: Option<&BackupInstance>) -> Actor<'f> {
    let known = facts.vaults.known_rows().iter().find(|one| one.id == *vault);
    let principal = known.and_then(|one| match instance {
        Some(instance) => Facts::principal_of_instance(one, instance),
        None => facts.principals_of_vault(one).first().copied(),
    });
    Actor { who: Who::Vault, identity: vault.words(), of: vault.clone(), principal, narrower: None }
}

fn at_cluster(facts: &Facts, vault: &ArmId, instance: Option<&BackupInstance>) -> Vec<Row> {
    let Some(cluster) = facts.managed_cluster.known() else { return Vec::new() };
    let actor = the_vault(facts, vault, instance);
    let scope = cluster.id.clone();
    let look = judge(facts, &actor, scope.clone(), What::LookAtCluster, "Reader", LOOK_AT_CLUSTER);
    let bindings = facts.trusted_access.known_rows();
    let lets_in =
        |one: &&TrustedAccess| one.properties.source_resource_id == *vault && one.is_done() && one.is_for_backups();
    let operator = bindings.iter().find(lets_in);
    let verdict = match (operator, facts.trusted_access.unread(Need::TrustedAccess.what())) {
        (Some(_), _) => Verdict::Granted,
        (None, Some(unread)) => Verdict::Unknown(unread),
        (None, None) => Verdict::Missing,
    };
    let call = Row {
        who: actor.who,
        identity: actor.identity,
        of: actor.of,
        principal: actor.principal.map(str::to_owned),
        scope,
        what: What::CallCluster,
        needed: "trusted access backup-operator",
        has: operator.map(|binding| format!("trusted access {}", binding.name)),
        since: None,
        inherited_from: None,
        denied_by: None,
        verdict,
    };
    vec![look, call]
}

fn of_cluster(facts: &Facts) -> Vec<Row> {
    let Some(cluster) = facts.managed_cluster.known() else { return Vec::new() };
    let principals = cluster.principals();
    let rows = facts.snapshot_groups().into_iter().map(|group| {
        let of = |principal| {
            let identity = format!("cluster {}", cluster.name);
            let actor = Actor { who: Who::Cluster, identity, of: cluster.id.clone(), principal, narrower: None };
            judge(facts, &actor, group.clone(), What::Snapshot, "Contributor", SNAPSHOTS)
        };
        // With several identities one that may is enough: which of them the driver takes is not told.
        let mut rows: Vec<Row> = principals.iter().take(2).map(|principal| of(Some(principal))).collect();
        let at = rows.iter().position(|row| !row.verdict.is_broken()).unwrap_or_default();
        if rows.is_empty() { of(None) } else { rows.swap_remove(at) }
    });
    rows.collect()
}

fn of_kubelet(facts: &Facts) -> Option<Row> {
    let cluster = facts.managed_cluster.known()?;
    let kubelet = cluster.properties.identity_profile.get("kubeletidentity")?;
    Some(Row {
        who: Who::Kubelet,
        identity: "kubelet".to_owned(),
        of: kubelet.resource_id.clone().unwrap_or_default(),
        principal: kubelet.object_id.clone(),
        scope: cluster.id.clone(),
        what: What::Nothing,
        needed: "no role: backups do not use it",
        has: None,
        since: None,
        inherited_from: None,
        denied_by: None,
        verdict: Verdict::NotNeeded,
    })
}

fn of_caller(facts: &Facts) -> Vec<Row> {
    let principal = facts.azure_sign_in.known().and_then(|who| who.object_id.clone());
    let rows = facts.caller_rights.known().map(Vec::as_slice).unwrap_or_default();
    rows.iter()
        .map(|at| {
            let may = at.allows(GRANT);
            Row {
                who: Who::You,
                identity: "you".to_owned(),
                of: ArmId::default(),
                principal: principal.clone(),
                scope: at.scope.clone(),
                what: What::Grant,
                needed: GRANT,
                has: may.then(|| GRANT.to_owned()),
                since: None,
                inherited_from: None,
                denied_by: None,
                // Nothing of a backup fails for want of it: it matters where a role has to be granted.
                verdict: if may { Verdict::Granted } else { Verdict::NotNeeded },
            }
        })
        .collect()
}

/// Judges one permission of one identity.
fn judge(facts: &Facts, actor: &Actor<'_>, scope: ArmId, what: What, needed: &'static str, actions: &[Action]) -> Row {
    let mut row = Row {
        who: actor.who,
        identity: actor.identity.clone(),
        of: actor.of.clone(),
        principal: actor.principal.map(str::to_owned),
        scope,
        what,
        needed,
        has: None,
        since: None,
        inherited_from: None,
        denied_by: None,
        verdict: Verdict::Missing,
    };
    let Some(principal) = actor.principal else {
        let unread = facts.vaults.unread(Need::Vaults.what()).filter(|_| actor.who == Who::Vault);
        let is_read = facts.vaults.known_rows().iter().any(|vault| vault.id == actor.of);
        let why = match is_read {
            true => "it has no identity, so that nothing can be granted to it",
            false => "its identity is not known",
        };
        row.verdict = Verdict::Unknown(unread.filter(|_| !is_read).unwrap_or_else(|| because(why)));
        return row;
    };
    let held: Vec<&RoleAssignment> = facts
        .role_assignments
        .known_rows()
        .iter()
        .filter(|held| held.principal.eq_ignore_ascii_case(principal))
        .flat_map(|held| &held.assignments)
        .filter(|one| {
            is_above(&one.properties.scope, &row.scope) || actor.narrower.as_ref() == Some(&one.properties.scope)
        })
        .collect();
    let sets: Vec<(&RoleAssignment, Option<Vec<PermissionSet>>)> =
        held.iter().map(|one| (*one, allowed_by(facts, one))).collect();
    let gives = |sets: &[PermissionSet], (action, is_data): &Action| {
        sets.iter().any(|set| if *is_data { set.allows_data(action) } else { set.allows(action) })
    };
    // The oldest that gives all of it, else those that give it together.
    let mut whole: Vec<&RoleAssignment> = sets
        .iter()
        .filter(|(_, sets)| sets.as_ref().is_some_and(|sets| actions.iter().all(|action| gives(sets, action))))
        .map(|(one, _)| *one)
        .collect();
    whole.sort_by_key(|one| one.properties.created_on);
    let together: Vec<&RoleAssignment> = match whole.first() {
        Some(one) => vec![one],
        None => {
            let useful = |sets: &Vec<PermissionSet>| actions.iter().any(|action| gives(sets, action));
            sets.iter().filter(|(_, sets)| sets.as_ref().is_some_and(useful)).map(|(one, _)| *one).collect()
        }
    };
    let is_given =
        actions.iter().all(|action| sets.iter().any(|(_, sets)| sets.as_ref().is_some_and(|sets| gives(sets, action))));
    if !together.is_empty() {
        let named = |one: &&RoleAssignment| match &one.properties.condition {
            // Its language is not read here: whoever looks for why it does not work must see that there is one.
            Some(condition) if !condition.trim().is_empty() => format!("{} (with a condition)", name_of(facts, one)),
            _ => name_of(facts, one),
        };
        let mut names: Vec<String> = together.iter().map(named).collect();
        names.dedup();
        row.has = Some(names.join(" and "));
        row.since = together.iter().filter_map(|one| one.properties.created_on).max();
        row.inherited_from =
            together.iter().map(|one| &one.properties.scope).find(|scope| **scope != row.scope).cloned();
    }
    let denier = facts
        .deny_assignments
        .known_rows()
        .iter()
        .find(|deny| actions.iter().any(|(action, is_data)| deny.denies(principal, &row.scope, action, *is_data)));
    row.verdict = if let Some(denier) = denier {
        let name = denier.properties.deny_assignment_name.as_ref().map(ToString::to_string);
        row.denied_by = Some(name.unwrap_or_else(|| denier.id.to_string()));
        Verdict::Denied
    } else if is_given {
        match row.since.and_then(|since| since.checked_add(SETTLES).ok()).filter(|until| *until > facts.observed_at) {
            Some(until) => Verdict::Recent(until),
            None => Verdict::Granted,
        }
    } else {
        match unread(facts, principal, &row.scope, &sets) {
            Some(unread) => Verdict::Unknown(unread),
            None => Verdict::Missing,
        }
    };
    row
}

/// Returns whether an assignment's scope takes in the scope; management groups lie above every subscription that is asked.
fn is_above(assigned: &ArmId, scope: &ArmId) -> bool {
    assigned.holds(scope) || assigned.is_management_group()
}

/// Returns what an assignment allows; `None` where its role is not known.
fn allowed_by(facts: &Facts, one: &RoleAssignment) -> Option<Vec<PermissionSet>> {
    let id = one.properties.role_definition_id.name();
    if let Some(role) = known_role(id) {
        return Some(vec![role.permissions()]);
    }
    match facts.role_definitions.known_rows().iter().find(|role| role.id.name().eq_ignore_ascii_case(id)) {
        Some(asked) => Some(asked.properties.permissions.clone()),
        // Those that are there were all read: one that is not among them was deleted, and allows nothing.
        None => matches!(facts.role_definitions, Fetched::Got(_)).then(Vec::new),
    }
}

/// Returns the name of an assignment's role, else the role's id.
fn name_of(facts: &Facts, one: &RoleAssignment) -> String {
    let id = one.properties.role_definition_id.name();
    if let Some(role) = known_role(id) {
        return role.name.to_owned();
    }
    let asked = facts.role_definitions.known_rows().iter().find(|role| role.id.name().eq_ignore_ascii_case(id));
    asked.and_then(|role| role.properties.role_name.as_ref()).map_or_else(|| id.to_owned(), ToString::to_string)
}

/// Returns why it may be there all the same.
fn unread(
    facts: &Facts,
    principal: &str,
    scope: &ArmId,
    sets: &[(&RoleAssignment, Option<Vec<PermissionSet>>)],
) -> Option<Unread> {
    let subscription = scope.subscription().unwrap_or_default();
    let is_asked = |held: &&Held| {
        held.principal.eq_ignore_ascii_case(principal) && held.subscription.eq_ignore_ascii_case(subscription)
    };
    let Some(held) = facts.role_assignments.known_rows().iter().find(is_asked) else {
        let unread = facts.role_assignments.unread(Need::RoleAssignments.what());
        return Some(unread.unwrap_or_else(|| because("its roles were not asked for")));
    };
    if let Some(lack) = &held.lack {
        return Some(because(format!("its roles could be read only in part: {lack}")));
    }
    let (one, _) = sets.iter().find(|(_, sets)| sets.is_none())?;
    let role = one.properties.role_definition_id.name();
    let unread = facts.role_definitions.unread(Need::RoleDefinitions.what());
    let missing = unread.map(|unread| unread.missing).unwrap_or_default();
    Some(Unread { why: format!("what its role {role} allows could not be read"), missing })
}

fn because(why: impl Into<String>) -> Unread {
    Unread { why: why.into(), missing: Vec::new() }
}
