//! The connect phase: one TCP connection to one address, and what it means when there is none.

use std::net::{IpAddr, SocketAddr, TcpStream as StdTcpStream};
use std::pin::pin;
use std::time::Duration;

use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::sample::Clock;
use rustix::io::Errno;
use socket2::{Domain, Protocol, SockAddr, Socket, Type};
use tokio::net::TcpStream;

use super::aim::Way;
use super::icmp;
use super::not_sent::broken;
use super::socket_error::{at_bind, at_once, on_the_way};
use super::trail::{Timed, Trail, within};
use crate::clock::{Handshake, Stamped};

/// Opens the connection.
pub(super) async fn connect(way: Way, limit: Duration, trail: &mut Trail) -> Result<Stamped, Outcome> {
    let work = async {
        let stream = begin(way)?;
        // The socket is writable when the handshake has ended, well or badly.
        stream.writable().await.map_err(|error| broken(error.to_string()))?;
        match stream.take_error() {
            Ok(None) => {
                // On a connection that stands, an ICMP message is a hint and no end (RFC 1122 section 4.2.3.9).
                icmp::listen(&stream, way.remote, false);
                Ok(stream)
            }
            Ok(Some(error)) | Err(error) => match icmp::said(&stream) {
                Some(kind) => Err(Outcome::Unreachable(kind)),
                None => Err(on_the_way(&error, Phase::Connect)),
            },
        }
    };
    let heard = async {
        let mut work = pin!(work);
        match &mut trail.slot {
            Some(slot) => slot.until_heard(work.as_mut()).await,
            None => work.await,
        }
    };
    let (connected, took) = within(limit, Phase::Connect, pin!(heard)).await?;
    let stream = connected?;
    if let Some(slot) = &mut trail.slot {
        slot.connected();
    }
    trail.took.connect = Some(timed(Handshake::of(&stream), took));
    trail.local = stream.local_addr().ok();
    Ok(Stamped::new(stream))
}

/// What a handshake took: the kernel's time; or the program's, less what the kernel knows that it was late.
fn timed(handshake: Handshake, took: Duration) -> Timed {
    let timed = Timed::by_kernel(handshake.took, took);
    match timed.clock {
        Clock::Kernel => timed,
        Clock::Program => Timed::by_program(took.saturating_sub(handshake.ended)),
    }
}

/// Starts connecting. What `connect` itself says here, before it waits, is the local stack's word.
fn begin(way: Way) -> Result<TcpStream, Outcome> {
    let socket = open(way, Type::STREAM, Protocol::TCP)?;
    // What is sent is short and awaited: nothing is gained by holding it back for more (RFC 896).
    socket.set_tcp_nodelay(true).map_err(|error| broken(error.to_string()))?;
    match socket.connect(&SockAddr::from(way.remote)) {
        Ok(()) => {}
        Err(error) if Errno::from_io_error(&error) == Some(Errno::INPROGRESS) => {}
        Err(error) => return Err(at_once(&error, way.remote)),
    }
    TcpStream::from_std(StdTcpStream::from(socket)).map_err(|error| at_once(&error, way.remote))
}

/// A socket of the way's family, bound to its source.
pub(super) fn open(way: Way, kind: Type, protocol: Protocol) -> Result<Socket, Outcome> {
    let lost = |error: std::io::Error| at_once(&error, way.remote);
    let socket = Socket::new(Domain::for_address(way.remote), kind, Some(protocol)).map_err(lost)?;
    socket.set_nonblocking(true).map_err(lost)?;
    icmp::listen(&socket, way.remote, true);
    if let Some(source) = way.source {
        bind(&socket, source)?;
    }
    Ok(socket)
}

fn bind(socket: &Socket, source: IpAddr) -> Result<(), Outcome> {
    leave_port_open(socket);
    socket.bind(&SockAddr::from(SocketAddr::new(source, 0))).map_err(|error| at_bind(&error, source))
}

/// Has `bind` take the address alone, and `connect` a port that is free towards its one destination (`IP_BIND_ADDRESS_NO_PORT`,
/// ip(7), since Linux 4.2). Else a port is taken for all destinations, and kept for a minute after its connection ended:
/// some 28,000 calls a minute would be all that a set source allows, to wherever they go.
#[cfg(target_os = "linux")]
fn leave_port_open(socket: &Socket) {
    use nix::sys::socket::{setsockopt, sockopt};

    if let Err(error) = setsockopt(socket, sockopt::IpBindAddressNoPort, &true) {
        tracing::debug!(%error, "this system takes a port for every source");
    }
}

/// Elsewhere the system has no such switch, or needs none.
#[cfg(not(target_os = "linux"))]
fn leave_port_open(_: &Socket) {}
