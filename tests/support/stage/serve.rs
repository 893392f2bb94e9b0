//! Doors at work.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use tokio::io::BufStream;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_util::task::AbortOnDropHandle;

use super::door::{Clause, Door, End, Layer};
use super::head::{Asked, Head};
use super::papers::{Paper, Papers};
use super::scene::Scene;
use super::wire::{Wire, finish, read_on, write};
use super::{http1, http2, lines};

/// A door at work, and what its connections share.
pub(super) struct Room {
    ip: IpAddr,
    layer: Layer,
    pub(super) clauses: Vec<Clause>,
    papers: Arc<Papers>,
    pub(super) scene: Arc<Scene>,
}

impl Room {
    /// What is known of a request, or of a connection where no head is.
    pub(super) fn asked(
        &self,
        caller: SocketAddr,
        connection: u32,
        http2: bool,
        head: Option<Head>,
    ) -> Asked {
        Asked { caller: caller.ip(), connection, passed: self.scene.passed(), http2, head }
    }
}

/// Sets a door to work on its listener, inside a Tokio runtime. It stops when this is dropped.
pub(super) fn serve(
    door: Door,
    listener: std::net::TcpListener,
    papers: Arc<Papers>,
    scene: Arc<Scene>,
) -> AbortOnDropHandle<()> {
    let room = Arc::new(Room { ip: door.ip, layer: door.layer, clauses: door.clauses, papers, scene });
    listener.set_nonblocking(true).expect("a listener that does not wait");
    let listener = TcpListener::from_std(listener).expect("a listener of this runtime");
    AbortOnDropHandle::new(tokio::spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => {
                    if let Ok((stream, caller)) = accepted {
                        connections.spawn(welcome(Arc::clone(&room), stream, caller));
                    }
                }
                Some(_) = connections.join_next() => {}
            }
        }
    }))
}

async fn welcome(room: Arc<Room>, stream: TcpStream, caller: SocketAddr) {
    if stream.set_nodelay(true).is_err() {
        return;
    }
    let connection = room.scene.count(room.ip, caller.ip());
    match &room.layer {
        Layer::Http => http1::converse(&room, Box::new(BufStream::new(stream)), caller, connection).await,
        Layer::Lines => lines::converse(&room, Box::new(BufStream::new(stream)), caller, connection).await,
        Layer::Https { alpn, papers } => {
            let of = |network: &str| network.parse::<IpNet>().expect("a network").contains(&caller.ip());
            let shown = papers.iter().find(|(network, _)| of(network) || caller.is_ipv6());
            let paper = shown.map_or(Paper::Good, |(_, paper)| *paper);
            shake(Arc::clone(&room), stream, (caller, connection), (paper, alpn)).await;
        }
    }
}

async fn shake(
    room: Arc<Room>,
    stream: TcpStream,
    (caller, connection): (SocketAddr, u32),
    (paper, alpn): (Paper, &[&'static str]),
) {
    let config = match paper {
        Paper::Alert(code) => return alert(stream, code).await,
        Paper::Silence => {
            let mut wire: Wire = Box::new(BufStream::new(stream));
            return read_on(&mut wire).await;
        }
        paper => room.papers.config(paper, alpn),
    };
    // A caller that does not like the certificate ends the handshake: nothing more to do for it.
    let Ok(tls) = TlsAcceptor::from(config).accept(stream).await else { return };
    let is_http2 = tls.get_ref().1.alpn_protocol() == Some(b"h2");
    let wire: Wire = Box::new(BufStream::new(tls));
    if is_http2 {
        http2::converse(room, wire, caller, connection).await;
    } else {
        http1::converse(&room, wire, caller, connection).await;
    }
}

/// Ends a handshake with a fatal alert (RFC 8446 section 6), as a server does that speaks nothing the caller speaks.
async fn alert(stream: TcpStream, code: u8) {
    let mut wire: Wire = Box::new(BufStream::new(stream));
    if write(&mut wire, &[21, 3, 3, 0, 2, 2, code]).await {
        finish(wire, End::Close).await;
    }
}
