//! Runs the kubeconfig's login program, once.
//!
//! kube 5 runs it three times for each client, without a limit, and as if somebody sat there; so it is run here and
//! only its answer is handed on. This is the only file of this room that starts a process. The program stays in the
//! foreground group where it can ask for a password, and its stderr is the user's own.
//! Knowledge: client-go's `plugin/pkg/client/auth/exec`, read and asked; the protocol is
//! `client.authentication.k8s.io`, versions v1 and v1beta1.

use std::io::IsTerminal as _;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::time::Instant;

use super::api::seconds;
use super::flags::Flags;
use super::kubeconfig::Exec;
use crate::child::Group;
use crate::error::Error;
use crate::facts::Text;

const GROUP: &str = "client.authentication.k8s.io/";
/// The largest answer that is read: a token and a chain of certificates are a few kilobytes.
const LARGEST_ANSWER: u64 = 1 << 20;

/// What a login program gave.
#[derive(Clone)]
pub(super) struct Credential {
    /// A bearer token; may be empty.
    pub(super) token: String,
    /// A client certificate and its key, as PEM; both may be empty.
    pub(super) certificate: String,
    pub(super) key: String,
    /// Until when it is good, where the program says so.
    pub(super) expires: Option<Timestamp>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Answer {
    kind: String,
    api_version: String,
    status: Option<Status>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Status {
    expiration_timestamp: Option<String>,
    token: Option<String>,
    client_certificate_data: Option<String>,
    client_key_data: Option<String>,
}

/// Runs the program and reads its answer; `cluster` is what it is told of the cluster, if it asked to be told.
///
/// One that can ask somebody has no limit, as with kubectl; any other must have ended by `end`, and its children with it.
/// Returns whether it could ask, too.
///
/// # Errors
/// Why there is no answer. The program's arguments, its environment and its answer may hold secrets and are not told.
pub(super) async fn run(
    exec: &Exec,
    cluster: Option<Value>,
    flags: &Flags,
    end: Option<Instant>,
) -> Result<(Credential, bool), Error> {
    let version = exec.api_version.as_str();
    if !matches!(version.strip_prefix(GROUP), Some("v1" | "v1beta1")) {
        return Err(Error::cluster(format!(
            "the kubeconfig's login program wants version \"{}\" of the protocol, which kubectl no longer supports",
            Text::new(version)
        ))
        .hinted(format!("Use {GROUP}v1beta1 or v1; for AKS write it anew with: kubelogin convert-kubeconfig")));
    }
    let name = name(&exec.command);
    let is_interactive = is_interactive(exec, &name)?;
    let Ok(program) = which::which(&exec.command) else { return Err(missing(exec, &name)) };
    let mut spec = json!({"interactive": is_interactive});
    if let Some(cluster) = cluster {
        spec["cluster"] = cluster;
    }
    let told = json!({"kind": "ExecCredential", "apiVersion": version, "spec": spec}).to_string();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one program that is started: it is the user's own way to log in"
    )]
    let mut command = tokio::process::Command::new(program);
    command
        .args(&exec.args)
        .envs(exec.env.iter().map(|variable| (&variable.name, &variable.value)))
        .env("KUBERNETES_EXEC_INFO", told)
        .stdin(if is_interactive { Stdio::inherit() } else { Stdio::null() })
        .stderr(Stdio::inherit())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    // Only what is in the foreground may ask; what asks nobody leads a group of its own, which ends as a whole.
    #[cfg(unix)]
    if !is_interactive {
        command.process_group(0);
    }
    let again = || format!("Try the same with: {}", flags.kubectl("auth whoami"));
    let mut child =
        command.spawn().map_err(|error| failed(&name, &format!("cannot be started: {error}")).hinted(again()))?;
    let mut group = Group::of(child.id().filter(|_| !is_interactive));
    let mut answer = Vec::new();
    let whole = async {
        if let Some(stdout) = child.stdout.take() {
            stdout.take(LARGEST_ANSWER + 1).read_to_end(&mut answer).await?;
        }
        if answer.len() as u64 > LARGEST_ANSWER {
            child.start_kill()?;
        }
        child.wait().await
    };
    let ended = match end.filter(|_| !is_interactive) {
        Some(end) => match tokio::time::timeout_at(end, whole).await {
            Ok(ended) => ended,
            Err(_) => return Err(hung(&name, flags.run_limit().unwrap_or_default())),
        },
        None => whole.await,
    };
    let status = ended.map_err(|error| failed(&name, &format!("cannot be read: {error}")).hinted(again()))?;
    if answer.len() as u64 > LARGEST_ANSWER {
        return Err(failed(&name, "answers more than a login can be").hinted(again()));
    }
    if !status.success() {
        let what = format!("{}; what it said stands above", how_it_ended(status));
        return Err(failed(&name, &what)
            .hinted(format!("{} {}", sign_in_again(&exec.args, &name), again()).trim_start().to_owned()));
    }
    // What it left behind on purpose, such as a keeper of its cache, is its own affair.
    group.let_go();
    let credential = read(&answer, version).map_err(|what| failed(&name, &what).hinted(again()))?;
    Ok((credential, is_interactive))
}

/// Returns the program's name without its folder: all that is told of it.
fn name(command: &str) -> String {
    let last = Path::new(command).file_name().map(|name| name.to_string_lossy().into_owned());
    Text::new(last.as_deref().unwrap_or(command)).to_string()
}

/// Tells whether the program may ask the user.
fn is_interactive(exec: &Exec, name: &str) -> Result<bool, Error> {
    let terminal = std::io::stdin().is_terminal();
    match exec.interactive_mode.as_str() {
        "Never" => Ok(false),
        "Always" if !terminal => Err(failed(name, "has to ask you, and standard input is not a terminal").hinted(
            "Run it in a terminal, or set up a login that does not ask: kubelogin convert-kubeconfig -l azurecli",
        )),
        "Always" => Ok(true),
        _ => Ok(terminal),
    }
}

fn failed(name: &str, what: &str) -> Error {
    Error::cluster(format!("the kubeconfig's login program \"{name}\" {what}"))
}

fn missing(exec: &Exec, name: &str) -> Error {
    let said = Text::new(&exec.install_hint);
    let hint = said.split_whitespace().collect::<Vec<_>>().join(" ");
    Error::cluster(format!("the kubeconfig logs in with \"{name}\", which is not installed"))
        .hinted(if hint.is_empty() { format!("Install {name}, or choose another user with --user.") } else { hint })
}

fn hung(name: &str, limit: Duration) -> Error {
    failed(name, &format!("did not end within {}", seconds(limit))).hinted(
        "It may wait for an answer that nobody gives: run it in a terminal, or log in another way first, such as az login",
    )
}

fn how_it_ended(status: ExitStatus) -> String {
    match status.code() {
        Some(code) => format!("failed with exit code {code}"),
        None => "was ended by a signal".to_owned(),
    }
}

/// Says how to sign in where the program takes the sign-in of another.
fn sign_in_again(args: &[String], name: &str) -> &'static str {
    let is_kubelogin = name.trim_end_matches(".exe") == "kubelogin";
    if is_kubelogin && args.iter().any(|arg| arg == "azurecli") {
        "If the sign-in has expired, renew it with az login first."
    } else {
        ""
    }
}

/// Reads what the program answered.
fn read(answer: &[u8], version: &str) -> Result<Credential, String> {
    let text = std::str::from_utf8(answer).map_err(|_| "answered what is no text".to_owned())?;
    if text.trim().is_empty() {
        return Err("answered nothing".to_owned());
    }
    let answer: Answer = serde_yaml::from_str(text)
        .map_err(|_| "answered what is no ExecCredential of the expected shape".to_owned())?;
    if answer.kind != "ExecCredential" || answer.api_version != version {
        return Err(format!(
            "answered something else than an ExecCredential of {version}, which the kubeconfig asks for"
        ));
    }
    let status = answer.status.ok_or("answered without a status")?;
    let token = status.token.unwrap_or_default();
    let certificate = status.client_certificate_data.unwrap_or_default();
    let key = status.client_key_data.unwrap_or_default();
    if token.is_empty() && certificate.is_empty() && key.is_empty() {
        return Err("answered with neither a token nor a certificate".to_owned());
    }
    if certificate.is_empty() != key.is_empty() {
        return Err("answered with only one of a certificate and its key".to_owned());
    }
    let expires = match status.expiration_timestamp {
        Some(text) => Some(text.parse().map_err(|_| "answered with an expiration that is no time")?),
        None => None,
    };
    Ok(Credential { token, certificate, key, expires })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_judged_and_never_quoted() {
        let v1 = "client.authentication.k8s.io/v1";
        let answer =
            |status: &str| format!("{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{v1}\",\"status\":{status}}}");
        let good = read(answer(r#"{"token":"sesame","expirationTimestamp":"2026-01-02T03:04:05Z"}"#).as_bytes(), v1);
        assert_eq!(good.unwrap().token, "sesame");
        let yaml = format!("kind: ExecCredential\napiVersion: {v1}\nstatus: {{token: sesame}}\n");
        assert_eq!(read(yaml.as_bytes(), v1).unwrap().token, "sesame");
        for wrong in [
            answer("{}"),
            answer(r#"{"token":""}"#),
            answer(r#"{"clientKeyData":"sesame"}"#),
            answer(r#"{"token":"sesame","expirationTimestamp":"sesame"}"#),
            answer("null"),
            "sesame".to_owned(),
            String::new(),
            format!(
                "{{\"kind\":\"ExecCredential\",\"apiVersion\":\"{GROUP}v1beta1\",\"status\":{{\"token\":\"sesame\"}}}}"
            ),
        ] {
            let told = read(wrong.as_bytes(), v1).err().unwrap_or_else(|| panic!("{wrong}"));
            assert!(!told.contains("sesame"), "{told}");
        }
    }
}
