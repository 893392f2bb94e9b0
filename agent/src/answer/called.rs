//! Which address of this host a datagram was sent to, and answers that leave by that address.
//!
//! A socket bound to `0.0.0.0` or `::` answers from whatever address its routes prefer; a caller that hears one peer
//! only, as ours do, and every stateful filter, then drops the answer. Linux says the address with each datagram
//! (`IP_PKTINFO`, ip(7); `IPV6_RECVPKTINFO`, RFC 3542 section 6.1) and takes it back for the answer. Elsewhere the routes
//! decide. This file must not know what a datagram says.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;

/// A datagram as it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Received {
    pub(super) length: usize,
    pub(super) peer: SocketAddr,
    /// The address it was sent to, where the system says and an answer can come from there.
    pub(super) called: Option<IpAddr>,
}

/// Has the system say of each datagram where it was sent to. One that cannot is left to its routes.
#[cfg(target_os = "linux")]
pub(super) fn watch(socket: &UdpSocket) {
    use nix::sys::socket::{setsockopt, sockopt};

    let set = match socket.local_addr() {
        Ok(SocketAddr::V4(_)) => setsockopt(socket, sockopt::Ipv4PacketInfo, &true),
        // Of IPv4 datagrams on such a socket it says the address in its v4-mapped form.
        Ok(SocketAddr::V6(_)) => setsockopt(socket, sockopt::Ipv6RecvPacketInfo, &true),
        Err(_) => return,
    };
    if let Err(error) = set {
        tracing::debug!(%error, "this system does not say which address a datagram was sent to");
    }
}

/// Receives the next datagram.
#[cfg(target_os = "linux")]
pub(super) async fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Received> {
    use tokio::io::Interest;

    socket.async_io(Interest::READABLE, || linux::receive(socket, buffer)).await
}

/// Sends an answer, from the address that was called.
#[cfg(target_os = "linux")]
pub(super) async fn answer(socket: &UdpSocket, bytes: &[u8], received: Received) -> io::Result<()> {
    use tokio::io::Interest;

    let Some(called) = received.called else {
        return socket.send_to(bytes, received.peer).await.map(drop);
    };
    socket.async_io(Interest::WRITABLE, || linux::send(socket, bytes, received.peer, called)).await
}

#[cfg(target_os = "linux")]
mod linux {
    use std::io::{self, IoSlice, IoSliceMut};
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};
    use std::os::fd::AsRawFd;

    use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
    use nix::sys::socket::{
        ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg,
    };
    use tokio::net::UdpSocket;

    use super::Received;

    pub(super) fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Received> {
        let mut space = nix::cmsg_space!(in6_pktinfo);
        let mut parts = [IoSliceMut::new(buffer)];
        let (fd, flags) = (socket.as_raw_fd(), MsgFlags::empty());
        let message = recvmsg::<SockaddrStorage>(fd, &mut parts, Some(&mut space), flags)?;
        let peer = message.address.as_ref().and_then(peer);
        let peer = peer.ok_or_else(|| io::Error::other("a datagram came without its sender's address"))?;
        let called = message.cmsgs()?.find_map(|control| match control {
            // What an answer comes from: of a datagram to many, this host's own address.
            ControlMessageOwned::Ipv4PacketInfo(info) => {
                Some(IpAddr::V4(Ipv4Addr::from_bits(u32::from_be(info.ipi_spec_dst.s_addr))))
            }
            ControlMessageOwned::Ipv6PacketInfo(info) => {
                Some(IpAddr::V6(Ipv6Addr::from(info.ipi6_addr.s6_addr)))
            }
            _ => None,
        });
        // Nobody can answer from an address that many share.
        let called = called.filter(|called| !called.to_canonical().is_multicast());
        Ok(Received { length: message.bytes, peer, called })
    }

    fn peer(address: &SockaddrStorage) -> Option<SocketAddr> {
        let v4 = || address.as_sockaddr_in().map(|address| SocketAddr::V4(SocketAddrV4::from(*address)));
        let v6 = || address.as_sockaddr_in6().map(|address| SocketAddr::V6(SocketAddrV6::from(*address)));
        v4().or_else(v6)
    }

    pub(super) fn send(socket: &UdpSocket, bytes: &[u8], peer: SocketAddr, from: IpAddr) -> io::Result<()> {
        let parts = [IoSlice::new(bytes)];
        let (fd, flags, to) = (socket.as_raw_fd(), MsgFlags::empty(), SockaddrStorage::from(peer));
        match from {
            IpAddr::V4(from) => {
                let from = in_addr { s_addr: from.to_bits().to_be() };
                let info = in_pktinfo { ipi_ifindex: 0, ipi_spec_dst: from, ipi_addr: in_addr { s_addr: 0 } };
                sendmsg(fd, &parts, &[ControlMessage::Ipv4PacketInfo(&info)], flags, Some(&to))?;
            }
            IpAddr::V6(from) => {
                let from = in6_addr { s6_addr: from.octets() };
                let info = in6_pktinfo { ipi6_addr: from, ipi6_ifindex: 0 };
                sendmsg(fd, &parts, &[ControlMessage::Ipv6PacketInfo(&info)], flags, Some(&to))?;
            }
        }
        Ok(())
    }
}

/// Where the system does not say, there is nothing to switch on.
#[cfg(not(target_os = "linux"))]
pub(super) fn watch(_: &UdpSocket) {}

/// Receives the next datagram.
#[cfg(not(target_os = "linux"))]
pub(super) async fn receive(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<Received> {
    let (length, peer) = socket.recv_from(buffer).await?;
    Ok(Received { length, peer, called: None })
}

/// Sends an answer.
#[cfg(not(target_os = "linux"))]
pub(super) async fn answer(socket: &UdpSocket, bytes: &[u8], received: Received) -> io::Result<()> {
    socket.send_to(bytes, received.peer).await.map(drop)
}
