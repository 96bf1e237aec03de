//! What went wrong with a question to Azure, recognised from what the real az prints.
//!
//! `az rest` prints `ERROR: REASON(BODY)` and shows neither a status nor headers; everything else is told in az's own
//! sentences. Knowledge: facts about az, each text run with the real az 2.91.

use serde::Deserialize;

use crate::facts::arm::ArmId;
use crate::facts::{Right, Text};

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no `az`.
    NotInstalled,
    /// There is one that does not know what it is asked; its version, where it tells it.
    TooOld(Option<String>),
    /// Nobody is signed in.
    SignedOut,
    /// Somebody was, and Azure wants to see them again; the code of Entra ID.
    SignInAgain {
        /// The code, such as `AADSTS700082`; empty where there is none.
        code: String,
        /// Whether a second factor or a rule of the tenant is what is wanted.
        is_challenge: bool,
        /// The tenant that is to be signed in to, where it is named.
        tenant: Option<String>,
    },
    /// The sign-in knows no such subscription.
    SubscriptionUnknown(String),
    /// The sign-in is for another tenant than the subscription's.
    WrongTenant,
    /// Who is signed in may not.
    Forbidden {
        /// The action that was refused; empty where Azure does not say.
        action: String,
        /// Where.
        scope: ArmId,
    },
    /// There is no such thing.
    NotFound(String),
    /// Azure has had too many questions.
    Throttled,
    /// Another change is going on.
    Conflict(String),
    /// A lock forbids it.
    Locked(String),
    /// A policy forbids it.
    DeniedByPolicy(String),
    /// The subscription may not use the provider.
    NotRegistered(String),
    /// The region or the cloud does not have it.
    Unsupported(String),
    /// The way to Azure is not trusted.
    TlsUntrusted,
    /// Azure cannot be reached.
    Unreachable(String),
    /// az did not end in time; so many seconds.
    NoAnswer(u64),
    /// az crashed.
    Crashed(String),
    /// az answered what cannot be read.
    Unreadable(String),
    /// Anything else.
    Other(String),
}

impl Trouble {
    /// Returns what went wrong and what to do about it, as a fragment.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::NotInstalled => {
                "az, the Azure CLI, is not installed or not on PATH; install it and sign in with az login, or leave Azure out with --no-azure".to_owned()
            }
            Self::TooOld(version) => {
                let version = version.as_deref().map_or_else(String::new, |version| format!(" {version}"));
                format!("the az{version} on PATH does not know what it is asked; bring it up to date with: az upgrade")
            }
            Self::SignedOut => "az is not signed in; sign in with: az login".to_owned(),
            Self::SignInAgain { code, is_challenge, tenant } => {
                let tenant = tenant.as_deref().map_or_else(String::new, |tenant| format!(" --tenant {tenant}"));
                let why = if *is_challenge {
                    "Entra ID wants a second factor or a compliant device"
                } else {
                    "the sign-in of az has expired or was revoked"
                };
                let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
                format!("{why}{code}; sign in again with: az login{tenant}")
            }
            Self::SubscriptionUnknown(subscription) => format!(
                "the sign-in of az does not know subscription {subscription}; sign in to its tenant with az login --tenant, or refresh the list with: az account list --refresh"
            ),
            Self::WrongTenant => {
                "the sign-in of az is for another tenant than the subscription's; sign in to that with: az login --tenant".to_owned()
            }
            Self::Forbidden { action, scope } if action.is_empty() => format!("Azure refuses it at {scope}"),
            Self::Forbidden { action, scope } => format!("Azure refuses {action} at {scope}"),
            Self::NotFound(what) => format!("Azure finds nothing there ({what})"),
            Self::Throttled => "Azure has had too many questions from this sign-in (429); ask again in a minute".to_owned(),
            Self::Conflict(what) => format!("another change is going on ({what}); ask again when it is done"),
            Self::Locked(what) => format!("a lock forbids it: {what}"),
            Self::DeniedByPolicy(what) => format!("a policy forbids it: {what}"),
            Self::NotRegistered(namespace) => {
                format!("the subscription is not registered for {namespace}; register it with: az provider register --namespace {namespace}")
            }
            Self::Unsupported(what) => format!("the region or the cloud does not have it: {what}"),
            Self::TlsUntrusted => {
                "az does not trust the certificate that it sees for Azure, as behind a proxy that inspects TLS; see https://aka.ms/azcli/proxy for how to give az the proxy's authority".to_owned()
            }
            Self::Unreachable(what) => format!("az cannot reach Azure: {what}"),
            Self::NoAnswer(seconds) => format!("az did not answer within {seconds} s"),
            Self::Crashed(what) => format!("az crashed ({what}); see whether az version works, and install az anew where it does not"),
            Self::Unreadable(what) => format!("az answered what cannot be read: {what}"),
            Self::Other(what) => what.clone(),
        }
    }

    /// Returns the right that was missing.
    #[must_use]
    pub fn right(&self) -> Option<Right> {
        match self {
            Self::Forbidden { action, scope } if !action.is_empty() => Some(Right::arm(action, scope.as_str())),
            _ => None,
        }
    }

    /// Recognises what az printed on stderr as it failed.
    #[must_use]
    pub(super) fn read(stderr: &str, exit: Option<i32>) -> Self {
        let text = stderr.trim();
        let has = |part: &str| text.contains(part);
        if let Some(trouble) = of_sign_in(text) {
            return trouble;
        }
        if exit == Some(2)
            && (has("misspelled or not recognized") || has("unrecognized arguments") || has("invalid choice"))
        {
            return Self::TooOld(None);
        }
        if has("CERTIFICATE_VERIFY_FAILED") || has("Certificate verification failed") {
            return Self::TlsUntrusted;
        }
        if has("Max retries exceeded")
            || has("NewConnectionError")
            || has("Failed to establish a new connection")
            || has("Read timed out")
        {
            return Self::Unreachable(unreachable(text));
        }
        if let Some((reason, error)) = of_rest(text) {
            return of_arm(&reason, &error);
        }
        if has("Traceback (most recent call last)") || has("The command failed with an unexpected error") {
            let last =
                text.lines().rev().find(|line| !line.trim().is_empty() && !line.starts_with("To ")).unwrap_or_default();
            return Self::Crashed(short(last));
        }
        Self::Other(match text.is_empty() {
            true => match exit {
                Some(code) => format!("az ended with code {code} and said nothing"),
                None => "az was ended by a signal".to_owned(),
            },
            false => format!("az says: {}", short(text.trim_start_matches("ERROR: "))),
        })
    }
}

/// Recognises that the sign-in is what is wrong.
fn of_sign_in(text: &str) -> Option<Trouble> {
    let has = |part: &str| text.contains(part);
    if has("Please run 'az login' to setup account") || has("Please run \"az login\" to setup account") {
        return Some(Trouble::SignedOut);
    }
    if let Some(rest) = text.split("Subscription '").nth(1)
        && has("not found. Check the spelling")
    {
        let name = rest.split('\'').next().unwrap_or_default();
        return Some(Trouble::SubscriptionUnknown(crate::facts::objects::plain_name(name)));
    }
    if has("InvalidAuthenticationTokenTenant") {
        return Some(Trouble::WrongTenant);
    }
    let code = text
        .find("AADSTS")
        .map(|at| text[at..].chars().take_while(char::is_ascii_alphanumeric).take(16).collect::<String>());
    let tenant = text.split("--tenant \"").nth(1).and_then(|rest| rest.split('"').next());
    let tenant = tenant.map(crate::facts::objects::plain_name).filter(|tenant| !tenant.is_empty());
    // What Entra ID asks a person for: a second factor, a known device, a place.
    const CHALLENGES: [&str; 8] = ["50076", "50079", "50158", "53000", "53001", "53003", "50074", "500121"];
    if let Some(code) = code {
        let number = code.trim_start_matches("AADSTS");
        let is_challenge = CHALLENGES.contains(&number);
        return Some(Trouble::SignInAgain { code, is_challenge, tenant });
    }
    if has("does not exist in MSAL token cache")
        || has("Interactive authentication is needed")
        || has("ExpiredAuthenticationToken")
    {
        return Some(Trouble::SignInAgain { code: String::new(), is_challenge: false, tenant });
    }
    None
}

/// The error of an answer of Azure.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ArmError {
    code: Option<String>,
    message: Option<String>,
    details: Option<Vec<ArmError>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Body {
    error: Option<ArmError>,
    // Some services leave the envelope out.
    code: Option<String>,
    message: Option<String>,
}

/// The reasons of a status that an answer may have which is no JSON, as a proxy's page.
const REASONS: [&str; 12] = [
    "Bad Request",
    "Unauthorized",
    "Forbidden",
    "Not Found",
    "Method Not Allowed",
    "Conflict",
    "Gone",
    "Too Many Requests",
    "Internal Server Error",
    "Bad Gateway",
    "Service Unavailable",
    "Gateway Timeout",
];

/// Takes `ERROR: REASON(BODY)` apart; `None` for a sentence of az's own, parentheses or not.
fn of_rest(text: &str) -> Option<(String, ArmError)> {
    let text = &text[text.find("ERROR: ")? + "ERROR: ".len()..];
    let (reason, rest) = text.split_once('(')?;
    let body = &rest[..rest.rfind(')')?];
    let reason = reason.trim();
    let body: Option<Body> = serde_json::from_str(body).ok();
    if body.is_none() && !REASONS.contains(&reason) {
        return None;
    }
    let body = body.unwrap_or_default();
    let error = body.error.unwrap_or(ArmError { code: body.code, message: body.message, details: None });
    Some((reason.to_owned(), error))
}

/// Recognises an error of Azure by its code, else by the reason of its status.
fn of_arm(reason: &str, error: &ArmError) -> Trouble {
    let code = error.code.as_deref().unwrap_or_default();
    let message = error.message.as_deref().unwrap_or_default();
    let inner = error.details.as_ref().and_then(|all| all.iter().find_map(|one| one.code.as_deref()));
    let told = || {
        let text = if message.is_empty() { String::new() } else { format!(": {}", short(message)) };
        format!("{}{text}", if code.is_empty() { reason } else { code })
    };
    match code {
        "AuthorizationFailed" | "LinkedAuthorizationFailed" | "AuthorizationPermissionMismatch" => forbidden(message),
        "SubscriptionNotFound" => Trouble::Other(
            "Azure knows no such subscription in the tenant of az; sign in to the right one with: az login --tenant"
                .to_owned(),
        ),
        "ResourceNotFound" | "ResourceGroupNotFound" | "ParentResourceNotFound" | "ContainerNotFound" | "NotFound" => {
            Trouble::NotFound(short(code))
        }
        "TooManyRequests" | "SubscriptionRequestsThrottled" | "OperationNotAllowedThrottled" | "RateLimiting" => {
            Trouble::Throttled
        }
        "ScopeLocked" => Trouble::Locked(short(message)),
        "RequestDisallowedByPolicy" => Trouble::DeniedByPolicy(short(message)),
        "MissingSubscriptionRegistration" => {
            let namespace = message.split('\'').nth(1).filter(|name| name.starts_with("Microsoft."));
            Trouble::NotRegistered(crate::facts::objects::plain_name(namespace.unwrap_or("NAMESPACE")))
        }
        "NoRegisteredProviderFound"
        | "LocationNotAvailableForResourceType"
        | "InvalidResourceType"
        | "InvalidApiVersionParameter" => Trouble::Unsupported(told()),
        "InvalidAuthenticationTokenTenant" => Trouble::WrongTenant,
        _ => match reason {
            "Forbidden" => match inner {
                Some("AuthorizationFailed") | None => forbidden(message),
                Some(_) => Trouble::Other(format!("Azure says: {}", told())),
            },
            // Only Azure's own word for it proves that something is gone: a proxy has pages of its own.
            "Not Found" | "Gone" if code.ends_with("NotFound") => Trouble::NotFound(told()),
            "Too Many Requests" => Trouble::Throttled,
            "Conflict" | "Precondition Failed" => Trouble::Conflict(told()),
            "Unauthorized" => Trouble::SignInAgain { code: String::new(), is_challenge: false, tenant: None },
            _ => Trouble::Other(format!("Azure says: {}", told())),
        },
    }
}

/// Reads which action was refused where, in Azure's own sentence.
fn forbidden(message: &str) -> Trouble {
    let quoted = |before: &str| {
        let rest = &message[message.find(before)? + before.len()..];
        rest.split('\'').nth(1)
    };
    let action = quoted("perform action").map(crate::facts::objects::plain_name).unwrap_or_default();
    let scope = quoted("over scope").or_else(|| quoted("on scope")).map(ArmId::new).unwrap_or_default();
    Trouble::Forbidden { action, scope }
}

/// Says why Azure cannot be reached: the innermost reason of a long chain.
fn unreachable(text: &str) -> String {
    for (sign, says) in [
        ("Name or service not known", "its name is not known to DNS here"),
        ("getaddrinfo failed", "its name is not known to DNS here"),
        ("Temporary failure in name resolution", "DNS does not answer here"),
        ("ProxyError", "the proxy refuses"),
        ("Connection refused", "the connection is refused"),
        ("Network is unreachable", "there is no network"),
        ("timed out", "the connection timed out"),
    ] {
        if text.contains(sign) {
            return says.to_owned();
        }
    }
    "the connection failed".to_owned()
}

/// Returns a text on one line, redacted and not long.
fn short(text: &str) -> String {
    const LONGEST: usize = 300;
    let text = Text::new(text);
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{} …", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_az_prints_is_recognised() {
        let read = |text: &str| Trouble::read(text, Some(1));
        assert_eq!(read("ERROR: Please run 'az login' to setup account.\n"), Trouble::SignedOut);
        assert_eq!(
            read("ERROR: Subscription '0b1f' not found. Check the spelling and casing and try again."),
            Trouble::SubscriptionUnknown("0b1f".to_owned())
        );
        let expired = read(
            "ERROR: AADSTS700082: The refresh token has expired.\nRun the command below to authenticate interactively; additional arguments may be added as needed:\naz logout\naz login --tenant \"t-1\" --scope \"https://management.core.windows.net//.default\"",
        );
        assert_eq!(
            expired,
            Trouble::SignInAgain {
                code: "AADSTS700082".to_owned(),
                is_challenge: false,
                tenant: Some("t-1".to_owned())
            }
        );
        assert!(matches!(
            read("ERROR: AADSTS50076: Due to a configuration change"),
            Trouble::SignInAgain { is_challenge: true, .. }
        ));
        assert!(matches!(
            read("ERROR: User 'a@b' does not exist in MSAL token cache. Run `az login`."),
            Trouble::SignInAgain { .. }
        ));
        let denied = read(
            r#"ERROR: Forbidden({"error":{"code":"AuthorizationFailed","message":"The client 'a' with object id 'b' does not have authorization to perform action 'Microsoft.Storage/storageAccounts/read' over scope '/subscriptions/s/resourceGroups/g' or the scope is invalid. If access was recently granted, please refresh your credentials."}})"#,
        );
        assert_eq!(
            denied.right(),
            Some(Right::arm("Microsoft.Storage/storageAccounts/read", "/subscriptions/s/resourceGroups/g"))
        );
        assert_eq!(
            read(
                r#"ERROR: Not Found({"error":{"code":"ResourceNotFound","message":"The Resource ... (x) was not found."}})"#
            ),
            Trouble::NotFound("ResourceNotFound".to_owned())
        );
        assert_eq!(
            read(r#"ERROR: Too Many Requests({"error":{"code":"TooManyRequests","message":"slow"}})"#),
            Trouble::Throttled
        );
        assert_eq!(read("ERROR: Too Many Requests(<html>slow</html>)"), Trouble::Throttled);
        assert_eq!(
            read(
                r#"ERROR: Conflict({"error":{"code":"MissingSubscriptionRegistration","message":"The subscription is not registered to use namespace 'Microsoft.DataProtection'. See x"}})"#
            ),
            Trouble::NotRegistered("Microsoft.DataProtection".to_owned())
        );
        assert!(matches!(
            read(r#"ERROR: Conflict({"error":{"code":"ScopeLocked","message":"x"}})"#),
            Trouble::Locked(_)
        ));
        assert!(matches!(
            read(
                "HTTPSConnectionPool(host='x'): Max retries exceeded with url: /a (Caused by SSLError(CERTIFICATE_VERIFY_FAILED))"
            ),
            Trouble::TlsUntrusted
        ));
        assert!(
            matches!(read("The command failed with an unexpected error. Here is the traceback:\nMax retries exceeded with url: x Name or service not known"), Trouble::Unreachable(why) if why.contains("DNS"))
        );
        assert!(
            matches!(read("Traceback (most recent call last):\n  File\nKeyError: 'x'"), Trouble::Crashed(why) if why == "KeyError: 'x'")
        );
        assert_eq!(
            Trouble::read("ERROR: 'rest' is misspelled or not recognized by the system.", Some(2)),
            Trouble::TooOld(None)
        );
        assert!(matches!(read(""), Trouble::Other(_)));
    }

    #[test]
    fn no_secret_of_an_answer_is_told() {
        let said = Trouble::read(
            r#"ERROR: Bad Request({"error":{"code":"Odd","message":"AccountKey=abcdEFGH0123456789abcdEFGH0123456789abcdEFGH0123456789ab== failed"}})"#,
            Some(1),
        );
        assert!(!said.words().contains("abcdEFGH"), "{}", said.words());
    }
}
