//! The door that a call over HTTP goes to: a connection to it, and the request in the form that the protocol wants.

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use ringfence_contract::call::{Call, Method, Route};
use ringfence_contract::outcome::Outcome;

use super::aim::{Goal, Way};
use super::classify::Attempt;
use super::exchange::{Exchange, Limits, Protocol, open};
use super::forged::forge;
use super::guise::{introduce, named};
use super::means::Means;
use super::not_sent::broken;
use super::tls::{Terms, prepare};
use super::trail::Trail;

/// Where a visit goes, and with what.
pub(super) struct Door {
    pub(super) means: Means,
    pub(super) goal: Goal,
    pub(super) way: Way,
}

impl Door {
    /// Opens a connection.
    pub(super) async fn open(
        &self,
        attempt: &Attempt<'_>,
        alpn: &[&[u8]],
        limits: Limits,
        trail: &mut Trail,
    ) -> Result<(Exchange, Request<Full<Bytes>>), Outcome> {
        let Self { means, goal, way } = self;
        let route = named(&goal.route, attempt.call);
        let (host, trust) = (&route.address.host, &route.trust);
        let terms = Terms { host, trust, certificates: goal.certificates, alpn };
        let is_tls = goal.route.address.transport.is_tls();
        let handshake = if is_tls { Some(prepare(means, terms).await?) } else { None };
        // Every form it may take is made first: a request that cannot be written sends nothing.
        let form = |protocol| request(&route, attempt.call, protocol);
        let http1 = form(Protocol::Http1)?;
        let http2 = handshake.as_ref().map(|_| form(Protocol::Http2)).transpose()?;
        let exchange = Exchange::on(open(*way, handshake, limits, trail).await?);
        let form = http2.filter(|_| exchange.protocol() == Protocol::Http2).unwrap_or(http1);
        Ok((exchange, form))
    }
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
    // A page is read, and a download counted, as it is.
    let identity = HeaderValue::from_static("identity");
    let builder = introduce(builder, call.guise).header(header::ACCEPT_ENCODING, identity);
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
