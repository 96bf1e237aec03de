//! The HTTP client: the way through a proxy, TLS, and the headers that every request carries.
//!
//! The layers are kube's; they are put together here because kube's own builder logs in by itself (three times),
//! sends every verb again when a server is busy, and knows no login at a SOCKS proxy.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::proxy::{SocksV5, Tunnel};
use hyper_util::client::legacy::connect::{Connect, HttpConnector};
use hyper_util::rt::TokioExecutor;
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config};
use tower::{BoxError, ServiceBuilder};
use tower_http::decompression::DecompressionLayer;

use super::proxy::{Kind, Proxy};
use super::trust::Tls;

/// How long one attempt to connect may take; every call has a limit of its own beside it.
const CONNECT_LIMIT: Duration = Duration::from_secs(30);

/// Makes the client.
///
/// # Errors
/// What of the configuration cannot be used, such as a key that is not the certificate's.
pub(super) fn client(config: &Config, proxy: Option<&Proxy>) -> Result<Client, String> {
    let tls = Tls::new(config)?;
    let mut connector = HttpConnector::new();
    connector.enforce_http(false);
    connector.set_connect_timeout(Some(CONNECT_LIMIT));
    let Some(proxy) = proxy else { return stack(config, tls.over(connector)) };
    match proxy.kind {
        Kind::Socks5 => {
            let socks = SocksV5::new(proxy.uri.clone(), connector);
            let socks = match &proxy.login {
                Some((name, password)) => socks.with_auth(name.clone(), password.clone()),
                None => socks,
            };
            stack(config, tls.over(socks))
        }
        Kind::Http => stack(config, tls.over(with_login(Tunnel::new(proxy.uri.clone(), connector), proxy))),
        // As with kubectl, the proxy's certificate is judged like the cluster's.
        Kind::Https => stack(config, tls.over(with_login(Tunnel::new(proxy.uri.clone(), tls.over(connector)), proxy))),
    }
}

fn with_login<C>(tunnel: Tunnel<C>, proxy: &Proxy) -> Tunnel<C> {
    let header = proxy.login.as_ref().and_then(|(name, password)| {
        HeaderValue::from_str(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))).ok()
    });
    match header {
        Some(header) => tunnel.with_auth(header),
        None => tunnel,
    }
}

fn stack<C: Connect + Clone + Send + Sync + 'static>(config: &Config, connector: C) -> Result<Client, String> {
    let wire = legacy::Client::builder(TokioExecutor::new()).build::<_, Body>(connector);
    let service = ServiceBuilder::new()
        .layer(config.base_uri_layer())
        .layer(DecompressionLayer::new().gzip(!config.disable_compression))
        .layer(config.extra_headers_layer().map_err(|error| error.to_string())?)
        .map_err(BoxError::from)
        .service(wire);
    Ok(Client::new(service, config.default_namespace.clone()))
}
