//! Which checks run: by flags, and by the rights that the user has.

use std::collections::BTreeSet;

use super::DoctorArgs;
use crate::checks::{CHECKS, Check};
use crate::cli::reading::Wanted;
use crate::error::Error;
use crate::facts::{Named, Need, Tier};
use crate::finding::Hop;
use crate::render::report::Deselected;

/// The checks that run, and those that do not with the reason.
#[derive(Clone)]
pub(super) struct Selection {
    /// Those that run.
    pub(super) selected: Vec<&'static Check>,
    /// Those that do not, with the reason.
    pub(super) deselected: Vec<Deselected>,
    /// Whether Azure is left out by choice.
    pub(super) is_without_azure: bool,
}

impl Selection {
    /// Selects by the flags.
    pub(super) fn by_flags(args: &DoctorArgs) -> Result<Self, Error> {
        for wanted in args.check.iter().chain(&args.skip) {
            if !CHECKS.iter().any(|check| check.is_named(wanted)) {
                return Err(Error::usage(format!("there is no check \"{wanted}\"")).hinted(nearest(wanted)));
            }
        }
        let mut selection =
            Self { selected: Vec::new(), deselected: Vec::new(), is_without_azure: args.azure.no_azure };
        for check in CHECKS {
            let is_asked = args.check.is_empty() || args.check.iter().any(|wanted| check.is_named(wanted));
            let is_on_hop = args.hop.is_empty() || args.hop.iter().any(|hop| hop.hop() == check.hop);
            let is_skipped = args.skip.iter().any(|wanted| check.is_named(wanted));
            match (is_asked, is_on_hop, is_skipped) {
                (_, _, true) => selection.leave_out(check, "by --skip"),
                (false, _, _) => selection.leave_out(check, "by --check"),
                (_, false, _) => selection.leave_out(check, "by --hop"),
                _ => selection.selected.push(check),
            }
        }
        if args.azure.no_azure {
            for need in Need::ALL.iter().filter(|need| need.is_azure()) {
                selection.without(*need, "by --no-azure");
            }
        }
        if selection.selected.is_empty() && !args.list {
            let error = Error::usage("no check is left to run");
            return Err(if args.azure.no_azure {
                error.hinted("Those that were chosen ask Azure: leave --no-azure away.")
            } else {
                error.hinted("See the checks and their stretches with: kubectl aksbackup doctor --list")
            });
        }
        Ok(selection)
    }

    fn leave_out(&mut self, check: &Check, why: &str) {
        self.deselected.push(Deselected { code: check.code.to_owned(), why: why.to_owned() });
    }

    /// Leaves out the checks that cannot do without a fact which may not be asked for.
    pub(super) fn without(&mut self, need: Need, why: &str) {
        let (kept, left): (Vec<_>, Vec<_>) = self
            .selected
            .iter()
            .partition(|check| !check.needs.iter().any(|requirement| requirement.required && requirement.need == need));
        self.selected = kept;
        for check in left {
            self.leave_out(check, why);
        }
        self.deselected.sort_by(|a, b| a.code.cmp(&b.code));
    }

    pub(super) fn needs(&self) -> BTreeSet<Need> {
        let all = self.selected.iter().flat_map(|check| check.needs).map(|requirement| requirement.need);
        all.filter(|need| !(self.is_without_azure && need.is_azure())).collect()
    }

    /// Returns what is to be read for it.
    pub(super) fn wanted<'w>(&self, args: &'w DoctorArgs, named: &'w Named) -> Wanted<'w> {
        let of_hop = |hop: Hop| {
            let checks = self.selected.iter().filter(|check| check.hop == hop);
            checks.flat_map(|check| check.needs).map(|requirement| requirement.need).collect::<BTreeSet<_>>()
        };
        let stretches = Hop::ROAD.into_iter().map(|hop| (hop.name(), of_hop(hop)));
        Wanted {
            needs: self.needs(),
            stretches: stretches.filter(|(_, needs)| !needs.is_empty()).collect(),
            named,
            namespace: args.namespace.as_deref(),
            claims_in: None,
            target: args.target_context.as_deref(),
            may_be_by_azure: true,
        }
    }

    /// Returns the facts of Azure, among those that are needed.
    pub(super) fn asked_of_azure(&self) -> Vec<Need> {
        self.needs().into_iter().filter(|need| need.is_azure()).collect()
    }

    /// Returns the facts of the tier that not everybody may use, among those that are needed.
    pub(super) fn asked_of_pods(&self) -> Vec<Need> {
        self.needs().into_iter().filter(|need| need.tier() == Tier::Ask).collect()
    }
}

/// Says which check was likely meant.
fn nearest(wanted: &str) -> String {
    /// How alike two names must be, from 0 to 1, to be taken for a slip of the fingers.
    const ALIKE: f64 = 0.85;
    let wanted = wanted.to_ascii_lowercase();
    let part = CHECKS.iter().find(|check| {
        wanted.len() > 2 && (check.name.contains(&wanted) || check.code.to_ascii_lowercase().contains(&wanted))
    });
    let alike = || {
        let near = CHECKS.iter().map(|check| (strsim::jaro_winkler(check.name, &wanted), check));
        near.filter(|(likeness, _)| *likeness >= ALIKE).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, check)| check)
    };
    match part.or_else(alike) {
        Some(check) => {
            format!("Did you mean {} {}? All of them: kubectl aksbackup doctor --list", check.code, check.name)
        }
        None => "See the checks with: kubectl aksbackup doctor --list".to_owned(),
    }
}
