//! What the kernel knows of a TCP handshake (`TCP_INFO`, tcp(7)): how long it took, SYN to SYN-ACK, and when it ended.
//!
//! No crate here wraps `TCP_INFO`. The call is the one that nix's own macro writes, which looks that the kernel filled
//! all that is read; this program has no unsafe code of its own.

use std::os::fd::AsFd;
use std::time::Duration;

/// What the kernel knows of a handshake. Ask on a connection that stands and has carried nothing yet: later the kernel
/// smooths what it sees of the data in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Handshake {
    /// How long it took, to one microsecond, from the SYN to the SYN-ACK.
    ///
    /// `None` where the system does not tell, where it was too short to measure, and where a SYN was sent again: what the
    /// kernel took then is not the time since the first.
    pub took: Option<Duration>,
    /// How long ago the SYN-ACK came: by so much a program is late that asks now. The kernel counts its ticks, of 1 to 10
    /// ms; what is below one is none. 0 where the system does not tell.
    pub ended: Duration,
}

impl Handshake {
    /// Asks about the handshake of a connection.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn of(socket: &impl AsFd) -> Self {
        let Ok(Words(words)) = nix::sys::socket::getsockopt(socket, linux::TcpWords) else {
            return Self::default();
        };
        let (rtt_us, resent) = (words[linux::RTT], words[linux::TOTAL_RETRANS]);
        Self {
            took: (rtt_us > 0 && resent == 0).then(|| Duration::from_micros(rtt_us.into())),
            ended: Duration::from_millis(words[linux::LAST_ACK_RECV].into()),
        }
    }

    /// Nobody tells.
    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn of(_: &impl AsFd) -> Self {
        Self::default()
    }
}

/// `struct tcp_info` (Linux's `uapi/linux/tcp.h`) up to and with `tcpi_total_retrans`, as every kernel since 2.6 has it:
/// eight bytes, then 24 numbers. Asked for no more, the kernel writes exactly this.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone, Copy)]
struct Words([u32; 26]);

#[cfg(target_os = "linux")]
mod linux {
    use nix::libc;
    use nix::sys::socket::sockopt::GetStruct;

    /// Where `tcpi_last_ack_recv` is: behind two words of bytes and 12 numbers.
    pub(super) const LAST_ACK_RECV: usize = 14;
    /// Where `tcpi_rtt` is, three numbers on.
    pub(super) const RTT: usize = 17;
    /// Where `tcpi_total_retrans` is: the last.
    pub(super) const TOTAL_RETRANS: usize = 25;

    #[derive(Debug, Clone, Copy)]
    pub(super) struct TcpWords;

    nix::getsockopt_impl!(TcpWords, libc::IPPROTO_TCP, libc::TCP_INFO, super::Words, GetStruct<super::Words>);
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::time::Instant;

    use super::*;

    #[test]
    fn the_kernel_s_times_lie_within_the_program_s() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let start = Instant::now();
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        let connected = start.elapsed();
        let told = Handshake::of(&stream);
        let took = told.took.expect("a handshake takes a microsecond");
        assert!(took <= connected, "{took:?} and {connected:?}");
        // Wait until the kernel has counted on.
        let tick = Duration::from_millis(10);
        let mut asked = std::iter::repeat_with(|| Handshake::of(&stream)).take(10_000_000);
        let later = asked.find(|later| later.ended >= tick);
        let (later, asked) = (later.expect("time passes"), start.elapsed());
        assert!(later.took == Some(took) && later.ended <= asked + tick, "{later:?} after {asked:?}");
        let datagrams = std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket");
        assert_eq!(Handshake::of(&datagrams), Handshake::default());
    }
}
