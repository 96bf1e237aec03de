//! The document of `doctor -o json`, field by field as the contract has it (section 3).
//!
//! Unknown values are null, never left out.

use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::permissions::{Row, permissions};
use crate::checks::{Diagnosis, Outcome, Role};
use crate::facts::{Facts, Right};
use crate::finding::{Evidence, Hop, Remedy, Severity, Subject};

/// The version of the document; a change of meaning is a new one.
pub const API_VERSION: &str = "aksbackup/v1";

/// What `doctor` came to.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// `aksbackup/v1`.
    pub api_version: String,
    /// `DoctorReport`.
    pub kind: String,
    /// When the facts were read, RFC 3339 in UTC.
    pub observed_at: String,
    /// The tool that wrote this.
    pub tool: Tool,
    /// The kubeconfig's context.
    pub context: Option<String>,
    /// Who was asked.
    pub asked: Asked,
    /// The cluster.
    pub cluster: Cluster,
    /// The backup extension.
    pub extension: ExtensionOf,
    /// When the newest backup that completed was done, RFC 3339 in UTC.
    pub last_recovery_point: Option<String>,
    /// How many checks ended in which way.
    pub summary: Summary,
    /// Every check that ran.
    pub checks: Vec<CheckOf>,
    /// The checks that did not run, by choice or for lack of a tier of rights.
    pub deselected: Vec<Deselected>,
    /// What was found, sorted by role, severity, hop, code and subject.
    pub findings: Vec<FindingOf>,
    /// Who may do what in Azure; empty where Azure was not asked.
    pub permissions: Vec<Permission>,
}

/// The tool that wrote a document.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Tool {
    /// Its version.
    pub version: String,
}

/// Who was asked.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Asked {
    /// Whether the Kubernetes API was.
    pub kubernetes: bool,
    /// Whether Azure Resource Manager was.
    pub azure: bool,
}

/// The cluster.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    /// Its Azure id; null without Azure.
    pub id: Option<String>,
    /// Its name; null without Azure.
    pub name: Option<String>,
    /// Its region.
    pub region: Option<String>,
    /// The API server's version, without the `v`.
    pub kubernetes_version: Option<String>,
}

/// The backup extension.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExtensionOf {
    /// Its name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// Its namespace.
    pub namespace: Option<String>,
}

/// How many checks ended in which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// Found nothing.
    pub passed: usize,
    /// Found trouble.
    pub found: usize,
    /// Could not judge.
    pub inconclusive: usize,
    /// Had nothing to be about.
    pub not_applicable: usize,
    /// Crashed.
    pub crashed: usize,
    /// Did not run.
    pub deselected: usize,
}

/// A check that ran.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckOf {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its stretch of the road.
    pub hop: Hop,
    /// How it ended.
    pub outcome: Ended,
    /// Why it ended so, where it neither passed nor found anything.
    pub reason: Option<String>,
    /// The rights that were missing.
    pub missing: Vec<Right>,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Ended {
    /// Found nothing.
    Passed,
    /// Found trouble.
    Found,
    /// Could not judge.
    Inconclusive,
    /// Had nothing to be about.
    NotApplicable,
    /// Crashed.
    Crashed,
}

/// What stands in the reason of a check that was left out for want of a right beyond reading.
pub const A_RIGHT_IS_MISSING: &str = "a right that is missing";

/// A check that did not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Deselected {
    /// Its code.
    pub code: String,
    /// Why.
    pub why: String,
}

/// What was found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FindingOf {
    /// Code and subject, stable from run to run.
    pub id: String,
    /// The check's code.
    pub code: String,
    /// The check's name.
    pub name: String,
    /// The check's stretch of the road.
    pub hop: Hop,
    /// How much it hurts.
    pub severity: Severity,
    /// The part that it plays.
    pub role: Role,
    /// The object that it is about.
    pub subject: Subject,
    /// What is wrong.
    pub message: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// Microsoft's codes that it explains.
    pub explains: Vec<String>,
    /// The ids of the findings that explain it.
    pub caused_by: Vec<String>,
    /// A group name shared by findings of which one is true.
    pub alternatives: Option<String>,
    /// What would tell the members of that group apart.
    pub decide: Option<String>,
    /// What facts that could not be read would have added.
    pub not_read: Vec<String>,
    /// What mends it.
    pub remedy: Option<Remedy>,
}

/// Who may do what in Azure.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Permission {
    /// The identity.
    pub identity: String,
    /// The id of the scope.
    pub scope: String,
    /// The role that it needs.
    pub needed: String,
    /// The role that it has.
    pub has: Option<String>,
    /// Since when, RFC 3339 in UTC.
    pub since: Option<String>,
    /// The scope that the role comes from, where it is inherited.
    pub inherited_from: Option<String>,
    /// The deny assignment that takes it away.
    pub denied_by: Option<String>,
    /// What follows.
    pub verdict: String,
}

impl Tool {
    /// Returns this one.
    #[must_use]
    pub fn this() -> Self {
        Self { version: env!("CARGO_PKG_VERSION").to_owned() }
    }
}

impl Asked {
    /// Returns who was.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        Self { kubernetes: !facts.is_by_azure_alone(), azure: facts.has_asked_azure() }
    }
}

impl Cluster {
    /// Returns what is known of it.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        let cluster_id = facts.cluster_id();
        let in_azure = facts.managed_cluster.known();
        let of_azure = || in_azure.and_then(|of| of.properties.current_kubernetes_version.as_deref());
        let version = facts.server.version.as_deref().or_else(of_azure);
        Self {
            id: cluster_id.as_ref().map(ToString::to_string),
            name: cluster_id.as_ref().map(|id| id.name().to_owned()),
            region: facts.region().or(in_azure.map(|of| of.location.as_str())).map(str::to_owned),
            kubernetes_version: version.map(|v| v.trim_start_matches('v').to_owned()),
        }
    }
}

impl DoctorReport {
    /// Makes the document.
    #[must_use]
    pub fn new(diagnosis: &Diagnosis, deselected: &[Deselected], facts: &Facts) -> Self {
        let ended = |wanted: fn(&Outcome) -> bool| diagnosis.ended(wanted);
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "DoctorReport".to_owned(),
            observed_at: facts.observed_at.to_string(),
            tool: Tool::this(),
            context: facts.context.clone(),
            asked: Asked::of(facts),
            cluster: Cluster::of(facts),
            extension: ExtensionOf {
                name: facts.extension.name.clone(),
                version: facts.extension.version.clone(),
                namespace: (facts.presence() == crate::facts::Presence::Present)
                    .then(|| facts.extension.namespace.clone()),
            },
            last_recovery_point: facts.last_recovery_point().map(|when| when.to_string()),
            summary: Summary {
                passed: ended(|o| matches!(o, Outcome::Passed)),
                found: ended(|o| matches!(o, Outcome::Found(_))),
                inconclusive: ended(|o| matches!(o, Outcome::Inconclusive(_))),
                not_applicable: ended(|o| matches!(o, Outcome::NotApplicable(_))),
                crashed: ended(|o| matches!(o, Outcome::Crashed(_))),
                deselected: deselected.len(),
            },
            checks: diagnosis.ran.iter().map(|ran| check_of(ran.check, &ran.outcome)).collect(),
            deselected: deselected.to_vec(),
            findings: diagnosis
                .findings
                .iter()
                .map(|placed| FindingOf {
                    id: placed.id.clone(),
                    code: placed.check.code.to_owned(),
                    name: placed.check.name.to_owned(),
                    hop: placed.check.hop,
                    severity: placed.finding.severity,
                    role: placed.role,
                    subject: placed.finding.subject.clone(),
                    message: placed.finding.message.clone(),
                    evidence: placed.finding.evidence.clone(),
                    explains: placed.explains().iter().map(|code| (*code).to_owned()).collect(),
                    caused_by: placed.caused_by.clone(),
                    alternatives: placed.finding.alternatives.clone(),
                    decide: placed.finding.decide.clone(),
                    not_read: placed.finding.not_read.clone(),
                    remedy: placed.finding.remedy.clone(),
                })
                .collect(),
            permissions: permissions(facts).iter().map(permission_of).collect(),
        }
    }
}

fn permission_of(row: &Row) -> Permission {
    Permission {
        identity: row.identity.clone(),
        scope: row.scope.to_string(),
        needed: row.needed.to_owned(),
        has: row.has.clone(),
        since: row.since.map(|since| since.to_string()),
        inherited_from: row.inherited_from.as_ref().map(ToString::to_string),
        denied_by: row.denied_by.clone(),
        verdict: row.verdict.word().to_owned(),
    }
}

fn check_of(check: &crate::checks::Check, outcome: &Outcome) -> CheckOf {
    let (ended, reason, missing) = match outcome {
        Outcome::Passed => (Ended::Passed, None, Vec::new()),
        Outcome::Found(_) => (Ended::Found, None, Vec::new()),
        Outcome::Inconclusive(unread) => (Ended::Inconclusive, Some(unread.why.clone()), unread.missing.clone()),
        Outcome::NotApplicable(why) => (Ended::NotApplicable, Some(why.clone()), Vec::new()),
        Outcome::Crashed(why) => (Ended::Crashed, Some(why.clone()), Vec::new()),
    };
    CheckOf {
        code: check.code.to_owned(),
        name: check.name.to_owned(),
        hop: check.hop,
        outcome: ended,
        reason,
        missing,
    }
}
