//! Plays scenarios on a control plane of their own, two at a time, and holds that each is there within its bound.
//!
//! Those that the plugin's own live tests play, and judge, are left to them: a scenario that does not come fails there.
//! `AKSBACKUP_LAB_ALL=1` plays all, as `make soak` does; `AKSBACKUP_LAB_ONLY=s1_` those whose names start so.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, SCENARIOS, Scenario};

/// A busy machine is slow; an idle one of two cores needs a third of this.
const BOUND: Duration = Duration::from_secs(60);
/// The tests that play the others.
const PLAYED_ELSEWHERE: &str = include_str!("../../live.rs");

#[test]
fn every_scenario_is_there_within_its_bound() {
    let only = std::env::var("AKSBACKUP_LAB_ONLY").unwrap_or_default();
    let all = std::env::var_os("AKSBACKUP_LAB_ALL").is_some() || !only.is_empty();
    let is_due = |scenario: &&Scenario| {
        scenario.name.starts_with(&only) && (all || !PLAYED_ELSEWHERE.contains(&format!("\"{}\"", scenario.name)))
    };
    let queue: Mutex<Vec<&Scenario>> = Mutex::new(SCENARIOS.iter().filter(is_due).collect());
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(scenario) = { queue.lock().unwrap().pop() } {
                    let start = Instant::now();
                    let outcome = Lab::start().and_then(|lab| {
                        let ready = start.elapsed();
                        lab.play(&(scenario.world)())?;
                        Ok(ready)
                    });
                    let took = start.elapsed();
                    match outcome {
                        Ok(ready) if took <= BOUND => {
                            println!(
                                "{:40} {:5.1} s, of it {:4.1} s to start",
                                scenario.name,
                                took.as_secs_f64(),
                                ready.as_secs_f64()
                            );
                        }
                        Ok(_) => failures.lock().unwrap().push(format!("{}: {took:?}", scenario.name)),
                        Err(error) => failures.lock().unwrap().push(format!("{}: {error:#}", scenario.name)),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}
