//! Connecting with the user's own kubeconfig, as kubectl does.
//!
//! This is the only room beside Azure's that lets another program be started: the kubeconfig's
//! login plugin, which stays in the foreground so that it can ask for a password.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use kube::config::{Config, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::api::Api;
use super::refusal::innermost;
use crate::error::Error;

/// The connection flags, with kubectl's names and meanings.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub struct Flags {
    /// Path to the kubeconfig file to use for CLI requests
    #[arg(long, value_name = "FILE", global = true)]
    pub kubeconfig: Option<PathBuf>,
    /// The name of the kubeconfig context to use
    #[arg(long, value_name = "NAME", global = true)]
    pub context: Option<String>,
    /// The name of the kubeconfig cluster to use
    #[arg(long, value_name = "NAME", global = true)]
    pub cluster: Option<String>,
    /// The name of the kubeconfig user to use
    #[arg(long, value_name = "NAME", global = true)]
    pub user: Option<String>,
    /// Username to impersonate for the operation
    #[arg(long = "as", value_name = "USER", global = true)]
    pub impersonate: Option<String>,
    /// Group to impersonate for the operation, this flag can be repeated to specify multiple groups
    #[arg(long = "as-group", value_name = "GROUP", global = true)]
    pub impersonate_groups: Vec<String>,
    /// The length of time to wait before giving up on a single server request; unset means 10s, 0 means no limit
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub request_timeout: Option<Duration>,
    /// The length of time to wait before giving up on the run; unset means 90s, 0 means no limit
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub timeout: Option<Duration>,
    /// Number for the log level verbosity; 6 shows each request, 7 its headers, 8 and 9 the answers, never a secret
    #[arg(short = 'v', long = "v", value_name = "LEVEL", default_value_t = 0, global = true)]
    pub verbosity: u8,
}

/// Quotes a word for a shell, where it is more than a plain one.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '+' | ',');
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

const REQUEST_LIMIT: Duration = Duration::from_secs(10);
const RUN_LIMIT: Duration = Duration::from_secs(90);

impl Flags {
    /// Returns the flags that a command of kubectl needs to reach the same cluster as the same user.
    #[must_use]
    pub fn for_commands(&self) -> String {
        let file = self.kubeconfig.as_ref().map(|file| file.to_string_lossy().into_owned());
        let named = [
            ("--kubeconfig", file.as_deref()),
            ("--context", self.context.as_deref()),
            ("--cluster", self.cluster.as_deref()),
            ("--user", self.user.as_deref()),
            ("--as", self.impersonate.as_deref()),
        ];
        let groups = self.impersonate_groups.iter().map(|group| ("--as-group", Some(group.as_str())));
        let words =
            named.into_iter().chain(groups).filter_map(|(flag, value)| Some(format!("{flag} {}", quoted(value?))));
        words.collect::<Vec<_>>().join(" ")
    }

    /// Returns the flags that reach the cluster of another context of the same kubeconfig, as its own user.
    #[must_use]
    pub fn towards(&self, context: &str) -> Self {
        Self {
            kubeconfig: self.kubeconfig.clone(),
            context: Some(context.to_owned()),
            request_timeout: self.request_timeout,
            timeout: self.timeout,
            verbosity: self.verbosity,
            ..Self::default()
        }
    }

    /// Returns the limit of one request; `None` for none.
    #[must_use]
    pub fn request_limit(&self) -> Option<Duration> {
        Some(self.request_timeout.unwrap_or(REQUEST_LIMIT)).filter(|limit| !limit.is_zero())
    }

    /// Returns the limit of the run; `None` for none.
    #[must_use]
    pub fn run_limit(&self) -> Option<Duration> {
        Some(self.timeout.unwrap_or(RUN_LIMIT)).filter(|limit| !limit.is_zero())
    }
}

/// Parses a duration as kubectl takes it: `10s`, `1m30s`, `500ms`, or bare seconds.
///
/// # Errors
/// What is wrong with the text.
pub fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is no duration such as 10s, 1m30s or 500ms");
    if let Ok(seconds) = text.parse::<u32>() {
        return Ok(Duration::from_secs(u64::from(seconds)));
    }
    let mut whole = Duration::ZERO;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit()).unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        // Thirty-two bits are more than a century of seconds, and keep every sum below far from overflow.
        let number = number.parse::<u32>().map_err(|_| wrong())?;
        whole += match unit {
            "ms" => Duration::from_millis(u64::from(number)),
            "s" => Duration::from_secs(u64::from(number)),
            "m" => Duration::from_secs(u64::from(number) * 60),
            "h" => Duration::from_secs(u64::from(number) * 3600),
            _ => return Err(wrong()),
        };
        rest = tail;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(whole) }
}

/// Connects to the cluster that the flags and the kubeconfig name.
///
/// Returns the API and the name of the context. Nothing is asked of the server yet.
///
/// # Errors
/// What is wrong with the kubeconfig, or with the login that it asks for.
pub async fn connect(flags: &Flags) -> Result<(Api, Option<String>), Error> {
    let kubeconfig = match &flags.kubeconfig {
        Some(file) => Kubeconfig::read_from(file),
        None => from_environment(),
    };
    let (mut config, context) = match kubeconfig {
        Ok(kubeconfig) => from_kubeconfig(kubeconfig, flags).await?,
        // As kubectl: inside a pod, and without any kubeconfig, the pod's own account is used. A kubeconfig that is
        // there and broken is an error: another cluster must not be diagnosed in its place.
        Err(error) if is_not_there(&error) && flags.kubeconfig.is_none() && flags.context.is_none() => {
            match Config::incluster() {
                Ok(config) => (config, None),
                Err(_) => return Err(explain(&error)),
            }
        }
        Err(error) => return Err(explain(&error)),
    };
    if let Some(user) = &flags.impersonate {
        config.auth_info.impersonate = Some(user.clone());
    }
    if !flags.impersonate_groups.is_empty() {
        config.auth_info.impersonate_groups = Some(flags.impersonate_groups.clone());
    }
    config.connect_timeout = flags.request_limit();
    let client = kube::Client::try_from(config).map_err(|error| login_failed(&error, flags))?;
    Ok((Api::new(client, flags.request_limit()), context))
}

async fn from_kubeconfig(kubeconfig: Kubeconfig, flags: &Flags) -> Result<(Config, Option<String>), Error> {
    let context = flags.context.clone().or_else(|| kubeconfig.current_context.clone()).filter(|name| !name.is_empty());
    let names: Vec<String> = kubeconfig.contexts.iter().map(|context| context.name.clone()).collect();
    if let Some(wanted) = &context
        && !names.contains(wanted)
    {
        let error = Error::usage(format!("the kubeconfig has no context \"{wanted}\""));
        return Err(if names.is_empty() {
            error.hinted(
                "It has no context at all; get one with: az aks get-credentials --resource-group GROUP --name CLUSTER",
            )
        } else {
            error.hinted(format!(
                "It has: {}. kubectl does not hand its own flags on: write --context after the plugin's name.",
                names.join(", ")
            ))
        });
    }
    for (what, flag, wanted, known) in [
        ("user", "--user", &flags.user, kubeconfig.auth_infos.iter().map(|user| user.name.clone()).collect::<Vec<_>>()),
        ("cluster", "--cluster", &flags.cluster, kubeconfig.clusters.iter().map(|c| c.name.clone()).collect()),
    ] {
        if let Some(wanted) = wanted.as_ref().filter(|wanted| !known.contains(wanted)) {
            return Err(Error::usage(format!("the kubeconfig has no {what} \"{wanted}\""))
                .hinted(format!("It has: {}. Leave {flag} away to use the context's own.", known.join(", "))));
        }
    }
    missing_plugin(&kubeconfig, context.as_deref(), flags)?;
    let options =
        KubeConfigOptions { context: flags.context.clone(), cluster: flags.cluster.clone(), user: flags.user.clone() };
    let config = Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| explain(&error))?;
    Ok((config, context))
}

/// Tells why no login came about.
///
/// A login program's arguments and environment may hold secrets, and the client's error quotes both: they are left
/// out. What the program itself said stands on stderr already.
fn login_failed(error: &kube::Error, flags: &Flags) -> Error {
    let why = innermost(error);
    let is_program = why.contains("auth exec command") || why.contains("unable to run auth exec");
    let told = if is_program { "its login program failed; what it said stands above" } else { head(&why) };
    let words = flags.for_commands();
    let space = if words.is_empty() { "" } else { " " };
    Error::cluster(format!("the kubeconfig's login does not work: {told}"))
        .hinted(format!("Try the same with: kubectl{space}{words} auth whoami"))
}

/// Says so where the login needs a program that is not installed; the client would only say "no such file".
fn missing_plugin(kubeconfig: &Kubeconfig, context: Option<&str>, flags: &Flags) -> Result<(), Error> {
    let of_context = kubeconfig.contexts.iter().find(|c| Some(c.name.as_str()) == context);
    let user = flags.user.as_deref().or_else(|| of_context.and_then(|c| c.context.as_ref()?.user.as_deref()));
    let auth = kubeconfig.auth_infos.iter().find(|info| Some(info.name.as_str()) == user);
    let Some(exec) = auth.and_then(|info| info.auth_info.as_ref()?.exec.as_ref()) else { return Ok(()) };
    let Some(command) = exec.command.as_deref() else { return Ok(()) };
    // A relative path means the kubeconfig's folder, which the client looks into by itself.
    if command.contains(['/', '\\']) || which::which(command).is_ok() {
        return Ok(());
    }
    let hint = exec.install_hint.as_deref().map(|hint| crate::facts::Text::new(hint).to_string());
    Err(Error::cluster(format!("the kubeconfig logs in with \"{command}\", which is not installed"))
        .hinted(hint.unwrap_or_else(|| format!("Install {command}, or choose another user with --user."))))
}

/// Reads the files of KUBECONFIG, or the one in the home folder.
///
/// As kubectl, a file of a list that is not there is passed over, as long as one is.
fn from_environment() -> Result<Kubeconfig, KubeconfigError> {
    let Some(list) = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) else { return Kubeconfig::read() };
    let files: Vec<PathBuf> = std::env::split_paths(&list).filter(|file| !file.as_os_str().is_empty()).collect();
    let mut whole: Option<Kubeconfig> = None;
    let mut not_there = None;
    for file in files {
        match Kubeconfig::read_from(&file) {
            Ok(next) => {
                whole = Some(match whole {
                    Some(before) => before.merge(next)?,
                    None => next,
                });
            }
            Err(error) if is_not_there(&error) => not_there = Some(error),
            Err(error) => return Err(error),
        }
    }
    match (whole, not_there) {
        (Some(whole), _) => Ok(whole),
        (None, Some(error)) => Err(error),
        (None, None) => Kubeconfig::read(),
    }
}

fn is_not_there(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(why, _) => why.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// Returns the first line of a parser's complaint: what follows quotes the file, and with it what may be a secret.
fn head(complaint: &str) -> &str {
    let first = complaint.lines().next().unwrap_or_default();
    first.split(" --> ").next().unwrap_or_default().split(" | ").next().unwrap_or_default().trim_end_matches(':').trim()
}

fn explain(error: &KubeconfigError) -> Error {
    let told = match error {
        KubeconfigError::ReadConfig(why, file) => {
            Error::cluster(format!("the kubeconfig {} cannot be read: {why}", file.display()))
        }
        KubeconfigError::Parse(why) => {
            let place = why.location().map_or(String::new(), |at| format!(" in line {}", at.line()));
            Error::cluster(format!("the kubeconfig is no YAML of the expected shape{place}"))
        }
        error => {
            let why = innermost(error);
            Error::cluster(format!("the kubeconfig cannot be used: {}", head(&why)))
        }
    };
    match error {
        KubeconfigError::ReadConfig(..) | KubeconfigError::FindPath => told.hinted(
            "Name one with --kubeconfig or KUBECONFIG, or get one with: az aks get-credentials --resource-group GROUP --name CLUSTER",
        ),
        KubeconfigError::CurrentContextNotSet => told.hinted("Choose a context with --context, or with: kubectl config use-context NAME"),
        _ => told.hinted("See what kubectl makes of it with: kubectl config view --minify"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_kubectls() {
        for (text, millis) in
            [("0", 0), ("10", 10_000), ("10s", 10_000), ("1m30s", 90_000), ("1h", 3_600_000), ("500ms", 500)]
        {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "10x", "-1s", "1.5.s", "99999999999s", "10 s", "m5"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_complaint_about_the_kubeconfig_quotes_none_of_it() {
        assert_eq!(head("bad thing --> <input>:7:3\n | secret"), "bad thing");
        assert_eq!(head("bad thing:\n 5 | token: secret"), "bad thing");
    }
}
