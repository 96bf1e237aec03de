//! A proxy before the API server: it records every call, and breaks those that it is told to.
//!
//! It speaks TLS with the lab's own authority and HTTP/1.1 by hand, because what it is for is to break the bytes of an
//! answer at any place. It hands the client's token and impersonation on; client certificates end at it.

use std::collections::VecDeque;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::control_plane::ControlPlane;
use crate::fault::{Fault, TOKEN};

/// Which calls are struck.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Target {
    /// None.
    #[default]
    Nothing,
    /// The call of this name, as [`Proxy::calls`] gives it.
    Call(String),
    /// Every call.
    Every,
    /// Every call but the one of this name.
    AllBut(String),
}

impl Target {
    fn is_struck(&self, call: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Call(name) => name == call,
            Self::Every => true,
            Self::AllBut(name) => name != call,
        }
    }
}

/// What a proxy does to what passes.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// Which calls are struck.
    pub target: Target,
    /// By what; `None` leaves every answer as it is.
    pub fault: Option<Fault>,
    /// Whether only the first of those calls is struck; the others have the right answer.
    pub is_once: bool,
    /// How late [`Fault::Late`] is; a third of a second where it is not said.
    pub late: Option<Duration>,
    /// How much later every answer comes.
    pub delay: Duration,
    /// How many objects a page of a list holds at most, whatever the client asks for.
    pub page: Option<u32>,
}

/// A running proxy. It ends when it is dropped, with all its connections.
#[derive(Debug)]
pub struct Proxy {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    plan: Plan,
    start: Instant,
    seen: Mutex<Vec<(String, Duration)>>,
    struck: AtomicUsize,
    connections: AtomicUsize,
    panics: AtomicUsize,
}

impl Proxy {
    pub(crate) fn start(runtime: &Handle, plane: &ControlPlane, folder: &Path, plan: Plan) -> Result<Self> {
        let pki = |name: &str| plane.authority.file(name);
        let certificates = vec![CertificateDer::from_pem_file(pki("server.crt"))?];
        let acceptor = TlsAcceptor::from(Arc::new(
            ServerConfig::builder()
                .with_no_client_auth()
                .with_single_cert(certificates, PrivateKeyDer::from_pem_file(pki("server.key"))?)?,
        ));
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pki("ca.crt"))?)?;
        let connector =
            TlsConnector::from(Arc::new(ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()));
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let port = listener.local_addr()?.port();
        let text = fs::read_to_string(&plane.kubeconfig)?;
        let real = format!("https://127.0.0.1:{}", plane.ports.api);
        ensure!(text.contains(&real), "the kubeconfig does not name {real}");
        let kubeconfig = folder.join(format!("kubeconfig-proxy-{port}"));
        fs::write(&kubeconfig, text.replace(&real, &format!("https://127.0.0.1:{port}")))?;
        let shared = Arc::new(Shared {
            plan,
            start: Instant::now(),
            seen: Mutex::default(),
            struck: AtomicUsize::new(0),
            connections: AtomicUsize::new(0),
            panics: AtomicUsize::new(0),
        });
        let of_task = Arc::clone(&shared);
        let upstream = plane.ports.api;
        let guard = runtime.enter();
        let listener = TcpListener::from_std(listener)?;
        drop(guard);
        let task = runtime.spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => {
                        let Ok((stream, _)) = accepted else { return };
                        let (acceptor, connector, shared) = (acceptor.clone(), connector.clone(), Arc::clone(&of_task));
                        clients.spawn(async move {
                            shared.connections.fetch_add(1, Ordering::Relaxed);
                            let _ = stream.set_nodelay(true);
                            // A client that goes away is the client's affair.
                            if let Ok(stream) = acceptor.accept(stream).await {
                                let _ = serve(stream, &shared, &connector, upstream).await;
                            }
                        });
                    }
                    Some(ended) = clients.join_next() => {
                        if ended.is_err() {
                            of_task.panics.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                }
            }
        });
        Ok(Self { kubeconfig, shared, task })
    }

    /// Returns the administrator's kubeconfig, by way of this proxy.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// Returns the calls that were made, in the order of their arrival. Tokens of later pages are left out of the name.
    pub fn calls(&self) -> Vec<String> {
        self.seen().into_iter().map(|(call, _)| call).collect()
    }

    /// Returns the calls, each with the time since the proxy was started.
    pub fn seen(&self) -> Vec<(String, Duration)> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns how many calls were struck.
    pub fn struck(&self) -> usize {
        self.shared.struck.load(Ordering::Relaxed)
    }

    /// Returns how often the proxy itself failed: then it did not do what it was told to.
    pub fn panics(&self) -> usize {
        self.shared.panics.load(Ordering::Relaxed)
    }

    /// Returns how many connections were made.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
        let _ = fs::remove_file(&self.kubeconfig);
    }
}

impl Shared {
    /// Notes a call and returns what strikes it.
    fn note(&self, request: &Request) -> Option<Fault> {
        let call = request.call();
        let is_struck = self.plan.target.is_struck(&call) || request.is_led_on();
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push((call, self.start.elapsed()));
        let fault = self.plan.fault.filter(|_| is_struck)?;
        let before = self.struck.fetch_add(1, Ordering::Relaxed);
        (before == 0 || !(fault.is_once() || self.plan.is_once)).then_some(fault)
    }
}

/// A request, read whole.
#[derive(Debug)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer, read whole.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) kind: String,
    pub(crate) body: Vec<u8>,
    headers: Vec<(String, String)>,
}

/// A stream, and what was read of it too early.
struct Buffered<S> {
    stream: S,
    early: VecDeque<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Buffered<S> {
    fn new(stream: S) -> Self {
        Self { stream, early: VecDeque::new() }
    }

    /// Reads more; false at the end.
    async fn more(&mut self) -> Result<bool> {
        let mut bytes = [0; 16 << 10];
        let count = self.stream.read(&mut bytes).await?;
        self.early.extend(&bytes[..count]);
        Ok(count > 0)
    }

    /// Reads the first line and the headers; `None` where the stream ends before them.
    async fn head(&mut self) -> Result<Option<(String, Vec<(String, String)>)>> {
        let end = loop {
            let bytes = self.early.make_contiguous();
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            if !self.more().await? {
                return Ok(None);
            }
        };
        let bytes: Vec<u8> = self.early.drain(..end + 4).collect();
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.split("\r\n").filter(|line| !line.is_empty());
        let first = lines.next().unwrap_or_default().to_owned();
        let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_owned(), value.to_owned()));
        Ok(Some((first, lines.filter_map(header).collect())))
    }

    async fn exactly(&mut self, count: usize) -> Result<Vec<u8>> {
        while self.early.len() < count {
            ensure!(self.more().await?, "the stream ends too early");
        }
        Ok(self.early.drain(..count).collect())
    }

    async fn line(&mut self) -> Result<String> {
        loop {
            if let Some(at) = self.early.iter().position(|byte| *byte == b'\n') {
                let bytes: Vec<u8> = self.early.drain(..=at).collect();
                return Ok(String::from_utf8_lossy(&bytes).trim_end().to_owned());
            }
            ensure!(self.more().await?, "the stream ends too early");
        }
    }

    async fn body(&mut self, headers: &[(String, String)]) -> Result<Vec<u8>> {
        if value(headers, "transfer-encoding").is_some_and(|coding| coding.contains("chunked")) {
            let mut body = Vec::new();
            loop {
                let size = usize::from_str_radix(self.line().await?.split(';').next().unwrap_or_default(), 16)?;
                body.extend(self.exactly(size).await?);
                self.line().await?;
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        match value(headers, "content-length") {
            Some(length) => self.exactly(length.parse()?).await,
            None => Ok(Vec::new()),
        }
    }
}

fn value<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
}

impl Request {
    async fn read<S: AsyncRead + AsyncWrite + Unpin>(client: &mut Buffered<S>) -> Result<Option<Self>> {
        let Some((first, headers)) = client.head().await? else { return Ok(None) };
        let mut words = first.split(' ');
        let (Some(method), Some(target)) = (words.next(), words.next()) else { bail!("no request: {first}") };
        let body = client.body(&headers).await?;
        Ok(Some(Self { method: method.to_owned(), target: target.to_owned(), headers, body }))
    }

    /// Returns the name of the call: method, path and query, the tokens of later pages left out.
    fn call(&self) -> String {
        let Some((path, query)) = self.target.split_once('?') else {
            return format!("{} {}", self.method, self.target);
        };
        let query: Vec<&str> = query
            .split('&')
            .filter(|part| !part.starts_with("limit="))
            .map(|part| if part.starts_with("continue=") { "continue" } else { part })
            .collect();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{} {path}{mark}{}", self.method, query.join("&"))
    }

    fn is_upgrade(&self) -> bool {
        value(&self.headers, "upgrade").is_some()
    }

    /// Returns the name of the object that the path names, or that it lies below.
    pub(crate) fn object_name(&self) -> Option<&str> {
        let path = self.target.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        let rest = match parts.as_slice() {
            ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
            _ => return None,
        };
        match rest {
            ["namespaces", _, _, name, ..] => Some(name),
            ["namespaces", _, _] => None,
            [_, name, ..] => Some(name),
            _ => None,
        }
    }

    /// Tells whether a page of a list without end led here.
    fn is_led_on(&self) -> bool {
        self.query().any(|part| part.strip_prefix("continue=").is_some_and(|token| token.starts_with(TOKEN)))
    }

    /// Makes the question one for the first page, where its token is none of the API server's.
    fn begin_again(&mut self) {
        if self.is_led_on() {
            let path = self.target.split('?').next().unwrap_or_default();
            let query: Vec<&str> = self.query().filter(|part| !part.starts_with("continue=")).collect();
            self.target = format!("{path}?{}", query.join("&"));
        }
    }

    fn query(&self) -> impl Iterator<Item = &str> {
        self.target.split_once('?').map_or("", |(_, query)| query).split('&')
    }

    /// Makes pages as small as the plan wants them.
    fn page(&mut self, page: u32) {
        if let Some((path, query)) = self.target.split_once('?') {
            let small = |part: &str| match part.starts_with("limit=") {
                true => format!("limit={page}"),
                false => part.to_owned(),
            };
            self.target = format!("{path}?{}", query.split('&').map(small).collect::<Vec<_>>().join("&"));
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{} {} HTTP/1.1\r\n", self.method, self.target);
        for (name, value) in &self.headers {
            // What is spoiled must be readable, and what is read whole needs no other framing.
            if !["accept-encoding", "transfer-encoding", "content-length"].contains(&name.to_ascii_lowercase().as_str())
            {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if !self.body.is_empty() {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

impl Answer {
    fn bytes(&self) -> Vec<u8> {
        let mut text = format!("HTTP/1.1 {} X\r\n", self.status);
        for (name, value) in &self.headers {
            if !["transfer-encoding", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        if self.status != 101 {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

type Tls = tokio_rustls::client::TlsStream<TcpStream>;

/// The way to the API server, opened at the first call.
struct Upstream<'u> {
    connector: &'u TlsConnector,
    port: u16,
    stream: Option<Buffered<Tls>>,
}

impl Upstream<'_> {
    async fn ask(&mut self, request: &Request) -> Result<Answer> {
        let stream = match &mut self.stream {
            Some(stream) => stream,
            empty => {
                let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await?;
                stream.set_nodelay(true)?;
                let name = ServerName::try_from("localhost")?;
                empty.insert(Buffered::new(self.connector.connect(name, stream).await?))
            }
        };
        stream.stream.write_all(&request.bytes()).await?;
        stream.stream.flush().await?;
        let (first, headers) = stream.head().await?.context("the API server does not answer")?;
        let status = first.split(' ').nth(1).and_then(|word| word.parse().ok()).context("no status")?;
        let body = if status == 101 { Vec::new() } else { stream.body(&headers).await? };
        let kind = value(&headers, "content-type").unwrap_or_default().to_owned();
        Ok(Answer { status, kind, body, headers })
    }
}

/// Serves one connection until either side ends it.
async fn serve<C: AsyncRead + AsyncWrite + Unpin>(
    client: C,
    shared: &Shared,
    connector: &TlsConnector,
    port: u16,
) -> Result<()> {
    let mut client = Buffered::new(client);
    let mut upstream = Upstream { connector, port, stream: None };
    while let Some(mut request) = Request::read(&mut client).await? {
        let fault = shared.note(&request);
        if let Some(page) = shared.plan.page {
            request.page(page);
        }
        tokio::time::sleep(shared.plan.delay).await;
        match fault {
            Some(fault) if fault.is_of_lists() => {
                request.begin_again();
                let mut answer = upstream.ask(&request).await?;
                fault.lead_on(&mut answer, shared.struck.load(Ordering::Relaxed));
                client.stream.write_all(&answer.bytes()).await?;
                client.stream.flush().await?;
                if answer.status == 101 {
                    return stream(&mut client, &mut upstream).await;
                }
            }
            Some(fault) if fault != Fault::Late => {
                // While the fault is written nobody reads; a client that goes away is noticed by the next write.
                return strike(fault, &mut client, &mut upstream, &request).await;
            }
            late => {
                if late.is_some() {
                    tokio::time::sleep(shared.plan.late.unwrap_or(LATE)).await;
                }
                let answer = upstream.ask(&request).await?;
                client.stream.write_all(&answer.bytes()).await?;
                client.stream.flush().await?;
                if answer.status == 101 {
                    return stream(&mut client, &mut upstream).await;
                }
            }
        }
    }
    Ok(())
}

/// How late a late answer is.
const LATE: Duration = Duration::from_millis(300);

async fn strike<C: AsyncRead + AsyncWrite + Unpin>(
    fault: Fault,
    client: &mut Buffered<C>,
    upstream: &mut Upstream<'_>,
    request: &Request,
) -> Result<()> {
    if request.is_upgrade() && (fault.is_of_stream() || fault == Fault::WrongType) {
        let mut answer = upstream.ask(request).await?;
        if fault == Fault::WrongType {
            // The server agrees, but to another protocol than the one that was asked for.
            for (name, value) in &mut answer.headers {
                if name.eq_ignore_ascii_case("sec-websocket-protocol") {
                    "something.else".clone_into(value);
                }
            }
        }
        client.stream.write_all(&answer.bytes()).await?;
        client.stream.flush().await?;
        if answer.status != 101 {
            return Ok(());
        }
        let server = upstream.stream.as_mut().context("there was an answer")?;
        let early: Vec<u8> = server.early.drain(..).collect();
        if fault == Fault::WrongType || fault == Fault::Drip {
            client.stream.write_all(&early).await?;
        }
        if fault == Fault::WrongType {
            return stream(client, upstream).await;
        }
        return fault.break_stream(&mut client.stream, &mut server.stream).await;
    }
    let right = if fault.spoils() { Some(upstream.ask(request).await?) } else { None };
    let write = fault.write(&mut client.stream, request, right);
    write.await?;
    // Without a word of farewell: a connection that is cut is not closed in good order.
    Ok(())
}

async fn stream<C: AsyncRead + AsyncWrite + Unpin>(
    client: &mut Buffered<C>,
    upstream: &mut Upstream<'_>,
) -> Result<()> {
    let server = upstream.stream.as_mut().context("there was an answer")?;
    let to_client: Vec<u8> = server.early.drain(..).collect();
    client.stream.write_all(&to_client).await?;
    client.stream.flush().await?;
    let to_server: Vec<u8> = client.early.drain(..).collect();
    server.stream.write_all(&to_server).await?;
    server.stream.flush().await?;
    tokio::io::copy_bidirectional(&mut client.stream, &mut server.stream).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(target: &str) -> Request {
        Request { method: "GET".to_owned(), target: target.to_owned(), headers: Vec::new(), body: Vec::new() }
    }

    #[test]
    fn a_call_is_named_without_the_tokens_of_its_pages() {
        assert_eq!(request("/version").call(), "GET /version");
        assert_eq!(request("/api/v1/nodes?limit=500").call(), "GET /api/v1/nodes");
        assert_eq!(request("/api/v1/pods?a=b&limit=5&continue=xyz").call(), "GET /api/v1/pods?a=b&continue");
    }

    #[test]
    fn a_list_without_end_leads_to_its_first_page_again_and_again() {
        let mut asked = request("/api/v1/pods?a=b&limit=5&continue=without-end-7");
        assert!(asked.is_led_on());
        asked.begin_again();
        assert_eq!(asked.target, "/api/v1/pods?a=b&limit=5");
        let mut of_the_server = request("/api/v1/pods?limit=5&continue=eyJ2Ijoi");
        of_the_server.begin_again();
        assert_eq!(of_the_server.target, "/api/v1/pods?limit=5&continue=eyJ2Ijoi");

        let token = |fault: Fault, body: &str, number: usize| {
            let mut answer = Answer { body: body.as_bytes().to_vec(), ..Answer::default() };
            fault.lead_on(&mut answer, number);
            String::from_utf8(answer.body).unwrap()
        };
        let list = r#"{"items":[1],"metadata":{}}"#;
        assert_eq!(token(Fault::SamePage, list, 1), token(Fault::SamePage, list, 2));
        assert_ne!(token(Fault::EndlessPages, list, 1), token(Fault::EndlessPages, list, 2));
        assert!(token(Fault::EndlessPages, list, 1).len() > 10_000, "a full page");
        assert!(token(Fault::SamePage, list, 1).contains(r#""items":[1],"metadata":{"continue":"without-end"}"#));
        assert_eq!(token(Fault::SamePage, r#"{"kind":"Pod","metadata":{}}"#, 1), r#"{"kind":"Pod","metadata":{}}"#);
    }

    #[test]
    fn objects_are_told_from_lists() {
        let of = |target: &str| request(target).object_name().map(str::to_owned);
        assert_eq!(of("/api/v1/namespaces/n/pods/p/log?x=y").as_deref(), Some("p"));
        assert_eq!(of("/api/v1/namespaces/n").as_deref(), Some("n"));
        assert_eq!(of("/api/v1/persistentvolumes/v").as_deref(), Some("v"));
        assert_eq!(of("/apis/velero.io/v1/namespaces/n/backups?limit=5"), None);
        assert_eq!(of("/apis/velero.io/v1/backups"), None);
        assert_eq!(of("/apis/velero.io"), None);
    }
}
