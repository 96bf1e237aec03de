//! Ctrl-C at any moment: a whole document with what is known so far, exit code 130, within a second.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use aksbackup_lab::{Lab, Plan, Proxy};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

/// How much later every answer comes, so that a run has many moments.
const DELAY: Duration = Duration::from_millis(150);
/// The time between two moments.
const STEP: Duration = Duration::from_millis(60);
/// How many answers a run waits for one after the other, at the least: the greeting, a review, and the three stages.
const IN_A_ROW: u32 = 5;

/// Interrupts runs at moments spread over a slowed run, from the first call to its end.
pub fn at_many_moments(lab: &Lab, is_whole: bool) -> Vec<String> {
    let plan = Plan { delay: DELAY, ..Plan::default() };
    let mut wrong = Vec::new();
    let (mut interrupted, mut tried) = (0_u128, 0);
    let mut judged = Vec::new();
    let step = if is_whole { STEP / 3 } else { STEP };
    for moment in 0_u32.. {
        let proxy = lab.proxy(plan.clone()).unwrap();
        let child = start(&proxy);
        first_call(&proxy);
        std::thread::sleep(step * moment);
        tried += 1;
        match stop(child) {
            Ok(Some(known)) => {
                interrupted += 1;
                judged.push(known);
            }
            // It was over before.
            Ok(None) => break,
            Err(why) => wrong.push(format!("Ctrl-C {} ms after the first call: {why}", (step * moment).as_millis())),
        }
        if moment > 400 {
            wrong.push("a slowed run does not end".to_owned());
            break;
        }
    }
    println!(
        "Ctrl-C: {interrupted} of {} moments gave a whole document and 130; judged by then: {}",
        tried - 1,
        judged.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    );
    // A run that ends before its first moment, or is not slowed, would try nothing and find nothing wrong.
    let least = (DELAY * IN_A_ROW).as_millis() / step.as_millis();
    if interrupted < least {
        wrong.push(format!("only {interrupted} moments were interrupted, of at least {least}"));
    }
    if judged.iter().all(|known| *known == 0) {
        wrong.push("no interrupted run knew anything".to_owned());
    }
    wrong
}

/// Interrupts a run that hangs before its first answer.
pub fn before_anything(lab: &Lab) -> Vec<String> {
    let proxy = lab.proxy(Plan { delay: Duration::from_secs(60), ..Plan::default() }).unwrap();
    let child = start(&proxy);
    first_call(&proxy);
    match stop(child) {
        Ok(Some(0)) => Vec::new(),
        other => vec![format!("Ctrl-C before the first answer: {other:?}")],
    }
}

fn start(proxy: &Proxy) -> Child {
    Command::new(env!("CARGO_BIN_EXE_kubectl-aksbackup"))
        .args(["doctor", "--no-azure", "-o", "json", "--request-timeout", "0", "--timeout", "0"])
        .env("KUBECONFIG", proxy.kubeconfig())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn first_call(proxy: &Proxy) {
    let start = Instant::now();
    while proxy.connections() == 0 {
        assert!(start.elapsed() < Duration::from_secs(20), "the run makes no call");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Interrupts a run. Returns how many checks were judged by then, nothing where it was over before.
fn stop(child: Child) -> Result<Option<usize>, String> {
    let asked = Instant::now();
    let _ = kill(Pid::from_raw(i32::try_from(child.id()).unwrap()), Signal::SIGINT);
    let output = child.wait_with_output().unwrap();
    let took = asked.elapsed();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}; {told}"))?;
    let checks = report["checks"].as_array().ok_or("no checks")?;
    if output.status.code() != Some(130) {
        let cut = checks.iter().any(|check| check["reason"].as_str().is_some_and(|why| why.contains("interrupted")));
        return if cut { Err(format!("exit code {:?}; {told}", output.status.code())) } else { Ok(None) };
    }
    if took > Duration::from_secs(1) {
        return Err(format!("it took {} ms", took.as_millis()));
    }
    let open = |check: &&Value| check["outcome"] == "inconclusive";
    if let Some(check) =
        checks.iter().filter(open).find(|c| c["reason"].as_str().is_none_or(|why| !why.contains("interrupted")))
    {
        return Err(format!("{check}"));
    }
    Ok(Some(checks.iter().filter(|check| !open(check)).count()))
}
