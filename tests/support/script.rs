//! TCP and TLS peers with a script: hear something, say something, end in a chosen way.

use std::sync::Arc;

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::{Heard, Peer};

/// What a peer waits for before it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hear {
    /// Nothing at all.
    Nothing,
    /// One line.
    Line,
    /// The head of an HTTP request.
    Head,
}

/// How a peer ends its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In order.
    Close,
    /// With a reset.
    Reset,
    /// Not at all.
    Hang,
}

/// What a peer does with each connection.
#[derive(Debug, Clone)]
pub struct Script {
    /// What it waits for.
    pub hear: Hear,
    /// What it says then.
    pub say: Vec<u8>,
    /// How it ends.
    pub end: End,
    /// The TLS it speaks, if it does.
    pub tls: Option<Arc<ServerConfig>>,
}

impl Script {
    /// Waits for the head of a request, says this, and closes.
    #[must_use]
    pub fn http(response: impl Into<Vec<u8>>) -> Self {
        Self { hear: Hear::Head, say: response.into(), end: End::Close, tls: None }
    }

    /// Waits for a line, says this, and closes.
    #[must_use]
    pub fn line(answer: impl Into<Vec<u8>>) -> Self {
        Self { hear: Hear::Line, say: answer.into(), end: End::Close, tls: None }
    }

    /// Waits for nothing, says nothing, and ends.
    #[must_use]
    pub fn at_once(end: End) -> Self {
        Self { hear: Hear::Nothing, say: Vec::new(), end, tls: None }
    }

    /// The same with another end.
    #[must_use]
    pub fn ending(self, end: End) -> Self {
        Self { end, ..self }
    }

    /// The same over TLS.
    #[must_use]
    pub fn over(self, tls: Arc<ServerConfig>) -> Self {
        Self { tls: Some(tls), ..self }
    }

    /// Plays the script on an address of this machine, for each connection that comes.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    pub async fn play_on(self, ip: &str) -> Peer {
        let listener = TcpListener::bind((ip, 0)).await.expect("a port to listen on");
        let address = listener.local_addr().expect("an address");
        let heard = Heard::default();
        let notes = heard.clone();
        Peer::start(address, heard, async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, self.clone(), notes.clone()));
            }
        })
    }

    /// Plays the script on 127.0.0.1.
    pub async fn play(self) -> Peer {
        self.play_on("127.0.0.1").await
    }
}

/// A canned HTTP/1.1 response with its length.
#[must_use]
pub fn response(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

async fn serve(stream: TcpStream, script: Script, heard: Heard) {
    if script.end == End::Reset {
        stream.set_zero_linger().expect("a socket that can linger");
    }
    match script.tls.clone() {
        None => act(stream, &script, &heard).await,
        Some(tls) => {
            // A caller that does not like the certificate ends the handshake: nothing more to do for it.
            let Ok(stream) = TlsAcceptor::from(tls).accept(stream).await else { return };
            act(stream, &script, &heard).await;
        }
    }
}

async fn act(mut stream: impl AsyncRead + AsyncWrite + Unpin, script: &Script, heard: &Heard) {
    heard.push(hear(&mut stream, script.hear).await);
    // The caller may have gone: it is the caller that is tested.
    let said = stream.write_all(&script.say).await.and(stream.flush().await);
    match (script.end, said) {
        (End::Hang, Ok(())) => std::future::pending().await,
        (End::Close, Ok(())) => drop(stream.shutdown().await),
        _ => {}
    }
}

async fn hear(stream: &mut (impl AsyncRead + Unpin), hear: Hear) -> Vec<u8> {
    let end: &[u8] = match hear {
        Hear::Nothing => return Vec::new(),
        Hear::Line => b"\n",
        Hear::Head => b"\r\n\r\n",
    };
    let mut heard = Vec::new();
    while !heard.ends_with(end) {
        match stream.read_u8().await {
            Ok(byte) => heard.push(byte),
            Err(_) => break,
        }
    }
    heard
}
