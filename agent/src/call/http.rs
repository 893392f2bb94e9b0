//! A call over HTTP: the sealed call in a request header, the answer in the body of the response.

use std::net::IpAddr;
use std::time::Duration;

use bytes::Bytes;
use http::request::Builder;
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use hyper::body::Incoming;
use ringfence_contract::CALL_HEADER;
use ringfence_contract::address::{Address, Transport};
use ringfence_contract::call::Method;
use ringfence_contract::fingerprint::BODY_READ_BYTES;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::seal::call_token;

use super::aim::{Goal, Way};
use super::classify::{Attempt, Head, classify, classify_part, unsealed};
use super::exchange::{Exchange, Limits, Lost, Protocol, open};
use super::means::Means;
use super::not_sent::broken;
use super::socket_error::Progress;
use super::tls::{H2_OR_HTTP1, Terms, prepare};
use super::trail::{Trail, within};

/// What this program calls itself to a server.
pub(super) const USER_AGENT: &str = concat!("ringfence/", env!("CARGO_PKG_VERSION"));

/// The headers with which proxies pass on a caller's address, beside `Forwarded` (RFC 7239): the usual one, nginx's, App
/// Service's and Front Door's, and those of content networks and load balancers.
const SOURCE_HEADERS: [&str; 10] = [
    "x-forwarded-for",
    "x-real-ip",
    "client-ip",
    "x-client-ip",
    "x-azure-clientip",
    "x-azure-socketip",
    "true-client-ip",
    "cf-connecting-ip",
    "fastly-client-ip",
    "x-cluster-client-ip",
];

/// Places the call.
pub(super) async fn call(
    means: &Means,
    attempt: &Attempt<'_>,
    goal: &Goal,
    way: Way,
    trail: &mut Trail,
) -> Result<Outcome, Outcome> {
    let timeouts = attempt.call.timeouts;
    let ms = |ms: u32| Duration::from_millis(ms.into());
    let handshake = match goal.route.address.transport {
        Transport::Https => {
            let host = &goal.route.address.host;
            let trust = &goal.route.trust;
            let terms = Terms { host, trust, certificates: goal.certificates, alpn: H2_OR_HTTP1 };
            Some(prepare(means, terms).await?)
        }
        _ => None,
    };
    let limits = Limits { connect: ms(timeouts.connect_ms), tls: ms(timeouts.tls_ms) };
    // Both forms are made first: a request that cannot be written sends nothing.
    let token = call_token(&attempt.run.key, attempt.run.id, attempt.call.id);
    let asks =
        Asks { address: &goal.route.address, method: goal.route.method, token, spoofs: attempt.call.spoofs };
    let (http1, http2) = (asks.request(Protocol::Http1)?, asks.request(Protocol::Http2)?);
    let (stream, protocol) = open(way, handshake, limits, trail).await?;
    let request = if protocol == Protocol::Http2 { http2 } else { http1 };
    let (mut exchange, io) = Exchange::on(stream, protocol);
    let sent = within(ms(timeouts.first_byte_ms), Phase::FirstByte, exchange.send(io, request)).await?;
    let (response, took_us) = match sent {
        (Ok(response), took_us) => (response, took_us),
        (Err(lost), _) => return Err(headless(&lost)),
    };
    trail.phases.first_byte_us = Some(took_us);
    trail.status = Some(response.status().as_u16());
    let (head, incoming) = split(response);
    Ok(body(attempt, &exchange, (head, incoming), trail).await)
}

fn split(response: http::Response<Incoming>) -> (Head, Incoming) {
    let (parts, incoming) = response.into_parts();
    (Head { status: parts.status.as_u16(), headers: parts.headers }, incoming)
}

/// Reads the body, and says what the answer comes to.
async fn body(
    attempt: &Attempt<'_>,
    exchange: &Exchange,
    (head, mut incoming): (Head, Incoming),
    trail: &mut Trail,
) -> Outcome {
    let mut body = Vec::new();
    let limit = Duration::from_millis(attempt.call.timeouts.transfer_ms.into());
    let read = exchange.read(&mut incoming, BODY_READ_BYTES, &mut body);
    match within(limit, Phase::Transfer, read).await {
        Ok((Ok(()), took_us)) => {
            trail.phases.transfer_us = Some(took_us);
            classify(attempt, Some(&head), &body)
        }
        // The body breaks HTTP's own rules on a connection that stands: it is an answer, and a bad one.
        Ok((Err(lost), _)) if lost.overheard.end.is_none() && lost.protocol == Protocol::Http1 => {
            classify(attempt, Some(&head), &body)
        }
        Ok((Err(lost), _)) => {
            classify_part(attempt, Some(&head), &body, lost.end().outcome(Progress::Answering))
        }
        Err(timed_out) => classify_part(attempt, Some(&head), &body, timed_out),
    }
}

/// What it comes to when no head came.
fn headless(lost: &Lost) -> Outcome {
    if lost.is_gibberish() {
        return Outcome::Unsealed(unsealed(None, &lost.overheard.first, None));
    }
    if lost.overheard.end.is_none() && lost.error.is_user() {
        return broken(lost.error.to_string());
    }
    let progress = if lost.has_begun() { Progress::Answering } else { Progress::Waiting };
    lost.end().outcome(progress)
}

/// What a request asks, whatever the protocol.
struct Asks<'a> {
    address: &'a Address,
    method: Method,
    token: String,
    spoofs: Option<IpAddr>,
}

impl Asks<'_> {
    /// The request, as the protocol wants it: the host in a header for HTTP/1.1 (RFC 9112 section 3.2), in the target
    /// for HTTP/2 (RFC 9113 section 8.3.1).
    fn request(&self, protocol: Protocol) -> Result<Request<Full<Bytes>>, Outcome> {
        let Self { address, method, .. } = *self;
        let authority = address.authority();
        let path = if address.path.is_empty() { "/" } else { address.path.as_str() };
        let builder = Request::builder().method(method.as_str());
        let builder = match protocol {
            Protocol::Http1 => builder.uri(path).header(header::HOST, authority),
            Protocol::Http2 => builder.uri(format!("{}://{authority}{path}", address.transport)),
        };
        let builder = builder
            .header(HeaderName::from_static(CALL_HEADER), &self.token)
            .header(header::USER_AGENT, HeaderValue::from_static(USER_AGENT))
            .header(header::ACCEPT, HeaderValue::from_static("*/*"));
        // A method that means to carry a body says that there is none (RFC 9110 section 8.6).
        let builder = match method {
            Method::Post | Method::Put | Method::Patch => {
                builder.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"))
            }
            Method::Get | Method::Delete | Method::Options => builder,
        };
        self.spoof(builder)
            .body(Full::default())
            .map_err(|error| broken(format!("the request to `{address}` cannot be written: {error}")))
    }

    fn spoof(&self, mut builder: Builder) -> Builder {
        let Some(source) = self.spoofs else { return builder };
        for name in SOURCE_HEADERS {
            builder = builder.header(HeaderName::from_static(name), source.to_string());
        }
        let node = match source {
            IpAddr::V4(v4) => format!("for={v4}"),
            IpAddr::V6(v6) => format!("for=\"[{v6}]\""),
        };
        builder.header(header::FORWARDED, node)
    }
}
