//! Calls that come as HTTP requests: on any path, by any method, known by one header.
//!
//! This file must not know what else an agent's HTTP listeners serve.

use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode};
use http_body_util::{Either, Full};
use ringfence_contract::transport::Transport;
use ringfence_contract::{CALL_HEADER, STRANGER_PAGE};

use super::answerer::{Answerer, Given};
use super::download::AnswerBody;
use super::source::seen_source;

/// The sealed answer to a request that carries a good call, and when its connection has to end at the latest, where a
/// payload follows the answer; `None` for a stranger's.
#[must_use]
pub fn answer_http(
    answerer: &Answerer,
    headers: &HeaderMap,
    peer: SocketAddr,
    transport: Transport,
) -> Option<(Response<AnswerBody>, Option<Instant>)> {
    let token = headers.get(CALL_HEADER)?.to_str().ok()?;
    let seen = seen_source(peer, headers, answerer.proxies());
    if let Some(answer) = answerer.answer(token, seen, transport) {
        let mut response = Response::new(Either::Left(Full::new(Bytes::from(answer))));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
        // An answer is to one call: a cache on the way must not give it to another.
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        return Some((response, None));
    }
    let Given { body, ends } = answerer.download(token, seen)?;
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/octet-stream"));
    // Nor must anything on the way make fewer bytes of it (RFC 9111 section 5.2.2.6), or take it in ahead of its caller
    // (nginx, `proxy_buffering`).
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-transform"));
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    // The connection ends with the time of the download, in the middle of it: nothing else can come on it.
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    Some((response, ends))
}

/// What a stranger gets: what any server gives for what it does not have.
#[must_use]
pub fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(STRANGER_PAGE.as_bytes())));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
