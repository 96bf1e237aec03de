//! What a directive becomes once CoreDNS has taken it.

use std::net::IpAddr;

use super::fallthrough::Fallthrough;
use super::forward::Forward;
use super::hosts::Hosts;
use super::rewrite_rule::Rule;
use super::template::Template;
use crate::corefile::source::Place;

/// A plugin of a server block, with what matters for its answers.
#[derive(Debug, Clone)]
pub(in crate::corefile) enum Plugin {
    /// Passes every question on as it is.
    Passes,
    /// Names the addresses on which the block listens.
    Bind(Vec<String>),
    /// Names the folder of relative paths.
    Root(String),
    Hosts(Hosts),
    Template {
        zones: Vec<String>,
        templates: Vec<Template>,
    },
    Rewrite(Vec<Rule>),
    Forward(Vec<Forward>),
    /// Answers from the cluster's objects.
    Kubernetes(Kubernetes),
    /// Answers from a zone file.
    File {
        zones: Vec<String>,
        fallthrough: Fallthrough,
    },
    /// Says who asks, which is no answer to the question.
    Whoami,
    /// Decides whether the server block takes a question at all.
    View(Passing),
    /// Walks a client's search path for names in these zones.
    Autopath {
        zones: Vec<String>,
        searches: Vec<Search>,
    },
    /// Changes what questions for IPv6 addresses get.
    Dns64,
    /// May change some answers to questions in these zones.
    Doubt {
        zones: Vec<String>,
        of: Doubted,
        why: String,
    },
    /// Does something to questions in these zones that is not modelled.
    Obscure {
        zones: Vec<String>,
        why: String,
    },
}

#[derive(Debug, Clone)]
pub(in crate::corefile) struct Kubernetes {
    pub(in crate::corefile) zones: Vec<String>,
    pub(in crate::corefile) fallthrough: Fallthrough,
    /// Whether it knows every namespace and every service.
    pub(in crate::corefile) is_whole: bool,
}

/// When the expressions of a view hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::corefile) enum Passing {
    Always,
    Never,
    /// It depends on the question or on who asks.
    Depends,
}

/// Which names `autopath` takes for names of a search path: those below its first domain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corefile) enum Search {
    Below(String),
    /// Below the services of a namespace: that of the pod that asks.
    Services,
    /// Below a domain that is not known.
    Anything,
}

/// Which outcomes are no longer certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::corefile) enum Doubted {
    /// What another server answers.
    Upstream,
    /// What may lead through an alias.
    Aliases,
    /// What is no answer.
    Negative,
    /// All.
    Everything,
}

impl Doubted {
    /// Returns whether a step is doubted.
    pub(in crate::corefile) fn covers(self, step: &Step) -> bool {
        match self {
            Self::Upstream => matches!(step, Step::Upstream(_)),
            Self::Aliases => matches!(step, Step::Upstream(_) | Step::ZoneFile),
            Self::Negative => matches!(step, Step::NoSuchName | Step::Failure(_) | Step::Code(_) | Step::ZoneFile),
            Self::Everything => true,
        }
    }
}

/// A plugin in its place.
#[derive(Debug, Clone)]
pub(in crate::corefile) struct Placed {
    pub(in crate::corefile) name: &'static str,
    pub(in crate::corefile) place: Place,
    pub(in crate::corefile) plugin: Plugin,
}

/// What a plugin makes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::corefile) enum Step {
    /// The next plugin is asked.
    Next,
    /// These addresses, for this name.
    Addresses { owner: String, addresses: Vec<IpAddr>, place: Place },
    /// These names.
    Names { names: Vec<String>, place: Place },
    /// The name is there, without a record of the type.
    NoData,
    /// The name is not there.
    NoSuchName,
    /// `SERVFAIL`, and why.
    Failure(String),
    /// Another code than these, by its name.
    Code(String),
    /// One of these servers is asked.
    Upstream(Vec<String>),
    /// The cluster answers.
    Cluster,
    /// A zone file answers.
    ZoneFile,
    /// Not modelled.
    Unknown(String),
}
