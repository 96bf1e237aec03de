//! What a question gets for an answer, and from whom.

use std::fmt;
use std::net::IpAddr;

use super::source::Place;

/// The type of record that is asked for.
#[expect(missing_docs, reason = "each is the type of that name")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    A,
    Aaaa,
    Ptr,
    Txt,
    Mx,
    Srv,
    Cname,
    Ns,
    Soa,
    Https,
}

const NAMES: &[(RecordType, &str)] = &[
    (RecordType::A, "A"),
    (RecordType::Aaaa, "AAAA"),
    (RecordType::Ptr, "PTR"),
    (RecordType::Txt, "TXT"),
    (RecordType::Mx, "MX"),
    (RecordType::Srv, "SRV"),
    (RecordType::Cname, "CNAME"),
    (RecordType::Ns, "NS"),
    (RecordType::Soa, "SOA"),
    (RecordType::Https, "HTTPS"),
];

impl RecordType {
    /// Returns the type of a name in capitals, if it is one of these.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(kind, _)| kind == self).map_or("", |(_, name)| name))
    }
}

/// Who answers: a plugin, in the server block of a zone, because of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    /// The plugin.
    pub plugin: String,
    /// The line that decides: the entry of a hosts file, or the directive.
    pub place: Place,
    /// The zone of the server block, as its key has it.
    pub zone: String,
}

/// What becomes of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// These addresses, given for the name `owner`. Clients pass over an answer whose owner is not the name that they asked for.
    Answer {
        /// The addresses, as far as they are of the type that was asked for.
        addresses: Vec<IpAddr>,
        /// The name that the answer is for.
        owner: String,
        /// Who says so.
        by: By,
    },
    /// These names, for an address.
    Names {
        /// The names.
        names: Vec<String>,
        /// Who says so.
        by: By,
    },
    /// The name exists, without a record of this type.
    NoData {
        /// Who says so.
        by: By,
    },
    /// The name does not exist.
    NoSuchName {
        /// Who says so.
        by: By,
    },
    /// A code that stands for trouble.
    Failure {
        /// `SERVFAIL`, `REFUSED`, ….
        code: String,
        /// Why.
        why: String,
        /// Who says so; nobody, where no server block serves the name.
        by: Option<By>,
    },
    /// One of other servers is asked.
    Upstream {
        /// The servers; `/etc/resolv.conf` stands for those that it names.
        to: Vec<String>,
        /// The name that they are asked for, which a rewrite may have changed.
        name: String,
        /// Who asks them.
        by: By,
    },
    /// The cluster's own objects give the answer.
    Cluster {
        /// Who gives it.
        by: By,
    },
    /// A zone file gives the answer.
    ZoneFile {
        /// Who gives it.
        by: By,
    },
    /// CoreDNS does not take the configuration, or does not listen on the port.
    NotServing {
        /// Why.
        why: String,
    },
    /// This model does not know.
    Unknown {
        /// Why.
        why: String,
    },
}

impl Outcome {
    /// Returns the addresses that a client gets for the name that it asked for.
    #[must_use]
    pub fn addresses_of(&self, name: &str) -> &[IpAddr] {
        match self {
            Self::Answer { addresses, owner, .. }
                if owner.trim_end_matches('.').eq_ignore_ascii_case(name.trim_end_matches('.')) =>
            {
                addresses
            }
            _ => &[],
        }
    }
}
