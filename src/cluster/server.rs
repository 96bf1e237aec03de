//! The API server's address, as a kubeconfig writes it.
//!
//! Knowledge: client-go's `rest.DefaultServerURL`: without a scheme it is plain HTTP.

use http::Uri;

use crate::error::Error;

/// Where the API server is.
#[derive(Debug, Clone)]
pub(super) struct Server {
    /// The whole address: with a path, where something stands before the server.
    pub(super) uri: Uri,
    /// Whether the way is encrypted. If not, nobody logs in: a token must not travel in the open.
    pub(super) is_https: bool,
    /// The name or address, without brackets.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Server {
    /// Reads an address: a URL, or a host with or without a port.
    ///
    /// # Errors
    /// Where it is none.
    pub(super) fn parse(text: &str) -> Result<Self, Error> {
        let wrong = || {
            // Somebody may have written a password into it.
            let shown = crate::facts::Text::new(text.rsplit_once('@').map_or(text, |(_, server)| server));
            Error::usage(format!("\"{shown}\" is no address of an API server"))
                .hinted("Write it as https://HOST:PORT in the kubeconfig or with --server.")
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => (scheme.to_ascii_lowercase(), rest),
            None => ("http".to_owned(), text),
        };
        let is_https = match scheme.as_str() {
            "https" => true,
            "http" => false,
            _ => return Err(wrong()),
        };
        let rest = rest.split(['?', '#']).next().unwrap_or_default();
        let is_bare = !text.contains("://");
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if authority.is_empty() || authority.contains('@') || (is_bare && !matches!(path, "" | "/")) {
            return Err(wrong());
        }
        let uri: Uri = format!("{scheme}://{authority}{path}").parse().map_err(|_| wrong())?;
        let host = uri.host().ok_or_else(wrong)?.trim_start_matches('[').trim_end_matches(']').to_owned();
        // A port that is none is a part of the authority that the parser does not understand.
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| !port.contains(']'));
        let port = match uri.port_u16() {
            Some(port) => port,
            None if has_port && !authority.ends_with(':') => return Err(wrong()),
            None if is_https => 443,
            None => 80,
        };
        // A tunnel through a proxy would take 443 for the port of plain HTTP, too.
        let uri = if is_https || uri.port().is_some() {
            uri
        } else {
            let authority = authority.trim_end_matches(':');
            format!("{scheme}://{authority}:{port}{path}").parse().map_err(|_| wrong())?
        };
        Ok(Self { uri, is_https, host, port })
    }

    /// Returns the host with its port, as messages name it.
    pub(super) fn shown(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_kubectl_reads_them() {
        for (text, uri, host, port, is_https) in [
            ("https://a.b:6443", "https://a.b:6443/", "a.b", 6443, true),
            ("HTTPS://a.b", "https://a.b/", "a.b", 443, true),
            ("https://a.b/k8s/c-1?x=y#z", "https://a.b/k8s/c-1", "a.b", 443, true),
            ("http://127.0.0.1:8001/", "http://127.0.0.1:8001/", "127.0.0.1", 8001, false),
            ("https://[::1]:6443", "https://[::1]:6443/", "::1", 6443, true),
            ("localhost:8080", "http://localhost:8080/", "localhost", 8080, false),
            ("a.b", "http://a.b:80/", "a.b", 80, false),
        ] {
            let server = Server::parse(text).unwrap();
            assert_eq!(server.uri.to_string(), uri, "{text}");
            assert_eq!((server.host.as_str(), server.port, server.is_https), (host, port, is_https), "{text}");
        }
        for text in ["", "https://", "ftp://a.b", "a.b/path", "https://a b", "https://a:port", "https://u:p@a.b"] {
            assert!(Server::parse(text).is_err(), "{text}");
        }
    }
}
