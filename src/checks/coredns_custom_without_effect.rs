//! Something that users added to CoreDNS's configuration does nothing.
//!
//! Knowledge: coredns-on-aks.md 1.3 and 2.4: a key of another suffix than `.override` and `.server` is mounted and never
//! read; a second `forward` is never asked; a line of `hosts` that is no entry is passed over.

use super::check::{Check, Judgement};
use super::reading::dns_configuration::{custom, reading};
use crate::corefile::{Acceptance, Hazard, HazardKind};
use crate::facts::{Facts, Need, helpful, required};
use crate::finding::{Evidence, Finding, Hop, Remedy, Severity, counted};

/// The check.
pub static CHECK: Check = Check {
    code: "AKSB315",
    name: "coredns-custom-without-effect",
    hop: Hop::Dns,
    title: "what was added to CoreDNS's configuration has an effect",
    needs: &[required(Need::DnsConfig), helpful(Need::DnsPods)],
    explains: &[],
    explain: EXPLAIN,
    run,
};

const EXPLAIN: &str = "\
What it checks
  Whether something in coredns-custom is passed over by CoreDNS in silence.

Why it matters
  An entry that was to mend scenario 3 does nothing when its key has the wrong suffix, when its line is no
  entry, or when its zone is never asked. CoreDNS says nothing of it.

How it is found
  A model of CoreDNS with the ConfigMaps as they stand. It is a remark: a key may be kept on purpose.

What to do
  Name the key *.server (a server block of its own) or *.override (lines for the block of all names), or put
  the line right.

Sources
  AKS documentation on customising CoreDNS; CoreDNS's sources.
";

/// How many places are shown.
const SHOWN: usize = 4;

fn run(facts: &Facts) -> Judgement {
    let reading = reading(facts)?;
    if matches!(reading.acceptance(), Acceptance::Refused(_)) {
        // Another check's matter: of what is refused nothing has an effect.
        return Ok(Vec::new());
    }
    let is_idle = |hazard: &&Hazard| {
        matches!(
            hazard.kind,
            HazardKind::KeyNotRead
                | HazardKind::ForwardElsewhere
                | HazardKind::ForwardNeverAsked
                | HazardKind::ZoneInCapitals
                | HazardKind::NoEntry
                | HazardKind::NameOutsideZones
        ) && hazard.place.to_string().contains("/coredns-custom")
    };
    let idle: Vec<&Hazard> = reading.hazards().iter().filter(is_idle).collect();
    let Some(first) = idle.first() else { return Ok(Vec::new()) };
    let count = counted(idle.len(), "place of coredns-custom has", "places of coredns-custom have");
    let message = format!("{count} no effect. {}: {} ({}).", first.place, first.kind, first.subject);
    let mut finding = Finding::new(Severity::Info, custom(), message);
    for hazard in idle.iter().take(SHOWN) {
        finding = finding
            .seen(Evidence::at(hazard.place.to_string()).quoting(format!("{}: {}", hazard.subject, hazard.kind)));
    }
    Ok(vec![finding.mended_by(
        Remedy::guided("If it was meant to have one, name the key *.server or *.override, or put the line right; CoreDNS takes the change over by itself.")
            .documented("kubectl --namespace kube-system get configmap coredns-custom --output yaml"),
    )])
}
