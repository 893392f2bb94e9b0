//! Calls that come as a TCP line or a UDP datagram.
//!
//! A stranger gets a closed connection without a byte, or silence. This file must not know how connections are
//! accepted or how many there may be.

use std::net::SocketAddr;
use std::time::Duration;

use ringfence_contract::receipt::SeenSource;
use ringfence_contract::seal::CALL_TOKEN_BYTES;
use ringfence_contract::transport::Transport;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::UdpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::answerer::Answerer;
use super::called::{self, Received};
use super::connection::Connection;
use super::source::canonical;

/// How long to leave a socket alone that fails to receive, so that a lasting error does not take a whole processor.
const RECEIVE_PAUSE: Duration = Duration::from_millis(50);

/// The longest line: a token, and `\r\n`.
const LINE_MAX_BYTES: usize = CALL_TOKEN_BYTES + 2;

/// Answers a connection's lines, one good call each, until one is not, or does not come within this time of the answer
/// before it, or `stop` is cancelled; then closes.
pub async fn answer_lines<S>(
    connection: &Connection<'_>,
    mut stream: S,
    within: Duration,
    stop: &CancellationToken,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let peer = connection.peer();
    let answer = |line: Vec<u8>| {
        connection.answerer().answer(str::from_utf8(&line).ok()?, by_peer(peer), Transport::Tcp)
    };
    loop {
        // A stop waits for the answer under way, and lets nobody begin another.
        let line = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            line = timeout(within, read_line(&mut stream)) => line,
        };
        let Ok(line) = line else {
            tracing::debug!(%peer, "a connection sent no line in time");
            return;
        };
        // What a stranger, or a caller that went away, did not do is nobody's error.
        let Some(answer) = line.and_then(answer) else { return };
        connection.finish();
        if !matches!(timeout(within, stream.write_all(answer.as_bytes())).await, Ok(Ok(()))) {
            return;
        }
    }
}

/// The first line without its end, or all there is before an early close; `None` for what is too long to be a call.
async fn read_line<S: AsyncRead + Unpin>(stream: &mut S) -> Option<Vec<u8>> {
    let mut line = Vec::with_capacity(LINE_MAX_BYTES);
    let mut part = [0; LINE_MAX_BYTES];
    while line.len() < LINE_MAX_BYTES {
        let read = stream.read(&mut part).await.ok()?;
        line.extend(part.iter().take(read));
        if let Some(end) = line.iter().position(|byte| *byte == b'\n') {
            line.truncate(end);
            break;
        }
        if read == 0 {
            break;
        }
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    (line.len() == CALL_TOKEN_BYTES).then_some(line)
}

/// Answers datagrams until told to stop. One datagram holds one call, and is answered by one datagram.
pub async fn answer_datagrams(answerer: &Answerer, socket: &UdpSocket, stop: &CancellationToken) {
    called::watch(socket);
    // One byte more than a call may have, so that what was cut is not taken for whole.
    let mut buffer = [0; LINE_MAX_BYTES + 1];
    loop {
        let received = tokio::select! {
            biased;
            () = stop.cancelled() => return,
            received = called::receive(socket, &mut buffer) => received,
        };
        let received = match received {
            Ok(received) => received,
            Err(error) => {
                tracing::debug!(%error, "a datagram could not be received");
                tokio::time::sleep(RECEIVE_PAUSE).await;
                continue;
            }
        };
        let Received { length, peer, .. } = received;
        let Some(answer) = answer_datagram(answerer, buffer.get(..length).unwrap_or_default(), peer) else {
            continue;
        };
        if let Err(error) = called::answer(socket, answer.as_bytes(), received).await {
            tracing::debug!(%peer, %error, "an answer could not be sent");
        }
    }
}

fn answer_datagram(answerer: &Answerer, datagram: &[u8], peer: SocketAddr) -> Option<String> {
    let text = std::str::from_utf8(datagram).ok()?;
    let token = text.strip_suffix('\n').unwrap_or(text);
    let token = token.strip_suffix('\r').unwrap_or(token);
    answerer.answer(token, by_peer(peer), Transport::Udp)
}

fn by_peer(peer: SocketAddr) -> SeenSource {
    SeenSource::by_peer(canonical(peer))
}
