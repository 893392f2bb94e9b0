//! Listens in on a connection: the first bytes that came, its frames where it speaks HTTP/2, and how it ended. An HTTP
//! library tells its user that an answer failed; the tap tells how.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::{Frames, Told};
use super::socket_error::End;
use crate::clock::Stamps;

/// How many bytes of an answer are kept: what a head that is not taken says, and what comes with it.
const FIRST_BYTES: usize = 16 * 1024;

/// What was overheard.
#[derive(Debug, Clone, Default)]
pub(super) struct Overheard {
    /// The first bytes that came, at most [`FIRST_BYTES`].
    pub(super) first: Vec<u8>,
    /// What the frames say, where it is HTTP/2.
    pub(super) told: Told,
    /// How the connection ended, if it has.
    pub(super) end: Option<End>,
}

/// Where to ask what was overheard.
#[derive(Debug, Clone)]
pub(super) struct Listener {
    heard: Arc<Mutex<Overheard>>,
    frames: Option<Arc<Mutex<Frames>>>,
    /// Told of every byte that comes, as each is one of an answer.
    stamps: Option<Stamps>,
}

impl Listener {
    /// What was overheard so far.
    pub(super) fn overheard(&self) -> Overheard {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(frames) = &self.frames {
            heard.told = frames.lock().unwrap_or_else(PoisonError::into_inner).told();
        }
        heard
    }

    /// Forgets the first bytes: those of another answer are to come.
    pub(super) fn forget(&self) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).first.clear();
        if let Some(frames) = &self.frames {
            frames.lock().unwrap_or_else(PoisonError::into_inner).ask();
        }
    }

    fn bytes(&self, bytes: &[u8]) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        let room = FIRST_BYTES.saturating_sub(heard.first.len());
        heard.first.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        drop(heard);
        if let Some(frames) = &self.frames {
            frames.lock().unwrap_or_else(PoisonError::into_inner).read(bytes);
        }
        if let Some(stamps) = &self.stamps {
            stamps.answered();
        }
    }

    fn end(&self, end: End) {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).end.get_or_insert(end);
    }
}

/// A connection that is listened in on.
#[derive(Debug)]
pub(super) struct Tap<T> {
    inner: T,
    listener: Listener,
}

impl<T> Tap<T> {
    /// Listens in on a connection, and tells these stamps when an answer begins. Frames are read where they are spoken.
    pub(super) fn on(inner: T, stamps: Option<Stamps>, frames: Option<Frames>) -> (Self, Listener) {
        let frames = frames.map(|frames| Arc::new(Mutex::new(frames)));
        let listener = Listener { heard: Arc::default(), frames, stamps };
        (Self { inner, listener: listener.clone() }, listener)
    }

    fn told<V>(&self, poll: Poll<io::Result<V>>) -> Poll<io::Result<V>> {
        if let Poll::Ready(Err(error)) = &poll {
            self.listener.end(End::of(error));
        }
        poll
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Tap<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.inner).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => {
                let came = buf.filled().get(before..).unwrap_or_default();
                match came {
                    [] => self.listener.end(End::Closed),
                    came => self.listener.bytes(came),
                }
                Poll::Ready(Ok(()))
            }
            // A TLS peer that closes without saying so (RFC 8446 section 6.1). Whether the answer is whole is told by
            // its own length, or its seal.
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.listener.end(End::Closed);
                Poll::Ready(Ok(()))
            }
            other => self.told(other),
        }
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Tap<T> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let poll = Pin::new(&mut self.inner).poll_write(cx, bytes);
        self.told(poll)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let poll = Pin::new(&mut self.inner).poll_flush(cx);
        self.told(poll)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
