//! Would CoreDNS start with a configuration?

use super::model::Model;
use super::objection::Refusal;
use super::version::Release;

/// The judgement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Acceptance {
    /// CoreDNS takes it.
    Accepted,
    /// CoreDNS turns it down: a running one keeps what it has, one that starts ends.
    Refused(Refusal),
    /// This model does not know.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Acceptance {
    /// Judges one release. A refusal stands even where another part is not known.
    pub(super) fn of(model: &Model) -> Self {
        if let Some(refusal) = &model.refusal {
            return Self::Refused(refusal.clone());
        }
        if model.unknowns.is_empty() {
            return Self::Accepted;
        }
        Self::Unknown { why: model.unknowns.join("; ") }
    }

    /// Puts the judgements of several releases together, oldest first.
    pub(super) fn of_all(mut judged: Vec<(Release, Self)>) -> Self {
        let Some((newest, last)) = judged.pop() else {
            return Self::Unknown { why: "no release was judged".to_owned() };
        };
        for (release, other) in judged {
            match (&other, &last) {
                (Self::Accepted, Self::Accepted) | (Self::Refused(_), Self::Refused(_)) => {}
                (Self::Unknown { why }, _) | (_, Self::Unknown { why }) => return Self::Unknown { why: why.clone() },
                (Self::Refused(refusal), _) | (_, Self::Refused(refusal)) => {
                    let why =
                        format!("CoreDNS {release} and {newest} differ, and the version is not known: {}", refusal.why);
                    return Self::Unknown { why };
                }
            }
        }
        last
    }

    /// Returns whether CoreDNS takes the configuration, as far as that is known.
    #[must_use]
    pub fn is_accepted(&self) -> Option<bool> {
        match self {
            Self::Accepted => Some(true),
            Self::Refused(_) => Some(false),
            Self::Unknown { .. } => None,
        }
    }
}
