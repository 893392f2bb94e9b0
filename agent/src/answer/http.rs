//! Calls that come as HTTP requests: on any path, by any method, known by one header.
//!
//! This file must not know what else an agent's HTTP listeners serve.

use std::net::SocketAddr;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::Full;
use ringfence_contract::address::Transport;
use ringfence_contract::{CALL_HEADER, STRANGER_PAGE};

use super::answerer::Answerer;
use super::source::seen_source;

/// The sealed answer to a request that carries a good call; `None` for a stranger's.
#[must_use]
pub fn answer_http(
    answerer: &Answerer,
    headers: &HeaderMap,
    peer: SocketAddr,
    transport: Transport,
) -> Option<Response<Full<Bytes>>> {
    let token = headers.get(CALL_HEADER)?.to_str().ok()?;
    let seen = seen_source(peer, headers, answerer.proxies());
    let answer = answerer.answer(token, seen, transport)?;
    let mut response = Response::new(Full::new(Bytes::from(answer)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    // An answer is to one call: a cache on the way must not give it to another.
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Some(response)
}

/// What a stranger gets: what any server gives for what it does not have.
#[must_use]
pub fn not_found() -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(STRANGER_PAGE.as_bytes())));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
