//! Installs the real Azure CLI, once, into the target folder: a slim one, all of whose packages are pinned.
//!
//! Slim means `azure-cli` without the management clients that it names as dependencies. `az rest`, `account`, `cloud` and
//! `version` do not load them, and answer the same bytes as a whole installation does; `az aks` and its like are not there.
//! A stamp beside it holds what it was installed from, so changed files under `az/` install it again and nothing else does.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::binaries::{replace, source, target};

/// Returns the folder that holds the program `az`, and nothing else, so that it can stand first on a PATH.
///
/// It is installed first if it is missing, which takes about 15 seconds. Processes that ask at the same time wait for each other.
pub fn az() -> Result<PathBuf> {
    let venv = Venv {
        name: "az",
        steps: &[("requirements.txt", &["--no-deps"]), ("az.txt", &["--no-deps"])],
        finish: Some(put_on_path),
    };
    Ok(venv.folder()?.join(PATH_FOLDER))
}

/// Returns the Python that has Microsoft's own management clients, installed first if they are missing.
pub fn witness() -> Result<PathBuf> {
    let venv = Venv { name: "witness", steps: &[("witness.txt", &["--no-deps"])], finish: None };
    Ok(venv.folder()?.join("bin/python3"))
}

/// Returns the Python that has the management clients of the simulator's own versions, installed first if they are missing.
pub fn models() -> Result<PathBuf> {
    let venv = Venv { name: "models", steps: &[("models.txt", &["--no-deps"])], finish: None };
    Ok(venv.folder()?.join("bin/python3"))
}

/// The folder of the program alone: `bin` also holds a python, which must not hide the machine's own.
const PATH_FOLDER: &str = "path";

/// A Python environment of pinned packages.
struct Venv {
    /// The folder under `target/lab`.
    name: &'static str,
    /// The files of requirements under `az/`, in their order, and what pip is told beside each.
    steps: &'static [(&'static str, &'static [&'static str])],
    /// What is done when all is installed.
    finish: Option<fn(&Path) -> Result<()>>,
}

impl Venv {
    fn folder(&self) -> Result<PathBuf> {
        let parent = target().join("lab");
        let folder = parent.join(self.name);
        if self.is_current(&folder)? {
            return Ok(folder);
        }
        fs::create_dir_all(&parent)?;
        let lock = File::create(parent.join(format!("{}.lock", self.name)))?;
        if lock.try_lock().is_err() {
            eprintln!("lab: waiting for another process that installs {}", self.name);
            lock.lock()?;
        }
        if !self.is_current(&folder)? {
            self.install(&folder)?;
        }
        Ok(folder)
    }

    /// Returns what it is installed from: its files, and the place, which the scripts of an environment name.
    fn recipe(&self, folder: &Path) -> Result<String> {
        let mut text = format!("1 {}\n", folder.display());
        for (file, _) in self.steps {
            let path = source().join("az").join(file);
            text += &fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        }
        Ok(text)
    }

    fn is_current(&self, folder: &Path) -> Result<bool> {
        let recipe = self.recipe(folder)?;
        Ok(fs::read_to_string(folder.join(".stamp")).is_ok_and(|stamp| stamp == recipe))
    }

    fn install(&self, folder: &Path) -> Result<()> {
        eprintln!("lab: installing {} (once)", self.name);
        let start = Instant::now();
        // From the beginning: what an interrupted or older installation left must not stay between the new packages.
        if folder.exists() {
            fs::remove_dir_all(folder).with_context(|| folder.display().to_string())?;
        }
        let made = Command::new("python3").args(["-m", "venv"]).arg(folder).output().context(
            "cannot run `python3`, which the Azure CLI is written in (hint: install Python 3.10 or newer, with its venv module)",
        )?;
        ensure!(
            made.status.success(),
            "`python3 -m venv` failed (hint: on Debian and Ubuntu the module is the package python3-venv): {}{}",
            String::from_utf8_lossy(&made.stdout),
            String::from_utf8_lossy(&made.stderr)
        );
        for (file, options) in self.steps {
            let installed = Command::new(folder.join("bin/python3"))
                .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
                .args(*options)
                .arg("--requirement")
                .arg(source().join("az").join(file))
                // A test may have set it to the simulator's own authority, which the package registry is not signed by.
                .env_remove("REQUESTS_CA_BUNDLE")
                .output()
                .context("cannot run pip")?;
            ensure!(
                installed.status.success(),
                "pip cannot install az/{file} (hint: it needs the package registry, or a mirror of it in pip's configuration): {}",
                String::from_utf8_lossy(&installed.stderr)
            );
        }
        if let Some(finish) = self.finish {
            finish(folder)?;
        }
        replace(&folder.join(".stamp"), &self.recipe(folder)?)?;
        eprintln!("lab: installed {} in {} s", self.name, start.elapsed().as_secs());
        Ok(())
    }
}

/// Writes the program `az` into a folder of its own, as the package's own launcher calls it.
fn put_on_path(folder: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;

    let program = folder.join(PATH_FOLDER).join("az");
    fs::create_dir_all(folder.join(PATH_FOLDER))?;
    let python = folder.join("bin/python3");
    fs::write(&program, format!("#!/bin/sh\nAZ_INSTALLER=PIP exec '{}' -m azure.cli \"$@\"\n", python.display()))?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    // The first run of a Python program compiles it; the tests' time limits are not for that.
    let version = Command::new(&program)
        .args(["version", "--output", "none"])
        .env("AZURE_CONFIG_DIR", folder.join("first-run"))
        .env("AZURE_CORE_COLLECT_TELEMETRY", "no")
        .env_remove("REQUESTS_CA_BUNDLE")
        .output()?;
    ensure!(version.status.success(), "az does not start: {}", String::from_utf8_lossy(&version.stderr));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_package_is_pinned() {
        for file in ["requirements.txt", "az.txt", "witness.txt", "models.txt"] {
            let text = fs::read_to_string(source().join("az").join(file)).unwrap();
            for line in text.lines().filter(|line| !line.starts_with('#')) {
                assert!(line.contains("=="), "{file}: {line}");
            }
        }
    }
}
