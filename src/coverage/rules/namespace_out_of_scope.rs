//! The namespace is not in scope of any backup.
//!
//! Knowledge: azure-backup.md section 2: some namespaces are never backed up, whatever is chosen.

use crate::coverage::index::Sight;
use crate::coverage::rule::Rule;
use crate::coverage::scope::{Basis, Out};
use crate::coverage::verdict::Said;

/// The rule.
pub const RULE: Rule = Rule {
    code: "AKSB503",
    name: "namespace-out-of-scope",
    title: "the namespace is not among those that are backed up",
    explains: &[],
    judge,
};

/// What Azure Backup leaves out of every backup; the last is what its real backups leave out besides.
const NEVER: [&str; 4] = ["kube-system", "kube-node-lease", "kube-public", "dataprotection-microsoft"];

fn judge(sight: &Sight<'_, '_>) -> Option<Said> {
    let namespace = sight.claim.namespace.as_str();
    if NEVER.contains(&namespace) || namespace == sight.index.facts.extension.namespace {
        return Some(Said::intended("its namespace is in no backup, whatever is chosen"));
    }
    (sight.stand.out == Some(Out::Namespace)).then(|| match sight.index.scope.basis {
        Basis::LastBackup => Said::intended("its namespace was not in the newest backup"),
        _ => Said::intended("its namespace is not among those that are backed up"),
    })
}
