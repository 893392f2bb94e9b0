//! A TCP connection whose packets the kernel stamps, where it does: reads come with the time at which what was read had
//! come in. Otherwise it is the connection it is made of.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::TcpStream;

use super::reader::Reader;
use super::stamps::Stamps;

/// As much as is read at once: room for an answer and its head. What is read into is zeroed before.
const READ_BYTES: usize = 2_048;

/// A TCP connection, stamped where the system has stamps.
#[derive(Debug)]
pub struct Stamped {
    tcp: TcpStream,
    stamps: Option<Reader>,
}

impl Stamped {
    /// A connection that stands.
    #[must_use]
    pub fn new(tcp: TcpStream) -> Self {
        let stamps = Reader::on(&tcp);
        Self { tcp, stamps }
    }

    /// The same connection, without stamps from here on.
    #[must_use]
    pub fn unstamped(mut self) -> Self {
        self.stamps = None;
        self
    }

    /// Its stamps, where it has any.
    #[must_use]
    pub fn stamps(&self) -> Option<Stamps> {
        self.stamps.as_ref().map(Reader::stamps)
    }

    /// The address it comes from.
    #[must_use]
    pub fn local(&self) -> Option<SocketAddr> {
        self.tcp.local_addr().ok()
    }

    /// Whether it stands and nothing waits on it to be read.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let read = self.tcp.try_read(&mut [0]);
        matches!(read, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl Drop for Stamped {
    /// Once an answer has begun, nothing is lost any more by a reset, and both ends have their ports back at once: who closes
    /// in order holds on to them for a minute (TIME-WAIT, RFC 9293 section 3.6.1), after 28,232 calls in it Linux gives a
    /// vantage none towards that address (`ip_local_port_range`), and it looks long for the last of them.
    ///
    /// Before an answer, a connection ends in order: what its peer has not read yet must not be lost, for it is evidence.
    fn drop(&mut self) {
        if self.stamps.as_ref().is_some_and(|reader| reader.stamps().is_answered()) {
            // Where the system refuses, it ends in order as well.
            drop(SockRef::from(&self.tcp).set_linger(Some(Duration::ZERO)));
        }
    }
}

impl AsyncRead for Stamped {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Self { tcp, stamps } = self.get_mut();
        let Some(reader) = stamps else { return Pin::new(tcp).poll_read(cx, buf) };
        loop {
            match tcp.poll_read_ready(cx) {
                Poll::Ready(ready) => ready?,
                Poll::Pending => return Poll::Pending,
            }
            let unfilled = buf.initialize_unfilled_to(buf.remaining().min(READ_BYTES));
            match tcp.try_io(Interest::READABLE, || reader.read(tcp, unfilled)) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return Poll::Ready(read.map(|count| buf.advance(count))),
            }
        }
    }
}

impl AsyncWrite for Stamped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    /// Does nothing: a connection ends when it is dropped, in both directions, and nobody ends one of them before.
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::time::{Duration, Instant};

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;
    use crate::clock::Stamping;

    async fn echo(listener: TcpListener) {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        let mut byte = [0];
        while stream.read_exact(&mut byte).await.is_ok() {
            stream.write_all(&byte).await.expect("an echo");
        }
    }

    #[tokio::test]
    async fn the_kernel_s_times_lie_within_the_program_s() {
        let _stamping = Stamping::on();
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let peer = tokio::spawn(echo(listener));
        let mut stream = Stamped::new(TcpStream::connect(address).await.expect("a connection"));
        let stamps = stream.stamps().expect("Linux stamps");
        let mut told = Vec::new();
        // The kernel begins to stamp some time after it is asked.
        let mut asked = 0;
        while told.len() < 100 && asked < 100_000 {
            asked += 1;
            let start = Instant::now();
            stamps.ask();
            stream.write_all(b"?").await.expect("written");
            stream.read_exact(&mut [0]).await.expect("read");
            stamps.answered();
            told.extend(stamps.took().map(|kernel| (kernel, start.elapsed())));
        }
        assert_eq!(told.len(), 100, "the kernel stamps");
        assert!(
            told.iter().all(|(kernel, program)| kernel <= program && *kernel > Duration::ZERO),
            "{told:?}"
        );
        drop(stream);
        peer.await.expect("no panic");
    }

    #[tokio::test]
    async fn a_connection_that_has_ended_is_not_quiet() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a listener");
        let address = listener.local_addr().expect("an address");
        let mut stream = Stamped::new(TcpStream::connect(address).await.expect("a connection"));
        let (peer, _) = listener.accept().await.expect("a connection");
        assert!(stream.is_quiet());
        drop(peer);
        assert_eq!(stream.read(&mut [0]).await.expect("an end"), 0);
        assert!(!stream.is_quiet());
    }
}
