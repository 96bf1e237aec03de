//! What forbids something that roles allow: locks, and policies.

use serde::{Deserialize, Serialize};

use super::id::ArmId;
use super::lenient::null_as_default;
use crate::facts::Text;
use crate::facts::objects::name;

/// A lock.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lock {
    /// Its id; what it locks is part of it.
    pub id: ArmId,
    /// Its name, which may hold nearly anything.
    pub name: Text,
    /// What it says.
    #[serde(deserialize_with = "null_as_default")]
    pub properties: LockProperties,
}

/// What a lock says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LockProperties {
    /// `CanNotDelete` or `ReadOnly`.
    #[serde(deserialize_with = "name")]
    pub level: String,
    /// What somebody wrote beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<Text>,
}

impl Lock {
    /// Returns what is locked: the id without the lock's own part.
    #[must_use]
    pub fn scope(&self) -> ArmId {
        let lower = self.id.as_str().to_ascii_lowercase();
        let end = lower.rfind("/providers/microsoft.authorization/locks").unwrap_or(lower.len());
        ArmId::new(&self.id.as_str()[..end])
    }

    /// Returns whether nothing may be changed, too.
    #[must_use]
    pub fn is_read_only(&self) -> bool {
        self.properties.level.eq_ignore_ascii_case("ReadOnly")
    }

    /// Returns whether a scope is locked by it, itself or from above.
    #[must_use]
    pub fn holds(&self, scope: &ArmId) -> bool {
        self.scope().holds(scope)
    }
}

/// What Azure's policies say of a snapshot in the snapshot resource group; nothing was made.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SnapshotTrial {
    /// The group.
    pub group: ArmId,
    /// What each policy says.
    #[serde(deserialize_with = "null_as_default")]
    pub evaluations: Vec<PolicyEvaluation>,
}

/// What one policy says.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyEvaluation {
    /// Which policy.
    #[serde(deserialize_with = "null_as_default")]
    pub policy_info: PolicyInfo,
    /// `Compliant`, `NonCompliant` and so on.
    #[serde(deserialize_with = "name")]
    pub evaluation_result: String,
    /// What it would do, in newer answers: `Deny`, `Audit` and so on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect_details: Option<EffectDetails>,
}

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PolicyInfo {
    /// Its definition.
    pub policy_definition_id: ArmId,
    /// Its assignment: what somebody has to change.
    pub policy_assignment_id: ArmId,
}

/// What a policy would do.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EffectDetails {
    /// `Deny`, `Audit` and so on.
    #[serde(deserialize_with = "name")]
    pub policy_effect: String,
}

impl PolicyEvaluation {
    /// Returns whether it would refuse.
    ///
    /// The version that is asked tells denials only, and no effect; a newer one tells it.
    #[must_use]
    pub fn denies(&self) -> bool {
        let is_against = self.evaluation_result.eq_ignore_ascii_case("NonCompliant");
        let effect = self.effect_details.as_ref().map(|details| details.policy_effect.as_str());
        is_against && effect.is_none_or(|effect| effect.eq_ignore_ascii_case("Deny"))
    }
}
