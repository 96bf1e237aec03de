//! The document of `check-pvcs -o json`, field by field as the contract has it (section 4).
//!
//! Unknown values are null, never left out. Claims are sorted by namespace and name, whatever a text shows first.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Chosen, Shown};
use crate::coverage::{Basis, ClaimVerdict, Verdict, VolumeSeen, Warned};
use crate::facts::Right;
use crate::finding::Evidence;
use crate::render::report::{API_VERSION, Asked, Cluster, Tool};

/// What `check-pvcs` came to.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PvcReport<'c> {
    /// `aksbackup/v1`.
    pub api_version: String,
    /// `PvcReport`.
    pub kind: String,
    /// When the facts were read, RFC 3339 in UTC.
    pub observed_at: String,
    /// The tool that wrote this.
    pub tool: Tool,
    /// The kubeconfig's context.
    pub context: Option<String>,
    /// The cluster.
    pub cluster: Cluster,
    /// Who was asked.
    pub asked: Asked,
    /// What the claims were judged by.
    pub judged_against: JudgedAgainst,
    /// The verdicts of all chosen claims in numbers, whichever are shown.
    pub summary: PvcSummary,
    /// The claims.
    #[schemars(with = "Vec<ClaimOf>")]
    pub claims: Claims<'c>,
}

/// The claims that are shown; each becomes a row of the document when it is written, and not before.
pub struct Claims<'c> {
    verdicts: Vec<&'c ClaimVerdict<'c>>,
}

impl Serialize for Claims<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.verdicts.iter().map(|one| ClaimOf::of(one)))
    }
}

/// What the claims were judged by.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct JudgedAgainst {
    /// The id of the backup instance; several have commas between them.
    pub instance: Option<String>,
    /// The id of its policy.
    pub policy: Option<String>,
    /// What said what is in scope.
    pub scope: Basis,
}

/// The verdicts in numbers.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PvcSummary {
    /// A backup holds them.
    pub backed_up: usize,
    /// Left out without a code.
    pub skipped: usize,
    /// Azure Backup reports a code.
    pub will_fail: usize,
    /// Not enough could be read.
    pub unknown: usize,
    /// Those that were left out on purpose.
    pub intended: usize,
    /// How many bytes no backup holds, though nobody wanted that.
    pub bytes_at_risk: u64,
}

/// A claim.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimOf {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Whether a backup holds it.
    pub verdict: Verdict,
    /// Whether somebody wanted it left out.
    pub intended: bool,
    /// Our code.
    pub code: Option<String>,
    /// Why.
    pub reason: String,
    /// Where it was seen.
    pub evidence: Vec<Evidence>,
    /// Microsoft's codes.
    pub explains: Vec<String>,
    /// The rights that were missing.
    pub missing: Vec<Right>,
    /// What deserves a word although a backup holds it.
    pub warnings: Vec<Warned>,
    /// The workloads that use it: `Deployment/web`.
    pub used_by: Vec<String>,
    /// What is behind it.
    pub volume: VolumeOf,
}

/// What is behind a claim.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VolumeOf {
    /// The driver.
    pub driver: Option<String>,
    /// What the driver knows it by.
    pub handle: Option<String>,
    /// The class.
    pub storage_class: Option<String>,
    /// How much the claim asks for, in bytes.
    pub requested_bytes: Option<u64>,
    /// The kind of the disk.
    pub sku: Option<String>,
}

impl<'c> PvcReport<'c> {
    /// Makes the document.
    #[must_use]
    pub fn new(chosen: &Chosen<'c, 'c>, shown: &Shown) -> Self {
        let facts = chosen.index.facts;
        let scope = &chosen.index.scope;
        let counts = chosen.counts();
        let is_shown = |one: &&ClaimVerdict<'_>| {
            !shown.is_summary && (shown.verdicts.is_empty() || shown.verdicts.contains(&one.said.verdict))
        };
        Self {
            api_version: API_VERSION.to_owned(),
            kind: "PvcReport".to_owned(),
            observed_at: facts.observed_at.to_string(),
            tool: Tool::this(),
            context: facts.context.clone(),
            cluster: Cluster::of(facts),
            asked: Asked::of(facts),
            judged_against: JudgedAgainst {
                instance: scope.instance.clone(),
                policy: scope.policy.clone(),
                scope: scope.basis,
            },
            summary: PvcSummary {
                backed_up: counts.backed_up,
                skipped: counts.skipped,
                will_fail: counts.will_fail,
                unknown: counts.unknown,
                intended: counts.intended,
                bytes_at_risk: counts.bytes_at_risk,
            },
            claims: Claims { verdicts: chosen.verdicts.iter().filter(is_shown).collect() },
        }
    }
}

impl ClaimOf {
    fn of(one: &ClaimVerdict<'_>) -> Self {
        let volume = match &one.volume {
            VolumeSeen::There(volume) => Some(*volume),
            _ => None,
        };
        let class = one.claim.class.as_deref().or_else(|| volume?.class.as_deref());
        Self {
            namespace: one.claim.namespace.clone(),
            name: one.claim.name.clone(),
            verdict: one.said.verdict,
            intended: one.said.intended,
            code: one.code.map(str::to_owned),
            reason: one.said.reason.clone(),
            evidence: one.said.evidence.clone(),
            explains: one.explains.iter().map(|code| (*code).to_owned()).collect(),
            missing: one.said.missing.clone(),
            warnings: one.warnings.clone(),
            used_by: one.used_by(),
            volume: VolumeOf {
                driver: volume.map(|volume| volume.driver.clone()).filter(|driver| !driver.is_empty()),
                handle: volume.and_then(|volume| volume.handle.as_ref()).map(ToString::to_string),
                storage_class: class.filter(|class| !class.is_empty()).map(str::to_owned),
                requested_bytes: one.claim.requested,
                sku: one.sku.map(str::to_owned),
            },
        }
    }
}
