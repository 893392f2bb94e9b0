//! A call over HTTP: the sealed call in a request header, the answer in the body of the response.

use std::pin::pin;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};
use http_body_util::Full;
use hyper::body::Incoming;
use ringfence_contract::CALL_HEADER;
use ringfence_contract::address::Transport;
use ringfence_contract::call::{Call, Guise, Method, Route};
use ringfence_contract::fingerprint::BODY_READ_BYTES;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::seal::Purpose;

use super::aim::{Goal, Way};
use super::classify::{Attempt, Head, classify, classify_part, unsealed};
use super::exchange::{Exchange, Limits, Lost, Protocol, open};
use super::forged::forge;
use super::guise::{introduce, named};
use super::means::Means;
use super::not_sent::broken;
use super::socket_error::Progress;
use super::tls::{H2_OR_HTTP1, HTTP1_ONLY, Terms, prepare};
use super::trail::{Timed, Trail, within};

/// A connection to an endpoint, and the request that is made on it.
pub(super) struct Visit {
    exchange: Exchange,
    /// The request, but for the sealed call.
    form: Request<Full<Bytes>>,
}

/// Opens a connection.
pub(super) async fn visit(
    means: &Means,
    attempt: &Attempt<'_>,
    goal: &Goal,
    way: Way,
    trail: &mut Trail,
) -> Result<Visit, Outcome> {
    let timeouts = attempt.call.timeouts;
    let route = named(&goal.route, attempt.call);
    let ms = |ms: u32| Duration::from_millis(ms.into());
    let handshake = match goal.route.address.transport {
        Transport::Https => {
            let (host, trust) = (&route.address.host, &route.trust);
            let alpn = match attempt.purpose {
                Purpose::Reach | Purpose::Measure => H2_OR_HTTP1,
                // HTTP/2's own windows would bound what is counted (RFC 9113 section 5.2).
                Purpose::Download(_) => HTTP1_ONLY,
            };
            let terms = Terms { host, trust, certificates: goal.certificates, alpn };
            Some(prepare(means, terms).await?)
        }
        _ => None,
    };
    // Every form it may take is made first: a request that cannot be written sends nothing.
    let form = |protocol| request(&route, attempt.call, protocol);
    let http1 = form(Protocol::Http1)?;
    let http2 = handshake.as_ref().map(|_| form(Protocol::Http2)).transpose()?;
    let purpose = attempt.purpose;
    let limits = Limits { purpose, connect: ms(timeouts.connect_ms), tls: ms(timeouts.tls_ms) };
    let exchange = Exchange::on(open(way, handshake, limits, trail).await?);
    let form = http2.filter(|_| exchange.protocol() == Protocol::Http2).unwrap_or(http1);
    Ok(Visit { exchange, form })
}

impl Visit {
    /// Makes a call on the connection.
    pub(super) async fn ask(&mut self, attempt: &Attempt<'_>, trail: &mut Trail) -> Result<Outcome, Outcome> {
        let answer = self.request(attempt, trail).await?;
        Ok(body(attempt, &mut self.exchange, answer, trail).await)
    }

    /// Sends the request, and waits for the head of the response.
    pub(super) async fn request(
        &mut self,
        attempt: &Attempt<'_>,
        trail: &mut Trail,
    ) -> Result<(Head, Incoming), Outcome> {
        let limit = Duration::from_millis(attempt.call.timeouts.first_byte_ms.into());
        let mut request = self.form.clone();
        let token = HeaderValue::try_from(attempt.token()).map_err(|error| broken(error.to_string()))?;
        if attempt.call.guise != Guise::Browser {
            request.headers_mut().insert(HeaderName::from_static(CALL_HEADER), token);
        }
        if matches!(attempt.purpose, Purpose::Download(_)) {
            // The bytes are counted as they are.
            request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        let sent = within(limit, Phase::FirstByte, pin!(self.exchange.send(request))).await?;
        let (response, took) = match sent {
            (Ok(response), took) => (response, took),
            (Err(lost), _) => return Err(headless(&lost)),
        };
        trail.took.first_byte = Some(Timed::by_kernel(self.exchange.took(), took));
        trail.status = Some(response.status().as_u16());
        Ok(split(response))
    }

    /// The requests and responses on the connection.
    pub(super) fn exchange(&mut self) -> &mut Exchange {
        &mut self.exchange
    }

    /// Whether another call can be made on it. Ask when the one before was answered whole.
    pub(super) async fn stands(&mut self) -> bool {
        self.exchange.stands().await
    }
}

fn split(response: http::Response<Incoming>) -> (Head, Incoming) {
    let (parts, incoming) = response.into_parts();
    (Head { status: parts.status.as_u16(), headers: parts.headers }, incoming)
}

/// Reads the body, and says what the answer comes to.
async fn body(
    attempt: &Attempt<'_>,
    exchange: &mut Exchange,
    (head, mut incoming): (Head, Incoming),
    trail: &mut Trail,
) -> Outcome {
    let mut body = Vec::new();
    let limit = Duration::from_millis(attempt.call.timeouts.transfer_ms.into());
    let read = exchange.read(&mut incoming, BODY_READ_BYTES, &mut body);
    let read = within(limit, Phase::Transfer, pin!(read)).await;
    match read {
        Ok((Ok(()), took)) => {
            trail.took.transfer = Some(Timed::by_program(took));
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

/// The request without the sealed call, as the protocol wants it: the host in a header for HTTP/1.1 (RFC 9112 section
/// 3.2), in the target for HTTP/2 (RFC 9113 section 8.3.1).
fn request(route: &Route, call: &Call, protocol: Protocol) -> Result<Request<Full<Bytes>>, Outcome> {
    let (address, method) = (&route.address, route.method);
    let authority = address.authority();
    let path = if address.path.is_empty() { "/" } else { address.path.as_str() };
    let builder = Request::builder().method(method.as_str());
    let builder = match protocol {
        Protocol::Http1 => builder.uri(path).header(header::HOST, authority),
        Protocol::Http2 => builder.uri(format!("{}://{authority}{path}", address.transport)),
    };
    let builder = introduce(builder, call.guise);
    // A method that means to carry a body says that there is none (RFC 9110 section 8.6).
    let builder = match method {
        Method::Post | Method::Put | Method::Patch => {
            builder.header(header::CONTENT_LENGTH, HeaderValue::from_static("0"))
        }
        Method::Get | Method::Delete | Method::Options => builder,
    };
    let spoofs = call.spoofs.iter();
    let builder = spoofs.fold(builder, |builder, spoof| forge(builder, address, spoof));
    builder
        .body(Full::default())
        .map_err(|error| broken(format!("the request to `{address}` cannot be written: {error}")))
}
