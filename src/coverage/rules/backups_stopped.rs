//! What would take the claim in makes no backups: its protection was stopped, suspended or deleted.
//!
//! Knowledge: the states of Azure Backup's management client.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::Out;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB527",
    name: "backups-stopped",
    title: "the backup instance that would take the claim in makes no backups",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    (sight.stand.out == Some(Out::Stopped)).then(|| {
        Said::skipped(
            "no backup is made: the backup instance that would take it in is stopped, suspended or not set up",
        )
    })
}
