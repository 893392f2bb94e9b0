//! A door over HTTP/2 (RFC 9113): by a library where it behaves, frame by frame where it does not.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::AsyncReadExt;

use super::door::{Reply, Then};
use super::forward::{ask, whole};
use super::frames::{Frame, HEADERS, SETTINGS, frame};
use super::head::{Asked, Head};
use super::serve::Room;
use super::wire::{Wire, read_on, write};

/// What a client says first (section 3.4): 24 bytes.
const PREFACE_BYTES: usize = 24;

/// Why a request gets no answer: its stream is reset.
#[derive(Debug, thiserror::Error)]
#[error("the door says nothing")]
struct Nothing;

/// Answers requests on one connection.
pub(super) async fn converse(room: Arc<Room>, wire: Wire, caller: SocketAddr, connection: u32) {
    if let Some(frames) = room.asked(caller, connection, true, None).frames(&room.clauses) {
        return play(wire, &frames).await;
    }
    let service = service_fn(move |request| {
        let room = Arc::clone(&room);
        async move { answer(&room, request, caller, connection).await }
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(wire), service)
        .await;
    // The caller leaves without a farewell: it is the caller that is tested.
    drop(served);
}

async fn answer(
    room: &Room,
    request: Request<Incoming>,
    caller: SocketAddr,
    connection: u32,
) -> Result<Response<Full<Bytes>>, Nothing> {
    let (parts, content) = request.into_parts();
    let content = content.collect().await.map_err(|_| Nothing)?.to_bytes();
    let head = head(&parts, content.len());
    let asked = room.asked(caller, connection, true, Some(head.clone()));
    match asked.decide(&room.clauses) {
        Then::Pass(passing) => {
            let agent = ask(&room.scene, &passing, (&head, caller), &mut content.as_ref()).await;
            let bytes = whole(agent.ok_or(Nothing)?).await;
            read(&bytes).ok_or(Nothing)
        }
        Then::Say(reply) => Ok(response(&reply, &asked)),
        Then::Hang => std::future::pending().await,
        _ => Err(Nothing),
    }
}

/// The head of a request as HTTP/1.1 has it.
fn head(parts: &http::request::Parts, body_bytes: usize) -> Head {
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let host = parts.uri.authority().map(|host| ("host".to_owned(), host.to_string()));
    let field = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let fields = parts.headers.iter().filter(|(name, _)| *name != "content-length").map(field);
    let length = (body_bytes > 0).then(|| ("content-length".to_owned(), body_bytes.to_string()));
    let headers = host.into_iter().chain(fields).chain(length).collect();
    Head { method: parts.method.to_string(), path, headers }
}

fn response(reply: &Reply, asked: &Asked) -> Response<Full<Bytes>> {
    let status = reply.status.split(' ').next().unwrap_or_default();
    let builder = Response::builder().status(status);
    let field = |builder: http::response::Builder, (name, value): &(String, String)| {
        builder.header(name, asked.filled(value))
    };
    let builder = reply.headers.iter().fold(builder, field);
    builder.body(Full::new(asked.filled_bytes(&reply.body).into())).expect("an answer that can be written")
}

/// An agent's answer over HTTP/1.1, read for HTTP/2; none if there is none, or it comes in chunks.
fn read(bytes: &[u8]) -> Option<Response<Full<Bytes>>> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let (top, body) = bytes.split_at_checked(end + 4)?;
    let top = String::from_utf8_lossy(top);
    let mut lines = top.trim_end().lines();
    let mut builder = Response::builder().status(lines.next()?.split(' ').nth(1)?);
    for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
        if name.eq_ignore_ascii_case("transfer-encoding") {
            return None;
        }
        if !name.eq_ignore_ascii_case("connection") {
            builder = builder.header(name, value);
        }
    }
    builder.body(Full::new(Bytes::copy_from_slice(body))).ok()
}

/// Waits for the first request of a connection, and plays it these frames.
async fn play(mut wire: Wire, frames: &[Frame]) {
    let Some(stream) = first_request(&mut wire).await else { return };
    for bytes in frames.iter().map(|frame| frame.bytes(stream)) {
        let Some(bytes) = bytes else { return super::wire::finish(wire, super::End::Close).await };
        if !write(&mut wire, &bytes).await {
            return;
        }
    }
    read_on(&mut wire).await;
}

/// Says what a server says first, and reads on until a request has come; its stream.
async fn first_request(wire: &mut Wire) -> Option<u32> {
    let mut preface = [0; PREFACE_BYTES];
    wire.read_exact(&mut preface).await.ok()?;
    write(wire, &frame(SETTINGS, 0, 0, &[])).await.then_some(())?;
    loop {
        let mut head = [0; 9];
        wire.read_exact(&mut head).await.ok()?;
        let [l1, l2, l3, kind, flags, s1, s2, s3, s4] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, l1, l2, l3]) as usize];
        wire.read_exact(&mut payload).await.ok()?;
        match kind {
            HEADERS => return Some(u32::from_be_bytes([s1, s2, s3, s4])),
            // Flag 1 of SETTINGS is ACK (section 6.5).
            SETTINGS if flags & 1 == 0 => write(wire, &frame(SETTINGS, 1, 0, &[])).await.then_some(())?,
            _ => {}
        }
    }
}
