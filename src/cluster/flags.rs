//! The connection flags, by kubectl's names and meanings.
//!
//! Knowledge: kubectl's own help, whose sentences stand here, and what `kubectl` does with them. One difference, which
//! the help states: a request and a run have limits where no flag sets one.

use std::path::PathBuf;
use std::time::Duration;

use clap::builder::{OsStringValueParser, TypedValueParser};
use clap::{ArgAction, Args};

use crate::facts::shell_word;

/// The connection flags, with kubectl's names and meanings.
///
/// As with kubectl, an empty value is no value: a script may pass a variable that is not set.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub struct Flags {
    /// Path to the kubeconfig file to use for CLI requests
    #[arg(long, value_name = "FILE", value_parser = path(), global = true)]
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
    /// The address and port of the Kubernetes API server
    #[arg(short, long, value_name = "URL", global = true)]
    pub server: Option<String>,
    /// Path to a cert file for the certificate authority
    #[arg(long, value_name = "FILE", value_parser = path(), global = true)]
    pub certificate_authority: Option<PathBuf>,
    /// If true, the server's certificate will not be checked for validity. This will make your HTTPS connections insecure
    #[arg(
        long,
        value_name = "BOOL",
        value_parser = boolean,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        hide_default_value = true,
        global = true
    )]
    pub insecure_skip_tls_verify: bool,
    /// Server name to use for server certificate validation. If it is not provided, the hostname used to contact the
    /// server is used
    #[arg(long, value_name = "NAME", global = true)]
    pub tls_server_name: Option<String>,
    /// Path to a client certificate file for TLS
    #[arg(long, value_name = "FILE", value_parser = path(), global = true)]
    pub client_certificate: Option<PathBuf>,
    /// Path to a client key file for TLS
    #[arg(long, value_name = "FILE", value_parser = path(), global = true)]
    pub client_key: Option<PathBuf>,
    /// Bearer token for authentication to the API server
    #[arg(long, value_name = "TOKEN", global = true)]
    pub token: Option<String>,
    /// Username for basic authentication to the API server
    #[arg(long, value_name = "NAME", global = true)]
    pub username: Option<String>,
    /// Password for basic authentication to the API server
    #[arg(long, value_name = "PASSWORD", global = true)]
    pub password: Option<String>,
    /// Username to impersonate for the operation. User could be a regular user or a service account in a namespace
    #[arg(long = "as", value_name = "USER", global = true)]
    pub impersonate: Option<String>,
    /// Group to impersonate for the operation, this flag can be repeated to specify multiple groups
    #[arg(long = "as-group", value_name = "GROUP", global = true)]
    pub impersonate_groups: Vec<String>,
    /// UID to impersonate for the operation
    #[arg(long = "as-uid", value_name = "UID", global = true)]
    pub impersonate_uid: Option<String>,
    /// User extras to impersonate for the operation, this flag can be repeated to specify multiple values for the same
    /// key
    #[arg(long = "as-user-extra", value_name = "KEY=VALUE", global = true)]
    pub impersonate_extra: Vec<String>,
    /// If true, opt-out of response compression for all requests to the server
    #[arg(
        long,
        value_name = "BOOL",
        value_parser = boolean,
        action = ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = false,
        default_missing_value = "true",
        hide_default_value = true,
        global = true
    )]
    pub disable_compression: bool,
    /// Taken as kubectl takes it, and not used: nothing is cached
    #[arg(long, value_name = "DIR", hide = true, global = true)]
    pub cache_dir: Option<PathBuf>,
    /// The length of time to wait before giving up on a single server request; unset means 10s, 0 means no limit
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub request_timeout: Option<Duration>,
    /// The length of time to wait before giving up on the run; unset means 90s, 0 means no limit
    #[arg(long, value_name = "DURATION", value_parser = duration, global = true)]
    pub timeout: Option<Duration>,
    /// Number for the log level verbosity; 6 shows each request, 7 its headers, 8 and 9 the answers without what may be secret
    #[arg(short = 'v', long = "v", value_name = "LEVEL", default_value_t = 0, global = true)]
    pub verbosity: u8,
}

const REQUEST_LIMIT: Duration = Duration::from_secs(10);
const RUN_LIMIT: Duration = Duration::from_secs(90);

impl Flags {
    /// Returns the flags that a command of kubectl needs to reach the same cluster as the same user.
    ///
    /// A token and a password are left out: what is printed must not hold them.
    #[must_use]
    pub fn for_commands(&self) -> String {
        let shown = |file: &Option<PathBuf>| file.as_ref().map(|file| file.to_string_lossy().into_owned());
        let named = [
            ("--kubeconfig", shown(&self.kubeconfig)),
            ("--context", self.context.clone()),
            ("--cluster", self.cluster.clone()),
            ("--user", self.user.clone()),
            ("--server", self.server.clone()),
            ("--certificate-authority", shown(&self.certificate_authority)),
            ("--tls-server-name", self.tls_server_name.clone()),
            ("--client-certificate", shown(&self.client_certificate)),
            ("--client-key", shown(&self.client_key)),
            ("--username", self.username.clone()),
            ("--as", self.impersonate.clone()),
            ("--as-uid", self.impersonate_uid.clone()),
        ];
        let groups = self.impersonate_groups.iter().map(|group| ("--as-group", Some(group.clone())));
        let extra = self.impersonate_extra.iter().map(|extra| ("--as-user-extra", Some(extra.clone())));
        let mut words: Vec<String> = named
            .into_iter()
            .chain(groups)
            .chain(extra)
            .filter_map(|(flag, value)| {
                Some(format!("{flag} {}", shell_word(&value.filter(|value| !value.is_empty())?)))
            })
            .collect();
        if self.insecure_skip_tls_verify {
            words.push("--insecure-skip-tls-verify".to_owned());
        }
        words.join(" ")
    }

    /// Returns a command of kubectl that goes where this run went.
    #[must_use]
    pub fn kubectl(&self, command: &str) -> String {
        let words = self.for_commands();
        let space = if words.is_empty() { "" } else { " " };
        format!("kubectl{space}{words} {command}")
    }

    /// Returns the flags that reach the cluster of another context of the same kubeconfig, as its own user.
    #[must_use]
    pub fn towards(&self, context: &str) -> Self {
        Self {
            kubeconfig: self.kubeconfig.clone(),
            context: Some(context.to_owned()),
            disable_compression: self.disable_compression,
            request_timeout: self.request_timeout,
            timeout: self.timeout,
            verbosity: self.verbosity,
            ..Self::default()
        }
    }

    /// Returns the flag that names the kubeconfig, for a command that names everything else itself.
    #[must_use]
    pub fn for_other_contexts(&self) -> String {
        Self { kubeconfig: self.kubeconfig.clone(), ..Self::default() }.for_commands()
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

/// Parses a path; unlike clap's own parser it takes an empty one.
fn path() -> impl TypedValueParser<Value = PathBuf> {
    OsStringValueParser::new().map(PathBuf::from)
}

/// Parses the value of a switch as kubectl takes it.
fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err(format!("'{text}' is neither true nor false")),
    }
}

/// Parses a duration as kubectl takes it: `10s`, `1m30s`, `1.5h`, `500ms`, or bare seconds.
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
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (units, fraction) = number.split_once('.').unwrap_or((number, ""));
        let unit = match unit {
            "ns" => Duration::from_nanos(1),
            "us" | "µs" | "μs" => Duration::from_micros(1),
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_mins(1),
            "h" => Duration::from_hours(1),
            _ => return Err(wrong()),
        };
        if units.is_empty() && fraction.is_empty() || fraction.contains('.') {
            return Err(wrong());
        }
        // Thirty-two bits are more than a century of seconds, and keep every sum below far from overflow.
        if !units.is_empty() {
            whole += unit * units.parse::<u32>().map_err(|_| wrong())?;
        }
        let mut part = unit;
        for digit in fraction.chars().filter_map(|digit| digit.to_digit(10)) {
            part /= 10;
            whole += part * digit;
        }
        rest = tail;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(whole) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_kubectls() {
        for (text, millis) in [
            ("0", 0),
            ("10", 10_000),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("1h", 3_600_000),
            ("500ms", 500),
            ("1.5h", 5_400_000),
            (".5s", 500),
            ("2.s", 2_000),
            ("250us", 0),
        ] {
            assert_eq!(duration(text).map(|d| d.as_millis()), Ok(millis), "{text}");
        }
        for text in ["", "s", "10x", "-1s", "1.5.s", ".s", "99999999999s", "10 s", "m5"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn printed_commands_go_where_the_run_went_and_hold_no_secret() {
        let flags = Flags {
            context: Some("my cluster".to_owned()),
            server: Some("https://127.0.0.1:6443".to_owned()),
            token: Some("a-secret".to_owned()),
            password: Some("another-secret".to_owned()),
            user: Some(String::new()),
            impersonate: Some("someone".to_owned()),
            impersonate_groups: vec!["a".to_owned(), "b'c".to_owned()],
            impersonate_extra: vec!["scopes=view".to_owned()],
            insecure_skip_tls_verify: true,
            ..Flags::default()
        };
        assert_eq!(
            flags.kubectl("version"),
            "kubectl --context 'my cluster' --server https://127.0.0.1:6443 --as someone --as-group a \
             --as-group 'b'\\''c' --as-user-extra 'scopes=view' --insecure-skip-tls-verify version"
        );
    }
}
