//! What is said of a claim, and how it comes to that.

use schemars::JsonSchema;
use serde::Serialize;

use super::index::{Index, Sight, VolumeSeen};
use super::remark::REMARKS;
use super::rule::RULES;
use super::scope::Basis;
use crate::facts::objects::{ClaimRow, ClaimUser};
use crate::facts::{Right, Unread};
use crate::finding::Evidence;

/// Whether a backup holds the data of a claim (contract section 4).
///
/// Ordered so that the worst comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Azure Backup reports a documented code for it, and holds none of its data.
    WillFail,
    /// It is left out without a code.
    Skipped,
    /// Not enough could be read.
    Unknown,
    /// A backup holds it.
    BackedUp,
}

impl Verdict {
    /// Every verdict, the worst first.
    pub const ALL: [Self; 4] = [Self::WillFail, Self::Skipped, Self::Unknown, Self::BackedUp];

    /// Returns the verdict's name as the contract spells it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::WillFail => "will-fail",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
            Self::BackedUp => "backed-up",
        }
    }
}

/// What a rule says of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The verdict.
    pub verdict: Verdict,
    /// Whether somebody wanted it so.
    pub intended: bool,
    /// Why, in a fragment that stands behind the claim's name; the same for all claims of one cause.
    pub reason: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// What is missing where it is unknown.
    pub missing: Vec<Right>,
}

impl Said {
    fn new(verdict: Verdict, reason: impl Into<String>) -> Self {
        Self { verdict, intended: false, reason: reason.into(), evidence: Vec::new(), missing: Vec::new() }
    }

    /// Azure Backup will report a code for it.
    pub fn will_fail(reason: impl Into<String>) -> Self {
        Self::new(Verdict::WillFail, reason)
    }

    /// It is left out, and nobody says so.
    pub fn skipped(reason: impl Into<String>) -> Self {
        Self::new(Verdict::Skipped, reason)
    }

    /// It is left out because somebody wanted it so.
    pub fn intended(reason: impl Into<String>) -> Self {
        Self { intended: true, ..Self::skipped(reason) }
    }

    /// Not enough could be read.
    #[must_use]
    pub fn unknown(unread: Unread) -> Self {
        Self { missing: unread.missing, ..Self::new(Verdict::Unknown, unread.why) }
    }

    /// Adds where it was seen.
    #[must_use]
    pub fn seen(mut self, at: impl Into<String>, quote: impl Into<String>) -> Self {
        self.evidence.push(Evidence::quoted(at, quote));
        self
    }
}

/// A word on a claim that a backup holds all the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Warned {
    /// Our code.
    pub code: &'static str,
    /// What, in a sentence.
    pub message: String,
}

/// A claim, and what is said of it.
pub struct ClaimVerdict<'f> {
    /// The claim.
    pub claim: &'f ClaimRow,
    /// The volume behind it, as far as it is known.
    pub volume: VolumeSeen<'f>,
    /// Our code of the rule that decided; none where nothing stands against it, or where it is unknown.
    pub code: Option<&'static str>,
    /// Microsoft's codes.
    pub explains: &'static [&'static str],
    /// The verdict, and why.
    pub said: Said,
    /// What deserves a word, sorted by code.
    pub warnings: Vec<Warned>,
    /// The pods that use it.
    pub users: Vec<&'f ClaimUser>,
    /// The kind of its disk, as Azure calls it.
    pub sku: Option<&'f str>,
}

impl ClaimVerdict<'_> {
    /// Returns the workloads that use it: `Deployment/web`, each once, sorted.
    #[must_use]
    pub fn used_by(&self) -> Vec<String> {
        let mut names: Vec<String> = self.users.iter().map(|user| format!("{}/{}", user.kind, user.owner)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Returns whether no backup holds it, though nobody wanted that.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self.said.verdict, Verdict::WillFail | Verdict::Skipped) && !self.said.intended
    }

    /// Returns how many bytes of it no backup holds, though nobody wanted that; a claim that waits has none yet.
    #[must_use]
    pub fn bytes_at_risk(&self) -> u64 {
        let is_at_risk = self.is_lost() && self.claim.phase.as_deref() != Some("Pending");
        if is_at_risk { self.size().unwrap_or_default() } else { 0 }
    }

    /// Returns its size: of the volume that it has, else of what it asks for.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        let own = match self.volume {
            VolumeSeen::There(volume) => volume.capacity,
            _ => None,
        };
        own.or(self.claim.requested)
    }
}

/// Judges a claim: the first rule that has something to say decides, and what nobody speaks against is backed up.
#[must_use]
pub fn judge<'f>(index: &Index<'f>, claim: &'f ClaimRow) -> ClaimVerdict<'f> {
    let sight = Sight::of(index, claim);
    let decided = RULES.iter().find_map(|rule| Some((rule, (rule.judge)(&sight)?)));
    let (code, explains, said) = match decided {
        // Which rule could not decide is of no use to anybody.
        Some((_, said)) if said.verdict == Verdict::Unknown => (None, &[][..], said),
        Some((rule, said)) => (Some(rule.code), rule.explains, said),
        None => (None, &[][..], Said::new(Verdict::BackedUp, held(&sight))),
    };
    let is_held = matches!(said.verdict, Verdict::BackedUp | Verdict::Unknown);
    let remarks = REMARKS.iter().filter(|_| is_held);
    let mut warnings: Vec<Warned> =
        remarks.filter_map(|remark| Some(Warned { code: remark.code, message: (remark.judge)(&sight)? })).collect();
    warnings.sort();
    let sku = index.sku(&sight);
    ClaimVerdict { claim, sku, volume: sight.volume, code, explains, said, warnings, users: sight.users }
}

/// Says by what a claim is held.
fn held(sight: &Sight<'_, '_>) -> String {
    match sight.index.scope.basis {
        Basis::None => "would be backed up if it is in scope".to_owned(),
        _ => "backed up".to_owned(),
    }
}
