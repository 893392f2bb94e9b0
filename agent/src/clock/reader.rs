//! Reads from a socket with `recvmsg(2)`, which brings the kernel's stamps along.

use std::io;
use std::os::fd::{AsFd, AsRawFd};

#[cfg(target_os = "linux")]
use super::order;
use super::stamps::Stamps;

/// Reads from one socket, and notes what the kernel stamped.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub(super) struct Reader {
    stamps: Stamps,
    /// Where control messages are put.
    space: Vec<u8>,
}

#[cfg(target_os = "linux")]
impl Reader {
    /// Has the kernel stamp what this socket sends and receives. `None` where it does not.
    pub(super) fn on(socket: &impl AsFd) -> Option<Self> {
        use nix::libc::{sock_extended_err, sockaddr_in6};
        use nix::sys::socket::{TimestampingFlag, Timestamps, setsockopt, sockopt};

        let wanted = TimestampingFlag::SOF_TIMESTAMPING_SOFTWARE
            | TimestampingFlag::SOF_TIMESTAMPING_RX_SOFTWARE
            | TimestampingFlag::SOF_TIMESTAMPING_TX_SOFTWARE
            | TimestampingFlag::SOF_TIMESTAMPING_OPT_TSONLY;
        setsockopt(socket, sockopt::Timestamping, &wanted).ok()?;
        let space = nix::cmsg_space!(Timestamps, sock_extended_err, sockaddr_in6);
        Some(Self { stamps: Stamps::default(), space })
    }

    pub(super) fn stamps(&self) -> Stamps {
        self.stamps.clone()
    }

    /// Reads once.
    pub(super) fn read(&mut self, socket: &(impl AsRawFd + AsFd), buffer: &mut [u8]) -> io::Result<usize> {
        use nix::sys::socket::MsgFlags;

        let (count, stamp) = receive(socket, buffer, &mut self.space, MsgFlags::empty())?;
        self.stamps.came(stamp.filter(|at| !(is_old(*at) && order::is_lost(socket))));
        // The stamps of what was sent are in the error queue: a few since the last time.
        while !self.stamps.knows_sent() {
            let sent = receive(socket, &mut [], &mut self.space, MsgFlags::MSG_ERRQUEUE);
            let Ok((_, stamp)) = sent else { break };
            if let Some(at) = stamp {
                self.stamps.sent(at);
            }
        }
        Ok(count)
    }
}

/// Whether a stamp is older than a reader is late on a machine that has nothing else to do: it may be of another packet than
/// the one that was waited for.
#[cfg(target_os = "linux")]
fn is_old(at: std::time::Duration) -> bool {
    ringfence_contract::wall_clock::since_epoch().saturating_sub(at) > std::time::Duration::from_millis(1)
}

#[cfg(target_os = "linux")]
fn receive(
    socket: &impl AsRawFd,
    buffer: &mut [u8],
    space: &mut [u8],
    flags: nix::sys::socket::MsgFlags,
) -> io::Result<(usize, Option<std::time::Duration>)> {
    use nix::sys::socket::{ControlMessageOwned, recvmsg};

    let mut parts = [io::IoSliceMut::new(buffer)];
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut parts, Some(space), flags)?;
    let stamp = message.cmsgs().ok().and_then(|mut controls| {
        controls.find_map(|control| match control {
            ControlMessageOwned::ScmTimestampsns(stamps) => Some(std::time::Duration::from(stamps.system)),
            _ => None,
        })
    });
    Ok((message.bytes, stamp.filter(|stamp| !stamp.is_zero())))
}

/// Where the system stamps nothing there is nothing to read with.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub(super) enum Reader {}

#[cfg(not(target_os = "linux"))]
impl Reader {
    pub(super) fn on(_: &impl AsFd) -> Option<Self> {
        None
    }

    pub(super) fn stamps(&self) -> Stamps {
        match *self {}
    }

    pub(super) fn read(&mut self, _: &(impl AsRawFd + AsFd), _: &mut [u8]) -> io::Result<usize> {
        match *self {}
    }
}
