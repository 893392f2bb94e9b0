//! HTTP requests and their responses, one after the other on one connection: HTTP/1.1, or HTTP/2 where TLS agreed on it.
//! No redirect is followed, nothing is sent twice here, and no task outlives the exchange.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::TokioIo;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::seal::Purpose;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;

use super::aim::Way;
use super::connect::connect;
use super::frames::Frames;
use super::lost::Lost;
use super::tap::{Listener, Tap};
use super::tls::Handshake;
use super::trail::Trail;
use crate::clock::Stamps;

/// How long a head may be, as far as it is told: curl takes 300 KiB (`MAX_HTTP_RESP_HEADER_SIZE`), and browsers less.
const HEAD_MAX_BYTES: u32 = 1024 * 1024;

/// How many fields an HTTP/1.1 head may have; curl takes 5,000, and servers send a hundred at most. Room for each is made
/// before a head is read.
const FIELDS_MAX: usize = 1_024;

/// A connection, whatever it is made of.
trait Stream: AsyncRead + AsyncWrite + Send + Sync + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Sync + Unpin> Stream for T {}

/// What is spoken on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// A connection that stands.
pub(super) struct Opened {
    stream: Box<dyn Stream>,
    stamps: Option<Stamps>,
    protocol: Protocol,
}

/// How long it may take to get a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) purpose: Purpose,
    pub(super) connect: Duration,
    pub(super) tls: Duration,
}

/// Opens a connection, with TLS if a handshake is ready, and says what is spoken on it.
pub(super) async fn open(
    way: Way,
    handshake: Option<Handshake>,
    limits: Limits,
    trail: &mut Trail,
) -> Result<Opened, Outcome> {
    let tcp = connect(way, limits.connect, trail).await?;
    // Stamps take a look at every read: of bytes that are counted, nothing else is asked.
    let tcp = if matches!(limits.purpose, Purpose::Download(_)) { tcp.unstamped() } else { tcp };
    let stamps = tcp.stamps();
    let Some(handshake) = handshake else {
        return Ok(Opened { stream: Box::new(tcp), stamps, protocol: Protocol::Http1 });
    };
    let stream = Box::pin(handshake.shake(tcp, limits.tls, trail)).await?;
    let protocol = match stream.get_ref().1.alpn_protocol() {
        Some(b"h2") => Protocol::Http2,
        _ => Protocol::Http1,
    };
    Ok(Opened { stream: Box::new(stream), stamps, protocol })
}

/// The tasks that drive an HTTP/2 connection. They end when their exchange does.
#[derive(Clone)]
struct Tasks(Weak<Mutex<JoinSet<()>>>);

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Tasks {
    fn execute(&self, task: F) {
        // The exchange is over: whatever was still to be done is dropped with it.
        let Some(set) = self.0.upgrade() else { return };
        set.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }
}

type Io = TokioIo<Tap<Box<dyn Stream>>>;

/// An HTTP/1.1 connection, driven by whoever waits for something of it: that spares each call a task of its own.
type Driver = Box<http1::Connection<Io, Full<Bytes>>>;

enum Sender {
    /// With the connection, until it ends.
    Http1(http1::SendRequest<Full<Bytes>>, Option<Driver>),
    /// With the tasks that drive the connection: dropping the set ends them.
    Http2(
        http2::SendRequest<Full<Bytes>>,
        #[expect(dead_code, reason = "held, not used")] Arc<Mutex<JoinSet<()>>>,
    ),
}

/// Waits for something of a connection, and drives the connection meanwhile.
async fn along<T>(driver: &mut Option<Driver>, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let both = poll_fn(|cx| {
        // What goes wrong on the connection is told to the request, and overheard.
        if driver.as_mut().is_some_and(|driver| Pin::new(driver).poll(cx).is_ready()) {
            *driver = None;
        }
        work.as_mut().poll(cx)
    });
    both.await
}

/// Requests and their responses on one connection.
pub(super) struct Exchange {
    /// The connection before the first request.
    io: Option<Io>,
    sender: Option<Sender>,
    listener: Listener,
    stamps: Option<Stamps>,
    protocol: Protocol,
}

impl Exchange {
    /// An exchange on a connection.
    pub(super) fn on(opened: Opened) -> Self {
        let Opened { stream, stamps, protocol } = opened;
        // HTTP/2's first bytes are settings, and no answer.
        let told = stamps.clone().filter(|_| protocol == Protocol::Http1);
        let frames = (protocol == Protocol::Http2).then(Frames::default);
        let (tap, listener) = Tap::on(stream, told, frames);
        let io = Some(TokioIo::new(tap));
        Self { io, sender: None, listener, stamps, protocol }
    }

    /// What is spoken on the connection.
    pub(super) fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Sends a request and waits for the head of the response.
    pub(super) async fn send(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, Lost> {
        self.listener.forget();
        if let Some(stamps) = &self.stamps {
            stamps.ask();
        }
        let sent = self.send_on(request).await;
        if let Some(stamps) = &self.stamps {
            stamps.answered();
        }
        sent.map_err(|error| self.lost(error))
    }

    async fn send_on(&mut self, request: Request<Full<Bytes>>) -> Result<Response<Incoming>, hyper::Error> {
        if let Some(io) = self.io.take() {
            // The sender is kept: the connection ends with it.
            self.sender = Some(begin(io, self.protocol).await?);
        }
        match self.sender.as_mut().expect("an exchange that could not begin is dropped") {
            Sender::Http1(sender, driver) => {
                along(driver, sender.ready()).await?;
                along(driver, sender.send_request(request)).await
            }
            Sender::Http2(sender, _) => {
                sender.ready().await?;
                sender.send_request(request).await
            }
        }
    }

    /// Whether another request can be sent. Ask when the response before it was read to its end.
    pub(super) async fn stands(&mut self) -> bool {
        match &mut self.sender {
            Some(Sender::Http1(sender, driver)) => along(driver, sender.ready()).await.is_ok(),
            Some(Sender::Http2(sender, _)) => sender.ready().await.is_ok(),
            None => false,
        }
    }

    /// From the request to the first byte of its answer, where the kernel stamped both.
    pub(super) fn took(&self) -> Option<Duration> {
        self.stamps.as_ref().and_then(Stamps::took)
    }

    /// Reads at most `max` bytes of the body into `body`. What was read stays there, whatever happens.
    pub(super) async fn read(
        &mut self,
        incoming: &mut Incoming,
        max: usize,
        body: &mut Vec<u8>,
    ) -> Result<(), Lost> {
        while body.len() < max {
            let Some(bytes) = self.next(incoming).await? else { break };
            let room = max - body.len();
            body.extend_from_slice(bytes.get(..room).unwrap_or(&bytes));
        }
        Ok(())
    }

    /// The next bytes of the body; none at its end.
    pub(super) async fn next(&mut self, incoming: &mut Incoming) -> Result<Option<Bytes>, Lost> {
        let frame = match &mut self.sender {
            Some(Sender::Http1(_, driver)) => along(driver, incoming.frame()).await,
            _ => incoming.frame().await,
        };
        let Some(frame) = frame else { return Ok(None) };
        let frame = frame.map_err(|error| self.lost(error))?;
        // What is no data is a trailer, and has nothing of the body.
        Ok(Some(frame.into_data().unwrap_or_default()))
    }

    fn lost(&self, error: hyper::Error) -> Lost {
        Lost { error: Some(error), ..self.slow() }
    }

    /// What there is when the time for an answer is over.
    pub(super) fn slow(&self) -> Lost {
        Lost { error: None, overheard: self.listener.overheard(), protocol: self.protocol }
    }
}

/// Begins to speak on a connection.
async fn begin(io: Io, protocol: Protocol) -> Result<Sender, hyper::Error> {
    Ok(match protocol {
        Protocol::Http1 => {
            let (sender, connection) = as_browsers_do().handshake(io).await?;
            Sender::Http1(sender, Some(Box::new(connection)))
        }
        Protocol::Http2 => {
            let set = Arc::default();
            let tasks = Tasks(Arc::downgrade(&set));
            let mut builder = http2::Builder::new(tasks.clone());
            builder.max_header_list_size(HEAD_MAX_BYTES);
            let (sender, connection) = builder.handshake(io).await?;
            hyper::rt::Executor::execute(&tasks, async move { drop(connection.await) });
            Sender::Http2(sender, set)
        }
    })
}

/// Takes the heads that browsers and curl take.
fn as_browsers_do() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .max_buf_size(usize::try_from(HEAD_MAX_BYTES).unwrap_or(usize::MAX))
        .max_headers(FIELDS_MAX)
        .allow_spaces_after_header_name_in_responses(true)
        .allow_obsolete_multiline_headers_in_responses(true)
        .ignore_invalid_headers_in_responses(true);
    builder
}
