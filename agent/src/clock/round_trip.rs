//! The round trip of a TCP handshake, SYN to SYN-ACK, as the kernel measured it (`TCP_INFO`, tcp(7)).
//!
//! No crate here wraps `TCP_INFO`. The call is the one that nix's own macro writes, which looks that the kernel filled
//! all that is read; this program has no unsafe code of its own.

use std::os::fd::AsFd;
use std::time::Duration;

/// The handshake's round trip, to one microsecond. Ask on a connection that stands and has carried nothing yet: later the
/// kernel smooths what it sees of the data in.
///
/// `None` where the system does not tell, where it was too short to measure, and where a SYN was sent again: what the
/// kernel took then is not the time since the first.
#[cfg(target_os = "linux")]
#[must_use]
pub fn round_trip(socket: &impl AsFd) -> Option<Duration> {
    let Words(words) = nix::sys::socket::getsockopt(socket, linux::TcpWords).ok()?;
    let (rtt_us, resent) = (words[linux::RTT], words[linux::TOTAL_RETRANS]);
    (rtt_us > 0 && resent == 0).then(|| Duration::from_micros(rtt_us.into()))
}

/// Nobody tells.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub fn round_trip(_: &impl AsFd) -> Option<Duration> {
    None
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

    /// Where `tcpi_rtt` is: behind two words of bytes and 15 numbers.
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
    fn the_kernel_s_round_trip_lies_within_the_program_s() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let start = Instant::now();
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        let took = start.elapsed();
        let told = round_trip(&stream).expect("a handshake takes a microsecond");
        assert!(told <= took, "{told:?} and {took:?}");
        assert_eq!(round_trip(&std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket")), None);
    }
}
