//! What a user logs in with, and which of several things counts.
//!
//! Knowledge: client-go's `clientcmd` and `transport`, read and asked. A client certificate goes with whatever else
//! there is; a file's token counts before an inline one (it is the fresher); the login program runs only where nothing
//! else logs in. Where the way is not encrypted nothing is sent.

use std::fs;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderValue;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::certificate;
use super::choice::Choice;
use super::flags::Flags;
use super::kubeconfig::{AuthProvider, Cluster, User};
use super::logins::Logins;
use crate::error::Error;
use crate::facts::Text;

/// Everything that a user sends to be known.
#[derive(Default)]
pub(super) struct Login {
    /// The value of the `Authorization` header.
    pub(super) header: Option<HeaderValue>,
    /// The client certificate and its key, as PEM.
    pub(super) identity: Option<(String, String)>,
    /// What it is, and until when it is good.
    pub(super) means: Means,
}

/// By what the user is known, for messages.
#[derive(Debug, Clone, Default)]
pub(super) enum Means {
    /// By nothing that is known to end.
    #[default]
    Other,
    /// By a client certificate of the kubeconfig that is good until then.
    Certificate { until: Option<Timestamp> },
    /// By what a login program gave, good until then.
    Program { until: Option<Timestamp> },
    /// By the account of the pod.
    Pod,
}

/// Collects what the user logs in with, and runs the login program where one is needed.
///
/// # Errors
/// What is missing or cannot be used.
pub(super) async fn log_in(choice: &Choice, flags: &Flags, logins: &Logins) -> Result<Login, Error> {
    let user = &choice.user;
    let mut login = Login::default();
    if let Some(provider) = &user.auth_provider {
        // An inline token goes before the provider's, but a provider that was given up is refused all the same.
        login.header = Some(bearer(&provided(provider)?)?);
    }
    if let Some(token) = token(user)? {
        login.header = Some(bearer(&token)?);
    }
    if !user.username.is_empty() {
        login.header = Some(basic(&user.username, &user.password)?);
    }
    if !(user.client_certificate.is_empty() && user.client_certificate_data.0.is_empty()) {
        let certificate =
            data_or_file(&user.client_certificate_data.0, &user.client_certificate, "client-certificate")?;
        let key = data_or_file(&user.client_key_data.0, &user.client_key, "client-key")?;
        login.identity = Some(certificate::identity(&certificate, &key).ok_or_else(no_identity)?);
        login.means = Means::Certificate { until: certificate::expiry(&certificate) };
    }
    if login.header.is_some() || login.identity.is_some() {
        return Ok(login);
    }
    let Some(exec) = &user.exec else { return Err(nothing(choice)) };
    let cluster = if exec.provide_cluster_info { Some(told_of(&choice.cluster)?) } else { None };
    let credential = logins.credential(exec, cluster, flags).await?;
    login.means = Means::Program { until: credential.expires };
    if !credential.token.is_empty() {
        login.header = Some(bearer(&credential.token)?);
    }
    if !credential.certificate.is_empty() {
        let (certificate, key) = (credential.certificate.as_bytes(), credential.key.as_bytes());
        login.identity = Some(certificate::identity(certificate, key).ok_or_else(|| {
            Error::cluster("the login program's answer holds no client certificate with its key")
                .hinted(format!("Try the same with: {}", flags.kubectl("auth whoami")))
        })?);
        let until = certificate::expiry(certificate);
        login.means = Means::Program { until: credential.expires.into_iter().chain(until).min() };
    }
    Ok(login)
}

/// Returns the token; that of a file goes first, as long as the file can be read.
fn token(user: &User) -> Result<Option<String>, Error> {
    if user.token_file.is_empty() {
        return Ok(Some(user.token.clone()).filter(|token| !token.is_empty()));
    }
    let file = &user.token_file;
    let why = match fs::read_to_string(file) {
        Ok(text) if !text.trim().is_empty() => return Ok(Some(text.trim().to_owned())),
        Ok(_) => "it is empty".to_owned(),
        Err(error) => error.to_string(),
    };
    if user.token.is_empty() {
        return Err(Error::cluster(format!("the token file {file} cannot be used: {why}")).hinted(
            "A relative path means the kubeconfig's own folder; put the file there or choose another user with --user.",
        ));
    }
    Ok(Some(user.token.clone()))
}

fn bearer(token: &str) -> Result<HeaderValue, Error> {
    header(&format!("Bearer {token}")).ok_or_else(|| {
        Error::cluster("the token holds a line break or another character that cannot be sent")
            .hinted("Write it anew, on one line.")
    })
}

fn basic(name: &str, password: &str) -> Result<HeaderValue, Error> {
    header(&format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))))
        .ok_or_else(|| Error::internal("a name and a password cannot be sent"))
}

fn header(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn data_or_file(data: &[u8], file: &str, what: &str) -> Result<Vec<u8>, Error> {
    if !data.is_empty() || file.is_empty() {
        return Ok(data.to_vec());
    }
    fs::read(file).map_err(|error| {
        Error::cluster(format!("the {what} {file} cannot be read: {error}"))
            .hinted("A relative path means the kubeconfig's own folder; put the file there or mend the path.")
    })
}

/// Returns the authorities that the cluster's certificate may be signed by; `None` for those of the system.
///
/// # Errors
/// Where a file is named and cannot be used.
pub(super) fn authorities(cluster: &Cluster) -> Result<Option<Vec<Vec<u8>>>, Error> {
    let pem =
        data_or_file(&cluster.certificate_authority_data.0, &cluster.certificate_authority, "certificate-authority")?;
    if pem.is_empty() {
        return Ok(None);
    }
    let found = certificate::authorities(&pem);
    if found.is_empty() {
        return Err(Error::cluster("the certificate authority of the cluster holds no certificate")
            .hinted("Get it anew with: az aks get-credentials --resource-group GROUP --name CLUSTER"));
    }
    Ok(Some(found))
}

fn no_identity() -> Error {
    Error::cluster("the client certificate or its key is no PEM of the expected kind")
        .hinted("Get them anew with: az aks get-credentials --resource-group GROUP --name CLUSTER")
}

/// Says that there is nothing to log in with. kubectl would ask for a name and a password, which no AKS cluster takes.
fn nothing(choice: &Choice) -> Error {
    let user = &choice.user_name;
    let what = if user.is_empty() {
        "no user is chosen, so there is nothing to log in with".to_owned()
    } else if choice.knows_user {
        format!("user \"{user}\" of the kubeconfig has nothing to log in with")
    } else {
        format!("the kubeconfig lacks the user \"{user}\", so there is nothing to log in with")
    };
    Error::cluster(what).hinted(
        "Choose a user with --user, give a --token, or get a login with: az aks get-credentials --resource-group GROUP --name CLUSTER",
    )
}

/// Returns the token of an auth-provider, the form that came before login programs.
fn provided(provider: &AuthProvider) -> Result<String, Error> {
    let set = |key: &str| provider.config.get(key).filter(|value| !value.is_empty());
    match provider.name.as_str() {
        "oidc" if set("idp-issuer-url").is_some() && set("client-id").is_some() => {
            match set("id-token").filter(|token| is_good(token)) {
                Some(token) => Ok(token.clone()),
                // kubectl renews it and writes the new one into the kubeconfig.
                None => Err(Error::cluster("the kubeconfig's OIDC token has expired or is not there")
                    .hinted("Let kubectl renew it with: kubectl auth whoami (then try again)")),
            }
        }
        "azure" => {
            Err(Error::cluster("the kubeconfig logs in with the azure auth-provider, which kubectl no longer supports")
                .hinted("Write it anew for the login program with: kubelogin convert-kubeconfig"))
        }
        name => Err(Error::cluster(format!(
            "the kubeconfig logs in with the auth-provider \"{}\", which is not known or not complete",
            Text::new(name)
        ))
        .hinted("Choose another user with --user, or use a login program.")),
    }
}

/// Tells whether an OIDC token is good for a while: its middle part says until when.
fn is_good(token: &str) -> bool {
    let body = token.split('.').nth(1).and_then(|body| URL_SAFE_NO_PAD.decode(body.trim_end_matches('=')).ok());
    let claims: Option<Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
    let expiry = claims.as_ref().and_then(|claims| claims.get("exp")?.as_i64());
    expiry.is_some_and(|expiry| expiry > Timestamp::now().as_second() + 10)
}

/// Returns what a login program is told of the cluster, where it asks to be told.
fn told_of(cluster: &Cluster) -> Result<Value, Error> {
    let authority =
        data_or_file(&cluster.certificate_authority_data.0, &cluster.certificate_authority, "certificate-authority")?;
    let mut told = json!({"server": cluster.server, "config": cluster.for_login()});
    for (key, value) in [("tls-server-name", &cluster.tls_server_name), ("proxy-url", &cluster.proxy_url)] {
        if !value.is_empty() {
            told[key] = json!(value);
        }
    }
    for (key, value) in [
        ("insecure-skip-tls-verify", cluster.insecure_skip_tls_verify),
        ("disable-compression", cluster.disable_compression),
    ] {
        if value {
            told[key] = json!(true);
        }
    }
    if !authority.is_empty() {
        told["certificate-authority-data"] = json!(STANDARD.encode(authority));
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_oidc_token_is_judged_by_what_it_says() {
        let token = |exp: i64| format!("a.{}.c", URL_SAFE_NO_PAD.encode(format!("{{\"exp\":{exp}}}")));
        let now = Timestamp::now().as_second();
        assert!(is_good(&token(now + 3600)));
        for wrong in [token(now - 1), token(now), "nonsense".to_owned(), "a.!.c".to_owned(), String::new()] {
            assert!(!is_good(&wrong), "{wrong}");
        }
    }
}
