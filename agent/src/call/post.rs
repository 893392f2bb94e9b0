//! The way a signed order gets to its addressee and the reply back. It knows neither what is asked nor what is said:
//! both are text.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use ringfence_contract::ORDER_PATH;
use ringfence_contract::address::{Family, Host};
use ringfence_contract::call::{Certificates, Method, Route, Timeouts};
use ringfence_contract::fingerprint::known;
use ringfence_contract::order::ControlAddress;
use ringfence_contract::outcome::{
    NotSent, NotSentWhy, Outcome, Phase, Reset, TlsFailedWhy, Unreachable, UnresolvedWhy,
};
use ringfence_contract::seal::Purpose;
use ringfence_contract::transport::Transport;

use super::aim::{Goal, Way, aim};
use super::classify::{Head, forbidden};
use super::exchange::{Exchange, Limits, open};
use super::guise::OWN_NAME;
use super::lost::Lost;
use super::means::Means;
use super::not_sent::broken;
use super::odd_head::Began;
use super::socket_error::Progress;
use super::tls::{HTTP1_ONLY, Terms, prepare};
use super::trail::{Trail, within};

/// The longest reply that is read: 64 MiB, some 60,000 samples of 1 KiB.
pub const REPLY_MAX_BYTES: usize = 64 * 1024 * 1024;

/// What a reply begins with that is a refusal: text for the reader of replies, whatever its status.
const REFUSAL: &str = "refused ";

/// Why an order could not be delivered, or its reply could not be had.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// Orders go over HTTP.
    #[error("orders travel by `http` or `https`, not `{0}`")]
    Transport(Transport),
    /// The host has no address.
    #[error("cannot resolve the control host: {why}{}, asked {resolver}", rcode.as_ref().map(|rcode| format!(" (`{rcode}`)")).unwrap_or_default())]
    Resolve {
        /// Why.
        why: UnresolvedWhy,
        /// The DNS response code.
        rcode: Option<String>,
        /// The resolvers asked.
        resolver: String,
    },
    /// This vantage's own policy does not allow the address.
    #[error("the control address is not allowed here: {0}")]
    NotAllowed(String),
    /// This vantage could not send.
    #[error("cannot send the order, {why}: {detail}")]
    NotSent {
        /// Why.
        why: NotSentWhy,
        /// What exactly.
        detail: String,
    },
    /// There is no connection.
    #[error("cannot connect to the agent: {0}")]
    Connect(ConnectTrouble),
    /// The TLS handshake failed, or the certificate is not good.
    #[error("no trusted TLS connection to the agent, {why}: {detail}")]
    Tls {
        /// Why.
        why: TlsFailedWhy,
        /// The error in the TLS library's words.
        detail: String,
    },
    /// The connection ended before the reply did.
    #[error("the connection to the agent ended early: {0}")]
    Ended(Reset),
    /// What came is not HTTP.
    #[error("what answers at the control address does not speak HTTP: {0}")]
    Http(String),
    /// The agent takes no orders from here.
    #[error(
        "status `404`: no agent takes orders at this address, or it does not trust the key they are signed with"
    )]
    NotTaken,
    /// The platform before the agent refused, in its own words.
    #[error("status `{status}`: the platform refuses this caller (`{fingerprint}`{})", saw.as_ref().map(|saw| format!(", which it sees as `{saw}`")).unwrap_or_default())]
    Forbidden {
        /// The status.
        status: u16,
        /// The name of the fingerprint.
        fingerprint: String,
        /// The address the platform saw.
        saw: Option<std::net::IpAddr>,
    },
    /// Any other status.
    #[error("status `{status}` instead of a reply{}", server.as_ref().map(|server| format!(", from server `{server}`")).unwrap_or_default())]
    Status {
        /// The status.
        status: u16,
        /// The `Server` header.
        server: Option<String>,
    },
    /// The reply is longer than [`REPLY_MAX_BYTES`].
    #[error("the reply is longer than {REPLY_MAX_BYTES} bytes")]
    TooLong,
    /// The reply is not text.
    #[error("the reply is not UTF-8 text")]
    NotText,
    /// Nothing came in time.
    #[error("nothing came in time, in phase {phase}")]
    TimedOut {
        /// In which phase.
        phase: Phase,
    },
}

/// Why there is no connection to where orders are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectTrouble {
    /// A reset in answer to SYN.
    #[error("refused, nothing listens on that port")]
    Refused,
    /// The network could not deliver.
    #[error("{0} unreachable")]
    Unreachable(Unreachable),
}

/// Posts a signed order to where its addressee takes orders, and returns the reply's text. The whole takes at most
/// `within`; getting a connection takes at most what a call's phases take by default.
///
/// # Errors
///
/// [`PostError`], naming the step that failed.
pub async fn post(
    means: &Means,
    to: &ControlAddress,
    order: &str,
    within: Duration,
) -> Result<String, PostError> {
    if !to.address.transport.is_http() {
        return Err(PostError::Transport(to.address.transport));
    }
    let deadline = Deadline(Instant::now() + within);
    let mut trail = Trail::default();
    let request = request(to, order).map_err(PostError::from)?;
    let (goal, way) = find(means, to, &deadline, &mut trail).await?;
    let (host, trust) = (&goal.route.address.host, &goal.route.trust);
    let terms = Terms { host, trust, certificates: Certificates::Require, alpn: HTTP1_ONLY };
    let is_tls = to.address.transport.is_tls();
    let handshake = if is_tls { Some(prepare(means, terms).await?) } else { None };
    let timeouts = Timeouts::default();
    let (connect, tls) = (deadline.or(timeouts.connect_ms), deadline.or(timeouts.tls_ms));
    let limits = Limits { purpose: Purpose::Reach, connect, tls };
    let opened = open(way, handshake, limits, &mut trail).await?;
    reply(Exchange::on(opened), request, &deadline).await
}

/// When the whole must be done.
struct Deadline(Instant);

impl Deadline {
    fn left(&self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    fn or(&self, ms: u32) -> Duration {
        self.left().min(Duration::from_millis(ms.into()))
    }
}

/// Finds the address. A name is asked for an IPv4 address first, and for an IPv6 address if it has none.
async fn find(
    means: &Means,
    to: &ControlAddress,
    deadline: &Deadline,
    trail: &mut Trail,
) -> Result<(Goal, Way), PostError> {
    let given = to.connect.or(match to.address.host {
        Host::Ip(address) => Some(address),
        Host::Name(_) => None,
    });
    let mut address = to.address.clone();
    ORDER_PATH.clone_into(&mut address.path);
    let route = Route { address, connect: to.connect, method: Method::Post, trust: to.trust.clone() };
    let limit = deadline.or(Timeouts::default().resolve_ms);
    if let Some(given) = given {
        let goal = Goal::listener(route, Family::of(given));
        let way = aim(means, &goal, limit, trail).await?;
        return Ok((goal, way));
    }
    let goal = Goal::listener(route.clone(), Family::Ipv4);
    match aim(means, &goal, limit, trail).await {
        Ok(way) => Ok((goal, way)),
        Err(Outcome::Unresolved(unresolved)) if unresolved.why == UnresolvedWhy::NoRecords => {
            let goal = Goal::listener(route, Family::Ipv6);
            let way = aim(means, &goal, limit, trail).await?;
            Ok((goal, way))
        }
        Err(outcome) => Err(outcome.into()),
    }
}

fn request(to: &ControlAddress, order: &str) -> Result<Request<Full<Bytes>>, Outcome> {
    Request::builder()
        .method(Method::Post.as_str())
        .uri(ORDER_PATH)
        .header(header::HOST, to.address.authority())
        .header(header::USER_AGENT, HeaderValue::from_static(OWN_NAME))
        .header(header::ACCEPT, HeaderValue::from_static("*/*"))
        .header(header::CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"))
        // Functions custom handlers drop bodies without a length (Azure/azure-functions-host, HttpRequestExtensions).
        .header(header::CONTENT_LENGTH, order.len())
        .body(Full::new(Bytes::copy_from_slice(order.as_bytes())))
        .map_err(|error| broken(format!("the request to `{}` cannot be written: {error}", to.address)))
}

async fn reply(
    mut exchange: Exchange,
    request: Request<Full<Bytes>>,
    deadline: &Deadline,
) -> Result<String, PostError> {
    let (sent, _) = within(deadline.left(), Phase::FirstByte, pin!(exchange.send(request))).await?;
    let response = sent.map_err(|lost| ended(&lost, Progress::Waiting))?;
    let (parts, mut incoming) = response.into_parts();
    let head = Head { status: parts.status.as_u16(), headers: parts.headers };
    let mut body = Vec::new();
    let read = exchange.read(&mut incoming, REPLY_MAX_BYTES + 1, &mut body);
    let read = within(deadline.left(), Phase::Transfer, pin!(read)).await;
    if body.len() > REPLY_MAX_BYTES {
        return Err(PostError::TooLong);
    }
    let is_reply = head.status == 200 || body.starts_with(REFUSAL.as_bytes());
    if !is_reply {
        return Err(refused(&head, &body));
    }
    read?.0.map_err(|lost| ended(&lost, Progress::Answering))?;
    String::from_utf8(body).map_err(|_| PostError::NotText)
}

fn ended(lost: &Lost, progress: Progress) -> PostError {
    let came = lost.came();
    if let (Some(error), true) = (&lost.error, lost.is_not_taken() || matches!(came, Began::NoHttp)) {
        return PostError::Http(error.to_string());
    }
    let progress = if matches!(came, Began::Nothing) { progress } else { Progress::Answering };
    lost.outcome(progress).into()
}

fn refused(head: &Head, body: &[u8]) -> PostError {
    if let Some(Outcome::Forbidden(forbidden)) = forbidden(&known(), head, body) {
        let (status, fingerprint, saw) = (forbidden.status, forbidden.fingerprint, forbidden.saw);
        return PostError::Forbidden { status, fingerprint, saw };
    }
    let server = head.first(header::SERVER.as_str());
    match head.status {
        404 => PostError::NotTaken,
        status => PostError::Status { status, server },
    }
}

impl From<Outcome> for PostError {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Unresolved(unresolved) => {
                Self::Resolve { why: unresolved.why, rcode: unresolved.rcode, resolver: unresolved.resolver }
            }
            Outcome::NotSent(NotSent { why: NotSentWhy::NotAllowed, detail }) => Self::NotAllowed(detail),
            Outcome::NotSent(NotSent { why, detail }) => Self::NotSent { why, detail },
            Outcome::Refused => Self::Connect(ConnectTrouble::Refused),
            Outcome::Unreachable(kind) => Self::Connect(ConnectTrouble::Unreachable(kind)),
            Outcome::TlsFailed(failed) => Self::Tls { why: failed.why, detail: failed.detail },
            Outcome::Reset(reset) => Self::Ended(reset),
            Outcome::TimedOut(phase) => Self::TimedOut { phase },
            Outcome::Answered(_) | Outcome::Misanswered(_) | Outcome::Forbidden(_) | Outcome::Unsealed(_) => {
                Self::Http("an answer to a call where a reply was due".to_owned())
            }
        }
    }
}
