//! The laboratory's own command line: builds the programs, lists the scenarios, runs one to try the plugin on.

use std::process::ExitCode;
use std::time::Instant;

use aksbackup_lab::{Azure, Lab, SCENARIOS, az, binaries, scenario, scenarios};
use anyhow::Result;

const USAGE: &str = "usage: aksbackup-lab binaries | scenarios | demo [SCENARIO] | azure";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match words.as_slice() {
        ["binaries"] => print_binaries(),
        ["scenarios"] => {
            print_scenarios();
            Ok(())
        }
        ["azure"] => azure(),
        ["demo"] => demo("demo"),
        ["demo", name] if SCENARIOS.iter().any(|scenario| scenario.name == *name) => demo(name),
        ["demo", name] => {
            eprintln!("error: there is no scenario `{name}`");
            eprintln!("hint: near it are {}; `scenarios` lists all", scenarios::nearest(name).join(", "));
            return ExitCode::from(2);
        }
        _ => {
            eprintln!("error: {USAGE}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Builds and installs everything, and prints the two folders.
fn print_binaries() -> Result<()> {
    println!("{}", binaries()?.folder.display());
    println!("{}", az()?.display());
    Ok(())
}

fn print_scenarios() {
    let width = SCENARIOS.iter().map(|scenario| scenario.name.len()).max().unwrap_or_default();
    for scenario in SCENARIOS.iter() {
        println!("{:width$}  {}", scenario.name, scenario.about);
    }
}

/// Plays a scenario and keeps it until the process is interrupted; then the supervisor cleans up.
fn demo(name: &str) -> Result<()> {
    let programs = binaries()?;
    let start = Instant::now();
    let lab = Lab::start()?;
    lab.play(&scenario(name)?)?;
    eprintln!("lab: `{name}` is there after {:.1} s", start.elapsed().as_secs_f64());
    println!("export KUBECONFIG={}", lab.kubeconfig().display());
    // The Azure of the same story: healthy, whatever is broken in the cluster.
    let az = az()?;
    let azure = Azure::start()?;
    for (name, value) in azure.env() {
        println!("export {name}={value}");
    }
    // The plugin is built beside this program.
    let beside = std::env::current_exe()?;
    let beside = beside.parent().unwrap_or(std::path::Path::new(".")).display();
    println!("export PATH={beside}:{}:{}:$PATH", programs.folder.display(), az.display());
    println!("kubectl aksbackup doctor");
    eprintln!("lab: runs until it is interrupted (Ctrl-C)");
    loop {
        std::thread::park();
    }
}

/// Starts the simulator of Azure alone and keeps it until the process is interrupted.
fn azure() -> Result<()> {
    let az = az()?;
    let azure = Azure::start()?;
    for name in azure.remove_env() {
        println!("unset {name}");
    }
    for (name, value) in azure.env() {
        println!("export {name}={value}");
    }
    println!("export PATH={}:$PATH", az.display());
    eprintln!("lab: Azure is {} until it is interrupted (Ctrl-C)", azure.origin());
    loop {
        std::thread::park();
    }
}
