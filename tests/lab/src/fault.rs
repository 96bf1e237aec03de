//! What can go wrong between a client and the API server, byte for byte.
//!
//! A fault is written onto the client's connection in place of the right answer. Each has one name, and says whether a
//! client that tries again within its limit can get over it.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::proxy::{Answer, Request};

/// One way in which a call goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The right answer, a third of a second late.
    Late,
    /// A refusal as the API server words it, with this status.
    Status(u16),
    /// 429 and the wish to be asked again after so many seconds.
    Busy(u32),
    /// 429 once, then the right answer.
    BusyOnce,
    /// 503 once, then the right answer.
    UnavailableOnce,
    /// The connection is cut once, then the right answer.
    CutOnce,
    /// A web page with this status, as captive portals and proxies send it.
    Page(u16),
    /// A redirect to a sign-in page.
    Redirect,
    /// The request is read, and nothing follows.
    Silence,
    /// The connection is cut before the first byte of the answer.
    CutBeforeHeaders,
    /// The connection is cut inside the headers.
    CutInHeaders,
    /// The connection is cut after the headers.
    CutAfterHeaders,
    /// The connection is cut in the middle of the body.
    CutInBody,
    /// A body in chunks that is cut in the middle.
    CutInChunks,
    /// Half of the body, said to be the whole.
    HalfBody,
    /// Headers that never end.
    EndlessHeaders,
    /// A body that trickles and never ends.
    EndlessBody,
    /// A body that is sent as fast as it goes, and never ends.
    HugeBody,
    /// The right body, a few bytes at a time, for much longer than any limit.
    Drip,
    /// The right body, called `text/plain` where it is JSON, and JSON where it is not.
    WrongType,
    /// 200 without a body.
    EmptyBody,
    /// 200 and JSON that is no object of Kubernetes.
    OtherJson,
    /// 200 and a `Status` of success in place of what was asked for.
    OtherKind,
    /// A body that is said to be compressed and is not.
    FalseGzip,
    /// A compressed body that grows and grows.
    GzipBomb,
    /// A refusal whose words never end, as fast as they go.
    HugeRefusal,
    /// Bytes that are no HTTP.
    Noise,
    /// A list whose every page says that there is more, behind the token that led to it.
    SamePage,
    /// A list whose every page says that there is more, behind a token that was not seen before.
    EndlessPages,
}

/// About how large a full page is.
const FULL_PAGE: usize = 256 << 10;

/// How the tokens begin that lead from a page to the next in a list without end.
pub(crate) const TOKEN: &str = "without-end";

impl Fault {
    /// Every fault.
    pub const ALL: &[Self] = &[
        Self::Late,
        Self::Status(401),
        Self::Status(403),
        Self::Status(404),
        Self::Status(410),
        Self::Busy(1),
        Self::Busy(3600),
        Self::Status(500),
        Self::Status(503),
        Self::Status(504),
        Self::BusyOnce,
        Self::UnavailableOnce,
        Self::CutOnce,
        Self::Page(200),
        Self::Page(400),
        Self::Page(403),
        Self::Page(404),
        Self::Page(502),
        Self::Redirect,
        Self::Silence,
        Self::CutBeforeHeaders,
        Self::CutInHeaders,
        Self::CutAfterHeaders,
        Self::CutInBody,
        Self::CutInChunks,
        Self::HalfBody,
        Self::EndlessHeaders,
        Self::EndlessBody,
        Self::HugeBody,
        Self::Drip,
        Self::WrongType,
        Self::EmptyBody,
        Self::OtherJson,
        Self::OtherKind,
        Self::FalseGzip,
        Self::GzipBomb,
        Self::HugeRefusal,
        Self::Noise,
        Self::SamePage,
        Self::EndlessPages,
    ];

    /// Returns the name.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Late => "late".to_owned(),
            Self::Status(status) => format!("{status}"),
            Self::Busy(after) => format!("429 Retry-After {after}"),
            Self::BusyOnce => "429 once".to_owned(),
            Self::UnavailableOnce => "503 once".to_owned(),
            Self::CutOnce => "cut once".to_owned(),
            Self::Page(status) => format!("web page {status}"),
            Self::Redirect => "redirect".to_owned(),
            Self::Silence => "silence".to_owned(),
            Self::CutBeforeHeaders => "cut before the headers".to_owned(),
            Self::CutInHeaders => "cut in the headers".to_owned(),
            Self::CutAfterHeaders => "cut after the headers".to_owned(),
            Self::CutInBody => "cut in the body".to_owned(),
            Self::CutInChunks => "cut in the chunks".to_owned(),
            Self::HalfBody => "half a body".to_owned(),
            Self::EndlessHeaders => "endless headers".to_owned(),
            Self::EndlessBody => "endless body".to_owned(),
            Self::HugeBody => "huge body".to_owned(),
            Self::Drip => "drip".to_owned(),
            Self::WrongType => "wrong type".to_owned(),
            Self::EmptyBody => "empty body".to_owned(),
            Self::OtherJson => "other JSON".to_owned(),
            Self::OtherKind => "other kind".to_owned(),
            Self::FalseGzip => "false gzip".to_owned(),
            Self::GzipBomb => "gzip bomb".to_owned(),
            Self::HugeRefusal => "huge refusal".to_owned(),
            Self::Noise => "noise".to_owned(),
            Self::SamePage => "endless list, one token".to_owned(),
            Self::EndlessPages => "endless list, new tokens".to_owned(),
        }
    }

    /// Tells whether the fault befalls lists alone; every other answer stays as it is.
    #[must_use]
    pub fn is_of_lists(self) -> bool {
        matches!(self, Self::SamePage | Self::EndlessPages)
    }

    /// Makes a page of a list lead on to another; `number` is another one for each page.
    pub(crate) fn lead_on(self, answer: &mut Answer, number: usize) {
        let Ok(mut page) = serde_json::from_slice::<Value>(&answer.body) else { return };
        let Some(items) = page["items"].as_array_mut() else { return };
        // What has no end has full pages: the same objects again, so that it is their bulk that a client meets.
        if self == Self::EndlessPages && !items.is_empty() {
            let once = answer.body.len().max(1);
            *items = items.iter().cycle().take(items.len() * FULL_PAGE.div_ceil(once)).cloned().collect();
        }
        let token = if self == Self::EndlessPages { format!("{TOKEN}-{number}") } else { TOKEN.to_owned() };
        page["metadata"]["continue"] = json!(token);
        answer.body = page.to_string().into_bytes();
    }

    /// Tells whether only the first call is struck.
    #[must_use]
    pub fn is_once(self) -> bool {
        matches!(self, Self::BusyOnce | Self::UnavailableOnce | Self::CutOnce)
    }

    /// Tells whether the right answer comes in the end, to a client that asks again.
    #[must_use]
    pub fn heals(self) -> bool {
        self.is_once() || self == Self::Late
    }

    /// Tells whether the fault needs the right answer, to spoil it.
    pub(crate) fn spoils(self) -> bool {
        matches!(
            self,
            Self::CutAfterHeaders | Self::CutInBody | Self::CutInChunks | Self::HalfBody | Self::Drip | Self::WrongType
        )
    }

    /// Writes the fault in place of the answer. `right` is there where the fault spoils it. The connection ends after it.
    pub(crate) async fn write<S: AsyncWrite + Unpin>(
        self,
        client: &mut S,
        request: &Request,
        right: Option<Answer>,
    ) -> Result<()> {
        let right = right.unwrap_or_default();
        match self {
            // It is the proxy that waits, or leads on, and then forwards.
            Self::Late | Self::SamePage | Self::EndlessPages | Self::CutBeforeHeaders | Self::CutOnce => {}
            Self::Status(status) => refuse(client, status, request, None).await?,
            Self::Busy(after) => refuse(client, 429, request, Some(after)).await?,
            Self::BusyOnce => refuse(client, 429, request, Some(0)).await?,
            Self::UnavailableOnce => refuse(client, 503, request, None).await?,
            Self::Page(status) => send(client, status, "text/html; charset=utf-8", PAGE.as_bytes()).await?,
            Self::Redirect => {
                let head = "HTTP/1.1 302 Found\r\nLocation: http://portal.example.com/sign-in\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
                client.write_all(head.as_bytes()).await?;
            }
            Self::Silence => pause().await,
            Self::CutInHeaders => client.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: appl").await?,
            Self::CutAfterHeaders => client.write_all(&head(200, &right.kind, right.body.len().max(2))).await?,
            Self::CutInBody => {
                client.write_all(&head(200, &right.kind, right.body.len().max(2))).await?;
                client.write_all(&right.body[..right.body.len() / 2]).await?;
            }
            Self::CutInChunks => {
                let half = &right.body[..right.body.len() / 2];
                client.write_all(&chunked(&right.kind)).await?;
                if !half.is_empty() {
                    client.write_all(format!("{:x}\r\n", half.len()).as_bytes()).await?;
                    client.write_all(half).await?;
                    client.write_all(b"\r\n").await?;
                }
            }
            Self::HalfBody => send(client, 200, &right.kind, &right.body[..right.body.len() / 2]).await?,
            Self::EndlessHeaders => {
                client.write_all(b"HTTP/1.1 200 OK\r\n").await?;
                loop {
                    client.write_all(b"X-More: and more\r\n").await?;
                    client.flush().await?;
                    tokio::time::sleep(TRICKLE).await;
                }
            }
            Self::EndlessBody => {
                client.write_all(&chunked("application/json")).await?;
                loop {
                    client.write_all(b"1\r\n \r\n").await?;
                    client.flush().await?;
                    tokio::time::sleep(TRICKLE).await;
                }
            }
            Self::HugeBody => {
                client.write_all(&chunked("application/json")).await?;
                let start = br#"{"kind":"List","apiVersion":"v1","metadata":{},"items":["#;
                client.write_all(format!("{:x}\r\n", start.len()).as_bytes()).await?;
                client.write_all(start).await?;
                client.write_all(b"\r\n").await?;
                let item = r#"{"metadata":{"name":"an-object-of-some-length","namespace":"somewhere"}},"#.repeat(800);
                loop {
                    client.write_all(format!("{:x}\r\n", item.len()).as_bytes()).await?;
                    client.write_all(item.as_bytes()).await?;
                    client.write_all(b"\r\n").await?;
                }
            }
            Self::Drip => {
                client.write_all(&head(200, &right.kind, right.body.len().max(40))).await?;
                for few in right.body.chunks(right.body.len().div_ceil(400).max(1)) {
                    client.write_all(few).await?;
                    client.flush().await?;
                    tokio::time::sleep(TRICKLE).await;
                }
                pause().await;
            }
            Self::WrongType => {
                let kind = if right.kind.contains("json") { "text/plain" } else { "application/json" };
                send(client, right.status, kind, &right.body).await?;
            }
            Self::EmptyBody => send(client, 200, "application/json", b"").await?,
            Self::OtherJson => {
                send(client, 200, "application/json", br#"{"error":"sign in first","items_left":0}"#).await?;
            }
            Self::OtherKind => {
                let body =
                    json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 200});
                send(client, 200, "application/json", body.to_string().as_bytes()).await?;
            }
            Self::FalseGzip => {
                let body = br#"{"kind":"List","apiVersion":"v1","items":[]}"#;
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\
                     Content-Length: {}\r\n\r\n",
                    body.len()
                );
                client.write_all(head.as_bytes()).await?;
                client.write_all(body).await?;
            }
            Self::GzipBomb => {
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\
                            Transfer-Encoding: chunked\r\n\r\n";
                client.write_all(head.as_bytes()).await?;
                client.write_all(b"a\r\n\x1f\x8b\x08\0\0\0\0\0\0\xff\r\n").await?;
                let (start, more) = bomb();
                for part in std::iter::once(&start).chain(std::iter::repeat(&more)) {
                    client.write_all(format!("{:x}\r\n", part.len()).as_bytes()).await?;
                    client.write_all(part).await?;
                    client.write_all(b"\r\n").await?;
                }
            }
            Self::HugeRefusal => {
                let head = "HTTP/1.1 500 X\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
                client.write_all(head.as_bytes()).await?;
                let words = "it does not work ".repeat(2000);
                let chunk = format!("{:x}\r\n{words}\r\n", words.len());
                loop {
                    client.write_all(chunk.as_bytes()).await?;
                }
            }
            Self::Noise => client.write_all(&[0x16, 0x03, 0x01, 0xff, 0x00, 0x0a, 0x0d, 0x0a, 0x0d, 0x0a]).await?,
        }
        client.flush().await?;
        Ok(())
    }

    /// Tells whether the fault sets in after the server has agreed to a stream (`101 Switching Protocols`).
    pub(crate) fn is_of_stream(self) -> bool {
        matches!(
            self,
            Self::CutAfterHeaders
                | Self::CutInBody
                | Self::CutInChunks
                | Self::HalfBody
                | Self::EndlessBody
                | Self::HugeBody
                | Self::Drip
                | Self::EmptyBody
                | Self::OtherJson
                | Self::OtherKind
        )
    }

    /// Breaks a stream that the server has agreed to, between `server` and `client`.
    pub(crate) async fn break_stream<C, S>(self, client: &mut C, server: &mut S) -> Result<()>
    where
        C: AsyncRead + AsyncWrite + Unpin,
        S: AsyncRead + AsyncWrite + Unpin,
    {
        match self {
            Self::CutAfterHeaders => {}
            // The frames that name the ports pass, and what follows is cut.
            Self::CutInBody => relay(client, server, 10, Duration::ZERO).await?,
            Self::CutInChunks => relay(client, server, 3, Duration::ZERO).await?,
            Self::HalfBody => relay(client, server, 40, Duration::ZERO).await?,
            Self::Drip => relay(client, server, usize::MAX, Duration::from_millis(100)).await?,
            Self::EndlessBody => pause().await,
            // A frame of the data's channel that never ends, and behind it the next.
            Self::HugeBody => {
                let mut frame = vec![0x82, 0x7e, 0xff, 0xff];
                frame.resize(4 + 0xffff, 0);
                loop {
                    client.write_all(&frame).await?;
                }
            }
            // A close frame at once.
            Self::EmptyBody => client.write_all(&[0x88, 0x00]).await?,
            // A text frame where none may be.
            Self::OtherJson => client.write_all(&[0x81, 0x02, b'{', b'}']).await?,
            // A frame of a channel that does not exist.
            _ => client.write_all(&[0x82, 0x03, 0x7f, 0x01, 0x02]).await?,
        }
        client.flush().await?;
        Ok(())
    }
}

/// What a trickle waits between two parts.
const TRICKLE: Duration = Duration::from_millis(100);

/// Longer than any client's limit in a test; the connection's end ends it sooner.
const PAUSE: Duration = Duration::from_secs(120);

async fn pause() {
    tokio::time::sleep(PAUSE).await;
}

const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Welcome</title></head>\n<body><h1>Sign in to use this network</h1></body></html>\n";

/// Returns the start of a compressed body of spaces, and what makes it grow by 100 KiB each time (RFC 1951, section 3.2.6).
fn bomb() -> (Vec<u8>, Vec<u8>) {
    // One block with fixed codes: a space, then "the byte before, 258 times", again and again: 13 bits each time.
    let repeat = "1100010100000";
    let bits = |text: &str| -> Vec<u8> {
        let byte = |eight: &[u8]| eight.iter().rev().fold(0, |byte, bit| byte << 1 | (bit - b'0'));
        text.as_bytes().chunks(8).map(byte).collect()
    };
    let whole = format!("01001010000{}", repeat.repeat(8 * 60));
    // What follows repeats after 13 bits, wherever it begins; 13 bytes are eight of them.
    let (start, more) = whole.split_at(8 * 16);
    (bits(start), bits(&more[..8 * 13 * 50]))
}

fn head(status: u16, kind: &str, length: usize) -> Vec<u8> {
    format!("HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n")
        .into_bytes()
}

fn chunked(kind: &str) -> Vec<u8> {
    format!("HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes()
}

async fn send<S: AsyncWrite + Unpin>(client: &mut S, status: u16, kind: &str, body: &[u8]) -> Result<()> {
    client.write_all(&head(status, kind, body.len())).await?;
    client.write_all(body).await?;
    Ok(())
}

/// Refuses as the API server does.
async fn refuse<S: AsyncWrite + Unpin>(
    client: &mut S,
    status: u16,
    request: &Request,
    retry_after: Option<u32>,
) -> Result<()> {
    let (reason, message) = match status {
        401 => ("Unauthorized", "Unauthorized"),
        403 => ("Forbidden", "it is forbidden: User \"somebody\" cannot do this"),
        404 => ("NotFound", "the server could not find the requested resource"),
        410 => ("Expired", "The provided continue parameter is too old to display a consistent list result."),
        429 => ("TooManyRequests", "too many requests, please try again later"),
        500 => ("InternalError", "Internal error occurred: etcdserver: leader changed"),
        503 => ("ServiceUnavailable", "the server is currently unable to handle the request"),
        504 => ("Timeout", "the server was unable to return a response in the time allotted"),
        _ => ("Unknown", "unknown"),
    };
    let details = match request.object_name() {
        Some(name) if status == 404 => json!({"name": name, "kind": "objects"}),
        _ => json!({}),
    };
    let body: Value = json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message, "reason": reason,
        "details": details, "code": status,
    });
    let body = body.to_string();
    let after = retry_after.map_or(String::new(), |after| format!("Retry-After: {after}\r\n"));
    let head = format!(
        "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n{after}Content-Length: {}\r\n\r\n",
        body.len()
    );
    client.write_all(head.as_bytes()).await?;
    client.write_all(body.as_bytes()).await?;
    Ok(())
}

/// Relays a stream until so many bytes of the server have passed; with a pause, byte by byte.
async fn relay<C, S>(client: &mut C, server: &mut S, most: usize, pause: Duration) -> Result<()>
where
    C: AsyncRead + AsyncWrite + Unpin,
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut left = most;
    let (mut of_client, mut of_server) = (vec![0; 4096], vec![0; 4096]);
    while left > 0 {
        tokio::select! {
            read = client.read(&mut of_client) => match read? {
                0 => return Ok(()),
                count => {
                    server.write_all(&of_client[..count]).await?;
                    server.flush().await?;
                }
            },
            read = server.read(&mut of_server) => match read? {
                0 => return Ok(()),
                count => {
                    let passing = count.min(left);
                    left -= passing;
                    if pause.is_zero() {
                        client.write_all(&of_server[..passing]).await?;
                    } else {
                        for byte in &of_server[..passing] {
                            client.write_all(&[*byte]).await?;
                            client.flush().await?;
                            tokio::time::sleep(pause).await;
                        }
                    }
                    client.flush().await?;
                }
            },
        }
    }
    Ok(())
}
