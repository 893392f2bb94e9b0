//! Accepts connections and serves each to its end: bounded in number, and every wait in it with a deadline.
//!
//! This file must not know what is served on a connection beyond which of three kinds it is.

use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ringfence_contract::receipt::Left;
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, SetOnce};
use tokio::time::{sleep, sleep_until, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::http::{Caller, Routes};
use super::seldom::Seldom;
use crate::answer::{Connection, answer_lines};
use crate::control::Agent;

/// How long a connection may live before it is asked to end: longer than any order (120 s), and an end to whoever
/// sends requests and never reads.
const CONNECTION_LIFE: Duration = Duration::from_secs(180);

/// How long to leave a listener alone that fails to accept: out of files, for one, lasts a while.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// What all listeners share.
pub(super) struct Doors {
    pub(super) agent: Arc<Agent>,
    pub(super) routes: Routes,
    /// How many more connections may be open.
    pub(super) open: Arc<Semaphore>,
    /// Every task of a listener or a connection.
    pub(super) tasks: TaskTracker,
    /// No new connections; those open end after their request.
    pub(super) close: CancellationToken,
    /// Nothing goes on.
    pub(super) abort: CancellationToken,
    pub(super) crowd: Seldom,
}

/// What is served on a listener.
#[derive(Clone)]
pub(super) enum Kind {
    Http,
    Https(TlsAcceptor),
    Line,
}

/// Accepts until told to close.
pub(super) async fn accept(listener: TcpListener, kind: Kind, doors: Arc<Doors>) {
    loop {
        let accepted = tokio::select! {
            biased;
            () = doors.close.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => admit(stream, peer, &kind, &doors),
            // The caller itself has given up (accept(2)).
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {}
            Err(error) => {
                doors.agent.answerer().miss();
                if let Some(unsaid) = doors.crowd.now(Instant::now()) {
                    tracing::warn!(%error, unsaid, "a connection could not be accepted");
                }
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

/// Serves a connection, or closes it unread when there are too many. What was closed unread may have been a call, so
/// it is counted: from then on, absence of a receipt proves nothing.
fn admit(stream: TcpStream, peer: SocketAddr, kind: &Kind, doors: &Arc<Doors>) {
    let Ok(place) = Arc::clone(&doors.open).try_acquire_owned() else {
        doors.agent.answerer().miss();
        if let Some(unsaid) = doors.crowd.now(Instant::now()) {
            let limit = doors.agent.limits().connections_at_once;
            tracing::warn!(%peer, unsaid, "{limit} connections are open, and no more are taken");
        }
        return;
    };
    let (kind, held) = (kind.clone(), Arc::clone(doors));
    doors.tasks.spawn(async move {
        tokio::select! {
            biased;
            () = held.abort.cancelled() => {}
            () = serve(stream, peer, kind, &held) => {}
        }
        drop(place);
    });
}

async fn serve(stream: TcpStream, peer: SocketAddr, kind: Kind, doors: &Doors) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "a connection keeps Nagle's algorithm");
    }
    let connection = doors.agent.answerer().watch(peer);
    let within = doors.agent.limits().head_within;
    match kind {
        Kind::Line => {
            let lines = answer_lines(&connection, stream, within, &doors.close);
            if timeout(CONNECTION_LIFE, lines).await.is_err() {
                tracing::debug!(%peer, "a connection went on for too long");
            }
        }
        Kind::Http => serve_http(stream, &connection, Transport::Http, doors).await,
        Kind::Https(acceptor) => {
            // Behind a pointer: a plain connection does not carry the room that TLS takes.
            if let Some(stream) = Box::pin(shake(stream, &connection, &acceptor, within)).await {
                Box::pin(serve_http(stream, &connection, Transport::Https, doors)).await;
            }
        }
    }
}

/// Makes the TLS handshake. It is left unfinished from its first byte on: what closes without one, as a port scan or a
/// health probe does, began none.
async fn shake(
    stream: TcpStream,
    connection: &Connection<'_>,
    acceptor: &TlsAcceptor,
    within: Duration,
) -> Option<TlsStream<TcpStream>> {
    let handshake = async {
        if stream.peek(&mut [0]).await? == 0 {
            return Ok(None);
        }
        connection.leaves(Left::Handshake);
        acceptor.accept(stream).await.map(Some)
    };
    let peer = connection.peer();
    match timeout(within, handshake).await {
        Ok(Ok(Some(stream))) => {
            connection.leaves(Left::Request);
            return Some(stream);
        }
        Ok(Ok(None)) => tracing::debug!(%peer, "a connection closed before a TLS handshake"),
        Ok(Err(error)) => tracing::debug!(%peer, %error, "a TLS handshake failed"),
        Err(_) => tracing::debug!(%peer, "a TLS handshake was not done in time"),
    }
    None
}

/// Serves requests until the connection ends, or a download on it has to: its caller may have stopped reading, and nobody
/// else would notice.
async fn serve_http<S>(stream: S, connection: &Connection<'_>, transport: Transport, doors: &Doors)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let ends = SetOnce::new();
    tokio::select! {
        () = serve_requests(stream, (connection, transport), doors, &ends) => {}
        () = async { sleep_until((*ends.wait().await).into()).await } => {
            tracing::debug!(peer = %connection.peer(), "a download's time is over");
        }
    }
}

/// HTTP/1.1 only: a client that agrees on HTTP/2 and then says nothing could not be timed out.
async fn serve_requests<S>(
    stream: S,
    (connection, transport): (&Connection<'_>, Transport),
    doors: &Doors,
    ends: &SetOnce<Instant>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let caller = Caller { peer: connection.peer(), transport };
    let service = service_fn(|request| {
        connection.finish();
        doors.routes.answer(request, caller, ends)
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(doors.agent.limits().head_within)
        .serve_connection(TokioIo::new(stream), service);
    let mut served = pin!(served);
    let ended = tokio::select! {
        ended = served.as_mut() => Some(ended),
        () = doors.close.cancelled() => None,
        () = sleep(CONNECTION_LIFE) => None,
    };
    let ended = if let Some(ended) = ended {
        ended
    } else {
        served.as_mut().graceful_shutdown();
        let Ok(ended) = timeout(CONNECTION_LIFE, served).await else { return };
        ended
    };
    if let Err(error) = ended {
        tracing::debug!(peer = %caller.peer, %error, "a connection ended early");
    }
}
