//! Runs the user's `az`.
//!
//! Arguments go as a list, never through a shell; a body goes as a file. Each az has a group of processes of its own,
//! which ends with the run: on Ctrl-C, at a time limit, or when nobody waits for it any more. Its environment is the
//! user's, proxies and authorities included; only what would make it install something, colour its words or ask is set.
//! On Windows az is a batch file, `az.cmd`: the standard library quotes its arguments or refuses them. That is compiled
//! for, and was not run.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::io::AsyncReadExt as _;
use tokio::sync::Semaphore;

use super::question::Question;
use super::token::Printed;
use super::trouble::Trouble;
use crate::child::Group;
use crate::facts::arm::SignIn;

/// So many az run at once at most.
pub const FEW: usize = 4;
/// How long one az may take, where no flag gives it more: it needs a second to start on a slow machine.
const LIMIT: Duration = Duration::from_secs(30);
/// The largest answer that is read; a page of a list is far below it.
const LARGEST_ANSWER: u64 = 16 << 20;
/// The most that is read of what az complains.
const LONGEST_COMPLAINT: u64 = 256 << 10;

/// The settings of each az, whatever the user's own are: none may be installed on the way, coloured, or asked for.
const SETTINGS: &[(&str, &str)] = &[
    ("AZURE_EXTENSION_USE_DYNAMIC_INSTALL", "no"),
    ("AZURE_CORE_NO_COLOR", "true"),
    ("AZURE_CORE_OUTPUT", "json"),
    ("AZURE_CORE_ONLY_SHOW_ERRORS", "true"),
    ("AZURE_CORE_SURVEY_MESSAGE", "false"),
    ("AZURE_CORE_COLLECT_TELEMETRY", "false"),
    ("AZURE_CORE_DISABLE_CONFIRM_PROMPT", "true"),
    ("PYTHONIOENCODING", "utf-8"),
];

/// The user's `az`.
pub struct Az<'t> {
    program: PathBuf,
    subscription: Option<String>,
    slots: Semaphore,
    limit: Duration,
    trace: Option<&'t dyn Fn(String)>,
}

impl<'t> Az<'t> {
    /// Finds az on PATH; `subscription` is that of the questions, and a call may take `limit` where that is long.
    ///
    /// # Errors
    /// Where there is no az.
    pub fn find(subscription: Option<&str>, limit: Option<Duration>) -> Result<Self, Trouble> {
        // az would read a file for a word that begins so, and a node's providerID is somebody else's word.
        let subscription = subscription.filter(|subscription| !subscription.starts_with('@'));
        let program = which::which("az").map_err(|_| Trouble::NotInstalled)?;
        let limit = limit.unwrap_or(Duration::MAX).max(LIMIT).min(Duration::from_secs(600));
        let subscription = subscription.map(str::to_owned);
        Ok(Self { program, subscription, slots: Semaphore::new(FEW), limit, trace: None })
    }

    /// Has each call told of.
    #[must_use]
    pub fn traced(mut self, trace: Option<&'t dyn Fn(String)>) -> Self {
        self.trace = trace;
        self
    }

    /// Takes a token, so that those that follow find a fresh one: several az that renew one at once break each other's.
    ///
    /// # Errors
    /// What is wrong with the sign-in.
    pub async fn sign_in(&self) -> Result<SignIn, Trouble> {
        let answer = match self.run(&["account", "get-access-token"]).await {
            // Only where az does not know the question does its version matter: one more az then, and none otherwise.
            Err(Trouble::TooOld(None)) => return Err(Trouble::TooOld(self.version().await)),
            answer => answer?,
        };
        let printed: Printed = read(&answer)?;
        if printed.is_empty() {
            return Err(Trouble::Unreadable("there is no token in it".to_owned()));
        }
        Ok(printed.sign_in())
    }

    /// Returns the version of az, where it tells it.
    async fn version(&self) -> Option<String> {
        let answer: serde_json::Value = read(&self.run(&["version"]).await.ok()?).ok()?;
        answer.get("azure-cli")?.as_str().map(crate::facts::objects::plain_name)
    }

    /// Puts a question to Azure Resource Manager.
    ///
    /// # Errors
    /// Why there is no answer, or none that can be read.
    pub async fn ask<T: DeserializeOwned>(&self, question: &Question) -> Result<T, Trouble> {
        read(&self.rest(question).await?)
    }

    async fn rest(&self, question: &Question) -> Result<Vec<u8>, Trouble> {
        let parameters: Vec<String> = question.parameters.iter().map(|(key, value)| format!("{key}={value}")).collect();
        // The file lives until the answer is there.
        let file = question.body.as_ref().map(file_of).transpose()?;
        let body = file.as_ref().map(|file| format!("@{}", file.path().display()));
        let mut args = vec!["rest", "--method", if body.is_some() { "post" } else { "get" }, "--url", &question.path];
        if let Some(body) = &body {
            args.extend(["--body", body]);
        }
        if !parameters.is_empty() {
            args.push("--url-parameters");
            args.extend(parameters.iter().map(String::as_str));
        }
        self.run(&args).await
    }

    /// Runs one az and returns what it prints.
    async fn run(&self, args: &[&str]) -> Result<Vec<u8>, Trouble> {
        // Nobody closes the semaphore.
        let _slot = self.slots.acquire().await.map_err(|_| Trouble::Other("az is no longer asked".to_owned()))?;
        #[expect(clippy::disallowed_methods, reason = "the one program of this room: the user's own way to Azure")]
        let mut command = tokio::process::Command::new(&self.program);
        command.args(args).args(["--output", "json", "--only-show-errors"]);
        if let Some(subscription) = &self.subscription {
            command.args(["--subscription", subscription]);
        }
        command
            .envs(SETTINGS.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let begun = tokio::time::Instant::now();
        let mut child = command.spawn().map_err(|error| match error.kind() {
            // It was found on PATH: what is missing is what it runs on.
            std::io::ErrorKind::NotFound => Trouble::Other(format!(
                "{} cannot be started: the Python that it runs on is gone; install az anew",
                self.program.display()
            )),
            _ => Trouble::Other(format!("{} cannot be started: {error}", self.program.display())),
        })?;
        let group = Group::of(child.id());
        let (mut answer, mut complaint) = (Vec::new(), Vec::new());
        let whole = async {
            let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
            let answered = async {
                match stdout {
                    Some(stdout) => stdout.take(LARGEST_ANSWER + 1).read_to_end(&mut answer).await.map(|_| ()),
                    None => Ok(()),
                }
            };
            let complained = async {
                let Some(mut stderr) = stderr else { return Ok(()) };
                (&mut stderr).take(LONGEST_COMPLAINT).read_to_end(&mut complaint).await?;
                // What more there is must not stop az.
                tokio::io::copy(&mut stderr, &mut tokio::io::sink()).await.map(|_| ())
            };
            futures::future::try_join(answered, complained).await?;
            child.wait().await
        };
        let ended = tokio::time::timeout(self.limit, whole).await;
        let status = match ended {
            Err(_) => {
                drop(group);
                self.tell(args, begun, "no answer in time");
                return Err(Trouble::NoAnswer(self.limit.as_secs()));
            }
            Ok(Err(error)) => return Err(Trouble::Other(format!("az cannot be read: {error}"))),
            Ok(Ok(status)) => status,
        };
        self.tell(
            args,
            begun,
            &status.code().map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit {code}")),
        );
        if answer.len() as u64 > LARGEST_ANSWER {
            return Err(Trouble::Unreadable(format!("more than {} MiB", LARGEST_ANSWER >> 20)));
        }
        if !status.success() {
            return Err(Trouble::read(&String::from_utf8_lossy(&complaint), status.code()));
        }
        Ok(answer)
    }

    fn tell(&self, args: &[&str], begun: tokio::time::Instant, how: &str) {
        if let Some(trace) = self.trace {
            let took = begun.elapsed().as_millis();
            trace(format!("az {} -> {how} in {took} ms", args.join(" ")));
        }
    }
}

/// Writes a body into a file that only the user may read, and that goes when it is dropped.
fn file_of(body: &serde_json::Value) -> Result<tempfile::NamedTempFile, Trouble> {
    let write = || {
        let mut file = tempfile::Builder::new().prefix("aksbackup-").suffix(".json").tempfile()?;
        file.write_all(body.to_string().as_bytes())?;
        file.flush()?;
        Ok::<_, std::io::Error>(file)
    };
    write().map_err(|error| Trouble::Other(format!("the question for az cannot be written: {error}")))
}

/// Reads an answer; a line that az, or what it loads, prints before it is passed over.
fn read<T: DeserializeOwned>(answer: &[u8]) -> Result<T, Trouble> {
    let first = match serde_json::from_slice(answer) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let text = String::from_utf8_lossy(answer);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(['{', '[']) && at > 0 {
            if let Ok(value) = serde_json::from_str(&text[at..]) {
                return Ok(value);
            }
            break;
        }
        at += line.len();
    }
    Err(Trouble::Unreadable(match answer.is_empty() {
        true => "nothing".to_owned(),
        false if first.is_data() => "an answer of an unexpected shape".to_owned(),
        false => format!("no JSON (from line {}, column {})", first.line(), first.column()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_warning_before_the_answer_is_passed_over() {
        let read = |text: &str| read::<serde_json::Value>(text.as_bytes());
        assert_eq!(read("WARNING: old\n{\"a\": 1}\n"), Ok(serde_json::json!({"a": 1})));
        assert_eq!(read("{\"a\": 1}"), Ok(serde_json::json!({"a": 1})));
        for odd in ["", "nothing", "WARNING\n{\"a\":"] {
            assert!(matches!(read(odd), Err(Trouble::Unreadable(_))), "{odd}");
        }
    }
}
