//! Nothing protects the cluster: Azure has no backup instance of it.
//!
//! Knowledge: contract.md section 4, "ARM read and no instance".

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::Basis;
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB501",
    name: "not-protected",
    title: "Azure was asked, and nothing protects the cluster",
    explains: &[],
    judge,
};

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let scope = &sight.index.scope;
    (scope.basis == Basis::Azure && scope.extents.is_empty())
        .then(|| Said::skipped("nothing protects this cluster: Azure has no backup instance of it"))
}
