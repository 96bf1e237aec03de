//! Findings from rows of the table of permissions.

use crate::checks::check::Judgement;
use crate::checks::permissions::{GRANT, OF_TABLE, Row, Verdict, What, Who, permissions};
use crate::checks::reading::azure::azure_subject;
use crate::facts::arm::ArmId;
use crate::facts::{Facts, Need, Requirement, Stop, Unread, helpful, required, shell_word};
use crate::finding::{Evidence, Finding, Remedy, Severity, listing, minute};

/// The facts that such a check needs: of the table all, and without whom nobody can be judged.
pub const NEEDS: &[Requirement] = &[
    required(Need::ManagedCluster),
    // Not required: of one identity all may be read while another's are not, and the table tells which.
    helpful(Need::RoleAssignments),
    helpful(Need::ArmExtensions),
    helpful(Need::BackupInstances),
    helpful(Need::TrustedAccess),
    helpful(Need::Vaults),
    helpful(Need::BackupPolicies),
    helpful(Need::RoleDefinitions),
    helpful(Need::DenyAssignments),
    helpful(Need::CallerRights),
    helpful(Need::AzureSignIn),
];

/// Returns the rows about an identity and what it is for.
///
/// # Errors
/// Not applicable where there is none, inconclusive where the facts that would name them could not be read, or where no
/// row is broken and one could not be judged.
pub fn rows(facts: &Facts, who: Who, whats: &[What]) -> Result<Vec<Row>, Stop> {
    facts.azure_cluster()?;
    let rows: Vec<Row> =
        permissions(facts).into_iter().filter(|row| row.who == who && whats.contains(&row.what)).collect();
    if rows.is_empty() {
        // What names them may be what could not be read.
        for need in OF_TABLE.into_iter().filter(|need| names(*need, who)) {
            if let Some(unread) = facts.unread(need) {
                return Err(Stop::Inconclusive(unread));
            }
        }
        return Err(Stop::not_applicable(match who {
            Who::Extension => "Azure has no backup extension with a storage account on this cluster",
            Who::Vault => "no vault is known for this cluster",
            _ => "no vault protects this cluster yet",
        }));
    }
    let is_broken = rows.iter().any(|row| row.verdict.is_broken());
    let unknown = rows.iter().find_map(|row| match &row.verdict {
        Verdict::Unknown(unread) => Some(Unread {
            why: format!("whether {} may {}: {}", row.identity, row.what.words(&row.scope), unread.why),
            missing: unread.missing.clone(),
        }),
        _ => None,
    });
    // What names a further scope may be what could not be read.
    let unnamed = || {
        let naming = OF_TABLE.into_iter().filter(|need| names(*need, who) && *need != Need::TrustedAccess);
        naming.into_iter().find_map(|need| facts.unread(need))
    };
    match unknown.or_else(unnamed) {
        Some(unread) if !is_broken => Err(Stop::Inconclusive(unread)),
        _ => Ok(rows),
    }
}

/// Returns whether a fact names the scopes of an identity.
const fn names(need: Need, who: Who) -> bool {
    match who {
        Who::Extension => matches!(need, Need::ArmExtensions),
        Who::Vault => matches!(need, Need::BackupInstances | Need::TrustedAccess | Need::Vaults),
        Who::Cluster => matches!(need, Need::BackupInstances),
        Who::Kubelet | Who::You => false,
    }
}

impl What {
    /// Returns what it is for, behind "may".
    #[must_use]
    pub fn words(self, scope: &ArmId) -> String {
        let scope = scope.words();
        match self {
            Self::Store => format!("write backups into {scope}"),
            Self::LookAtCluster => format!("read {scope} and its extension"),
            Self::CallCluster => format!("call the API of {scope}"),
            Self::Snapshot => format!("make snapshots in {scope}"),
            Self::LookAtSnapshots => format!("read the snapshots in {scope}"),
            Self::MoveToVault => format!("move copies from {scope} into the vault"),
            Self::Grant => format!("grant roles at {scope}"),
            Self::Nothing => "do nothing".to_owned(),
        }
    }
}

/// Makes one finding for each identity of which a row is missing.
///
/// # Errors
/// None: what could not be judged has stopped the check before.
pub fn missing(facts: &Facts, rows: &[Row], why_it_matters: &str) -> Judgement {
    let broken: Vec<&Row> =
        rows.iter().filter(|row| row.verdict == Verdict::Missing && row.what != What::CallCluster).collect();
    Ok(by_identity(&broken).iter().map(|lacks| say(facts, lacks, why_it_matters)).collect())
}

/// Returns rows together that are about one identity.
pub fn by_identity<'r>(rows: &[&'r Row]) -> Vec<Vec<&'r Row>> {
    let mut all: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        match all.iter_mut().find(|group| group[0].of == row.of) {
            Some(group) => group.push(row),
            None => all.push(vec![row]),
        }
    }
    all
}

fn say(facts: &Facts, lacks: &[&Row], why_it_matters: &str) -> Finding {
    let first = lacks[0];
    let principal = first.principal.as_deref().unwrap_or("OBJECT_ID");
    let mut may_not: Vec<String> = Vec::new();
    for row in lacks {
        let one = row.what.words(&row.scope);
        if !may_not.contains(&one) {
            may_not.push(one);
        }
    }
    let mut message = format!(
        "The identity of {}, {principal}, may not {}: no role of it, nor of its groups, allows that. {why_it_matters}",
        first.identity,
        listing(may_not.iter().map(String::as_str), 4)
    );
    for row in lacks {
        if let Some(has) = &row.has {
            message.push_str(&format!("\nAt {} it has {has}, which is not enough.", row.scope.words()));
        }
    }
    let roles = lacks.iter().map(|row| format!("{} at {}", row.needed, row.scope.words())).collect::<Vec<_>>();
    let mut text = format!(
        "Grant {} the role {}. A new role takes up to an hour until it works everywhere.",
        first.identity,
        listing(roles.iter().map(String::as_str), 4)
    );
    if let Some(note) = lacks.iter().find_map(|row| cannot_grant(facts, row)) {
        text.push_str(&format!(" {note}"));
    }
    let mut remedy = Remedy::guided(text);
    let mut finding = Finding::new(Severity::Error, azure_subject(&first.of), message);
    for row in lacks {
        remedy = remedy.documented(format!(
            "az role assignment create --assignee-object-id {principal} --assignee-principal-type ServicePrincipal --role {} --scope {}",
            shell_word(row.needed),
            shell_word(row.scope.as_str())
        ));
        if !finding.evidence.contains(&evidence(row)) {
            finding = finding.seen(evidence(row)).concerning(azure_subject(&row.scope));
        }
    }
    let own = facts.unread(Need::CallerRights);
    finding.without(own.map(|unread| format!("whether you may grant it yourself: {}", unread.why))).mended_by(remedy)
}

/// Returns where the assignments of a row can be seen.
pub fn evidence(row: &Row) -> Evidence {
    let principal = row.principal.as_deref().unwrap_or_default();
    let seen = match (&row.has, row.since) {
        (Some(has), Some(since)) => format!("{has}, since {}", minute(since)),
        (Some(has), None) => has.clone(),
        (None, _) => "no role that allows it".to_owned(),
    };
    Evidence::quoted(format!("{} roleAssignments, assignedTo {principal}", row.scope), seen)
}

/// Says that the person who runs the command may not grant it, where that is known.
fn cannot_grant(facts: &Facts, row: &Row) -> Option<String> {
    let at = facts.caller_rights.known()?.iter().find(|at| at.scope == row.scope)?;
    (!at.allows(GRANT)).then(|| {
        format!("You may not do that yourself: it takes {GRANT} there, as Owner or User Access Administrator has it.")
    })
}
