//! Addresses where nothing listens, or nothing accepts.

use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket, TcpStream, UdpSocket};

/// An address whose TCP port was free a moment ago.
///
/// # Panics
///
/// When there is no free port.
pub async fn tcp() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    listener.local_addr().expect("an address")
}

/// An address whose UDP port was free a moment ago.
///
/// # Panics
///
/// When there is no free port.
pub async fn udp() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a free port");
    socket.local_addr().expect("an address")
}

/// A listener whose queue is full: further SYNs are dropped, as a filter drops them.
#[derive(Debug)]
pub struct Full {
    /// Where it listens.
    pub address: SocketAddr,
    _listener: TcpListener,
    _queued: TcpStream,
}

/// Listens with room for one connection in the queue, and fills it. Linux drops a SYN when the queue holds more than
/// its backlog (`sk_acceptq_is_full`), which is 0 here.
///
/// # Panics
///
/// When there is no port to listen on.
pub async fn full() -> Full {
    full_at(Ipv4Addr::LOCALHOST).await
}

/// The same at another address of this host, or of the namespace this runs in.
///
/// # Panics
///
/// When there is no such address.
pub async fn full_at(address: Ipv4Addr) -> Full {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.bind((address, 0).into()).expect("a port to listen on");
    let listener = socket.listen(0).expect("a listener");
    let address = listener.local_addr().expect("an address");
    let queued = TcpStream::connect(address).await.expect("room for one");
    Full { address, _listener: listener, _queued: queued }
}
