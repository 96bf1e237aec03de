//! What asking Azure costs: `doctor` against the same questions put by bare `az rest`, in the same waves.
//!
//! `cargo bench --bench azure` prints the figures that docs/performance.md states; nothing here passes or fails.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    reason = "it measures and prints"
)]

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use aksbackup_lab::arm::Call;
use aksbackup_lab::{Azure, Lab, scenario};

const RUNS: usize = 7;
/// So many az run at once, as in the plugin.
const AT_ONCE: usize = 4;
/// The first questions of the waves: the nodes' group, the cluster and what hangs on it; and of the last one the count.
const FIRST_WAVES: [usize; 2] = [1, 5];
const LAST_WAVE: usize = 3;

fn main() {
    let lab = Lab::start().expect("the laboratory starts");
    lab.play(&scenario("healthy").expect("there is one")).expect("the cluster is there");
    let az = aksbackup_lab::az().expect("az is installed");
    let path = std::env::join_paths([az.clone(), "/usr/bin".into(), "/bin".into()]).expect("paths");
    let azure = Azure::start().expect("the simulator starts");
    let command = |program: &str| {
        let mut command = Command::new(program);
        for name in azure.remove_env() {
            command.env_remove(name);
        }
        command.env("PATH", &path).envs(azure.env()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    for latency in [0, 150] {
        azure.latency(Duration::from_millis(latency));
        let doctor = || {
            let mut run = command(env!("CARGO_BIN_EXE_kubectl-aksbackup"));
            run.args(["doctor", "-o", "json"]).env("KUBECONFIG", lab.kubeconfig());
            assert_eq!(run.status().expect("it starts").code(), Some(0));
        };
        azure.forget_calls();
        doctor();
        let calls = azure.calls();
        let bare = || {
            assert!(command("az").args(["account", "get-access-token"]).status().expect("az starts").success());
            for wave in waves(&calls) {
                for_few(wave, |call| {
                    let mut run = command("az");
                    run.args(["rest", "--method", &call.method.to_lowercase(), "--url"]);
                    run.arg(format!("{}?{}", call.path, call.query));
                    if call.method == "POST" {
                        run.args(["--body", body_of(&call.path)]);
                    }
                    run.status().expect("az starts");
                });
            }
        };
        // By turns, so that what else the machine does falls on both alike.
        let (mut own, mut others) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            own.push(timed(doctor));
            others.push(timed(bare));
        }
        own.sort();
        others.sort();
        let (own, others) = (own[RUNS / 2], others[RUNS / 2]);
        println!(
            "{} questions at {latency} ms: doctor {:.2} s, bare az {:.2} s, {:.2}x",
            calls.len(),
            own.as_secs_f64(),
            others.as_secs_f64(),
            own.as_secs_f64() / others.as_secs_f64()
        );
    }
}

/// Returns a body that the question takes; it is answered with less than the plugin is.
fn body_of(path: &str) -> &'static str {
    if path.contains("checkPolicyRestrictions") {
        r#"{"resourceDetails":{"apiVersion":"2024-03-02","resourceContent":{"type":"Microsoft.Compute/snapshots","name":"x","location":"centralus"}}}"#
    } else {
        r#"{"query":"// aksbackup: cluster-by-fqdn\nResources"}"#
    }
}

/// Returns the calls in the waves in which they were put.
fn waves(calls: &[Call]) -> Vec<&[Call]> {
    let (first, rest) = calls.split_at(FIRST_WAVES[0]);
    let (second, rest) = rest.split_at(FIRST_WAVES[1]);
    let (third, fourth) = rest.split_at(rest.len().saturating_sub(LAST_WAVE));
    vec![first, second, third, fourth]
}

/// Does something for each, a few at once.
fn for_few(calls: &[Call], each: impl Fn(&Call) + Sync) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(call) = calls.get(next.fetch_add(1, std::sync::atomic::Ordering::Relaxed)) {
                    each(call);
                }
            });
        }
    });
}

fn timed(work: impl Fn()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
