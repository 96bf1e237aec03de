//! Small servers of the tests' own: relays that count who comes, proxies, and API servers that misbehave.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// What came by which way, since it was last taken.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<BTreeSet<String>>>);

impl Seen {
    pub fn note(&self, what: impl Into<String>) {
        self.0.lock().unwrap().insert(what.into());
    }

    pub fn take(&self) -> BTreeSet<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

fn listen(address: &str, serve: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind(address).unwrap();
    let port = listener.local_addr().unwrap().port();
    let serve = Arc::new(serve);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let serve = serve.clone();
            thread::spawn(move || serve(stream));
        }
    });
    port
}

/// Joins two plain streams until both are done.
fn join(client: TcpStream, server: TcpStream) {
    let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || {
        let _ = std::io::copy(&mut from_client, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from_server, mut to_client) = (server, client);
    let _ = std::io::copy(&mut from_server, &mut to_client);
    let _ = to_client.shutdown(Shutdown::Both);
}

/// Starts a relay to a port of the loopback; it notes its name when something comes.
pub fn relay(address: &str, name: &'static str, target: u16, seen: &Seen) -> u16 {
    let seen = seen.clone();
    listen(address, move |client| {
        seen.note(name);
        if let Ok(server) = TcpStream::connect(("127.0.0.1", target)) {
            join(client, server);
        }
    })
}

/// Reads the head of an HTTP request, byte by byte: what follows it is not the proxy's.
fn head(stream: &mut impl Read) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    String::from_utf8(head).ok()
}

fn wants(head: &str, login: Option<&str>) -> bool {
    let Some(login) = login else { return true };
    head.lines().any(|line| {
        line.split_once(": ").is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("proxy-authorization") && value == format!("Basic {login}")
        })
    })
}

/// Starts an HTTP proxy that leads to one port, whatever it is asked for, and notes what that was.
///
/// `login` is the base64 of what it wants as name and password.
pub fn http_proxy(name: &'static str, target: u16, login: Option<&'static str>, seen: &Seen) -> u16 {
    let seen = seen.clone();
    listen("127.0.0.1:0", move |mut client| {
        let Some(head) = head(&mut client) else { return };
        let mut words = head.split(' ');
        let (verb, asked) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !wants(&head, login) {
            seen.note(format!("{name} without login"));
            let _ = client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", target)) else { return };
        if verb == "CONNECT" {
            seen.note(format!("{name} to {asked}"));
            let _ = client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        } else {
            // Plain HTTP through a proxy: `GET http://host/path`.
            let rest = asked.strip_prefix("http://").unwrap_or(asked);
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            seen.note(format!("{name} to {host}:80"));
            let _ = server.write_all(head.replacen(asked, path, 1).as_bytes());
        }
        join(client, server);
    })
}

/// Starts an HTTPS proxy: TLS to it, and through it TLS to the port.
pub fn https_proxy(name: &'static str, target: u16, pem: &(String, String), seen: &Seen) -> u16 {
    let (seen, config) = (seen.clone(), server_config(pem));
    listen("127.0.0.1:0", move |client| {
        let Some(mut tls) = handshake(client, &config) else { return };
        let Some(head) = head(&mut tls) else { return };
        let asked = head.split(' ').nth(1).unwrap_or_default().to_owned();
        seen.note(format!("{name} to {asked}"));
        let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { return };
        if tls.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").is_err() {
            return;
        }
        pump(tls, server);
    })
}

/// Joins a TLS stream with a plain one; TLS cannot be read and written by two threads, so one looks at both in turn.
fn pump(mut tls: StreamOwned<ServerConnection, TcpStream>, mut server: TcpStream) {
    let poll = std::time::Duration::from_millis(1);
    if tls.sock.set_read_timeout(Some(poll)).and_then(|()| server.set_read_timeout(Some(poll))).is_err() {
        return;
    }
    let mut bytes = vec![0; 64 << 10];
    let is_idle =
        |error: &std::io::Error| matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut);
    loop {
        match tls.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) if server.write_all(&bytes[..length]).is_ok() => {}
            Err(error) if is_idle(&error) => {}
            _ => break,
        }
        match server.read(&mut bytes) {
            Ok(0) => break,
            Ok(length) if tls.write_all(&bytes[..length]).and_then(|()| tls.flush()).is_ok() => {}
            Err(error) if is_idle(&error) => {}
            _ => break,
        }
    }
}

/// Starts a SOCKS5 proxy that leads to one port, whatever it is asked for, and notes what that was.
pub fn socks_proxy(name: &'static str, target: u16, login: Option<(&'static str, &'static str)>, seen: &Seen) -> u16 {
    let seen = seen.clone();
    listen("127.0.0.1:0", move |client| {
        let _ = socks(client, name, target, login, &seen);
    })
}

fn socks(
    mut client: TcpStream,
    name: &str,
    target: u16,
    login: Option<(&str, &str)>,
    seen: &Seen,
) -> std::io::Result<()> {
    let exactly = |stream: &mut TcpStream, length: usize| {
        let mut bytes = vec![0; length];
        stream.read_exact(&mut bytes).map(|()| bytes)
    };
    let greeting = exactly(&mut client, 2)?;
    let methods = exactly(&mut client, usize::from(greeting[1]))?;
    let method = if login.is_some() { 2 } else { 0 };
    if !methods.contains(&method) {
        seen.note(format!("{name} without login"));
        return client.write_all(&[5, 0xff]);
    }
    client.write_all(&[5, method])?;
    if let Some((user, password)) = login {
        let length = usize::from(exactly(&mut client, 2)?[1]);
        let given_user = exactly(&mut client, length)?;
        let length = usize::from(exactly(&mut client, 1)?[0]);
        let given_password = exactly(&mut client, length)?;
        if given_user != user.as_bytes() || given_password != password.as_bytes() {
            seen.note(format!("{name} without login"));
            return client.write_all(&[1, 1]);
        }
        client.write_all(&[1, 0])?;
    }
    let asked = exactly(&mut client, 4)?;
    let host = match asked[3] {
        1 => exactly(&mut client, 4)?.iter().map(u8::to_string).collect::<Vec<_>>().join("."),
        3 => {
            let length = usize::from(exactly(&mut client, 1)?[0]);
            String::from_utf8_lossy(&exactly(&mut client, length)?).into_owned()
        }
        _ => return Ok(()),
    };
    let port = exactly(&mut client, 2)?;
    seen.note(format!("{name} to {host}:{}", u16::from_be_bytes([port[0], port[1]])));
    let server = TcpStream::connect(("127.0.0.1", target))?;
    client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 0])?;
    join(client, server);
    Ok(())
}

fn server_config((certificate, key): &(String, String)) -> Arc<ServerConfig> {
    let chain = CertificateDer::pem_slice_iter(certificate.as_bytes()).collect::<Result<Vec<_>, _>>().unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    Arc::new(ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap())
}

fn handshake(stream: TcpStream, config: &Arc<ServerConfig>) -> Option<StreamOwned<ServerConnection, TcpStream>> {
    Some(StreamOwned::new(ServerConnection::new(config.clone()).ok()?, stream))
}

/// Starts a server that takes what comes and never says a word.
pub fn silent_server() -> u16 {
    listen("127.0.0.1:0", |mut stream| {
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    })
}

/// One answer of a server that is played: the start of the path, the status, more headers, the body.
pub type Answer = (&'static str, u16, &'static str, &'static str);

/// Starts a plain HTTP server that gives each request the next answer for its path, the last one for ever.
///
/// What nobody knows an answer for hangs. Returns the port, and what was asked: verb, path and headers.
pub fn http_server(answers: &'static [Answer]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heads = asked.clone();
    let port = listen("127.0.0.1:0", move |stream| {
        serve(BufReader::new(stream.try_clone().unwrap()), stream, answers, &heads);
    });
    (port, asked)
}

/// Starts a TLS server with a certificate of its own that answers like [`http_server`].
pub fn tls_server(pem: &(String, String), answers: &'static [Answer]) -> (u16, Arc<Mutex<Vec<String>>>) {
    let (asked, config) = (Arc::new(Mutex::new(Vec::new())), server_config(pem));
    let heads = asked.clone();
    let port = listen("127.0.0.1:0", move |stream| {
        let Some(mut tls) = handshake(stream, &config) else { return };
        while let Some(request) = head(&mut tls) {
            heads.lock().unwrap().push(request.clone());
            let Some(answer) = answer(&request, answers, &heads) else { return };
            if tls.write_all(answer.as_bytes()).and_then(|()| tls.flush()).is_err() {
                return;
            }
        }
    });
    (port, asked)
}

fn serve(mut reader: BufReader<TcpStream>, mut stream: TcpStream, answers: &[Answer], heads: &Mutex<Vec<String>>) {
    loop {
        let mut request = String::new();
        loop {
            let before = request.len();
            if reader.read_line(&mut request).unwrap_or(0) == 0 {
                return;
            }
            if request.len() - before <= 2 {
                break;
            }
        }
        let lower = request.to_ascii_lowercase();
        let length = lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        if reader.read_exact(&mut body).is_err() {
            return;
        }
        heads.lock().unwrap().push(request.clone());
        let Some(answer) = answer(&request, answers, heads) else {
            // It hangs until the other side gives up.
            let _ = reader.read(&mut [0]);
            return;
        };
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn answer(request: &str, answers: &[Answer], heads: &Mutex<Vec<String>>) -> Option<String> {
    let path = |request: &str| request.split(' ').nth(1).unwrap_or_default().to_owned();
    let known: Vec<&Answer> = answers.iter().filter(|(start, ..)| path(request).starts_with(start)).collect();
    let start = known.first()?.0;
    let known: Vec<&&Answer> = known.iter().filter(|(other, ..)| *other == start).collect();
    let times = heads.lock().unwrap().iter().filter(|head| path(head).starts_with(start)).count();
    let (_, status, headers, body) = known[times.max(1).min(known.len()) - 1];
    Some(format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    ))
}
