//! Which proxy the way to the API server goes through, if any.
//!
//! kube 5 asks `NO_PROXY` about the proxy instead of the server, and knows neither `socks5h` nor a proxy without a
//! scheme nor a login at a SOCKS proxy: so it is decided here.
//! Knowledge: Go's `golang.org/x/net/http/httpproxy` and client-go: the kubeconfig's `proxy-url` wins and knows no
//! exceptions; else the environment's, upper case first, never for the loopback nor for what `NO_PROXY` names.

use std::net::IpAddr;

use http::Uri;

use super::server::Server;
use crate::error::Error;

/// How a proxy is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Http,
    Https,
    Socks5,
}

/// A proxy.
#[derive(Clone)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    /// Its address, with a port and without a login.
    pub(super) uri: Uri,
    /// The name and the password that it wants.
    pub(super) login: Option<(String, String)>,
}

impl Proxy {
    /// Returns the host with its port, as messages name it.
    pub(super) fn shown(&self) -> String {
        self.uri.authority().map(ToString::to_string).unwrap_or_default()
    }
}

/// What the environment says of proxies.
#[derive(Default)]
pub(super) struct Environment {
    pub(super) http: String,
    pub(super) https: String,
    pub(super) except: String,
}

impl Environment {
    /// Reads the process's own.
    pub(super) fn read() -> Self {
        let first = |names: [&str; 2]| {
            let values = names.into_iter().filter_map(std::env::var_os).map(|v| v.to_string_lossy().into_owned());
            values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
        };
        Self {
            http: first(["HTTP_PROXY", "http_proxy"]),
            https: first(["HTTPS_PROXY", "https_proxy"]),
            except: first(["NO_PROXY", "no_proxy"]),
        }
    }
}

/// Returns the proxy for a server.
///
/// # Errors
/// Where what is to be the proxy's address is none.
pub(super) fn choose(server: &Server, of_kubeconfig: &str, environment: &Environment) -> Result<Option<Proxy>, Error> {
    if !of_kubeconfig.is_empty() {
        let known = ["http", "https", "socks5"];
        return match split(of_kubeconfig).filter(|(scheme, _)| known.contains(&scheme.as_str())).and_then(proxy) {
            Some(proxy) => Ok(Some(proxy)),
            None => Err(Error::cluster("the kubeconfig's proxy-url is no address of an http, https or socks5 proxy")
                .hinted("Write it as http://HOST:PORT, or take it out to use HTTPS_PROXY.")),
        };
    }
    let (variable, address) =
        if server.is_https { ("HTTPS_PROXY", &environment.https) } else { ("HTTP_PROXY", &environment.http) };
    if address.is_empty() || is_excepted(server, &environment.except) {
        return Ok(None);
    }
    // Without a scheme it is an HTTP proxy.
    let parts = split(address).unwrap_or_else(|| ("http".to_owned(), address.clone()));
    match proxy(parts) {
        Some(proxy) => Ok(Some(proxy)),
        None => Err(Error::cluster(format!("{variable} is no address of a proxy"))
            .hinted(format!("Write it as http://HOST:PORT, or add {} to NO_PROXY.", server.host))),
    }
}

/// Splits an address into its scheme, in small letters, and the rest, where it has both.
fn split(address: &str) -> Option<(String, String)> {
    let (scheme, rest) = address.split_once("://")?;
    (!scheme.is_empty() && !rest.is_empty()).then(|| (scheme.to_ascii_lowercase(), rest.to_owned()))
}

fn proxy((scheme, rest): (String, String)) -> Option<Proxy> {
    let (kind, port) = match scheme.as_str() {
        "http" => (Kind::Http, 80),
        "https" => (Kind::Https, 443),
        // Names are resolved by the proxy either way.
        "socks5" | "socks5h" => (Kind::Socks5, 1080),
        _ => return None,
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let (login, place) = match authority.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, authority),
    };
    let login = login.map(|login| {
        let (name, password) = login.split_once(':').unwrap_or((login, ""));
        (unescape(name), unescape(password))
    });
    let place: http::uri::Authority = place.parse().ok()?;
    if place.host().is_empty() {
        return None;
    }
    let port = match place.port() {
        Some(port) => port.as_u16(),
        None if place.as_str().len() > place.host().len() => return None,
        None => port,
    };
    let scheme = match kind {
        Kind::Http => "http",
        Kind::Https => "https",
        Kind::Socks5 => "socks5",
    };
    let uri = format!("{scheme}://{}:{port}", place.host()).parse().ok()?;
    Some(Proxy { kind, uri, login })
}

/// Undoes percent-escapes; what is no escape stays as it is.
fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match (first, tail) {
            (b'%', [high, low, ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(*high).zip(digit(*low)).map(|(high, low)| high << 4 | low)
            }
            _ => None,
        };
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { &tail[2..] } else { tail };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Tells whether the environment's proxy is not for this server.
fn is_excepted(server: &Server, except: &str) -> bool {
    let host = server.host.to_ascii_lowercase();
    let address: Option<IpAddr> = host.parse().ok();
    if host == "localhost" || address.is_some_and(|address| address.to_canonical().is_loopback()) {
        return true;
    }
    except
        .split(',')
        .map(|entry| entry.trim().to_ascii_lowercase())
        .any(|entry| matches(&entry, &host, address, server.port))
}

/// Tells whether one entry of `NO_PROXY` names the server.
fn matches(entry: &str, host: &str, address: Option<IpAddr>, port: u16) -> bool {
    if entry == "*" {
        return true;
    }
    if let Some((network, bits)) = entry.split_once('/') {
        return match (network.parse::<IpAddr>(), bits.parse::<u8>(), address) {
            (Ok(network), Ok(bits), Some(address)) => is_within(address, network, bits),
            _ => false,
        };
    }
    // A colon parts a port off, unless the entry is an IPv6 address without one.
    let (name, wanted) = match entry.rsplit_once(':') {
        _ if entry.parse::<IpAddr>().is_ok() => (entry, None),
        Some((name, wanted)) if !name.ends_with(':') && (!name.contains(':') || name.ends_with(']')) => {
            (name.trim_start_matches('[').trim_end_matches(']'), Some(wanted))
        }
        _ => (entry, None),
    };
    if name.is_empty() || wanted.is_some_and(|wanted| !wanted.is_empty() && wanted.parse() != Ok(port)) {
        return false;
    }
    if let Ok(named) = name.parse::<IpAddr>() {
        return address.is_some_and(|address| address.to_canonical() == named.to_canonical());
    }
    if address.is_some() {
        return false;
    }
    // `a.b` names itself and what is below it; `.a.b` and `*.a.b` only what is below.
    let name = name.strip_prefix('*').filter(|rest| rest.starts_with('.')).unwrap_or(name);
    let below = |parent: &str| host.len() > parent.len() && host.ends_with(parent);
    if name.starts_with('.') { below(name) } else { host == name || below(&format!(".{name}")) }
}

/// Tells whether an address lies in a network.
fn is_within(address: IpAddr, network: IpAddr, bits: u8) -> bool {
    let bits = u32::from(bits);
    match (address.to_canonical(), network) {
        (IpAddr::V4(address), IpAddr::V4(network)) if bits <= 32 => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        (IpAddr::V6(address), IpAddr::V6(network)) if bits <= 128 => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
            address.to_bits() & mask == network.to_bits() & mask
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(server: &str, of_kubeconfig: &str, https: &str, except: &str) -> Option<String> {
        let environment =
            Environment { http: "plain.proxy".to_owned(), https: https.to_owned(), except: except.to_owned() };
        let server = Server::parse(server).unwrap();
        choose(&server, of_kubeconfig, &environment).unwrap().map(|proxy| proxy.uri.to_string())
    }

    #[test]
    fn the_kubeconfig_wins_and_knows_no_exception() {
        assert_eq!(chosen("https://a.b", "http://p:3128", "q:1", "*").as_deref(), Some("http://p:3128/"));
        assert_eq!(chosen("https://127.0.0.1", "socks5://p", "", "").as_deref(), Some("socks5://p:1080/"));
        assert_eq!(chosen("https://a.b", "", "q:1", "").as_deref(), Some("http://q:1/"));
        assert_eq!(chosen("http://a.b", "", "q:1", "").as_deref(), Some("http://plain.proxy:80/"));
        assert_eq!(chosen("https://a.b", "", "", ""), None);
    }

    #[test]
    fn no_proxy_is_read_as_go_reads_it() {
        for (server, except, is_direct) in [
            ("https://localhost:6443", "", true),
            ("https://127.8.8.8:6443", "", true),
            ("https://[::1]:6443", "", true),
            ("https://10.1.2.3:6443", "10.0.0.0/8", true),
            ("https://10.1.2.3:6443", "11.0.0.0/8, 10.1.2.3", true),
            ("https://10.1.2.3:6443", "10.1.2.3:443", false),
            ("https://10.1.2.3:6443", "10.1.2.3:6443", true),
            ("https://10.1.2.3:6443", "0.0.0.0/0", true),
            ("https://10.1.2.3:6443", "2.3", false),
            ("https://[fd00::1]:6443", "fd00::/8", true),
            ("https://[fd00::1]:6443", "[fd00::1]:6443", true),
            ("https://[fd00::1]:6443", "fd00::1", true),
            ("https://a.azmk8s.io", "azmk8s.io", true),
            ("https://a.azmk8s.io", "AZMK8S.IO", true),
            ("https://a.azmk8s.io", ".azmk8s.io", true),
            ("https://a.azmk8s.io", "*.azmk8s.io", true),
            ("https://azmk8s.io", ".azmk8s.io", false),
            ("https://azmk8s.io", "azmk8s.io:443", true),
            ("https://azmk8s.io", "azmk8s.io:8443", false),
            ("https://notazmk8s.io", "azmk8s.io", false),
            ("https://a.azmk8s.io", "*", true),
            ("https://a.azmk8s.io", ",, :443,", false),
            ("https://a.azmk8s.io", "10.0.0.0/8", false),
        ] {
            assert_eq!(chosen(server, "", "q:1", except).is_none(), is_direct, "{server} {except}");
        }
    }

    #[test]
    fn a_proxys_login_is_taken_apart() {
        let server = Server::parse("https://a.b").unwrap();
        let proxy = choose(&server, "http://me:p%40s%3as%@p:3128/x", &Environment::default()).unwrap().unwrap();
        assert_eq!(proxy.login, Some(("me".to_owned(), "p@s:s%".to_owned())));
        assert_eq!(proxy.shown(), "p:3128");
        for wrong in ["p:3128", "ftp://p", "socks5h://p", "http://", "http://p:port"] {
            let error = choose(&server, wrong, &Environment::default()).err().unwrap();
            assert!(error.hint.is_some(), "{wrong}");
        }
        for (given, is_right) in [("socks5h://u:p@p", true), ("p", true), ("ftp://p", false), ("://", false)] {
            let environment = Environment { https: given.to_owned(), ..Environment::default() };
            assert_eq!(choose(&server, "", &environment).is_ok(), is_right, "{given}");
        }
    }
}
