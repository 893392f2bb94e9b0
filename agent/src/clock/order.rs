//! Whether what came on a TCP connection came in order. Where it did not, the kernel reads packets together that came at
//! different times and gives them the stamp of the one that came too early (`tcp_try_coalesce`): an answer that was lost and
//! sent again has that of the end of its connection, which was not lost.
//!
//! As the `handshake` file asks `TCP_INFO`; further on in what the kernel tells.

use std::os::fd::AsFd;
use std::sync::LazyLock;

use nix::libc;
use nix::sys::socket::sockopt::GetStruct;

/// Whether any packet came out of its order on this connection; no, where the kernel does not tell.
pub(super) fn is_lost(socket: &impl AsFd) -> bool {
    // A kernel that writes less than is asked for would be taken for a broken one.
    static TELLS: LazyLock<bool> = LazyLock::new(|| {
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease");
        release.is_ok_and(|release| version(&release) >= SINCE)
    });
    *TELLS && nix::sys::socket::getsockopt(socket, TcpWords).is_ok_and(|Words(words)| words[OUT_OF_ORDER] > 0)
}

/// The first Linux with `tcpi_rcv_ooopack`.
const SINCE: (u32, u32) = (5, 4);

/// `6.1.0-18-amd64`: 6, 1.
fn version(release: &str) -> (u32, u32) {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// `struct tcp_info` (Linux's `uapi/linux/tcp.h`) up to and with `tcpi_rcv_ooopack`.
#[derive(Debug, Clone, Copy)]
struct Words([u32; OUT_OF_ORDER + 1]);

/// Where `tcpi_rcv_ooopack` is: behind the 26 words that the `handshake` file knows, 4 numbers of 64 bits, 6 of 32, 4 of 64,
/// 2 of 32, 2 of 64 and 2 of 32.
const OUT_OF_ORDER: usize = 26 + 2 * 4 + 6 + 2 * 4 + 2 + 2 * 2 + 2;

#[derive(Debug, Clone, Copy)]
struct TcpWords;

nix::getsockopt_impl!(TcpWords, libc::IPPROTO_TCP, libc::TCP_INFO, Words, GetStruct<Words>);

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn what_comes_in_order_is_in_order_and_datagrams_have_none() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
        let stream = TcpStream::connect(listener.local_addr().expect("an address")).expect("a connection");
        assert!(!is_lost(&stream));
        assert!(!is_lost(&std::net::UdpSocket::bind("127.0.0.1:0").expect("a socket")));
    }

    #[test]
    fn a_release_is_read_up_to_its_second_number() {
        for (release, expected) in
            [("6.1.0-18-amd64\n", (6, 1)), ("5.4", (5, 4)), ("4.18.0-553.el8", (4, 18)), ("", (0, 0))]
        {
            assert_eq!(version(release), expected, "{release}");
        }
    }
}
