//! Starts one program of a lab with a log file, and reports the end of that log when something goes wrong.
//!
//! Every program joins the process group of the lab's supervisor, which ends the group when the test process ends, however it ends.

use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Mutex;

use anyhow::{Context, Result};

/// Ends the lab's programs and removes its folder once the process that holds it is gone.
#[derive(Debug)]
pub(crate) struct Supervisor {
    child: Child,
    /// Closes when this process ends, even by SIGKILL. Nobody writes to it.
    pipe: Option<ChildStdin>,
}

impl Supervisor {
    pub(crate) fn start(helper: &Path, folder: &Path) -> Result<Self> {
        let mut child = Command::new(helper)
            .arg("supervise")
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .process_group(0)
            .spawn()
            .with_context(|| format!("cannot start {}", helper.display()))?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    fn group(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap_or(0)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _ = self.child.wait();
    }
}

/// Starts programs and keeps their handles, so that nothing stays a zombie.
#[derive(Debug)]
pub(crate) struct Components {
    supervisor: Supervisor,
    logs: PathBuf,
    children: Mutex<Vec<(String, Child)>>,
}

impl Components {
    pub(crate) fn new(supervisor: Supervisor, logs: PathBuf) -> Result<Self> {
        fs::create_dir_all(&logs)?;
        Ok(Self { supervisor, logs, children: Mutex::default() })
    }

    /// Starts a program. Its output goes to a log of its own.
    pub(crate) fn start(&self, name: &str, program: &Path, arguments: &[String]) -> Result<()> {
        self.start_with_path(name, program, arguments, None)
    }

    /// Starts a program that finds programs of its own in the folder first.
    pub(crate) fn start_with_path(
        &self,
        name: &str,
        program: &Path,
        arguments: &[String],
        first: Option<&Path>,
    ) -> Result<()> {
        let log = File::create(self.log(name))?;
        let mut command = Command::new(program);
        if let Some(first) = first {
            command.env("PATH", format!("{}:/usr/bin:/bin", first.display()));
        }
        let child = command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .process_group(self.supervisor.group())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        self.children.lock().expect("no panic while held").push((name.to_owned(), child));
        Ok(())
    }

    fn log(&self, name: &str) -> PathBuf {
        self.logs.join(format!("{name}.log"))
    }

    /// Says which program ended by itself, if one did.
    pub(crate) fn ended(&self) -> Option<String> {
        let mut children = self.children.lock().expect("no panic while held");
        children.iter_mut().find_map(|(name, child)| match child.try_wait() {
            Ok(Some(status)) => Some(format!("{name} ended: {status}\n{}", self.tail(name))),
            _ => None,
        })
    }

    /// Returns the last lines of a program's log, for an error message.
    pub(crate) fn tail(&self, name: &str) -> String {
        let text = fs::read_to_string(self.log(name)).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        format!("the end of {name}'s log:\n{}", lines[lines.len().saturating_sub(12)..].join("\n"))
    }
}

impl Drop for Components {
    fn drop(&mut self) {
        // The supervisor kills the group once its pipe closes; the field would be dropped after the children otherwise.
        drop(self.supervisor.pipe.take());
        let _ = self.supervisor.child.wait();
        for (_, child) in self.children.get_mut().expect("no panic while held") {
            let _ = child.wait();
        }
    }
}
