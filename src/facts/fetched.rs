//! The outcome of asking for one fact, and what stops a check that cannot do without it.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use super::Text;

/// A right that a question needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Right {
    /// A right in Kubernetes' own access control.
    Kube(KubeRight),
    /// An action of Azure Resource Manager.
    Arm(ArmRight),
}

/// A right in Kubernetes' own access control.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct KubeRight {
    /// `get`, `list`, `create` and so on.
    pub verb: String,
    /// The API group; empty for the core group.
    pub group: String,
    /// The plural resource, with `/subresource` where there is one.
    pub resource: String,
    /// The namespace, or null for the whole cluster.
    pub namespace: Option<String>,
}

/// An action of Azure Resource Manager at a scope.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ArmRight {
    /// The action, as in `Microsoft.Storage/storageAccounts/read`.
    pub action: String,
    /// The id of the scope.
    pub scope: String,
}

impl Right {
    /// Makes a right in Kubernetes' access control; `resource` may hold `/subresource`.
    pub fn kube(verb: &str, group: &str, resource: &str, namespace: Option<&str>) -> Self {
        Self::Kube(KubeRight {
            verb: verb.to_owned(),
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: namespace.map(str::to_owned),
        })
    }

    /// Makes an action of Azure Resource Manager at a scope.
    #[must_use]
    pub fn arm(action: &str, scope: &str) -> Self {
        Self::Arm(ArmRight { action: action.to_owned(), scope: scope.to_owned() })
    }

    /// Returns the right in words: `list pods in namespace kube-system`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Kube(KubeRight { verb, group, resource, namespace }) => {
                let group = if group.is_empty() { String::new() } else { format!(".{group}") };
                // A subresource follows the group in kubectl's spelling of access: pods/log.
                let name = match resource.split_once('/') {
                    Some((plural, sub)) => format!("{plural}{group}/{sub}"),
                    None => format!("{resource}{group}"),
                };
                match namespace {
                    Some(namespace) => format!("{verb} {name} in namespace {namespace}"),
                    None => format!("{verb} {name} in the whole cluster"),
                }
            }
            Self::Arm(ArmRight { action, scope }) => format!("{action} at {scope}"),
        }
    }
}

/// The outcome of asking for one fact.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Fetched<T> {
    /// It was read whole.
    Got(T),
    /// It was read in part; what is there is true, what is missing may be anything.
    Partial {
        /// The part that was read.
        got: T,
        /// Why the rest is missing.
        #[serde(deserialize_with = "redacted")]
        why: String,
        /// The rights that the rest needs, where that is the reason.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        missing: Vec<Right>,
    },
    /// The object does not exist.
    Absent,
    /// The right to ask is missing.
    Denied(Right),
    /// The cluster does not know the kind.
    NoSuchKind,
    /// The question failed.
    Failed(#[serde(deserialize_with = "redacted")] String),
    /// Nobody asked.
    #[default]
    NotAsked,
}

/// Reads words that came from a saved file, which anybody may have written.
fn redacted<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Text::deserialize(deserializer).map(|text| text.as_str().to_owned())
}

/// Why a fact could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// What was to be read, and what went wrong, as a fragment.
    pub why: String,
    /// The rights that are missing, where that is the reason.
    pub missing: Vec<Right>,
}

/// What ends a check before it can say whether there is trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// A fact that it cannot do without could not be read.
    Inconclusive(Unread),
    /// There is nothing here that the check could be about.
    NotApplicable(String),
}

impl Stop {
    /// Makes the stop of a check that has nothing to be about.
    pub fn not_applicable(why: impl Into<String>) -> Self {
        Self::NotApplicable(why.into())
    }

    /// Makes the stop of a check whose facts do not suffice for a judgement.
    pub fn inconclusive(why: impl Into<String>) -> Self {
        Self::Inconclusive(Unread { why: why.into(), missing: Vec::new() })
    }
}

impl<T> Fetched<T> {
    /// Returns what was read, in whole or in part.
    pub const fn known(&self) -> Option<&T> {
        match self {
            Self::Got(value) | Self::Partial { got: value, .. } => Some(value),
            _ => None,
        }
    }

    /// Makes the fact of what was read and of why it may not be all, if it may not.
    pub fn of(got: T, lack: Option<String>) -> Self {
        match lack {
            None => Self::Got(got),
            Some(why) => Self::Partial { got, why, missing: Vec::new() },
        }
    }

    /// Returns what was read, to be changed.
    pub const fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Got(value) | Self::Partial { got: value, .. } => Some(value),
            _ => None,
        }
    }

    /// Returns whether nobody has asked yet.
    pub const fn is_unasked(&self) -> bool {
        matches!(self, Self::NotAsked)
    }

    /// Returns whether it is certain that there is no such object or kind.
    pub const fn is_absent(&self) -> bool {
        matches!(self, Self::Absent | Self::NoSuchKind)
    }

    /// Returns why the fact, named `what`, could not be read; `None` where it was read or is known to be absent.
    pub fn unread(&self, what: &str) -> Option<Unread> {
        match self {
            Self::Got(_) | Self::Absent | Self::NoSuchKind => None,
            Self::Partial { why, missing, .. } => {
                Some(Unread { why: format!("{what} could be read only in part: {why}"), missing: missing.clone() })
            }
            Self::Denied(right) => {
                Some(Unread { why: format!("reading {what} needs {}", right.words()), missing: vec![right.clone()] })
            }
            // The end of the run is a reason by itself (contract section 1), not a failure of one question.
            Self::Failed(why) if why == Self::INTERRUPTED || Self::OF_THE_RUN.iter().any(|of| why.starts_with(of)) => {
                Some(Unread { why: why.clone(), missing: Vec::new() })
            }
            Self::Failed(why) => Some(Unread { why: format!("{what} could not be read: {why}"), missing: Vec::new() }),
            Self::NotAsked => Some(Unread { why: format!("{what} was not asked for"), missing: Vec::new() }),
        }
    }

    /// The reason of everything that an interruption left unread (contract section 1).
    pub const INTERRUPTED: &'static str = "interrupted";
    /// How the reason begins of everything that was not read when the run had to end.
    pub const LIMIT_REACHED: &'static str = "the run's limit";

    /// How the reason begins of everything of Azure where nothing can be asked of it.
    pub const AZURE_SILENT: &'static str = "Azure could not be asked: ";
    /// How the reason begins of everything of a cluster that does not answer.
    pub const CLUSTER_SILENT: &'static str = "the cluster does not answer: ";
    /// How the reasons begin that are the whole run's, and no failure of one question.
    const OF_THE_RUN: [&'static str; 3] = [Self::LIMIT_REACHED, Self::AZURE_SILENT, Self::CLUSTER_SILENT];

    /// Returns the fact named `what`, or what stops a check that cannot do without it.
    ///
    /// # Errors
    /// Not applicable where the object or its kind does not exist, inconclusive where it could not be read.
    pub fn required(&self, what: &str) -> Result<&T, Stop> {
        match self {
            Self::Got(value) | Self::Partial { got: value, .. } => Ok(value),
            Self::Absent | Self::NoSuchKind => Err(Stop::NotApplicable(format!("{what} does not exist here"))),
            Self::Denied(_) | Self::Failed(_) | Self::NotAsked => {
                let unread = self.unread(what).unwrap_or_else(|| Unread { why: what.to_owned(), missing: Vec::new() });
                Err(Stop::Inconclusive(unread))
            }
        }
    }
}

impl<T> Fetched<Vec<T>> {
    /// Returns the list named `what`, empty where the kind does not exist, or what stops a check.
    ///
    /// # Errors
    /// Inconclusive where the list could not be read.
    pub fn rows(&self, what: &str) -> Result<&[T], Stop> {
        if self.is_absent() { Ok(&[]) } else { self.required(what).map(Vec::as_slice) }
    }

    /// Returns the list as [`Fetched::rows`] does, but only where it was read whole: for what counts as lacking in it.
    ///
    /// # Errors
    /// Inconclusive where the list could not be read, or only in part.
    pub fn whole_rows(&self, what: &str) -> Result<&[T], Stop> {
        match self.unread(what) {
            Some(unread) => Err(Stop::Inconclusive(unread)),
            None => self.rows(what),
        }
    }

    /// Returns what is known of the list, empty where nothing is.
    pub fn known_rows(&self) -> &[T] {
        self.known().map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redacts_the_reasons_of_a_saved_file() {
        for json in [r#"{"failed":"password=hunter2"}"#, r#"{"partial":{"got":1,"why":"password=hunter2"}}"#] {
            let fetched: Fetched<u8> = serde_json::from_str(json).unwrap();
            assert!(!format!("{fetched:?}").contains("hunter2"), "{fetched:?}");
        }
    }
}
