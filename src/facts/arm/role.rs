//! Who may do what in Azure.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use wildmatch::WildMatch;

use super::id::ArmId;
use super::lenient::{moment, null_as_default, words};
use crate::facts::Text;
use crate::facts::objects::{name, optional_name};

/// The role of a trusted access binding that lets a vault in.
pub const BACKUP_OPERATOR: &str = "Microsoft.DataProtection/backupVaults/backup-operator";

/// One assignment of a role.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleAssignment {
    /// Its id.
    pub id: ArmId,
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: AssignmentProperties,
}

/// What a role assignment says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AssignmentProperties {
    /// The role.
    pub role_definition_id: ArmId,
    /// Who has it: an identity, or a group that it is in.
    #[serde(deserialize_with = "name")]
    pub principal_id: String,
    /// Where.
    pub scope: ArmId,
    /// A condition on it, in Azure's own language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub condition: Option<Text>,
    /// Since when.
    #[serde(deserialize_with = "moment", skip_serializing_if = "Option::is_none")]
    pub created_on: Option<Timestamp>,
}

/// The assignments of one identity, its groups' among them, in one subscription.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Held {
    /// The object id of the identity.
    #[serde(deserialize_with = "name")]
    pub principal: String,
    /// The subscription that was asked.
    #[serde(deserialize_with = "name")]
    pub subscription: String,
    /// What it has there.
    pub assignments: Vec<RoleAssignment>,
    /// Why there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lack: Option<Text>,
}

/// What a set of permissions lets somebody do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PermissionSet {
    /// The actions, with `*` for anything.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<Text>,
    /// Those taken out again.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub not_actions: Vec<Text>,
    /// The same for data.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub data_actions: Vec<Text>,
    /// Those taken out again.
    #[serde(deserialize_with = "words", skip_serializing_if = "Vec::is_empty")]
    pub not_data_actions: Vec<Text>,
}

impl PermissionSet {
    /// Returns whether it allows an action of the control plane.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        covers(&self.actions, action) && !covers(&self.not_actions, action)
    }

    /// Returns whether it allows an action on data.
    #[must_use]
    pub fn allows_data(&self, action: &str) -> bool {
        covers(&self.data_actions, action) && !covers(&self.not_data_actions, action)
    }
}

/// Returns whether one of the patterns takes in the action; Azure compares without regard to case.
fn covers(patterns: &[Text], action: &str) -> bool {
    let action = action.to_ascii_lowercase();
    patterns.iter().any(|pattern| WildMatch::new(&pattern.to_ascii_lowercase()).matches(&action))
}

/// What a role allows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RoleDefinition {
    /// Its id; the last part is the role's own.
    pub id: ArmId,
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: DefinitionProperties,
}

/// What a role definition says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DefinitionProperties {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role_name: Option<Text>,
    /// What it allows.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PermissionSet>,
}

/// What denies somebody something, whatever roles say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DenyAssignment {
    /// Its id.
    pub id: ArmId,
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: DenyProperties,
}

/// What a deny assignment says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DenyProperties {
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deny_assignment_name: Option<Text>,
    /// What it denies.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub permissions: Vec<PermissionSet>,
    /// Where.
    pub scope: ArmId,
    /// Whether it leaves out what lies below the scope.
    #[serde(deserialize_with = "super::lenient::flag", skip_serializing_if = "Option::is_none")]
    pub do_not_apply_to_child_scopes: Option<bool>,
    /// To whom; the id of all zeroes is everybody.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub principals: Vec<Principal>,
    /// Who is left out.
    #[serde(deserialize_with = "null_as_default", skip_serializing_if = "Vec::is_empty")]
    pub exclude_principals: Vec<Principal>,
}

/// Somebody.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Principal {
    /// The object id.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl DenyAssignment {
    /// Returns whether it denies somebody the action at the scope; of groups it knows only those that it names.
    #[must_use]
    pub fn denies(&self, principal: &str, scope: &ArmId, action: &str, is_data: bool) -> bool {
        const EVERYBODY: &str = "00000000-0000-0000-0000-000000000000";
        let of = &self.properties;
        let names = |all: &[Principal], id: &str| {
            all.iter().any(|one| one.id.as_deref().is_some_and(|own| own.eq_ignore_ascii_case(id)))
        };
        let concerns = names(&of.principals, principal) || names(&of.principals, EVERYBODY);
        let is_above = of.scope.holds(scope) || of.scope.is_management_group();
        let is_there = of.scope == *scope || (of.do_not_apply_to_child_scopes != Some(true) && is_above);
        let takes = |set: &PermissionSet| if is_data { set.allows_data(action) } else { set.allows(action) };
        concerns && !names(&of.exclude_principals, principal) && is_there && of.permissions.iter().any(takes)
    }
}

/// What the person who runs the command may do at a scope.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CallerRightsAt {
    /// The scope.
    pub scope: ArmId,
    /// What is allowed there.
    #[serde(deserialize_with = "null_as_default")]
    pub permissions: Vec<PermissionSet>,
}

/// What the person who runs the command may do, at each scope that was asked.
pub type CallerRights = Vec<CallerRightsAt>;

impl CallerRightsAt {
    /// Returns whether an action of the control plane is allowed.
    #[must_use]
    pub fn allows(&self, action: &str) -> bool {
        self.permissions.iter().any(|set| set.allows(action))
    }
}

/// A role of Azure's own whose actions never have to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownRole {
    /// The last part of its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    actions: &'static [&'static str],
    not_actions: &'static [&'static str],
    data_actions: &'static [&'static str],
}

/// What Contributor may not do.
const NOT_OF_A_CONTRIBUTOR: &[&str] = &[
    "Microsoft.Authorization/*/Delete",
    "Microsoft.Authorization/*/Write",
    "Microsoft.Authorization/elevateAccess/Action",
    "Microsoft.Blueprint/blueprintAssignments/write",
    "Microsoft.Blueprint/blueprintAssignments/delete",
    "Microsoft.Compute/galleries/share/action",
    "Microsoft.Purview/consents/write",
    "Microsoft.Purview/consents/delete",
    "Microsoft.Resources/deploymentStacks/manageDenySetting/action",
    "Microsoft.Subscription/cancel/action",
    "Microsoft.Subscription/enable/action",
];

/// The roles that Azure Backup's pages name, and the three that everybody has.
///
/// Knowledge: Azure's list of built-in roles; of each what matters to a backup.
const KNOWN: &[KnownRole] = &[
    KnownRole {
        id: "8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
        name: "Owner",
        actions: &["*"],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "b24988ac-6180-42a0-ab88-20f7382dd24c",
        name: "Contributor",
        actions: &["*"],
        not_actions: NOT_OF_A_CONTRIBUTOR,
        data_actions: &[],
    },
    KnownRole {
        id: "acdd72a7-3385-48ef-bd42-f606fba81ae7",
        name: "Reader",
        actions: &["*/read"],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9",
        name: "User Access Administrator",
        actions: &["*/read", "Microsoft.Authorization/*"],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
        name: "Storage Blob Data Contributor",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/write",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        not_actions: &[],
        data_actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/delete",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/move/action",
            "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/add/action",
        ],
    },
    KnownRole {
        id: "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        name: "Storage Blob Data Owner",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/*",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        not_actions: &[],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/*"],
    },
    KnownRole {
        id: "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
        name: "Storage Blob Data Reader",
        actions: &[
            "Microsoft.Storage/storageAccounts/blobServices/containers/read",
            "Microsoft.Storage/storageAccounts/blobServices/generateUserDelegationKey/action",
        ],
        not_actions: &[],
        data_actions: &["Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"],
    },
    KnownRole {
        id: "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        name: "Storage Account Contributor",
        actions: &["Microsoft.Authorization/*/read", "Microsoft.Storage/storageAccounts/*"],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "7efff54f-a5b4-42b5-a1c5-5411624893ce",
        name: "Disk Snapshot Contributor",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Compute/snapshots/delete",
            "Microsoft.Compute/snapshots/write",
            "Microsoft.Compute/snapshots/read",
            "Microsoft.Compute/snapshots/beginGetAccess/action",
            "Microsoft.Compute/snapshots/endGetAccess/action",
            "Microsoft.Compute/disks/beginGetAccess/action",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "b50d9833-a0cb-478e-945f-707fcc997c13",
        name: "Disk Restore Operator",
        actions: &[
            "Microsoft.Authorization/*/read",
            "Microsoft.Compute/disks/write",
            "Microsoft.Compute/disks/read",
            "Microsoft.Resources/subscriptions/resourceGroups/read",
        ],
        not_actions: &[],
        data_actions: &[],
    },
    KnownRole {
        id: "959f8984-c045-4866-89c7-12bf9737be2e",
        name: "Data Operator for Managed Disks",
        actions: &[],
        not_actions: &[],
        data_actions: &[
            "Microsoft.Compute/disks/download/action",
            "Microsoft.Compute/disks/upload/action",
            "Microsoft.Compute/snapshots/download/action",
            "Microsoft.Compute/snapshots/upload/action",
        ],
    },
];

/// Returns a role of Azure's own by the last part of its id.
#[must_use]
pub fn known_role(id: &str) -> Option<&'static KnownRole> {
    KNOWN.iter().find(|role| role.id.eq_ignore_ascii_case(id))
}

impl KnownRole {
    /// Returns the role by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        KNOWN.iter().find(|role| role.name == name)
    }

    /// Returns what it allows, in the form of a role that was asked for.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        let texts = |all: &[&str]| all.iter().map(|one| Text::new(one)).collect();
        PermissionSet {
            actions: texts(self.actions),
            not_actions: texts(self.not_actions),
            data_actions: texts(self.data_actions),
            not_data_actions: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(actions: &[&str], not_actions: &[&str]) -> PermissionSet {
        let texts = |all: &[&str]| all.iter().map(|one| Text::new(one)).collect();
        PermissionSet { actions: texts(actions), not_actions: texts(not_actions), ..PermissionSet::default() }
    }

    #[test]
    fn wildcards_and_what_is_taken_out_count_whatever_the_case() {
        assert!(set(&["*/read"], &[]).allows("microsoft.storage/storageaccounts/READ"));
        assert!(set(&["*"], &["Microsoft.Authorization/*/Write"]).allows("Microsoft.Compute/snapshots/write"));
        let contributor = known_role("B24988AC-6180-42a0-ab88-20f7382dd24c").unwrap().permissions();
        assert!(!contributor.allows("Microsoft.Authorization/roleAssignments/write"));
        let data = KnownRole::named("Storage Blob Data Contributor").unwrap().permissions();
        assert!(
            data.allows_data("Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write")
                && !data.allows("Microsoft.Storage/storageAccounts/listKeys/action")
        );
    }

    #[test]
    fn a_deny_assignment_holds_below_its_scope_and_not_for_who_is_left_out() {
        let deny: DenyAssignment = serde_json::from_value(serde_json::json!({"properties": {
            "scope": "/subscriptions/s/resourceGroups/g",
            "permissions": [{"actions": ["*/write"]}],
            "principals": [{"id": "00000000-0000-0000-0000-000000000000"}],
            "excludePrincipals": [{"id": "me"}],
        }}))
        .unwrap();
        let below = ArmId::new("/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/snapshots/x");
        assert!(deny.denies("you", &below, "Microsoft.Compute/snapshots/write", false));
        assert!(!deny.denies("me", &below, "Microsoft.Compute/snapshots/write", false));
        assert!(!deny.denies("you", &below, "Microsoft.Compute/snapshots/read", false));
    }
}
