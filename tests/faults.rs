//! Every call that `doctor` makes, and every fault that can befall it: once each, against a real API server.
//!
//! The calls are learnt from clean runs. Then each pair of a call and a fault is one run through the laboratory's proxy,
//! which strikes exactly that call. What the run says is compared with the clean one: what does not stand on the call is
//! the same, what does is the same or says why it could not be judged, and nothing is fine that nobody could read.
//!
//! `cargo test --test faults` runs a fixed tenth that holds every call and every fault, `-- all` runs all pairs, and
//! `-- soak` a thousand runs in a row and fifty at once. `AKSBACKUP_FAULTS_ONLY=text` runs the pairs whose names hold it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::exit,
    reason = "a test ends at the first surprise, and this one prints its counts"
)]

#[path = "support/contexts.rs"]
mod contexts;
#[path = "faults/expect.rs"]
mod expect;
#[path = "faults/interrupt.rs"]
mod interrupt;
#[path = "faults/run.rs"]
mod run;
#[path = "faults/soak.rs"]
mod soak;
#[path = "faults/world.rs"]
mod world;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use aksbackup_lab::{Fault, Lab, Plan, Target};

use expect::{Case, judge};
use run::Run;
use world::Scene;

/// How many runs go on side by side: most of them wait for a limit.
const SIDE_BY_SIDE: usize = 6;
/// How small the proxy makes the pages of lists, so that there are later ones.
const PAGE: u32 = 3;
/// Runs the pairs whose names hold this text, and nothing else.
const ONLY: &str = "AKSBACKUP_FAULTS_ONLY";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["measure", ..] => run::measure(&arguments[1..]),
        // What lists tests must find none here rather than a laboratory.
        [first, ..] if first.starts_with("--list") => {}
        ["soak"] => soak::soak(),
        ["all"] => all_of(&Part::Whole),
        _ => all_of(&Part::Tenth),
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Tenth,
    Whole,
}

fn all_of(part: &Part) {
    let start = Instant::now();
    let mut wrong = Vec::new();
    let mut known: Vec<String> = Vec::new();
    let mut done = 0;
    for scene in world::scenes() {
        let lab = Lab::start().unwrap();
        lab.play(&scene.world).unwrap();
        let (count, mut complaints) = matrix(&scene, &lab, &mut known, part);
        done += count;
        wrong.append(&mut complaints);
        if scene.is_whole && std::env::var_os(ONLY).is_none() {
            complaints.extend(interrupt::at_many_moments(&lab, *part == Part::Whole));
            complaints.extend(interrupt::before_anything(&lab));
            complaints.extend(soak::broken_api_service(&lab));
            wrong.append(&mut complaints);
        }
    }
    println!("faults: {done} pairs in all, {:.0} s", start.elapsed().as_secs_f64());
    if !wrong.is_empty() {
        println!("{}", wrong.join("\n"));
        println!("faults: {} complaints", wrong.len());
        std::process::exit(1);
    }
}

/// Runs the pairs of one scene. Calls that another scene had are not struck again.
fn matrix(scene: &Scene, lab: &Lab, known: &mut Vec<String>, part: &Part) -> (usize, Vec<String>) {
    let plain = Plan { page: Some(PAGE), ..Plan::default() };
    let clean = scene.run(lab, &plain);
    let again = scene.run(lab, &plain);
    let mut wrong = Vec::new();
    if let Err(why) = expect::same(&clean, &again) {
        wrong.push(format!("{}: two clean runs differ: {why}", scene.name));
    }
    let mut calls = clean.calls.clone();
    calls.sort();
    calls.dedup();
    calls.retain(|call| !known.contains(&scene.known_as(call)));
    known.extend(calls.iter().map(|call| scene.known_as(call)));
    if calls.is_empty() {
        wrong.push(format!("{}: no call of its own", scene.name));
    }
    let mut cases: Vec<Case> = Vec::new();
    let targets: Vec<Target> = calls.iter().cloned().map(Target::Call).collect();
    let everything =
        if scene.is_whole { vec![Target::Every, Target::AllBut("GET /version".to_owned())] } else { Vec::new() };
    for (row, target) in everything.iter().chain(&targets).enumerate() {
        for (column, fault) in Fault::ALL.iter().enumerate() {
            // Seven and ten share no factor: each call meets three faults or four, each fault a tenth of the calls.
            if *part == Part::Whole || (row * 7 + column) % 10 == 0 {
                cases.push(Case { target: target.clone(), fault: *fault });
            }
        }
    }
    if let Ok(only) = std::env::var(ONLY) {
        cases = everything
            .iter()
            .chain(&targets)
            .flat_map(|target| Fault::ALL.iter().map(|fault| Case { target: target.clone(), fault: *fault }))
            .filter(|case| format!("{}: {}", scene.name, case.name()).contains(&only))
            .collect();
    }
    cases.retain(Case::is_possible);
    let clean = Mutex::new(Arc::new(clean));
    let next = AtomicUsize::new(0);
    let complaints = Mutex::new(Vec::new());
    let fine = AtomicUsize::new(0);
    let slowest = Mutex::new((0.0, String::new()));
    let largest = Mutex::new((0, String::new()));
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let plan = Plan { target: case.target.clone(), fault: Some(case.fault), ..plain.clone() };
                    let run = scene.run(lab, &plan);
                    note(&slowest, &largest, case, &run);
                    let before = Arc::clone(&clean.lock().unwrap());
                    let mut outcome = judge(scene, case, &before, &run);
                    if outcome.is_err() {
                        // Clusters age: a pod that is not ready becomes a trouble after some minutes, whoever looks.
                        let fresh = Arc::new(scene.run(lab, &plain));
                        outcome = judge(scene, case, &fresh, &run);
                        if outcome.is_ok() {
                            *clean.lock().unwrap() = fresh;
                        }
                    }
                    match outcome {
                        Ok(()) => {
                            fine.fetch_add(1, Ordering::Relaxed);
                        }
                        Err(why) => complaints.lock().unwrap().push(format!("{}: {}: {why}", scene.name, case.name())),
                    }
                }
            });
        }
    });
    let mut complaints = complaints.into_inner().unwrap();
    complaints.sort();
    wrong.extend(complaints);
    let (slowest, largest) = (slowest.into_inner().unwrap(), largest.into_inner().unwrap());
    println!(
        "{}: {} calls, {} faults: {} of {} pairs as they should be; slowest {:.1} s ({}), largest {} MiB ({})",
        scene.name,
        targets.len(),
        Fault::ALL.len(),
        fine.load(Ordering::Relaxed),
        cases.len(),
        slowest.0,
        slowest.1,
        largest.0 / 1024,
        largest.1,
    );
    if std::env::var_os("AKSBACKUP_FAULTS_CALLS").is_some() {
        println!("{}", calls.join("\n"));
    }
    (cases.len(), wrong)
}

fn note(slowest: &Mutex<(f64, String)>, largest: &Mutex<(i64, String)>, case: &Case, run: &Run) {
    let wall = run.wall.as_secs_f64();
    let mut slow = slowest.lock().unwrap();
    if wall > slow.0 {
        *slow = (wall, case.name());
    }
    let mut large = largest.lock().unwrap();
    if run.peak_kib > large.0 {
        *large = (run.peak_kib, case.name());
    }
}
