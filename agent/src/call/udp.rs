//! A call over UDP: the sealed call in one datagram, the answer in one datagram.
//!
//! A datagram may be lost on the way, and silence must not be one lost datagram: the same call is sent again each
//! second while the first byte's time lasts. The target counts the arrivals in one receipt. A measured call is sent once:
//! there a lost datagram is what is looked for.

use std::net::UdpSocket as StdUdpSocket;
use std::pin::pin;
use std::time::{Duration, Instant};

use ringfence_contract::outcome::{NotSentWhy, Outcome, Phase, Unreachable};
use ringfence_contract::seal::{ANSWER_MAX_BYTES, AnswerError, Purpose};
use rustix::io::Errno;
use socket2::{Protocol, SockAddr, Type};
use tokio::net::UdpSocket;

use super::aim::Way;
use super::classify::{Attempt, classify, flaw, opened, unsealed};
use super::connect::open;
use super::icmp;
use super::not_sent::not_sent;
use super::socket_error::{at_once, on_the_way};
use super::trail::{Timed, Trail};
use crate::clock::Datagrams;

/// How long after a datagram the same is sent again: RFC 8085 section 3.1.1 asks for 1 s where the round trip is not known.
const RESEND: Duration = Duration::from_secs(1);

/// Opens a socket.
pub(super) fn visit(way: Way, trail: &mut Trail) -> Result<Datagrams, Outcome> {
    let socket = connected(way)?;
    trail.local = socket.local_addr().ok();
    Ok(Datagrams::new(socket))
}

/// Makes a call from the socket.
pub(super) async fn ask(
    socket: &mut Datagrams,
    attempt: &Attempt<'_>,
    trail: &mut Trail,
) -> Result<Outcome, Outcome> {
    let limit = Duration::from_millis(attempt.call.timeouts.first_byte_ms.into());
    let start = Instant::now();
    let mut stale = None;
    let talk = talk(attempt, socket, &mut stale);
    let heard = async {
        let mut talk = pin!(talk);
        match &mut trail.slot {
            Some(slot) => slot.until_heard(talk.as_mut()).await,
            None => talk.await,
        }
    };
    match tokio::time::timeout(limit, heard).await {
        Ok(Ok(outcome)) => {
            let told = socket.stamps().and_then(|stamps| stamps.took());
            trail.took.first_byte = Some(Timed::by_kernel(told, start.elapsed()));
            Ok(outcome)
        }
        Ok(Err(outcome)) => Err(outcome),
        // Nothing but answers to other calls came: something is there.
        Err(_) => Err(stale.unwrap_or(Outcome::TimedOut(Phase::FirstByte))),
    }
}

/// A socket that hears only its one peer, and of ICMP errors about it.
fn connected(way: Way) -> Result<UdpSocket, Outcome> {
    let socket = open(way, Type::DGRAM, Protocol::UDP)?;
    socket.connect(&SockAddr::from(way.remote)).map_err(|error| at_once(&error, way.remote))?;
    UdpSocket::from_std(StdUdpSocket::from(socket)).map_err(|error| at_once(&error, way.remote))
}

/// Sends, and sends again, until something comes. Does not end by itself.
async fn talk(
    attempt: &Attempt<'_>,
    socket: &mut Datagrams,
    stale: &mut Option<Outcome>,
) -> Result<Outcome, Outcome> {
    let stamps = socket.stamps();
    if let Some(stamps) = &stamps {
        stamps.ask();
    }
    let datagram = format!("{}\n", attempt.token());
    // One byte more than an answer may have, so that a longer datagram shows.
    let mut buffer = vec![0; ANSWER_MAX_BYTES + 1];
    let mut again = tokio::time::interval(RESEND);
    let mut is_first = true;
    let outcome = loop {
        tokio::select! {
            _ = again.tick(), if is_first || attempt.purpose == Purpose::Reach => {
                socket.send(datagram.as_bytes()).await.map_err(|error| unsent(socket, &error, is_first))?;
                is_first = false;
            }
            came = socket.receive(&mut buffer) => {
                let count = came.map_err(|error| said(socket, &error))?;
                match hear(attempt, buffer.get(..count).unwrap_or_default()) {
                    Heard::Answer(outcome) => break outcome,
                    Heard::Stale(outcome) => *stale = Some(outcome),
                }
            }
        }
    };
    if let Some(stamps) = &stamps {
        stamps.answered();
    }
    Ok(outcome)
}

enum Heard {
    Answer(Outcome),
    /// A late answer to an earlier call from the same port: this call's may still come.
    Stale(Outcome),
}

fn hear(attempt: &Attempt<'_>, answer: &[u8]) -> Heard {
    match opened(attempt, answer) {
        Err(error @ AnswerError::Replayed) => {
            Heard::Stale(Outcome::Unsealed(unsealed(None, answer, flaw(error))))
        }
        _ => Heard::Answer(classify(attempt, None, answer)),
    }
}

/// What `send` says: the local stack's refusal of this datagram, or what the network said about an earlier one. A local
/// filter says `EPERM`; `EACCES` is the network's word only if something was sent before.
fn unsent(socket: &Datagrams, error: &std::io::Error, is_first: bool) -> Outcome {
    match Errno::from_io_error(error) {
        Some(Errno::PERM) => not_sent(NotSentWhy::NotPermitted, format!("cannot send: {error}")),
        Some(Errno::ACCESS) if is_first => {
            not_sent(NotSentWhy::NotPermitted, format!("cannot send: {error}"))
        }
        _ => said(socket, error),
    }
}

/// What the network said about a datagram. That nothing listens on its port is a refusal.
fn said(socket: &Datagrams, error: &std::io::Error) -> Outcome {
    match icmp::said(socket) {
        Some(Unreachable::Port) => Outcome::Refused,
        Some(kind) => Outcome::Unreachable(kind),
        None => on_the_way(error, Phase::FirstByte),
    }
}
