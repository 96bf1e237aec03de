//! One rule of `rewrite`: what it makes of a question, and of the name in the answer.

use super::pattern::Pattern;
use crate::corefile::lookup::RecordType;

/// A rule.
#[derive(Debug, Clone)]
pub(in crate::corefile) struct Rule {
    pub(in crate::corefile) goes_on: bool,
    pub(in crate::corefile) what: What,
}

#[derive(Debug, Clone)]
pub(in crate::corefile) enum What {
    /// Changes the name.
    Name { by: Finder, to: String, restores: Restores },
    /// Changes the type.
    Type { from: String, to: String },
    /// Changes how long an answer for these names may be kept.
    Ttl(Finder),
    /// Changes options of the question; whether it always applies, or only where an option is there already.
    Options { is_sure: bool },
    /// Changes the code of an answer for these names, which is not modelled.
    Code(Finder),
    /// Changes aliases in answers, which is not modelled.
    Alias,
    /// Changes nothing that matters for an address.
    Harmless,
    /// Not modelled.
    Obscure(String),
}

#[derive(Debug, Clone)]
pub(in crate::corefile) enum Finder {
    Exact(String),
    Prefix(String),
    Suffix(String),
    Substring(String),
    Regex(Box<Pattern>),
}

/// What becomes of the name in an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::corefile) enum Restores {
    /// It is the name that was asked for.
    Yes,
    /// It stays the rewritten one, which clients pass over.
    No,
    /// Rules of the answer say what it becomes; they are not modelled.
    Obscure,
}

/// A question after a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corefile) enum Rewritten {
    Unchanged,
    Name(String),
    Type(RecordType),
    /// The rule applies, and leaves the question as it is.
    Applied,
    /// The rule may apply, and leaves the question as it is.
    MayApply,
    /// The rule applies, and may change an alias in the answer.
    Aliases,
    Unknown(String),
}

impl Rule {
    pub(in crate::corefile) fn apply(&self, name: &str, kind: RecordType) -> Rewritten {
        match &self.what {
            What::Name { by, to, .. } => match by.rewritten(name, to) {
                Some(name) => Rewritten::Name(name),
                None => Rewritten::Unchanged,
            },
            What::Type { from, .. } if *from != kind.to_string() => Rewritten::Unchanged,
            What::Type { to, .. } => match RecordType::of(to) {
                Some(kind) => Rewritten::Type(kind),
                None => Rewritten::Unknown(format!("the question becomes one for {to}")),
            },
            What::Ttl(by) if by.finds(name) => Rewritten::Applied,
            What::Code(by) if by.finds(name) => Rewritten::Unknown("rewrite may change the answer's code".to_owned()),
            What::Options { is_sure: true } => Rewritten::Applied,
            What::Options { is_sure: false } => Rewritten::MayApply,
            What::Alias => Rewritten::Aliases,
            What::Ttl(_) | What::Code(_) | What::Harmless => Rewritten::Unchanged,
            What::Obscure(why) => Rewritten::Unknown(why.clone()),
        }
    }
}

impl Finder {
    fn finds(&self, name: &str) -> bool {
        self.rewritten(name, "").is_some()
    }

    fn rewritten(&self, name: &str, to: &str) -> Option<String> {
        match self {
            Self::Exact(from) => (from == name).then(|| to.to_owned()),
            Self::Prefix(from) => name.strip_prefix(from.as_str()).map(|rest| format!("{to}{rest}")),
            Self::Suffix(from) => name.strip_suffix(from.as_str()).map(|rest| format!("{rest}{to}")),
            Self::Substring(from) => name.contains(from.as_str()).then(|| name.replace(from.as_str(), to)),
            Self::Regex(pattern) => {
                let found = pattern.find(name)?;
                let mut text = to.to_owned();
                for (number, (_, group)) in found.groups.iter().enumerate() {
                    text = text.replace(&format!("{{{number}}}"), group);
                }
                Some(text)
            }
        }
    }
}
