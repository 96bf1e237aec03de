//! TLS to the API server: the client's certificate, and whose certificate of a server is accepted.
//!
//! The TLS library takes no certificate for a server's that may sign others. Go does, where the kubeconfig names
//! exactly that one as its authority; `openssl req -x509` makes such certificates, and gateways show them.

use std::sync::Arc;

use hyper_rustls::{FixedServerNameResolver, HttpsConnector, HttpsConnectorBuilder};
use kube::Config;
use kube::client::ConfigExt as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};

use super::certificate;

/// How connections are encrypted, for every way to the server.
pub(super) struct Tls {
    config: rustls::ClientConfig,
    name: Option<ServerName<'static>>,
}

impl Tls {
    /// Makes it of what the configuration says of trust and of the client's certificate.
    ///
    /// # Errors
    /// What cannot be used, in words.
    pub(super) fn new(config: &Config) -> Result<Self, String> {
        let mut tls = config.rustls_client_config().map_err(|error| {
            format!("the client certificate and its key cannot be used: {}", super::refusal::innermost(&error))
        })?;
        if let Some(authorities) = config.root_cert.as_ref().filter(|_| !config.accept_invalid_certs) {
            let verifier = Verifier::new(authorities)
                .map_err(|error| format!("the certificate authority of the cluster cannot be used: {error}"))?;
            tls.dangerous().set_certificate_verifier(Arc::new(verifier));
        }
        let name = match &config.tls_server_name {
            Some(name) => Some(
                ServerName::try_from(name.clone()).map_err(|_| "tls-server-name is no name of a server".to_owned())?,
            ),
            None => None,
        };
        Ok(Self { config: tls, name })
    }

    /// Lays encryption over a way.
    pub(super) fn over<C>(&self, connector: C) -> HttpsConnector<C> {
        let mut builder = HttpsConnectorBuilder::new().with_tls_config(self.config.clone()).https_or_http();
        if let Some(name) = &self.name {
            builder = builder.with_server_name_resolver(FixedServerNameResolver::new(name.clone()));
        }
        builder.enable_http1().wrap_connector(connector)
    }
}

/// Accepts what the authorities signed, and the authorities themselves.
#[derive(Debug)]
struct Verifier {
    signed: Arc<WebPkiServerVerifier>,
    authorities: Vec<CertificateDer<'static>>,
}

impl Verifier {
    fn new(authorities: &[Vec<u8>]) -> Result<Self, String> {
        let authorities: Vec<CertificateDer<'static>> = authorities.iter().cloned().map(CertificateDer::from).collect();
        let mut store = RootCertStore::empty();
        for authority in &authorities {
            store.add(authority.clone()).map_err(|error| error.to_string())?;
        }
        let signed = WebPkiServerVerifier::builder(Arc::new(store)).build().map_err(|error| error.to_string())?;
        Ok(Self { signed, authorities })
    }

    /// Judges a certificate that is named as an authority: its name and its time, as those of any other.
    fn judge_itself(
        certificate: &CertificateDer<'_>,
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        verify_server_name(&ParsedCertificate::try_from(certificate)?, name)?;
        let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        match certificate::validity(certificate) {
            Some((from, _)) if now < from.as_second() => Err(CertificateError::NotValidYet.into()),
            Some((_, until)) if now > until.as_second() => Err(CertificateError::Expired.into()),
            Some(_) => Ok(ServerCertVerified::assertion()),
            None => Err(CertificateError::BadEncoding.into()),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        match self.signed.verify_server_cert(end_entity, intermediates, name, ocsp, now) {
            Err(rustls::Error::InvalidCertificate(CertificateError::Other(_)))
                if self.authorities.iter().any(|authority| authority == end_entity) =>
            {
                Self::judge_itself(end_entity, name, now)
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.signed.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.signed.supported_verify_schemes()
    }
}
