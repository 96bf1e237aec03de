//! Connecting as kubectl does: with the user's own kubeconfig, flags, login program and proxies.
//!
//! Each step is a file of its own; here they follow each other. Nothing is asked of the server yet.
//!
//! What differs from kubectl, on purpose (tests/connection.rs holds that nothing else does, as far as its table goes):
//! - Without a kubeconfig and outside a pod kubectl asks `localhost:8080`, which is no AKS cluster: refused.
//! - A context whose cluster has no server: kubectl asks `KUBERNETES_MASTER`, the pod's cluster or localhost: refused.
//! - A user with nothing to log in with: kubectl asks for a name and a password: refused.
//! - A name and a password in the server's address: refused.
//! - An expired OIDC token is not renewed: kubectl does that, and the hint says so.
//! - Plain HTTP through an HTTP proxy goes through a tunnel.
//! - In a pod without a kubeconfig kubectl ignores `--as` and `--insecure-skip-tls-verify`: here they count.
//! - A login program that asks nobody must end within `--timeout`, and what it started with it; kubectl waits for ever.
//! - kubectl's own preferences (`kuberc`), its cache folder and its discovery cache do not exist here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use http::header::{AUTHORIZATION, USER_AGENT};
use kube::Config;

use super::api::Api;
use super::choice::{self, Choice};
use super::client::client;
use super::flags::Flags;
use super::impersonation;
use super::in_cluster;
use super::kubeconfig::{self, HOW_TO_GET_ONE};
use super::login::{self, Login, Means};
use super::logins::Logins;
use super::proxy::{self, Environment};
use super::server::Server;
use super::trouble::Way;
use crate::error::Error;

/// By what the API server knows this program in its audit log.
const AGENT: &str = concat!("kubectl-aksbackup/", env!("CARGO_PKG_VERSION"));

/// Connects to the cluster that the flags and the kubeconfig name.
///
/// Returns the API and the name of the context. The login program, if there is one, has run by then: once for all that
/// `logins` is given to.
///
/// # Errors
/// What is wrong with the kubeconfig, or with the login that it asks for.
pub async fn connect(flags: &Flags, logins: &Logins) -> Result<(Api, Option<String>), Error> {
    let mut choice = choice::choose(kubeconfig::read(flags)?, flags)?;
    let is_pod = choice.cluster.server.is_empty() && fill_server(&mut choice, flags)?;
    choice::check(&choice)?;
    let server = Server::parse(&choice.cluster.server)?;
    let proxy = proxy::choose(&server, &choice.cluster.proxy_url, &Environment::read())?;
    let mut login = Login::default();
    let mut config = Config::new(server.uri.clone());
    if server.is_https {
        // Before the login program may ask for a password: what cannot work must not cost one.
        config.root_cert = login::authorities(&choice.cluster)?;
        login = login::log_in(&choice, flags, logins).await?;
    }
    if is_pod {
        login.means = Means::Pod;
    }
    fill(&mut config, &choice, login.header, login.identity)?;
    let client = client(&config, proxy.as_ref())
        .map_err(|what| Error::cluster(what).hinted(format!("Try the same with: {}", flags.kubectl("auth whoami"))))?;
    let way = Way {
        server: server.shown(),
        host: server.host.clone(),
        is_https: server.is_https,
        proxy: proxy.map(|proxy| proxy.shown()),
        means: login.means,
    };
    Ok((Api::new(client, flags.request_limit(), way), choice.context))
}

/// Finds a server where neither the kubeconfig nor a flag names one; `true` where it is the pod's own.
///
/// kubectl falls back to `localhost:8080` in the end, which is never an AKS cluster: that is refused instead. So is a
/// context that names a cluster without an address, for which kubectl would ask the pod's cluster or localhost.
fn fill_server(choice: &mut Choice, flags: &Flags) -> Result<bool, Error> {
    if let Some(cluster) = flags.cluster.as_ref().filter(|name| !name.is_empty()) {
        return Err(Error::cluster(format!("the kubeconfig's cluster \"{cluster}\" has no server"))
            .hinted("Name the server with --server, or another cluster with --cluster."));
    }
    if let Some(context) = &choice.context {
        return Err(Error::cluster(format!("context \"{context}\" names no cluster with a server"))
            .hinted("Name another with --cluster or --context, or the server itself with --server."));
    }
    if in_cluster::fill(choice) {
        return Ok(true);
    }
    let master = std::env::var_os("KUBERNETES_MASTER").filter(|value| !value.is_empty());
    match master {
        Some(master) => choice.cluster.server = master.to_string_lossy().into_owned(),
        None => {
            return Err(Error::cluster(
                "there is no kubeconfig with a current context, and this is no pod of a cluster",
            )
            .hinted(HOW_TO_GET_ONE));
        }
    }
    Ok(false)
}

fn fill(
    config: &mut Config,
    choice: &Choice,
    header: Option<HeaderValue>,
    identity: Option<(String, String)>,
) -> Result<(), Error> {
    let (cluster, user) = (&choice.cluster, &choice.user);
    config.accept_invalid_certs = cluster.insecure_skip_tls_verify;
    config.disable_compression = cluster.disable_compression;
    config.tls_server_name = Some(cluster.tls_server_name.clone()).filter(|name| !name.is_empty());
    config.headers.push((USER_AGENT, HeaderValue::from_static(AGENT)));
    config.headers.extend(header.map(|header| (AUTHORIZATION, header)));
    if let Some((certificate, key)) = identity {
        config.auth_info.client_certificate_data = Some(STANDARD.encode(certificate));
        config.auth_info.client_key_data = Some(STANDARD.encode(key).into());
    }
    config.headers.extend(impersonation::headers(user)?);
    Ok(())
}
