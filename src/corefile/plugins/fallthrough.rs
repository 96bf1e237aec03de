//! For which names a plugin that has no answer passes the question on.

use crate::corefile::key;
use crate::corefile::name;
use crate::corefile::objection::Check;
use crate::corefile::version::Release;

/// The zones in which questions are passed on; none without a `fallthrough`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::corefile) struct Fallthrough {
    pub(in crate::corefile) zones: Vec<String>,
}

impl Fallthrough {
    /// Reads the arguments of `fallthrough`: none means every name.
    pub(super) fn of(arguments: &[&str], release: Release) -> Check<Self> {
        if arguments.is_empty() {
            return Ok(Self { zones: vec![".".to_owned()] });
        }
        Ok(Self { zones: zones(arguments, release)? })
    }

    /// Returns whether a question for a name is passed on.
    pub(super) fn covers(&self, name: &str) -> bool {
        name::longest(&self.zones, name).is_some()
    }
}

/// Returns the zones of arguments; what is no zone is passed over, as CoreDNS does.
pub(super) fn zones(arguments: &[&str], release: Release) -> Check<Vec<String>> {
    let mut zones = Vec::new();
    for argument in arguments {
        zones.extend(key::argument_zones(argument, release)?);
    }
    Ok(zones)
}

/// Returns the zones of arguments, or those of the server block where there are none.
pub(super) fn zones_or(arguments: &[&str], block: &[String], release: Release) -> Check<Vec<String>> {
    if arguments.is_empty() { Ok(block.to_vec()) } else { zones(arguments, release) }
}
