//! The two listeners: HTTPS for Azure Resource Manager and the authority, plain HTTP for the identity endpoint.

use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::answer::Answer;
use super::call::{Call, FaultRule};
use super::router::{Request, respond};
use super::sign_in::Tokens;
use super::world::World;

/// What both listeners and the tests share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) origin: String,
    state: Mutex<State>,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) faults: Vec<FaultRule>,
    pub(crate) latency: Duration,
    pub(crate) calls: Vec<(u64, Call)>,
    next: u64,
    active: usize,
    pub(crate) most: usize,
    pub(crate) tokens: Tokens,
}

impl Shared {
    pub(crate) fn new(origin: String, world: World) -> Self {
        let state = State {
            world,
            faults: Vec::new(),
            latency: Duration::ZERO,
            calls: Vec::new(),
            next: 0,
            active: 0,
            most: 0,
            tokens: Tokens::default(),
        };
        Self { origin, state: Mutex::new(state) }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call under way. It ends also if the client goes away, which drops it.
struct Underway {
    shared: Arc<Shared>,
    number: u64,
}

impl Underway {
    fn begin(shared: &Arc<Shared>, method: &str, path: &str, query: &str) -> Self {
        let mut state = shared.lock();
        state.active += 1;
        state.most = state.most.max(state.active);
        state.next += 1;
        let number = state.next;
        let call = Call {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            status: 0,
            active: state.active,
        };
        state.calls.push((number, call));
        drop(state);
        Self { shared: Arc::clone(shared), number }
    }

    fn answered(&self, status: u16) {
        let mut state = self.shared.lock();
        if let Some((_, call)) = state.calls.iter_mut().find(|(number, _)| *number == self.number) {
            call.status = status;
        }
    }
}

impl Drop for Underway {
    fn drop(&mut self) {
        self.shared.lock().active -= 1;
    }
}

/// Serves until the runtime ends. Without TLS it is the identity endpoint.
pub(crate) async fn serve(listener: TcpListener, tls: Option<TlsAcceptor>, shared: Arc<Shared>) {
    loop {
        let Ok((stream, _)) = listener.accept().await else { return };
        let _ = stream.set_nodelay(true);
        let (tls, shared) = (tls.clone(), Arc::clone(&shared));
        // The handshake is not before the next client's.
        tokio::spawn(async move {
            match tls {
                None => connection(stream, shared, false).await,
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        connection(stream, shared, true).await;
                    }
                }
            }
        });
    }
}

/// Binds a free port of the loopback.
pub(crate) fn bind() -> Result<(std::net::TcpListener, u16)> {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    let port = listener.local_addr()?.port();
    Ok((listener, port))
}

async fn connection<S: AsyncRead + AsyncWrite + Unpin>(stream: S, shared: Arc<Shared>, is_azure: bool) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let shared = Arc::clone(&shared);
        async move {
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(|_| Cut)?.to_bytes();
            match is_azure {
                true => azure(&shared, &parts, &body).await,
                false => identity(&shared, &parts).await,
            }
        }
    });
    // A client that goes away is the client's affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

/// Ends a connection without an answer.
#[derive(Debug)]
struct Cut;

impl std::fmt::Display for Cut {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("the connection is cut")
    }
}

impl std::error::Error for Cut {}

impl From<Infallible> for Cut {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// Holds a call back as long as latency and faults say, and returns the fault that answers it.
async fn hold(shared: &Arc<Shared>, method: &str, target: &str) -> Option<FaultRule> {
    let (latency, fault) = {
        let mut state = shared.lock();
        let latency = state.latency;
        let fault = state.faults.iter_mut().find(|fault| fault.strikes(method, target)).map(|fault| {
            fault.times = fault.times.map(|times| times - 1);
            fault.clone()
        });
        (latency, fault)
    };
    let delay = latency + fault.as_ref().map_or(Duration::ZERO, |fault| fault.delay);
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    fault.filter(|fault| fault.status != 0)
}

async fn azure(
    shared: &Arc<Shared>,
    parts: &hyper::http::request::Parts,
    body: &Bytes,
) -> Result<Response<Full<Bytes>>, Cut> {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    let query = parts.uri.query().unwrap_or_default();
    let target = format!("{path}?{query}");
    let is_authority = path.ends_with("/.well-known/openid-configuration") || path.ends_with("/oauth2/v2.0/token");
    let underway = (!is_authority).then(|| Underway::begin(shared, method, path, query));
    if let Some(fault) = hold(shared, method, &target).await {
        if fault.status == FaultRule::CUT {
            return Err(Cut);
        }
        if let Some(underway) = &underway {
            underway.answered(fault.status);
        }
        return Ok(struck(&fault));
    }
    let mut state = shared.lock();
    let State { world, tokens, .. } = &mut *state;
    if is_authority {
        let (status, body) = tokens
            .authority(world, &shared.origin, path, body)
            .unwrap_or_else(|| (404, json!({"error": "invalid_tenant"})));
        return Ok(response(Answer::new(status, body), None));
    }
    let answer = match refused_token(tokens, &parts.headers, &shared.origin) {
        Some(refused) => refused,
        None => match read_request(parts, query, body) {
            Ok(request) => respond(world, &shared.origin, &request),
            Err(refused) => refused,
        },
    };
    let number = state.next;
    drop(state);
    if let Some(underway) = &underway {
        underway.answered(answer.status);
    }
    Ok(response(answer, Some(number)))
}

async fn identity(shared: &Arc<Shared>, parts: &hyper::http::request::Parts) -> Result<Response<Full<Bytes>>, Cut> {
    let path = parts.uri.path();
    if let Some(fault) = hold(shared, parts.method.as_str(), path).await {
        return if fault.status == FaultRule::CUT { Err(Cut) } else { Ok(struck(&fault)) };
    }
    let query = parts.uri.query().unwrap_or_default();
    let resource = form_urlencoded::parse(query.as_bytes()).find(|(key, _)| key == "resource").map(|(_, value)| value);
    let mut state = shared.lock();
    let State { world, tokens, .. } = &mut *state;
    let (status, body) = match (parts.method.as_str(), path) {
        ("GET", "/msi/token") => tokens.identity(world, text(&parts.headers, "x-identity-header"), resource.as_deref()),
        _ => (404, json!({"message": "not found"})),
    };
    Ok(response(Answer::new(status, body), None))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn refused_token(tokens: &Tokens, headers: &HeaderMap, origin: &str) -> Option<Answer> {
    let challenge = |error: &str| format!("Bearer authorization_uri=\"{origin}\"{error}");
    let refuse = |code: &str, message: &str, error: &str| {
        Some(Answer::error(401, code, message).with_header("WWW-Authenticate", challenge(error)))
    };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let Some((_, token)) = token else {
        return refuse("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.", "");
    };
    let invalid = |code: &str, message: &str| {
        refuse(code, message, &format!(", error=\"invalid_token\", error_description=\"{message}\""))
    };
    match tokens.audience(token) {
        None => invalid("InvalidAuthenticationToken", "The access token is invalid."),
        Some(audience) if audience != origin => {
            let message = format!(
                "The access token has been obtained for wrong audience or resource '{audience}'. It should exactly match with one of the allowed audiences '{origin}','{origin}/'."
            );
            invalid("InvalidAuthenticationTokenAudience", &message)
        }
        Some(_) => None,
    }
}

fn read_request(parts: &hyper::http::request::Parts, query: &str, body: &Bytes) -> Result<Request, Answer> {
    let method = parts.method.as_str().to_owned();
    let wants_body = matches!(method.as_str(), "PUT" | "PATCH" | "POST");
    let body = if body.is_empty() && !wants_body {
        Value::Null
    } else {
        let media = text(&parts.headers, CONTENT_TYPE.as_str());
        if !media.is_some_and(|media| media.to_lowercase().starts_with("application/json")) {
            let message = format!(
                "The content media type '{}' is not supported. Only 'application/json' is supported.",
                media.unwrap_or("<null>")
            );
            return Err(Answer::error(415, "UnsupportedMediaType", &message));
        }
        serde_json::from_slice(body).map_err(|error| {
            let message = format!("The request content was invalid and could not be deserialized: '{error}'.");
            Answer::bad_request("InvalidRequestContent", &message)
        })?
    };
    let header = |name: &str| text(&parts.headers, name).map(str::to_owned);
    Ok(Request {
        method,
        // Some clients encode the slashes of a scope.
        path: percent_decode_str(parts.uri.path()).decode_utf8_lossy().into_owned(),
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        if_match: header("if-match"),
        if_none_match: header("if-none-match"),
        body,
    })
}

fn struck(fault: &FaultRule) -> Response<Full<Bytes>> {
    let mut answer = Answer::empty(fault.status);
    answer.headers.clone_from(&fault.headers);
    match &fault.body {
        Value::Null => {}
        Value::String(text) => {
            let mut response = response(answer, None);
            *response.body_mut() = Full::new(Bytes::from(text.clone()));
            return response;
        }
        body => answer.body = Some(body.clone()),
    }
    response(answer, None)
}

fn response(answer: Answer, number: Option<u64>) -> Response<Full<Bytes>> {
    let bytes = answer.body.as_ref().map(Value::to_string).unwrap_or_default();
    let mut response = Response::new(Full::new(Bytes::from(bytes)));
    *response.status_mut() = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if answer.body.is_some() {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    if let Some(number) = number {
        let id = format!("00000000-0000-4000-8000-{number:012}");
        for name in ["x-ms-request-id", "x-ms-correlation-request-id"] {
            if let Ok(id) = HeaderValue::from_str(&id) {
                headers.insert(HeaderName::from_static(name), id);
            }
        }
    }
    for (name, value) in answer.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(&value)) {
            headers.append(name, value);
        }
    }
    response
}
