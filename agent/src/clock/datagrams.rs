//! A connected UDP socket whose packets the kernel stamps, where it does.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

use tokio::io::Interest;
use tokio::net::UdpSocket;

use super::reader::Reader;
use super::stamps::Stamps;

/// A connected UDP socket, stamped where the system has stamps.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
    stamps: Option<Reader>,
}

impl Datagrams {
    /// A socket that is connected.
    #[must_use]
    pub fn new(socket: UdpSocket) -> Self {
        let stamps = Reader::on(&socket);
        Self { socket, stamps }
    }

    /// Its stamps, where it has any.
    #[must_use]
    pub fn stamps(&self) -> Option<Stamps> {
        self.stamps.as_ref().map(Reader::stamps)
    }

    /// Sends one datagram.
    ///
    /// # Errors
    ///
    /// As `send(2)`.
    pub async fn send(&self, datagram: &[u8]) -> io::Result<usize> {
        self.socket.send(datagram).await
    }

    /// Receives one datagram, cut at the buffer's end.
    ///
    /// # Errors
    ///
    /// As `recv(2)`.
    pub async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Self { socket, stamps } = self;
        match stamps {
            // What ICMP said is no datagram: it is told as an error, at once.
            Some(reader) => {
                let told = Interest::READABLE | Interest::ERROR;
                socket.async_io(told, || reader.read(socket, buffer)).await
            }
            None => socket.recv(buffer).await,
        }
    }
}

impl AsFd for Datagrams {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

impl AsRawFd for Datagrams {
    fn as_raw_fd(&self) -> RawFd {
        self.socket.as_raw_fd()
    }
}
