//! A caller's connection, with or without TLS, and how it ends.

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

use super::door::End;

/// A caller's connection.
pub(super) type Wire = Box<dyn Stream>;

/// What a connection can do, whatever it is made of.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {
    /// The TCP connection below.
    fn tcp(&self) -> &TcpStream;
}

impl Stream for BufStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref()
    }
}

impl Stream for BufStream<TlsStream<TcpStream>> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().get_ref().0
    }
}

/// Writes bytes and ends. The caller may have gone: it is the caller that is tested.
pub(super) async fn say(mut wire: Wire, bytes: &[u8], end: End) {
    if write(&mut wire, bytes).await {
        finish(wire, end).await;
    }
}

/// Writes bytes, and then others again and again until the caller goes away.
pub(super) async fn repeat(mut wire: Wire, first: &[u8], bytes: &[u8]) {
    let mut said = write(&mut wire, first).await;
    while said {
        said = write(&mut wire, bytes).await;
    }
}

/// Ends a connection.
pub(super) async fn finish(mut wire: Wire, end: End) {
    match end {
        End::Hang => read_on(&mut wire).await,
        // A reset is what the system sends for a socket that does not linger.
        End::Reset => drop(wire.tcp().set_zero_linger()),
        End::Close => {
            if wire.shutdown().await.is_ok() {
                // Unread bytes would make a reset of it, which may overtake what was said (RFC 9112 section 9.6).
                read_on(&mut wire).await;
            }
        }
    }
}

/// Writes bytes; whether the caller is still there.
pub(super) async fn write(wire: &mut (impl AsyncWrite + Unpin), bytes: &[u8]) -> bool {
    wire.write_all(bytes).await.is_ok() && wire.flush().await.is_ok()
}

/// Reads until the other end closes.
pub(super) async fn read_on(wire: &mut (impl AsyncRead + Unpin)) {
    let mut chunk = [0; 4096];
    while wire.read(&mut chunk).await.is_ok_and(|count| count > 0) {}
}
