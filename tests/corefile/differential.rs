//! The model against the real CoreDNS: acceptance and answers agree, or the model says that it does not know.
//!
//! `SOAK=2000 cargo test --test corefile differential` takes more configurations than those of every day, `SOAK_FROM=5000` others; `WORDS=1` shows where
//! the model refuses in other words than CoreDNS.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use aksbackup::corefile::{Acceptance, Configuration, File, Outcome, RecordType, Release, Version};
use aksbackup_lab::binaries;

use crate::generate::{self, Texts};
use crate::real::{self, Answer, Written};
use crate::upstream;
use crate::vectors::{self, Cases, INSIDE, OUTSIDE, PINNED};

/// How many configurations are made by chance, unless SOAK says more.
const EVERY_DAY: u64 = 240;
/// How many CoreDNS run at once.
const WORKERS: usize = 4;
/// The share of configurations whose acceptance may be unknown, in hundredths.
const MOST_UNKNOWN: usize = 20;

/// Complaints about this machine: no cluster is here, and a slip may name a port that is taken.
const NOT_OURS: &[&str] = &["unable to load in-cluster configuration", "address already in use"];

const QUESTIONS: &[(&str, RecordType)] = &[
    (PINNED, RecordType::A),
    (PINNED, RecordType::Aaaa),
    (PINNED, RecordType::Txt),
    (OUTSIDE, RecordType::A),
    (INSIDE, RecordType::A),
    ("www.azure.com.", RecordType::A),
    ("foo.local.", RecordType::A),
    ("A.example.net.", RecordType::A),
    ("b.a.example.net.", RecordType::Aaaa),
    ("a.b.c.d.internal.cloudapp.net.", RecordType::A),
    ("1.0.0.10.in-addr.arpa.", RecordType::Ptr),
];

#[derive(Debug, Default)]
struct Tally {
    agree: usize,
    unknown: usize,
    /// Stopped by this machine, not by the configuration.
    elsewhere: usize,
    accepted: usize,
    answers: usize,
    unknown_answers: usize,
    wrong: Vec<String>,
    why_unknown: BTreeMap<String, usize>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.agree += other.agree;
        self.unknown += other.unknown;
        self.elsewhere += other.elsewhere;
        self.accepted += other.accepted;
        self.answers += other.answers;
        self.unknown_answers += other.unknown_answers;
        self.wrong.extend(other.wrong);
        for (why, count) in other.why_unknown {
            *self.why_unknown.entry(why).or_default() += count;
        }
    }
}

/// What a worker has of its own.
struct Bench<'a> {
    program: &'a Path,
    release: Release,
    ports: [u16; 3],
    upstreams: &'a [String],
}

impl Bench<'_> {
    /// Runs one configuration on the real CoreDNS and through the model.
    fn compare(&self, name: &str, texts: &Texts) -> Tally {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("etc");
        std::fs::create_dir(&folder).unwrap();
        let here = folder.display().to_string();
        let own = |text: &String| {
            let mut text = text.replace("@DIR@", &here).replace("@PORT@", &self.ports[0].to_string());
            text = text.replace("@READY@", &self.ports[1].to_string()).replace("@HEALTH@", &self.ports[2].to_string());
            for (index, upstream) in self.upstreams.iter().enumerate() {
                text = text.replace(&format!("@UP{}@", index + 1), upstream);
            }
            text
        };
        let custom = texts.custom.iter().map(|(key, text)| (key.clone(), own(text))).collect();
        let written = Written { corefile: own(&texts.corefile), custom };
        real::write(&folder, &written);
        let configuration = Configuration::new(&written.corefile, written.custom.clone(), Version::from(self.release))
            .in_folders(&here, &here)
            .on_port(self.ports[0])
            .with_file("cluster.local.zone", File::Good)
            .with_variable("NOPE", "");
        let reading = configuration.read();
        let acceptance = reading.acceptance();
        let mut tally = Tally::default();
        let mut wrong = String::new();
        let real = real::start(self.program, &folder);
        if matches!(&real, Err(why) if NOT_OURS.iter().any(|words| why.contains(words))) {
            tally.elsewhere += 1;
            return tally;
        }
        match (acceptance.is_accepted(), &real) {
            (None, _) => {
                tally.unknown += 1;
                if let Acceptance::Unknown { why } = &acceptance {
                    *tally.why_unknown.entry(why.replace(&here, "@DIR@")).or_default() += 1;
                }
            }
            (Some(true), Err(why)) => writeln!(wrong, "accepted, but: {why}").unwrap(),
            (Some(false), Ok(_)) => writeln!(wrong, "taken, but the model says {acceptance:?}").unwrap(),
            _ => {}
        }
        if let (Acceptance::Refused(refusal), Err(why)) = (&acceptance, &real)
            && std::env::var_os("WORDS").is_some()
            && !why.contains(&refusal.why)
        {
            println!("{name}: other words: {}\n  {}", refusal.why, why.trim());
        }
        if real.is_ok() && acceptance.is_accepted() != Some(false) {
            tally.accepted += 1;
            for (question, kind) in QUESTIONS {
                let outcome = reading.lookup(question, *kind);
                if let Outcome::Unknown { .. } = outcome {
                    tally.unknown_answers += 1;
                    continue;
                }
                tally.answers += 1;
                let answer = real::ask(self.ports[0], question, &kind.to_string());
                // A slip may load the zone file for another zone than it was written for.
                let is_cluster = texts.corefile.contains("file cluster.local.zone cluster.local\n");
                if !agrees((question, *kind), &outcome, answer.as_ref(), self.upstreams, is_cluster) {
                    writeln!(wrong, "{question} {kind}: {answer:?}, but the model says {outcome:?}").unwrap();
                }
            }
        }
        if wrong.is_empty() {
            tally.agree += usize::from(acceptance.is_accepted().is_some());
        } else {
            let texts = format!("--- Corefile\n{}--- coredns-custom\n{:#?}", texts.corefile, texts.custom);
            tally.wrong.push(format!("{name} on {}:\n{wrong}{texts}\n", self.release));
        }
        tally
    }
}

fn agrees(
    (question, kind): (&str, RecordType),
    outcome: &Outcome,
    answer: Option<&Answer>,
    upstreams: &[String],
    is_cluster: bool,
) -> bool {
    let Some(answer) = answer else { return matches!(outcome, Outcome::NotServing { .. }) };
    let of_kind = || answer.records.iter().filter(|(_, found, _)| found.to_string() == kind.to_string());
    let data: BTreeSet<&str> = of_kind().map(|(_, _, data)| data.as_str()).collect();
    let is_code = |code: &str| answer.code == code;
    match outcome {
        Outcome::Answer { addresses, owner, .. } => {
            let wanted: Vec<String> = addresses.iter().map(ToString::to_string).collect();
            is_code("NOERROR")
                && data == wanted.iter().map(String::as_str).collect()
                && of_kind().all(|(found, _, _)| found == owner)
        }
        Outcome::Names { names, .. } => is_code("NOERROR") && data == names.iter().map(String::as_str).collect(),
        Outcome::NoData { .. } => is_code("NOERROR") && data.is_empty(),
        Outcome::NoSuchName { .. } => is_code("NXDOMAIN"),
        Outcome::Failure { code, .. } => is_code(code),
        Outcome::Upstream { to, .. } => {
            let is_from = |index: usize| {
                let (four, six) = upstream::addresses(u8::try_from(index + 1).unwrap());
                let name = format!("up{}.example.", index + 1);
                data.contains(four.to_string().as_str())
                    || data.contains(six.to_string().as_str())
                    || data.contains(name.as_str())
            };
            let asked = (0..upstreams.len()).filter(|index| to.contains(&upstreams[*index]));
            if asked.clone().next().is_none() {
                // Nobody is there.
                return is_code("SERVFAIL");
            }
            is_code("NOERROR") && (asked.clone().any(is_from) || kind == RecordType::Txt && data.is_empty())
        }
        Outcome::ZoneFile { by } if question == INSIDE && by.zone == "." && is_cluster => {
            data == BTreeSet::from(["10.0.0.1"])
        }
        Outcome::ZoneFile { .. } => is_code("NXDOMAIN") || is_code("NOERROR"),
        Outcome::Cluster { .. } | Outcome::NotServing { .. } | Outcome::Unknown { .. } => false,
    }
}

/// The cases of coredns_cases.json with this run's ports.
fn cases() -> Vec<(String, Texts)> {
    let cases = Cases::read();
    let own = |text: &String| {
        text.replace("/etc/coredns", "@DIR@")
            .replace("127.0.0.1:5301", "@UP1@")
            .replace("127.0.0.1:5999", "@UP2@")
            .replace("127.0.0.1:8181", "127.0.0.1:@READY@")
            .replace("127.0.0.1:8080", "127.0.0.1:@HEALTH@")
            .replace("5353", "@PORT@")
    };
    let texts = |case: &vectors::Case| Texts {
        corefile: own(&cases.base_corefile),
        custom: case.coredns_custom.iter().map(|(key, text)| (key.clone(), own(text))).collect(),
    };
    cases.cases.iter().map(|case| (case.case.clone(), texts(case))).collect()
}

fn run(program: &Path, release: Release, upstreams: &[String], work: &[(String, Texts)]) -> Tally {
    static NEXT_PORT: AtomicU16 = AtomicU16::new(0);
    let next = AtomicU64::new(0);
    let total = Mutex::new(Tally::default());
    let seed = u16::try_from(std::process::id() % 8_000).unwrap();
    let ports = real::free_ports(3 * WORKERS, seed + NEXT_PORT.fetch_add(100, Ordering::Relaxed));
    thread::scope(|scope| {
        for ports in ports.chunks(3) {
            let bench = Bench { program, release, ports: ports.try_into().unwrap(), upstreams };
            let (next, total) = (&next, &total);
            scope.spawn(move || {
                while let Some((name, texts)) = work.get(usize::try_from(next.fetch_add(1, Ordering::Relaxed)).unwrap())
                {
                    let tally = bench.compare(name, texts);
                    total.lock().unwrap().add(tally);
                }
            });
        }
    });
    total.into_inner().unwrap()
}

#[test]
fn the_model_agrees_with_the_real_coredns_or_says_that_it_does_not_know() {
    let programs = binaries().unwrap();
    let upstreams = upstream::start();
    let soak = std::env::var("SOAK").ok().and_then(|count| count.parse().ok());
    let first = std::env::var("SOAK_FROM").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    let count = soak.unwrap_or(EVERY_DAY);
    let generated: Vec<_> =
        (first..first + count).map(|number| (format!("number {number}"), generate::configuration(number))).collect();
    let mut wrong = Vec::new();
    for (program, release) in
        [(&programs.coredns, Release::new(1, 14, 7)), (&programs.coredns_older, Release::new(1, 12, 1))]
    {
        for (what, work) in [("cases", cases()), ("generated", generated.clone())] {
            let begin = Instant::now();
            let tally = run(program, release, &upstreams, &work);
            println!(
                "CoreDNS {release}, {what}: {} agree, {} unknown, {} not judged of {} ({} started); answers: {} agree, {} unknown; {:.1} s",
                tally.agree,
                tally.unknown,
                tally.elsewhere,
                work.len(),
                tally.accepted,
                tally.answers,
                tally.unknown_answers,
                begin.elapsed().as_secs_f64()
            );
            for (why, count) in &tally.why_unknown {
                println!("    {count} unknown: {why}");
            }
            assert!(
                tally.unknown * 100 <= work.len() * MOST_UNKNOWN,
                "{} of {} {what} are unknown on {release}",
                tally.unknown,
                work.len()
            );
            wrong.extend(tally.wrong);
        }
    }
    assert!(wrong.is_empty(), "{} disagree:\n{}", wrong.len(), wrong.join("\n"));
}
