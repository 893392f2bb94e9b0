//! What ICMP said about a socket's packets, from the socket's error queue (`IP_RECVERR`, ip(7)): the only place where
//! Linux keeps ICMP's own code. A TCP socket that is connecting has it since Linux 5.11; before, and elsewhere, the
//! queue is empty and the error's number has to do. Without it UDP would not hear of unreachable nets and hosts at all.

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};

use ringfence_contract::outcome::Unreachable;

/// Has the socket queue what ICMP says, or not. A system that cannot is heard by its error numbers.
#[cfg(target_os = "linux")]
pub(super) fn listen(socket: &impl AsFd, remote: SocketAddr, is_on: bool) {
    use nix::sys::socket::{setsockopt, sockopt};

    let set = match remote {
        SocketAddr::V4(_) => setsockopt(socket, sockopt::Ipv4RecvErr, &is_on),
        SocketAddr::V6(_) => setsockopt(socket, sockopt::Ipv6RecvErr, &is_on),
    };
    if let Err(error) = set {
        tracing::debug!(%error, "this system does not tell ICMP's codes");
    }
}

/// What ICMP said last, if the queue holds anything.
#[cfg(target_os = "linux")]
pub(super) fn said(socket: &impl AsRawFd) -> Option<Unreachable> {
    use std::io::IoSliceMut;

    use nix::libc::{
        SO_EE_ORIGIN_ICMP, SO_EE_ORIGIN_ICMP6, SO_EE_ORIGIN_TIMESTAMPING, sock_extended_err, sockaddr_in6,
    };
    use nix::sys::socket::{ControlMessageOwned, MsgFlags, Timestamps, recvmsg};

    let mut packet = [0; 64];
    // With less room than its largest entry takes, the queue would be read as empty.
    let mut space = nix::cmsg_space!(Timestamps, sock_extended_err, sockaddr_in6);
    loop {
        let mut parts = [IoSliceMut::new(&mut packet)];
        let message =
            recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(&mut space), MsgFlags::MSG_ERRQUEUE).ok()?;
        let error = message.cmsgs().ok()?.find_map(|control| match control {
            ControlMessageOwned::Ipv4RecvErr(error, _) | ControlMessageOwned::Ipv6RecvErr(error, _) => {
                Some(error)
            }
            _ => None,
        });
        match error {
            Some(error) if error.ee_origin == SO_EE_ORIGIN_ICMP => return v4(error.ee_type, error.ee_code),
            Some(error) if error.ee_origin == SO_EE_ORIGIN_ICMP6 => return v6(error.ee_type, error.ee_code),
            // The stamp of something sent (`SO_TIMESTAMPING`).
            Some(error) if error.ee_origin == SO_EE_ORIGIN_TIMESTAMPING => {}
            _ => return None,
        }
    }
}

/// Without an error queue there is nothing to switch on.
#[cfg(not(target_os = "linux"))]
pub(super) fn listen(_: &impl AsFd, _: SocketAddr, _: bool) {}

/// Without an error queue nothing is in it.
#[cfg(not(target_os = "linux"))]
pub(super) fn said(_: &impl AsRawFd) -> Option<Unreachable> {
    None
}

/// ICMP's words: RFC 792, and RFC 1812 section 5.2.7.1 for the codes from 6 on.
fn v4(kind: u8, code: u8) -> Option<Unreachable> {
    match (kind, code) {
        (3, 0 | 6 | 11) => Some(Unreachable::Net),
        (3, 1 | 5 | 7 | 8 | 12) => Some(Unreachable::Host),
        // Protocol unreachable: the host takes no packets of this kind, on this port or another.
        (3, 2 | 3) => Some(Unreachable::Port),
        (3, 9 | 10 | 13..=15) => Some(Unreachable::AdminProhibited),
        _ => None,
    }
}

/// `ICMPv6`'s words: RFC 4443 section 3.1.
fn v6(kind: u8, code: u8) -> Option<Unreachable> {
    match (kind, code) {
        (1, 0 | 2) => Some(Unreachable::Net),
        (1, 3) => Some(Unreachable::Host),
        (1, 4) => Some(Unreachable::Port),
        (1, 1 | 5 | 6) => Some(Unreachable::AdminProhibited),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn icmp_is_read_by_its_own_tables() {
        for (code, kind) in [
            (0, Unreachable::Net),
            (1, Unreachable::Host),
            (3, Unreachable::Port),
            (9, Unreachable::AdminProhibited),
            (10, Unreachable::AdminProhibited),
            (13, Unreachable::AdminProhibited),
        ] {
            assert_eq!(v4(3, code), Some(kind), "type 3 code {code}");
        }
        for (code, kind) in [
            (0, Unreachable::Net),
            (1, Unreachable::AdminProhibited),
            (3, Unreachable::Host),
            (4, Unreachable::Port),
        ] {
            assert_eq!(v6(1, code), Some(kind), "type 1 code {code}");
        }
        // A time exceeded, a source quench: nobody said that anything is unreachable.
        assert_eq!((v4(11, 0), v4(4, 0), v6(3, 0)), (None, None, None));
    }
}
