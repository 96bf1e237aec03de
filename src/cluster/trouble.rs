//! What can go wrong on the way to an API server, in words, and what to do about it.
//!
//! A client's errors are nested, and what happened stands inside; it is looked for there. The words are this room's
//! own, so that a hint can be found by them again after they went through a report.

use std::error::Error as StdError;
use std::io;

use rustls::CertificateError;

use super::flags::Flags;
use super::login::Means;
use super::refusal::{IMPERSONATE, UNAUTHORIZED};
use crate::error::Error;
use crate::facts::Text;

/// The way to one API server: what messages say of it.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The server, as host and port.
    pub(super) server: String,
    /// The server's name or address alone.
    pub(super) host: String,
    /// Whether the way is encrypted.
    pub(super) is_https: bool,
    /// The proxy between, as host and port.
    pub(super) proxy: Option<String>,
    /// By what the user is known.
    pub(super) means: Means,
}

impl Way {
    /// Returns the server's address as a URL, for a trace.
    pub(super) fn url(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.server)
    }
}

const NAME: &str = "its name is not known here";
const REFUSED: &str = "nothing listens there (connection refused)";
const NO_ROUTE: &str = "there is no route to it";
const CLOSED: &str = "the connection was closed before an answer came";
const AUTHORITY: &str = "its certificate is not signed by an authority that the kubeconfig trusts";
const EXPIRED: &str = "its certificate has expired";
const NOT_YET: &str = "its certificate is not valid yet";
const OTHER_NAME: &str = "its certificate is for another name";
const BAD_CERTIFICATE: &str = "its certificate cannot be accepted";
const NO_TLS: &str = "what answers there does not speak TLS";
const CLIENT_CERTIFICATE: &str = "it does not take the client's certificate";
const PROXY_LOGIN: &str = "the proxy wants another name or password";
const PROXY_NO: &str = "the proxy does not open the way";
const NO_ANSWER: &str = "no answer within";

/// Says what happened, where an error holds something that is known.
#[must_use]
pub(super) fn words(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut link = Some(error);
    while let Some(cause) = link {
        if let Some(told) = of_one(cause) {
            return Some(told);
        }
        link = cause.source();
    }
    None
}

fn of_one(cause: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(error) = cause.downcast_ref::<rustls::Error>() {
        return of_tls(error);
    }
    if let Some(error) = cause.downcast_ref::<io::Error>() {
        // What an I/O error wraps is not among its sources.
        if let Some(inner) = error.get_ref() {
            let inner: &(dyn StdError + 'static) = inner;
            return words(inner).or_else(|| of_kind(error.kind()));
        }
        return of_kind(error.kind());
    }
    // The client's own errors have no types that could be named.
    let told = cause.to_string();
    let of_text = [
        ("dns error", NAME),
        ("failed to lookup address", NAME),
        ("proxy authorization required", PROXY_LOGIN),
        ("credentials not accepted", PROXY_LOGIN),
        ("does not support user/pass authentication", PROXY_LOGIN),
        ("implements authentication incorrectly", PROXY_LOGIN),
        ("tunnel error: unsuccessful", PROXY_NO),
        ("tunnel error: unexpected end of file", PROXY_NO),
        ("connection closed before message completed", CLOSED),
    ];
    let known = of_text.iter().find(|(text, _)| told.contains(text)).map(|(_, words)| (*words).to_owned());
    // A SOCKS proxy's refusal has a message of its own, and no cause.
    known.or_else(|| told.strip_prefix("SOCKS error: ").map(|why| format!("{PROXY_NO}: {}", Text::new(why))))
}

fn of_kind(kind: io::ErrorKind) -> Option<String> {
    let words = match kind {
        io::ErrorKind::ConnectionRefused => REFUSED,
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => NO_ROUTE,
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::UnexpectedEof => CLOSED,
        _ => return None,
    };
    Some(words.to_owned())
}

fn of_tls(error: &rustls::Error) -> Option<String> {
    let words = match error {
        rustls::Error::InvalidCertificate(certificate) => match certificate {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => EXPIRED,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => NOT_YET,
            // A wrong authority of the right name shows in the signature.
            CertificateError::UnknownIssuer | CertificateError::BadSignature => AUTHORITY,
            CertificateError::NotValidForNameContext { expected, presented } => {
                let presented: Vec<String> = presented.iter().map(|name| plain_name(name)).collect();
                let (expected, presented) = (expected.to_str(), presented.join(", "));
                return Some(format!("{OTHER_NAME} than {expected}: {}", Text::new(&presented)));
            }
            CertificateError::NotValidForName => OTHER_NAME,
            // One that may sign others, and is not the one that the kubeconfig names.
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => AUTHORITY,
            other => return Some(format!("{BAD_CERTIFICATE}: {}", Text::new(&other.to_string()))),
        },
        rustls::Error::InvalidMessage(_) => NO_TLS,
        rustls::Error::AlertReceived(alert) => {
            let alert = format!("{alert:?}");
            let is_about_the_client =
                ["Certificate", "UnknownCA", "AccessDenied"].iter().any(|part| alert.contains(part));
            if is_about_the_client { CLIENT_CERTIFICATE } else { return Some(format!("it broke TLS off ({alert})")) }
        }
        _ => return None,
    };
    Some(words.to_owned())
}

/// Takes a name out of the form that the TLS library shows it in: `DnsName("a.b")`.
fn plain_name(shown: &str) -> String {
    let inner = shown.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(shown);
    inner.trim_matches('"').to_owned()
}

impl Way {
    /// Says why a login is refused, where it is known to have ended.
    #[must_use]
    pub(super) fn unauthorized(&self) -> String {
        let now = jiff::Timestamp::now();
        match self.means {
            Means::Program { until: Some(until) } if until <= now => {
                format!("what the login program gave was good until {until} only {UNAUTHORIZED}")
            }
            Means::Certificate { until: Some(until) } if until <= now => {
                format!("the client certificate expired at {until} {UNAUTHORIZED}")
            }
            _ => format!("the API server does not accept the login {UNAUTHORIZED}"),
        }
    }

    /// Makes the error that ends a run: the server could not be asked.
    #[must_use]
    pub(super) fn unreachable(&self, why: &str, flags: &Flags) -> Error {
        let through = self.proxy.as_ref().map_or(String::new(), |proxy| format!(" through the proxy {proxy}"));
        Error::cluster(format!("the API server at {} could not be asked{through}: {why}", self.server))
            .hinted(self.hint(why, flags))
    }

    fn hint(&self, why: &str, flags: &Flags) -> String {
        let is = |words: &str| why.contains(words);
        let check = |what: &str| flags.kubectl(what);
        let anew = "az aks get-credentials --resource-group GROUP --name CLUSTER";
        if is(UNAUTHORIZED) {
            return match self.means {
                Means::Certificate { until: Some(until) } if until <= jiff::Timestamp::now() => {
                    format!("Get a new one with: {anew}")
                }
                Means::Program { .. } => {
                    format!("Sign in again (az login); then check with: {}", check("auth whoami"))
                }
                Means::Pod => "The pod's token is not accepted: is it of this cluster, and fresh?".to_owned(),
                _ => format!("The login has expired or is of another cluster; check with: {}", check("auth whoami")),
            };
        }
        if is(PROXY_LOGIN) {
            return "Write the name and password into the proxy's address: http://NAME:PASSWORD@HOST:PORT".to_owned();
        }
        if let Some(proxy) = self.proxy.as_ref().filter(|_| is(NAME) || is(REFUSED) || is(NO_ROUTE) || is(PROXY_NO)) {
            return format!(
                "The way goes through {proxy}: by the kubeconfig's proxy-url, or by HTTPS_PROXY, where NO_PROXY can name what needs no proxy."
            );
        }
        if is(NAME) {
            return format!(
                "A private cluster's name is known only inside its network, and a deleted cluster's nowhere; check with: {}",
                check("version")
            );
        }
        if is(AUTHORITY) {
            return format!("The cluster was made anew, or something reads along on the way; if it was, run: {anew}");
        }
        if is(EXPIRED) || is(NOT_YET) {
            return format!(
                "Look at this machine's clock, and at who answers at {}: is it the cluster, or a gateway before it? Whoever runs that renews its certificate.",
                self.server
            );
        }
        if is(IMPERSONATE) {
            return "Leave the --as flags away (or the kubeconfig's `as`), or have the right to impersonate granted."
                .to_owned();
        }
        if is(OTHER_NAME) {
            return "If the address is right, name what the certificate is for with --tls-server-name.".to_owned();
        }
        if is(NO_TLS) {
            return "Is the port right? A plain HTTP server is written http://HOST:PORT, and gets no login.".to_owned();
        }
        if !self.is_https && is("answered 400") {
            return "Write https:// before the server's address.".to_owned();
        }
        if is(CLIENT_CERTIFICATE) {
            return format!("Get a new one with: {anew}");
        }
        if is(NO_ANSWER) && flags.request_limit().is_none_or(|request| Some(request) > flags.run_limit()) {
            return format!(
                "A private cluster answers only inside its network; check with: {} (or wait longer with --timeout)",
                check("version")
            );
        }
        if is(NO_ANSWER) {
            return format!(
                "A private cluster answers only inside its network; check with: {} (or wait longer with --request-timeout)",
                check("version")
            );
        }
        format!(
            "A private cluster answers only inside its network, a stopped one not at all; check with: {}",
            check("version")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_is_found_inside() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert_eq!(words(&io::Error::other(refused)).as_deref(), Some(REFUSED));
        let tls = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(words(&io::Error::new(io::ErrorKind::InvalidData, tls)).as_deref(), Some(AUTHORITY));
        assert_eq!(words(&io::Error::other("something else")), None);
    }

    #[test]
    fn every_trouble_has_a_hint_of_its_own() {
        let way =
            Way { server: "a:443".to_owned(), host: "a".to_owned(), is_https: true, proxy: None, means: Means::Other };
        let flags = Flags::default();
        let usual = way.hint("something", &flags);
        for why in
            [NAME, AUTHORITY, EXPIRED, OTHER_NAME, NO_TLS, CLIENT_CERTIFICATE, PROXY_LOGIN, UNAUTHORIZED, NO_ANSWER]
        {
            assert_ne!(way.hint(why, &flags), usual, "{why}");
        }
        let behind = Way { proxy: Some("p:3128".to_owned()), ..way };
        assert!(behind.hint(REFUSED, &flags).contains("p:3128"));
        assert!(behind.unreachable(REFUSED, &flags).message.contains("through the proxy p:3128"));
    }
}
