//! Who asks Azure, and which of its clouds.

use serde::{Deserialize, Serialize};

use crate::facts::objects::{name, optional_name};

/// Who is signed in to Azure; the token itself is never kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SignIn {
    /// The object id of who asks, from the token's own words.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub object_id: Option<String>,
    /// The tenant.
    #[serde(deserialize_with = "optional_name", skip_serializing_if = "Option::is_none")]
    pub tenant: Option<String>,
    /// The subscription that was asked for.
    #[serde(deserialize_with = "name")]
    pub subscription: String,
    /// The cloud whose token it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cloud: Option<AzureCloud>,
}

/// One of Azure's clouds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum AzureCloud {
    /// The public one.
    Public,
    /// That of the United States' government.
    UsGovernment,
    /// That of China, run by 21Vianet.
    China,
}

impl AzureCloud {
    /// Returns the cloud of a region; those of the sovereign clouds are known by their names.
    #[must_use]
    pub fn of_region(region: &str) -> Self {
        match region.to_ascii_lowercase() {
            r if r.starts_with("usgov") || r.starts_with("usdod") => Self::UsGovernment,
            r if r.starts_with("china") => Self::China,
            _ => Self::Public,
        }
    }

    /// Returns its name as az has it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "AzureCloud",
            Self::UsGovernment => "AzureUSGovernment",
            Self::China => "AzureChinaCloud",
        }
    }
}
