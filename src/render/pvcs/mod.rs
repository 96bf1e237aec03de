//! What `check-pvcs` shows: a document, a text by reasons, a table, rows for a spreadsheet.

mod csv;
mod report;
mod text;

use std::collections::BTreeSet;

use crate::coverage::{Basis, ClaimVerdict, Index, Verdict};

pub use csv::{csv, names};
pub use report::PvcReport;
pub use text::{Form, text};

/// The verdicts, and what they were chosen by.
pub struct Chosen<'c, 'f> {
    /// The verdicts of all claims that were chosen, sorted by namespace and name.
    pub verdicts: &'c [ClaimVerdict<'f>],
    /// Which of them a file takes out of what counts.
    pub ignored: &'c BTreeSet<usize>,
    /// What they were judged by.
    pub index: &'c Index<'f>,
    /// The namespace that was chosen.
    pub namespace: Option<&'c str>,
    /// Whether labels or names chose among the claims.
    pub is_narrowed: bool,
}

/// What of it is shown, and how.
pub struct Shown {
    /// Only these verdicts; all where none is named.
    pub verdicts: Vec<Verdict>,
    /// The order.
    pub sort: Sort,
    /// Whether only the counts are.
    pub is_summary: bool,
    /// How many columns there are.
    pub width: usize,
}

/// An order of claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// Namespace, then name.
    Name,
    /// The largest first.
    Size,
    /// The worst verdict first.
    Verdict,
}

/// The verdicts in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) backed_up: usize,
    pub(super) skipped: usize,
    pub(super) will_fail: usize,
    pub(super) unknown: usize,
    /// Those of `skipped` that somebody wanted.
    pub(super) intended: usize,
    pub(super) bytes_at_risk: u64,
}

impl Chosen<'_, '_> {
    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        for one in self.verdicts {
            match one.said.verdict {
                Verdict::BackedUp => counts.backed_up += 1,
                Verdict::Skipped => counts.skipped += 1,
                Verdict::WillFail => counts.will_fail += 1,
                Verdict::Unknown => counts.unknown += 1,
            }
            counts.intended += usize::from(one.said.intended);
            counts.bytes_at_risk = counts.bytes_at_risk.saturating_add(one.bytes_at_risk());
        }
        counts
    }

    /// Returns the claims that are shown, in the order that was chosen.
    pub(super) fn shown(&self, shown: &Shown) -> Vec<&ClaimVerdict<'_>> {
        let is_shown =
            |one: &&ClaimVerdict<'_>| shown.verdicts.is_empty() || shown.verdicts.contains(&one.said.verdict);
        let mut rows: Vec<&ClaimVerdict<'_>> = self.verdicts.iter().filter(is_shown).collect();
        match shown.sort {
            Sort::Name => {}
            Sort::Size => rows.sort_by_key(|one| std::cmp::Reverse(one.size())),
            Sort::Verdict => rows.sort_by_key(|one| (one.said.verdict, one.said.intended)),
        }
        rows
    }

    /// Says by what it was judged, as a fragment.
    pub(super) fn basis(&self) -> String {
        let scope = &self.index.scope;
        let names: Vec<&str> = scope.extents.iter().map(|extent| extent.name.as_str()).collect();
        match scope.basis {
            Basis::Azure if names.is_empty() => "Azure has no backup instance of this cluster".to_owned(),
            Basis::Azure => format!(
                "judged by backup {} {}",
                if names.len() == 1 { "instance" } else { "instances" },
                crate::finding::listing(names.iter().copied(), 3)
            ),
            Basis::LastBackup => format!("judged by the newest backup in the cluster, {}", names.join(", ")),
            Basis::None => "no scope is known: backed up means would be backed up if in scope".to_owned(),
        }
    }
}
