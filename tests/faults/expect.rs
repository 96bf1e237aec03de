//! What a run under a fault may say, by what the clean one said.

use std::collections::{BTreeMap, BTreeSet};

use aksbackup::checks::CHECKS;
use aksbackup::facts::{Need, Right};
use aksbackup_lab::{Fault, Target};
use serde_json::Value;

use crate::run::{GRACE, Run, WHOLE};
use crate::world::Scene;

/// The largest a run may become, in KiB.
const LARGEST: i64 = 64 << 10;
/// The same where a list is kept up to its bound of 5,000 objects, which a large cluster may truly have.
const LARGEST_LIST: i64 = 160 << 10;

/// A call and what befalls it.
pub struct Case {
    pub target: Target,
    pub fault: Fault,
}

impl Case {
    pub fn name(&self) -> String {
        let target = match &self.target {
            Target::Nothing => "nothing".to_owned(),
            Target::Call(call) => plain(call),
            Target::Every => "every call".to_owned(),
            Target::AllBut(call) => format!("every call but {call}"),
        };
        format!("{target} × {}", self.fault.name())
    }

    /// Tells whether the fault can befall the call at all.
    pub fn is_possible(&self) -> bool {
        match &self.target {
            Target::Call(call) if self.fault.is_of_lists() => is_list(call),
            _ => true,
        }
    }
}

fn is_list(call: &str) -> bool {
    call.starts_with("GET ") && parts(call).is_some_and(|parts| !parts.is_object && !parts.resource.is_empty())
}

/// Returns a call without what differs from one cluster to the next: the ends of the pods' names.
pub fn plain(call: &str) -> String {
    let parts: Vec<String> = call.split('/').map(plain_part).collect();
    parts.join("/")
}

fn plain_part(part: &str) -> String {
    let (name, query) = part.split_once('?').map_or((part, ""), |(name, query)| (name, query));
    let pieces: Vec<&str> = name.split('-').collect();
    let is_random = |piece: &str| piece.len() == 5 && piece.bytes().all(|b| b.is_ascii_alphanumeric());
    let is_hash = |piece: &str| piece.len() >= 8 && piece.bytes().any(|b| b.is_ascii_digit());
    let name = match pieces.as_slice() {
        [head @ .., hash, end] if is_random(end) && is_hash(hash) && !head.is_empty() => {
            format!("{}-…", head.join("-"))
        }
        _ => name.to_owned(),
    };
    if query.is_empty() { name } else { format!("{name}?{query}") }
}

/// Says in what two runs differ that should be the same.
pub fn same(one: &Run, other: &Run) -> Result<(), String> {
    if one.code != other.code {
        return Err(format!("exit code {:?} and {:?}: {}", one.code, other.code, other.stderr));
    }
    let (Some(a), Some(b)) = (&one.report, &other.report) else { return Err("one has no document".to_owned()) };
    for (a, b) in a["checks"].as_array().unwrap().iter().zip(b["checks"].as_array().unwrap()) {
        if a != b {
            return Err(format!("{a}\n    and {b}"));
        }
    }
    let (a, b) = (findings(a), findings(b));
    if a == b { Ok(()) } else { Err(format!("findings {a:?}\n    and {b:?}")) }
}

/// Returns the ids of the findings.
fn findings(report: &Value) -> BTreeSet<String> {
    report["findings"].as_array().into_iter().flatten().map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

/// A call, taken apart.
struct Parts<'c> {
    group: &'c str,
    namespace: Option<&'c str>,
    resource: String,
    is_object: bool,
    query: &'c str,
}

fn parts(call: &str) -> Option<Parts<'_>> {
    let (path, query) = call.split_once('?').unwrap_or((call, ""));
    let words: Vec<&str> = path.split(' ').nth(1)?.split('/').filter(|word| !word.is_empty()).collect();
    let (group, rest) = match words.as_slice() {
        ["api", _, rest @ ..] => ("", rest),
        ["apis", group, _, rest @ ..] => (*group, rest),
        ["apis", group] => (*group, &[][..]),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !rest.is_empty() => (Some(*namespace), rest),
        rest => (None, rest),
    };
    let (resource, is_object) = match rest {
        [] => (String::new(), false),
        [plural] => ((*plural).to_owned(), false),
        [plural, _] => ((*plural).to_owned(), true),
        [plural, _, sub, ..] => (format!("{plural}/{sub}"), true),
    };
    Some(Parts { group, namespace, resource, is_object, query })
}

/// Returns the facts that a call brings.
///
/// # Panics
/// Where no fact needs such a call: then this table, or the declared rights, lack something.
fn needs_of(call: &str, scene: &Scene) -> BTreeSet<Need> {
    if scene.is_target {
        return [Need::Target].into();
    }
    if call == GREETING {
        return BTreeSet::new();
    }
    let Some(parts) = parts(call) else { panic!("what is {call}?") };
    if parts.resource == "selfsubjectaccessreviews" {
        return Need::ALL.iter().copied().filter(|need| need.tier() == aksbackup::facts::Tier::Ask).collect();
    }
    let brings = |need: &Need| {
        need.rights(scene.namespace).iter().any(|right| {
            let Right::Kube(right) = right else { return false };
            let here = right.namespace.is_none() || right.namespace.as_deref() == parts.namespace;
            right.group == parts.group && here && (parts.resource.is_empty() || right.resource == parts.resource)
        })
    };
    let mut needs: BTreeSet<Need> = Need::ALL.iter().copied().filter(brings).collect();
    // A right for the whole cluster and one for a namespace are told apart by the path.
    // An object that is sent is a dry run of it.
    let is_trial = call.starts_with("POST ");
    needs.retain(|need| (*need == Need::AdmissionTrial) == is_trial);
    if parts.resource == "pods" && !is_trial {
        match (parts.namespace, parts.query.contains("kube-dns")) {
            (None, _) => needs = [Need::NodeUsage, Need::HookTargets, Need::ClaimUsers].into(),
            (Some("kube-system"), true) => needs = [Need::DnsPods].into(),
            (Some("kube-system"), false) => needs = [Need::AgentPods].into(),
            _ => needs.retain(|need| !matches!(need, Need::NodeUsage | Need::HookTargets | Need::ClaimUsers)),
        }
    }
    // The extension's own resources are listed everywhere at once; in a namespace only what is left of one.
    if parts.group == "clusterbackup.dataprotection.microsoft.com" && parts.namespace.is_some() {
        needs = [Need::Leftovers].into();
    }
    if parts.resource == "services" {
        let is_dns = call.contains("/kube-dns");
        needs.retain(|need| (*need == Need::DnsService) == is_dns);
    }
    if parts.resource.is_empty() {
        needs.insert(Need::ServedGroups);
    }
    if needs.is_empty() || parts.resource.is_empty() {
        needs.insert(Need::Leftovers);
    }
    needs
}

/// Returns the facts, and those that build on them.
fn with_what_builds_on(mut needs: BTreeSet<Need>) -> BTreeSet<Need> {
    loop {
        let before = needs.len();
        for need in Need::ALL {
            if need.builds_on().iter().any(|base| needs.contains(base)) {
                needs.insert(*need);
            }
        }
        if needs.len() == before {
            return needs;
        }
    }
}

/// How much of a code names its area: `AKSB2`.
const AREA: usize = 5;

const GREETING: &str = "GET /version";

/// The checks that stand on what no fact brings: the server's version and its clock, and what they say without.
const OF_GREETING: &[(&str, &str)] = &[
    ("node-versions-unsupported", "did not tell its version"),
    ("version-out-of-support", "did not tell its version"),
    ("clocks-differ", "was not seen"),
];

/// Tells whether a fault is what the API server would say of something that does not exist: nobody could know better.
fn is_true_absence(case: &Case) -> bool {
    let Target::Call(call) = &case.target else { return case.fault == Fault::Status(404) };
    case.fault == Fault::Status(404)
        && parts(call).is_some_and(|parts| {
            parts.is_object || parts.group.contains('.') && !aksbackup::facts::is_built_in(parts.group)
        })
}

/// How a fact was read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum State {
    Whole(usize),
    Part,
    Absent,
    Denied,
    Failed,
    NotAsked,
}

fn state(facts: &Value, need: Need) -> State {
    let fact = &facts[need.name()];
    match state_of(fact) {
        State::Whole(_) if has_gap(&fact["got"], need) => State::Part,
        state => state,
    }
}

/// Tells whether a part of what was read, which is a fact of its own, was not: the answer of a replica, a list of the target.
fn has_gap(got: &Value, need: Need) -> bool {
    match need {
        Need::DnsAnswers => got.as_array().unwrap().iter().any(|row| row["answer"].get("got").is_none()),
        Need::Target => OF_TARGET.iter().flat_map(|(_, lists)| *lists).any(|list| is_unread(&state_of(&got[*list]))),
        _ => false,
    }
}

/// The checks that judge the target of a restore, and what of it each stands on.
const OF_TARGET: &[(&str, &[&str])] = &[
    ("target-lacks-api-versions", &["apiGroups"]),
    ("target-lacks-storage-classes", &["storageClasses"]),
    ("target-lacks-zones", &["nodes"]),
    ("target-lacks-volume-zones", &["nodes"]),
    ("target-namespaces-terminating", &["namespaces"]),
    ("target-webhook-unanswered", &["webhooks", "webhookEndpoints"]),
];

/// Tells whether a list that goes on and on left no time for a fact, and the fact says so: nothing of it counts as read.
fn is_starved(case: &Case, facts: &Value, need: Need) -> bool {
    let fact = &facts[need.name()];
    let says = || {
        let text = fact.to_string();
        text.contains("(--timeout)") || text.contains("no answer within")
    };
    case.fault == Fault::EndlessPages && is_unread(&state(facts, need)) && says()
}

fn is_unread(state: &State) -> bool {
    matches!(state, State::Part | State::Denied | State::Failed)
}

fn state_of(fact: &Value) -> State {
    match fact {
        Value::String(word) if word == "absent" || word == "noSuchKind" => State::Absent,
        Value::String(_) | Value::Null => State::NotAsked,
        fact if fact.get("got").is_some() => State::Whole(leaves(&fact["got"])),
        fact if fact.get("partial").is_some() => State::Part,
        fact if fact.get("denied").is_some() => State::Denied,
        _ => State::Failed,
    }
}

/// Returns how a fact was read, as far as the check stands on it.
fn state_for(check: &str, facts: &Value, need: Need) -> State {
    let whole = state(facts, need);
    match OF_TARGET.iter().find(|(name, _)| *name == check) {
        Some((_, lists)) if need == Need::Target && whole == State::Part => {
            let got = &facts[need.name()]["got"];
            lists.iter().map(|list| state_of(&got[*list])).find(is_unread).unwrap_or(State::Absent)
        }
        _ => whole,
    }
}

/// Counts what a value holds.
fn leaves(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(leaves).sum(),
        Value::Object(fields) => fields.values().map(leaves).sum(),
        _ => 1,
    }
}

/// Returns the words of which one must stand in the reason.
fn words(fault: Fault) -> &'static [&'static str] {
    match fault {
        Fault::Status(401) => &["401"],
        Fault::Status(403) => &["reading ", "forbidden", "needs "],
        Fault::Status(404) => &["404"],
        Fault::Status(410) => &["410"],
        Fault::Status(500) => &["500"],
        // The client may try again until the limit.
        Fault::Status(503) => &["503", "no answer within"],
        Fault::Status(504) => &["504", "no answer within"],
        Fault::Busy(_) | Fault::BusyOnce => &["429", "no answer within"],
        Fault::Page(_) => &["not the Kubernetes API"],
        Fault::Redirect => &["302"],
        Fault::Silence | Fault::EndlessHeaders | Fault::EndlessBody | Fault::Drip => &["no answer within"],
        Fault::CutBeforeHeaders
        | Fault::CutInHeaders
        | Fault::CutAfterHeaders
        | Fault::CutInBody
        | Fault::CutInChunks => &["cut off"],
        Fault::HugeBody => &["larger than"],
        Fault::HalfBody | Fault::EmptyBody => &["no JSON of the expected shape", "not what was asked for"],
        Fault::OtherJson | Fault::OtherKind | Fault::WrongType => &["not what was asked for", "not the Kubernetes API"],
        Fault::FalseGzip => &["gzip", "not what was asked for", "not the Kubernetes API"],
        Fault::GzipBomb => &["larger than", "not the Kubernetes API"],
        Fault::HugeRefusal => &["500", "length limit"],
        Fault::Noise => &["HTTP"],
        Fault::SamePage => &["did not end"],
        // Whichever bound is met first.
        Fault::EndlessPages => &["did not end", "larger than", "more than", "no answer within", "--timeout"],
        _ => &[],
    }
}

/// Returns the words of which one must stand in the reason, for what befalls a call.
fn words_for(case: &Case) -> Vec<&'static str> {
    let mut all = words(case.fault).to_vec();
    if !matches!(case.target, Target::Call(_)) {
        // What is asked last may never have its turn.
        all.push("--timeout");
    }
    if !matches!(&case.target, Target::Call(call) if !call.contains("/portforward")) {
        // Within a stream it is the pod's port that does not answer, or answers nonsense.
        all.extend(["did not answer", "no DNS message", "no answer within", "WebSocket", "Protocol", "protocol"]);
    }
    all
}

/// Judges a run under a fault.
pub fn judge(scene: &Scene, case: &Case, clean: &Run, run: &Run) -> Result<(), String> {
    if run.struck == 0 {
        return Err("the call was not made".to_owned());
    }
    if run.stderr.contains("panicked") || run.code == Some(101) {
        return Err(format!("it panicked: {}", run.stderr));
    }
    if run.wall > WHOLE + GRACE {
        return Err(format!("it took {:.1} s", run.wall.as_secs_f64()));
    }
    let largest = if case.fault == Fault::EndlessPages { LARGEST_LIST } else { LARGEST };
    if run.peak_kib > largest {
        return Err(format!("it took {} MiB", run.peak_kib / 1024));
    }
    let is_greeting = match &case.target {
        // A target that does not answer leaves the source judged.
        _ if scene.is_target => false,
        Target::Call(call) => call == GREETING,
        Target::Every => true,
        _ => false,
    };
    if run.code == Some(2) {
        // Only the question whose failure means that there is no cluster to ask.
        let told = run.stderr.starts_with("error: ") && run.stderr.contains("\nhint: ") && run.report.is_none();
        let says_why = words_for(case).iter().any(|word| run.stderr.contains(word));
        return match (is_greeting && !case.fault.heals(), told, says_why) {
            (true, true, true) => Ok(()),
            _ => Err(format!("exit code 2: {}", run.stderr.trim())),
        };
    }
    let Some(report) = &run.report else {
        return Err(format!("exit code {:?} without a document: {}", run.code, run.stderr.trim()));
    };
    let Some(facts) = &run.facts else { return Err(format!("no facts were saved: {}", run.stderr.trim())) };
    if let Some(wanted) = code_of(report).filter(|wanted| Some(*wanted) != run.code) {
        return Err(format!("exit code {:?}, by its outcomes {wanted}", run.code));
    }
    let direct = match &case.target {
        Target::Call(call) => needs_of(call, scene),
        _ => Need::ALL.iter().copied().collect(),
    };
    judge_facts(case, &direct, clean, facts)?;
    judge_checks(case, is_greeting, &with_what_builds_on(direct), clean, report, facts)
}

/// Returns the exit code that the contract has for a document.
fn code_of(report: &Value) -> Option<i32> {
    let findings = report["findings"].as_array()?;
    if findings.iter().any(|finding| finding["severity"] != "info") {
        return Some(1);
    }
    let unjudged = |check: &&Value| check["outcome"] == "inconclusive" || check["outcome"] == "crashed";
    Some(if report["checks"].as_array()?.iter().any(|check| unjudged(&check)) { 3 } else { 0 })
}

/// Holds that what was read is whole or says that it is not, and that the rest was read as ever.
fn judge_facts(case: &Case, direct: &BTreeSet<Need>, clean: &Run, facts: &Value) -> Result<(), String> {
    let touched = with_what_builds_on(direct.clone());
    // Half a log is a log; nothing in it tells that there was more.
    let is_text = matches!(&case.target, Target::Call(call) if call.contains("/log?"));
    for need in Need::ALL {
        let before = state(clean.facts.as_ref().unwrap(), *need);
        let now = state(facts, *need);
        if before == now {
            continue;
        }
        // CoreDNS writes on while the runs go by.
        let is_alive = *need == Need::DnsLogs && matches!((&before, &now), (State::Whole(_), State::Whole(_)));
        if is_alive && !direct.contains(need) {
            continue;
        }
        if is_starved(case, facts, *need) {
            continue;
        }
        if !touched.contains(need) {
            return Err(format!("{} was {before:?} and is {now:?}, though the call does not bring it", need.name()));
        }
        if case.fault.heals() {
            return Err(format!("{} was {before:?} and is {now:?}, though the fault heals", need.name()));
        }
        // What is read of each object of a list is read of those that come again, too.
        let is_repeated = case.fault.is_of_lists() && !need.builds_on().is_empty();
        let may_differ = is_true_absence(case) || is_repeated || is_text && case.fault == Fault::HalfBody;
        match now {
            State::Whole(_) if !may_differ && matches!(before, State::Whole(_)) && direct.contains(need) => {
                return Err(format!("{} was {before:?} and counts as read whole with {now:?}", need.name()));
            }
            State::Absent if !may_differ && direct.contains(need) => {
                return Err(format!("{} counts as absent", need.name()));
            }
            State::NotAsked => return Err(format!("{} was not asked for", need.name())),
            _ => {}
        }
    }
    Ok(())
}

fn judge_checks(
    case: &Case,
    is_greeting: bool,
    touched: &BTreeSet<Need>,
    clean: &Run,
    report: &Value,
    facts: &Value,
) -> Result<(), String> {
    let before: BTreeMap<&str, &Value> = checks(clean.report.as_ref().unwrap());
    let now = checks(report);
    let known = findings(clean.report.as_ref().unwrap());
    for (code, was) in &before {
        let Some(is) = now.get(code) else {
            // A right beyond reading that the server denies after all leaves its checks out, as one that is missing.
            let left_out = report["deselected"].as_array().unwrap().iter().find(|one| one["code"] == *code);
            let why = left_out.and_then(|one| one["why"].as_str()).unwrap_or_default();
            if case.fault == Fault::Status(403) && why.contains("would need a right that is missing") {
                continue;
            }
            return Err(format!("{code} did not run: {why}"));
        };
        if was == is {
            continue;
        }
        let check = CHECKS.iter().find(|check| check.code == *code).unwrap();
        let name = check.name;
        // Whether the extension is there at all is asked of these, on behalf of every check.
        let greeting = OF_GREETING.iter().find(|(of, _)| is_greeting && *of == name).map(|(_, words)| *words);
        let stands_on = greeting.is_some() || check.needs.iter().any(|requirement| touched.contains(&requirement.need));
        let is_starved = check.needs.iter().any(|requirement| is_starved(case, facts, requirement.need));
        if !stands_on && !is_starved && !is_true_absence(case) {
            return Err(format!("{name} does not stand on the call: it was {was} and is {is}"));
        }
        if case.fault.heals() {
            return Err(format!("{name} was {was} and is {is}, though the fault heals"));
        }
        let reason = is["reason"].as_str().unwrap_or_default();
        match (was["outcome"].as_str().unwrap(), is["outcome"].as_str().unwrap()) {
            (_, "crashed") => return Err(format!("{name} crashed: {reason}")),
            ("found" | "inconclusive", "passed") if !is_true_absence(case) => {
                return Err(format!("{name} was {was} and passes"));
            }
            (_, "inconclusive") => {
                let mut words = words_for(case);
                words.extend(greeting);
                let says = words.is_empty() || words.iter().any(|word| reason.contains(word));
                if !says && !is_true_absence(case) {
                    return Err(format!("{name} does not say what happened: {reason}"));
                }
            }
            (old, "notApplicable") if old != "notApplicable" && !is_true_absence(case) => {
                return Err(format!("{name} was {was} and does not apply: {reason}"));
            }
            _ => {}
        }
    }
    for (code, is) in &now {
        let check = CHECKS.iter().find(|check| check.code == *code).unwrap();
        let unread = check
            .needs
            .iter()
            .filter(|requirement| requirement.required)
            .find(|requirement| is_unread(&state_for(check.name, facts, requirement.need)));
        if let (Some(unread), "passed") = (unread, is["outcome"].as_str().unwrap()) {
            return Err(format!("{} passed without {}", check.name, unread.need.name()));
        }
    }
    let found = findings(report);
    for new in found.difference(&known).filter(|_| !is_true_absence(case)) {
        // Where a cause can no longer be told, its trouble is told by a check of the same area that says less.
        let stands_in = known.difference(&found).any(|gone| gone[..AREA] == new[..AREA]);
        if !stands_in {
            return Err(format!("a finding by the fault alone: {new}"));
        }
    }
    Ok(())
}

fn checks(report: &Value) -> BTreeMap<&str, &Value> {
    report["checks"].as_array().unwrap().iter().map(|check| (check["code"].as_str().unwrap(), check)).collect()
}
