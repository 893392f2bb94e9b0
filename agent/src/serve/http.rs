//! The routes of an HTTP listener, in the order they are looked at:
//!
//! | request | response |
//! |---|---|
//! | any, with a good `ringfence-call` header | 200 and the sealed answer; a payload behind it, if the call asks for one |
//! | `POST /.ringfence/order` | 200 and the reply; 400 and the refusal; for a stranger the same 404 as for any path |
//! | `GET` or `HEAD` `/live` | 200 |
//! | `GET` or `HEAD` `/ready` | 200, or 503 while the agent shuts down |
//! | `GET` or `HEAD` `/robots933456.txt` | 200: App Service asks for it to learn whether a container is up |
//! | any other | 404 |
//!
//! Replies carry `Content-Length`: some front ends, and the Functions host in front of a custom handler, drop chunked
//! bodies.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Either, Full};
use hyper::body::Incoming;
use ringfence_contract::ORDER_PATH;
use ringfence_contract::transport::Transport;
use tokio::sync::{Semaphore, SetOnce};
use tokio::time::timeout;

use super::seldom::Seldom;
use crate::answer::{AnswerBody, answer_http, not_found};
use crate::control::{Agent, Taken};

/// How long an order's bytes may take to come, all of them.
const ORDER_READ_WITHIN: Duration = Duration::from_secs(30);

/// How long the next of an order's bytes may take to come: a runner sends them all at once.
const ORDER_IDLE_WITHIN: Duration = Duration::from_secs(2);

/// How many bytes of unfinished orders are held at once: nobody is known before the last byte, so this is what strangers
/// can make an agent hold. 64 of the longest orders, 64 * 4 MiB = 256 MiB. Only bytes that came count, so a request that
/// sends none keeps nobody else out.
const ORDER_BYTES_HELD: usize = 256 * 1024 * 1024;

/// What the routes need, shared by all connections.
pub(super) struct Routes {
    agent: Arc<Agent>,
    /// A permit a byte of an unfinished order.
    room: Semaphore,
    strangers: Seldom,
}

/// Whose request it is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    /// The socket's other end.
    pub(super) peer: SocketAddr,
    /// How the request came.
    pub(super) transport: Transport,
}

/// Why an order's bytes were not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unread {
    TooLong,
    NoRoom,
    NotWhole,
}

type Answered = Response<Full<Bytes>>;

impl Routes {
    pub(super) fn new(agent: Arc<Agent>) -> Self {
        Self { agent, room: Semaphore::new(ORDER_BYTES_HELD), strangers: Seldom::default() }
    }

    /// Answers a request. Where that is no matter of a moment, `ends` says when its connection has to end.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        caller: Caller,
        ends: &SetOnce<Instant>,
    ) -> Result<Response<AnswerBody>, Infallible> {
        let (head, body) = request.into_parts();
        let answerer = self.agent.answerer();
        let answer = answer_http(answerer, &head.headers, caller.peer, caller.transport);
        if let Some((answer, until)) = answer {
            // A connection is closed behind a download, so there is no second one to set another end.
            if until.is_some_and(|until| ends.set(until).is_err()) {
                tracing::debug!(peer = %caller.peer, "a second download was asked for on one connection");
            }
            return Ok(answer);
        }
        let looks = matches!(head.method, Method::GET | Method::HEAD);
        let answer = match head.uri.path() {
            ORDER_PATH if head.method == Method::POST => self.order(&head.headers, body, caller).await,
            "/ready" if looks && self.agent.is_draining() => {
                text(StatusCode::SERVICE_UNAVAILABLE, "shutting down\n")
            }
            "/live" | "/ready" | "/robots933456.txt" if looks => text(StatusCode::OK, "ok\n"),
            _ => not_found(),
        };
        Ok(answer.map(Either::Left))
    }

    async fn order(&self, headers: &HeaderMap, body: Incoming, caller: Caller) -> Answered {
        let limit = self.agent.limits().order_bytes;
        if announced_length(headers).is_some_and(|length| length > limit) {
            return too_long(limit);
        }
        let bytes = match timeout(ORDER_READ_WITHIN, self.read(body, limit)).await {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(Unread::TooLong)) => return too_long(limit),
            Ok(Err(Unread::NoRoom)) => {
                tracing::warn!(peer = %caller.peer, "an order is not read: too many are being read already");
                return text(StatusCode::SERVICE_UNAVAILABLE, "too many requests are being read\n");
            }
            Ok(Err(Unread::NotWhole)) | Err(_) => {
                return text(StatusCode::REQUEST_TIMEOUT, "the request did not come whole\n");
            }
        };
        let Ok(order) = std::str::from_utf8(&bytes) else { return not_found() };
        match self.agent.take(order) {
            Taken::Lines(lines) => collect(lines).await,
            Taken::Refused(line) => text(StatusCode::BAD_REQUEST, line),
            Taken::Stranger => {
                self.warn_of_stranger(caller);
                not_found()
            }
        }
    }

    /// Reads an order's bytes, each of which takes its room as it comes.
    async fn read(&self, mut body: Incoming, limit: usize) -> Result<Vec<u8>, Unread> {
        let mut bytes = Vec::new();
        let mut held = self.room.try_acquire_many(0).map_err(|_| Unread::NoRoom)?;
        while let Some(frame) =
            timeout(ORDER_IDLE_WITHIN, body.frame()).await.map_err(|_| Unread::NotWhole)?
        {
            let Ok(chunk) = frame.map_err(|_| Unread::NotWhole)?.into_data() else { continue };
            if bytes.len() + chunk.len() > limit {
                return Err(Unread::TooLong);
            }
            let room = u32::try_from(chunk.len()).map_err(|_| Unread::TooLong)?;
            held.merge(self.room.try_acquire_many(room).map_err(|_| Unread::NoRoom)?);
            bytes.extend_from_slice(&chunk);
        }
        Ok(bytes)
    }

    fn warn_of_stranger(&self, caller: Caller) {
        if let Some(unsaid) = self.strangers.now(Instant::now()) {
            tracing::warn!(
                peer = %caller.peer,
                unsaid,
                "an order was not signed by a trusted key: compare the runner's public key with `--trust` (or RINGFENCE_TRUST)"
            );
        }
    }
}

async fn collect(mut lines: tokio::sync::mpsc::Receiver<String>) -> Answered {
    let mut reply = String::new();
    while let Some(line) = lines.recv().await {
        reply.push_str(&line);
    }
    let status = if reply.starts_with("refused ") { StatusCode::BAD_REQUEST } else { StatusCode::OK };
    text(status, reply)
}

fn announced_length(headers: &HeaderMap) -> Option<usize> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn too_long(limit: usize) -> Answered {
    text(StatusCode::PAYLOAD_TOO_LARGE, format!("at most {limit} bytes are read\n"))
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Answered {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
