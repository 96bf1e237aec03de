//! What stands against a storage location right now: its own message while it is Unavailable, or
//! the newest outcome in Velero's log.
//!
//! A dozen checks judge the same words, each for one meaning. They ask here, so that all agree on
//! which words count and on which of several causes in a message is the one: the innermost, which
//! the catalogue puts first. An older error that a newer success follows is no complaint.

use jiff::Timestamp;

use super::super::check::Judgement;
use super::location_account::Account;
use super::log_line::log_lines;
use crate::catalogue::{Captured, Match, Sign, Weight, classify};
use crate::facts::objects::StorageLocation;
use crate::facts::{Facts, Need, Requirement, helpful, required};
use crate::finding::{Evidence, Finding, Remedy, Severity, Subject};

/// The facts that a check reads when it judges what stands against a location.
pub const NEEDS: &[Requirement] =
    &[required(Need::StorageLocations), helpful(Need::Logs), helpful(Need::Pods), helpful(Need::Nodes)];

/// Words that stand against a location.
pub struct Complaint<'f> {
    /// The location.
    pub location: &'f StorageLocation,
    /// Where the words stand.
    pub at: String,
    /// The words.
    pub text: &'f str,
    /// When they were written, where that is known.
    pub when: Option<Timestamp>,
    /// The families of messages that they show, best first.
    pub matches: Vec<Match>,
}

impl Complaint<'_> {
    /// Returns the cause that the words name, the innermost where there are several.
    pub fn cause(&self) -> Option<&Match> {
        self.matches.iter().find(|found| found.sign.about().weight == Weight::Cause)
    }

    /// Returns where the telling words stand, and the words.
    pub fn evidence(&self) -> Evidence {
        let telling = self.cause().and_then(|found| telling(self.text, found));
        Evidence::quoted(&self.at, telling.unwrap_or_else(|| whole(self.text)))
    }
}

/// Returns the telling words, with the lines beside them where a code stands on a line of its own.
///
/// Azure's client writes the status, the code and the body on lines of their own, with rules between.
fn telling(text: &str, found: &Match) -> Option<String> {
    let quote = text.get(found.quote.clone())?;
    // What follows these words is a secret.
    if quote.len() >= SHORT || found.sign == Sign::KeySettingHoldsKey {
        return Some(quote.to_owned());
    }
    let start = text.get(..found.quote.start)?.rfind('\n').map_or(0, |at| at + 1);
    let is_rule = |line: &&str| line.trim().is_empty() || line.trim().bytes().all(|b| b == b'-');
    let before =
        text.get(..start)?.lines().rev().find(|line| !is_rule(line)).filter(|line| line.starts_with("RESPONSE "));
    let line_end = text.get(start..)?.find('\n').map_or(text.len(), |at| start + at);
    let after = text.get(line_end..)?.lines().find(|line| !is_rule(line)).filter(|line| line.starts_with('{'));
    let after = after.map(|line| line.get(..line.floor_char_boundary(BODY)).unwrap_or(line));
    let parts: Vec<&str> = before.into_iter().chain([quote]).chain(after).map(str::trim).collect();
    Some(parts.join(" · "))
}

/// A quote that is shorter than this, in bytes, is a code without its sentence.
const SHORT: usize = 60;
/// How much of an answer's body is quoted beside its code, in bytes.
const BODY: usize = 320;

/// The longest message that is quoted as it stands, in bytes.
const LONGEST: usize = 1200;

/// Returns a message as it stands, without its end where it is very long.
fn whole(text: &str) -> String {
    let text = text.trim();
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    format!("{} …", text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default())
}

/// Returns what stands against the extension's locations.
///
/// A location's own message counts while the location is Unavailable. The log counts where it is
/// newer than the check that found the location well, or where the message names no cause.
pub fn complaints(facts: &Facts) -> Vec<Complaint<'_>> {
    let mut all = Vec::new();
    for location in facts.locations() {
        let status = &location.status;
        let message = status.message.as_deref().filter(|text| location.is_unavailable() && !text.trim().is_empty());
        let own = message.map(|text| Complaint {
            location,
            at: format!("{} .status.message", location.at()),
            text,
            when: status.last_validation_time,
            matches: classify(text),
        });
        let is_enough = own.as_ref().is_some_and(|own| own.cause().is_some());
        let logged = if is_enough { None } else { logged(facts, location) };
        match (own, logged) {
            // The log adds something only where it names the cause.
            (Some(own), Some(logged)) if logged.cause().is_none() => all.push(own),
            (_, Some(logged)) => all.push(logged),
            (Some(own), None) => all.push(own),
            (None, None) => {}
        }
    }
    all
}

/// Returns the newest line of Velero's log about a location, where it tells of a failure that nothing has overtaken.
fn logged<'f>(facts: &'f Facts, location: &'f StorageLocation) -> Option<Complaint<'f>> {
    let name = format!("{}/{}", location.metadata.namespace(), location.metadata.name);
    let newest = log_lines(facts)
        .filter(|line| line.when.is_some() && line.field("backup-storage-location") == Some(name.as_str()))
        .max_by_key(|line| line.when)?;
    let is_overtaken = !location.is_unavailable() && newest.when <= location.status.last_validation_time;
    if is_overtaken || !newest.is_failure() {
        return None;
    }
    Some(Complaint {
        location,
        at: newest.log.at(),
        text: newest.text,
        when: newest.when,
        matches: classify(newest.text),
    })
}

/// A complaint whose cause is one that a check is about.
pub struct Said<'c, 'f> {
    /// The complaint.
    pub complaint: &'c Complaint<'f>,
    /// The cause that it names.
    pub sign: Sign,
    /// The details that it gives.
    pub captured: &'c Captured,
    /// The account behind the location.
    pub account: Account<'f>,
}

impl<'f> Said<'_, 'f> {
    /// Returns the location's name.
    pub fn location(&self) -> &'f str {
        &self.complaint.location.metadata.name
    }
}

/// What a check says of a complaint.
pub struct Verdict {
    severity: Severity,
    message: String,
    remedy: Remedy,
    concerns: Vec<Subject>,
    evidence: Vec<Evidence>,
    not_read: Option<String>,
    alternative: Option<(String, &'static str)>,
}

impl Verdict {
    fn new(severity: Severity, message: impl Into<String>, remedy: Remedy) -> Self {
        Self {
            severity,
            message: message.into(),
            remedy,
            concerns: Vec::new(),
            evidence: Vec::new(),
            not_read: None,
            alternative: None,
        }
    }

    /// Says that backups fail now.
    pub fn error(message: impl Into<String>, remedy: Remedy) -> Self {
        Self::new(Severity::Error, message, remedy)
    }

    /// Puts the finding into a group of which one is true, with what would decide.
    #[must_use]
    pub fn one_of(mut self, group: String, decide: &'static str) -> Self {
        self.alternative = Some((group, decide));
        self
    }

    /// Adds what was seen besides the words.
    #[must_use]
    pub fn seen(mut self, evidence: impl IntoIterator<Item = Evidence>) -> Self {
        self.evidence.extend(evidence);
        self
    }

    /// Notes what an unreadable fact would have added.
    #[must_use]
    pub fn without(mut self, not_read: Option<String>) -> Self {
        self.not_read = not_read;
        self
    }

    /// Adds other objects that the finding is about.
    #[must_use]
    pub fn concerning(mut self, subjects: impl IntoIterator<Item = Subject>) -> Self {
        self.concerns.extend(subjects);
        self
    }
}

/// Begins a sentence with a phrase.
pub fn capital(phrase: &str) -> String {
    let mut letters = phrase.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Says the same trouble of every location whose complaint names one of these causes.
///
/// # Errors
/// Inconclusive where the locations could not be read.
pub fn judge(facts: &Facts, signs: &[Sign], say: impl Fn(&Said<'_, '_>) -> Option<Verdict>) -> Judgement {
    facts.storage_locations.rows(Need::StorageLocations.what())?;
    let mut findings = Vec::new();
    for complaint in complaints(facts) {
        let Some(cause) = complaint.cause().filter(|cause| signs.contains(&cause.sign)) else { continue };
        let account = Account::of(facts, complaint.location);
        let said = Said { complaint: &complaint, sign: cause.sign, captured: &cause.captured, account };
        let Some(verdict) = say(&said) else { continue };
        let mut finding = Finding::new(verdict.severity, complaint.location.subject(), verdict.message)
            .seen(complaint.evidence())
            .mended_by(verdict.remedy)
            .without(verdict.not_read);
        finding.evidence.extend(verdict.evidence);
        finding.concerns = verdict.concerns;
        if let Some((group, decide)) = verdict.alternative {
            finding = finding.one_of(group, decide);
        }
        findings.push(finding);
    }
    Ok(findings)
}
