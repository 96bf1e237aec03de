//! The handle of a running simulator.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::call::{Allowed, Call, FaultRule};
use super::server::{Shared, bind, serve};
use super::sign_in::{self, IDENTITY_HEADER, SignIn};
use super::world::World;
use crate::certificates::Authority;

/// A running simulator of Azure. It ends when it is dropped, and takes its folder with it.
#[derive(Debug)]
pub struct Azure {
    folder: TempDir,
    shared: Arc<Shared>,
    identity_port: u16,
    /// Taken at the end.
    runtime: Option<Runtime>,
}

/// What a child must not inherit: ways around the simulator, and sign-ins of the person who runs the tests.
const REMOVED: &[&str] = &[
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "ALL_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "all_proxy",
    "no_proxy",
    "CURL_CA_BUNDLE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "MSI_ENDPOINT",
    "MSI_SECRET",
    "IDENTITY_SERVER_THUMBPRINT",
    "IMDS_ENDPOINT",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_TENANT_ID",
    "AZURE_CLOUD_NAME",
    "AZURE_DEFAULTS_GROUP",
    "PYTHONPATH",
    "PYTHONHOME",
];

impl Azure {
    /// Starts a simulator of the healthy world.
    pub fn start() -> Result<Self> {
        Self::start_with(World::healthy())
    }

    /// Starts a simulator of a world of the test's own.
    pub fn start_with(world: World) -> Result<Self> {
        let folder = TempDir::with_prefix("aksbackup-azure-")?;
        let authority = Authority::create(&folder.path().join("pki"))?;
        let server = authority.server_for(&["127.0.0.1"], false)?;
        let acceptor = TlsAcceptor::from(Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(
            vec![CertificateDer::from_pem_slice(server.certificate.as_bytes())?],
            PrivateKeyDer::from_pem_slice(server.key.as_bytes())?,
        )?));
        let (listener, port) = bind()?;
        let (identity, identity_port) = bind()?;
        let shared = Arc::new(Shared::new(format!("https://127.0.0.1:{port}"), world));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("azure")
            .enable_all()
            .build()
            .context("cannot start the simulator's threads")?;
        let guard = runtime.enter();
        let (listener, identity) = (TcpListener::from_std(listener)?, TcpListener::from_std(identity)?);
        drop(guard);
        runtime.spawn(serve(listener, Some(acceptor), Arc::clone(&shared)));
        runtime.spawn(serve(identity, None, Arc::clone(&shared)));
        let azure = Self { folder, shared, identity_port, runtime: Some(runtime) };
        azure.sign_in_as(SignIn::Identity)?;
        Ok(azure)
    }

    /// Returns what the environment of az must say, and of everything that starts az.
    pub fn env(&self) -> Vec<(String, String)> {
        let path = |name: &str| self.folder.path().join(name).display().to_string();
        [
            ("AZURE_CONFIG_DIR", path("config")),
            ("AZURE_EXTENSION_DIR", path("extensions")),
            ("AZURE_CORE_COLLECT_TELEMETRY", "no".to_owned()),
            ("REQUESTS_CA_BUNDLE", self.authority().display().to_string()),
            ("IDENTITY_ENDPOINT", format!("http://127.0.0.1:{}/msi/token", self.identity_port)),
            ("IDENTITY_HEADER", IDENTITY_HEADER.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec()
    }

    /// Returns the names that the environment of az must not hold.
    #[allow(clippy::unused_self)] // part of the pair with `env`
    pub fn remove_env(&self) -> &'static [&'static str] {
        REMOVED
    }

    /// Returns the address of Azure Resource Manager, `https://127.0.0.1:port`.
    pub fn origin(&self) -> &str {
        &self.shared.origin
    }

    /// Returns the file of the authority that signed the server's certificate.
    pub fn authority(&self) -> std::path::PathBuf {
        self.folder.path().join("pki/ca.crt")
    }

    /// Returns the folder that az is configured by.
    pub fn config_folder(&self) -> std::path::PathBuf {
        self.folder.path().join("config")
    }

    /// Returns the calls to Azure Resource Manager, in the order in which they came.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.iter().map(|(_, call)| call.clone()).collect()
    }

    /// Forgets the calls, and how many there were at once.
    pub fn forget_calls(&self) {
        let mut state = self.shared.lock();
        state.calls.clear();
        state.most = 0;
        state.tokens.asked = 0;
    }

    /// Returns how many calls were under way at once, at most.
    pub fn most_at_once(&self) -> usize {
        self.shared.lock().most
    }

    /// Returns how many tokens were asked for.
    pub fn tokens_asked(&self) -> usize {
        self.shared.lock().tokens.asked
    }

    /// Changes the world, and returns what the change returns.
    pub fn edit<T>(&self, change: impl FnOnce(&mut World) -> T) -> T {
        change(&mut self.shared.lock().world)
    }

    /// Adds a fault. Of several the first that fits strikes.
    pub fn fault(&self, rule: FaultRule) {
        self.shared.lock().faults.push(rule);
    }

    /// Takes all faults away.
    pub fn heal(&self) {
        self.shared.lock().faults.clear();
    }

    /// Makes every answer so much later, those for tokens too.
    pub fn latency(&self, latency: Duration) {
        self.shared.lock().latency = latency;
    }

    /// Limits what the caller may do; `None` is everything.
    pub fn allow_only(&self, allowed: Option<Vec<Allowed>>) {
        self.shared.lock().world.allowed = allowed;
    }

    /// Makes all tokens bad that were issued, as when the caller's sessions are revoked.
    pub fn revoke_tokens(&self) {
        self.shared.lock().tokens.revoke();
    }

    /// Leaves nobody signed in.
    pub fn sign_out(&self) -> Result<()> {
        self.sign_in_as(SignIn::Nobody)
    }

    /// Signs a managed identity in, as at the start.
    pub fn sign_in(&self) -> Result<()> {
        self.sign_in_as(SignIn::Identity)
    }

    /// Signs a user in, whose access token is over and comes anew by a refresh token.
    pub fn sign_in_user(&self) -> Result<()> {
        self.shared.lock().tokens.refusal = None;
        self.sign_in_as(SignIn::User)
    }

    /// Signs a user in, to whom the authority gives no token, with an error as `AADSTS700082: The refresh token has expired …`.
    pub fn token_fails(&self, error: &str) -> Result<()> {
        self.shared.lock().tokens.refusal = Some(error.to_owned());
        self.sign_in_as(SignIn::User)
    }

    fn sign_in_as(&self, who: SignIn) -> Result<()> {
        let world = self.shared.lock().world.clone();
        let folder: &Path = &self.config_folder();
        sign_in::write(folder, &self.shared.origin, &world, who).context("cannot write az's configuration")
    }
}

impl Drop for Azure {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Not by waiting: a test's own runtime may be the one that drops it.
            runtime.shutdown_background();
        }
    }
}
