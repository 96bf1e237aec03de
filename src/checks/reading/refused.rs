//! Refusals by one and the same object, and the words for them that every check of refusals shares.

use super::refusals::{CONFIGS, DEPLOYMENTS, EVENTS, JOBS, REPLICA_SETS, Refusal};
use crate::catalogue::Captured;
use crate::facts::Facts;
use crate::finding::{Finding, Severity, Subject, counted, listing, minute};

/// Refusals of one kind by one object: what one finding is about.
pub struct Refused<'f> {
    /// The object that refuses, or whatever else tells these refusals from others.
    pub by: Option<String>,
    /// The refusals, newest first.
    pub all: Vec<Refusal<'f>>,
}

/// Puts together the refusals by the same object.
pub fn grouped<'f>(refusals: Vec<Refusal<'f>>, by: impl Fn(&Captured) -> Option<String>) -> Vec<Refused<'f>> {
    let mut groups: Vec<Refused<'f>> = Vec::new();
    for refusal in refusals {
        let key = by(&refusal.told.captured);
        match groups.iter_mut().find(|group| group.by == key) {
            Some(group) => group.all.push(refusal),
            None => groups.push(Refused { by: key, all: vec![refusal] }),
        }
    }
    for group in &mut groups {
        group.all.sort_by(|a, b| b.when.cmp(&a.when).then_with(|| a.workload.cmp(&b.workload)));
    }
    groups.sort_by(|a, b| a.by.cmp(&b.by));
    groups
}

/// Returns the policy, constraint or webhook that denies.
pub fn denier(captured: &Captured) -> Option<String> {
    match captured {
        Captured::Denial { by, .. } => by.clone(),
        _ => None,
    }
}

/// Returns `: said`, or nothing where nothing was said.
pub fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(": {said}") }
}

/// Cuts what is said at length behind a word.
fn shortened(said: &str) -> String {
    const MOST: usize = 200;
    if said.len() <= MOST {
        return said.to_owned();
    }
    let head = &said[..said.floor_char_boundary(MOST)];
    format!("{}, and so on", head.rsplit_once(' ').map_or(head, |(words, _)| words).trim_end_matches(','))
}

/// How many places are shown where the same is said.
const MOST_EVIDENCE: usize = 4;

impl<'f> Refused<'f> {
    /// Returns one refusal of each workload, newest first.
    pub fn workloads(&self) -> Vec<&Refusal<'f>> {
        let mut found: Vec<&Refusal<'f>> = Vec::new();
        for refusal in &self.all {
            let is_known = found.iter().any(|known| known.workload == refusal.workload);
            // What helm was told adds nothing where the objects themselves tell.
            let is_told = refusal.workload.kind.as_deref() == Some(CONFIG) && !found.is_empty();
            if !is_known && !is_told {
                found.push(refusal);
            }
        }
        if found.len() > 1 {
            found.retain(|refusal| refusal.workload.kind.as_deref() != Some(CONFIG));
        }
        found
    }

    /// Returns whose pods are refused, in words: `the pods of Deployment a and Job b`.
    pub fn whose(&self) -> String {
        let workloads = self.workloads();
        let of_kind = |kind: &str| {
            let its = workloads.iter().filter(|refusal| refusal.workload.kind.as_deref() == Some(kind));
            let mut names: Vec<&str> = its.filter_map(|refusal| refusal.workload.name.as_deref()).collect();
            names.sort_unstable();
            names
        };
        let kinds = ["Deployment", "Job"].map(|kind| match of_kind(kind).as_slice() {
            [] => None,
            [one] => Some(format!("{kind} {one}")),
            many => Some(format!("{kind}s {}", listing(many.iter().copied(), 4))),
        });
        let kinds: Vec<String> = kinds.into_iter().flatten().collect();
        if kinds.is_empty() {
            return "what the installation wants to create".to_owned();
        }
        format!("the pods of {}", kinds.join(", and of "))
    }

    /// Returns what is left to say of the workloads: how many pods are missing, when it was last said, what is gone.
    pub fn state(&self) -> String {
        let workloads = self.workloads();
        let mut sentences: Vec<String> = Vec::new();
        let missing: u32 = workloads.iter().filter_map(|refusal| refusal.missing).fold(0, u32::saturating_add);
        if missing > 0 {
            let is = if missing == 1 { "is" } else { "are" };
            sentences.push(format!("{} {is} missing.", counted(missing as usize, "pod", "pods")));
        }
        if let Some(when) = self.all.iter().filter_map(|refusal| refusal.when).max() {
            sentences.push(format!("That was last said at {}.", minute(when)));
        }
        if !workloads.is_empty() && workloads.iter().all(|refusal| refusal.is_gone) {
            sentences.push("What was refused is gone by now, as after helm takes an installation back.".to_owned());
        }
        if self.older_runs() {
            sentences.push("The pods of the version before run on; the change does not come through.".to_owned());
        }
        sentences.join(" ")
    }

    /// Returns the last sentences of a message: the state, and that nodes are not what is lacking.
    pub fn ending(&self) -> String {
        let state = self.state();
        format!("\n{state}{}More nodes would not help.", if state.is_empty() { "" } else { " " })
    }

    /// Returns what was said with the refusals, each sentence once.
    pub fn said(&self) -> String {
        listing(self.sentences().iter().map(String::as_str), 3)
    }

    /// Returns what was said with one of the refusals, where it is much and much the same for each.
    pub fn said_first(&self) -> String {
        self.sentences().into_iter().next().unwrap_or_default()
    }

    /// Returns what was said, none at length: the evidence has the whole.
    fn sentences(&self) -> Vec<String> {
        let mut sentences: Vec<String> = Vec::new();
        for refusal in &self.all {
            if let Captured::Denial { said: Some(said), .. } = &refusal.told.captured {
                let said = shortened(said.trim_end_matches('.'));
                if !said.is_empty() && !sentences.contains(&said) {
                    sentences.push(said);
                }
            }
        }
        sentences
    }

    /// Returns whether everything that is refused still has pods of an older make.
    fn older_runs(&self) -> bool {
        let workloads = self.workloads();
        !workloads.is_empty() && workloads.iter().all(|refusal| refusal.older_runs)
    }

    /// Returns what is to be done once the cause is away, as a sentence with a space in front.
    pub fn afterwards(&self) -> &'static str {
        let workloads = self.workloads();
        if workloads.iter().all(|refusal| refusal.is_gone) {
            " Then install the extension again."
        } else {
            " The pods then follow by themselves within some minutes; if helm has given up by then, install the extension again."
        }
    }

    /// Returns how much the refusals hurt: where pods of an older make run on, backups do too.
    pub fn severity(&self, facts: &Facts) -> Severity {
        let has_failed = facts
            .extension_configs
            .known_rows()
            .iter()
            .any(|config| config.is_backup() && config.status.status.as_deref() == Some("Failed"));
        if self.older_runs() && !has_failed { Severity::Warning } else { Severity::Error }
    }

    /// Makes the finding: about `subject`, concerning every workload.
    pub fn finding(&self, facts: &Facts, subject: Subject, message: String) -> Finding {
        let mut finding = Finding::new(self.severity(facts), subject, message);
        let mut shown: Vec<(&Subject, &Captured)> = Vec::new();
        for refusal in &self.all {
            // Every attempt leaves an event, with the name of another pod that never was: one of them is enough.
            let said = (&refusal.workload, &refusal.told.captured);
            if shown.len() < MOST_EVIDENCE && !shown.contains(&said) {
                shown.push(said);
                finding = finding.seen(refusal.evidence.clone());
            }
            for subject in std::iter::once(&refusal.workload).chain(&refusal.replica_set) {
                if !finding.concerns.contains(subject) {
                    finding.concerns.push(subject.clone());
                }
            }
        }
        for requirement in [EVENTS, REPLICA_SETS, DEPLOYMENTS, JOBS, CONFIGS] {
            finding = finding.without(
                facts.unread(requirement.need).map(|unread| format!("whether more is refused: {}", unread.why)),
            );
        }
        finding
    }
}

/// The kind of the object that keeps what helm was told.
const CONFIG: &str = "ExtensionConfig";
