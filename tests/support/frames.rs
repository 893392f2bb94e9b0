//! A server that agrees on HTTP/2 and says whatever frames it is told to, good or bad; and, if it is told to, something
//! else over HTTP/1.1.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rustls::ServerConfig;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::script::End;
use crate::{Heard, Peer};

/// Types of frames (RFC 9113 section 6).
pub const DATA: u8 = 0;
/// See [`DATA`].
pub const HEADERS: u8 = 1;
/// See [`DATA`].
pub const RST_STREAM: u8 = 3;
/// See [`DATA`].
pub const SETTINGS: u8 = 4;
/// See [`DATA`].
pub const PUSH_PROMISE: u8 = 5;
/// See [`DATA`].
pub const GOAWAY: u8 = 7;
/// See [`DATA`].
pub const CONTINUATION: u8 = 9;

/// The flag that ends a stream.
pub const END_STREAM: u8 = 1;
/// The flag that ends a head.
pub const END_HEADERS: u8 = 4;

/// What is said on one connection when its request has come, and how the connection ends.
#[derive(Debug, Clone)]
pub struct Say {
    /// What is said.
    pub bytes: Vec<u8>,
    /// How it ends.
    pub end: End,
}

/// Says these frames behind the server's settings.
#[must_use]
pub fn frames(frames: &[Vec<u8>], end: End) -> Say {
    Say { bytes: [frame(SETTINGS, 0, 0, &[]), frames.concat()].concat(), end }
}

/// One frame.
///
/// # Panics
///
/// When the payload is longer than any.
#[must_use]
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("no such length").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// A whole head with this status on stream 1, and fields as HPACK writes them out (RFC 7541 section 6.2.2).
#[must_use]
pub fn head(flags: u8, status: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    frame(HEADERS, flags | END_HEADERS, 1, &fields_of(status, fields))
}

/// The fields of a head.
///
/// # Panics
///
/// When a field is longer than 16 KiB.
#[must_use]
pub fn fields_of(status: &str, fields: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = vec![0x08];
    string(&mut bytes, status);
    for (name, value) in fields {
        bytes.push(0);
        string(&mut bytes, name);
        string(&mut bytes, value);
    }
    bytes
}

/// A string without Huffman code (RFC 7541 sections 5.1 and 5.2).
fn string(bytes: &mut Vec<u8>, text: &str) {
    match text.len().checked_sub(0x7f) {
        None => bytes.push(u8::try_from(text.len()).expect("below 127")),
        Some(more) => {
            let (low, high) = (more & 0x7f, more >> 7);
            bytes.push(0x7f);
            bytes.push(u8::try_from(low | 0x80).expect("seven bits"));
            bytes.push(u8::try_from(high).ok().filter(|high| *high < 0x80).expect("a field of 16 KiB"));
        }
    }
    bytes.extend_from_slice(text.as_bytes());
}

/// Takes the request on stream 1 back with this error code.
#[must_use]
pub fn reset(code: u32) -> Vec<u8> {
    frame(RST_STREAM, 0, 1, &code.to_be_bytes())
}

/// Leaves, having taken up requests until this stream.
#[must_use]
pub fn goaway(last: u32, code: u32) -> Vec<u8> {
    frame(GOAWAY, 0, 0, &[last.to_be_bytes(), code.to_be_bytes()].concat())
}

/// Plays: the `n`th connection over HTTP/2 is told the `n`th of these or the last, one over HTTP/1.1 the other. `tls` has to
/// offer what is played. It hears which protocol each connection agreed on.
///
/// # Panics
///
/// When there is no port to listen on.
pub async fn play(tls: Arc<ServerConfig>, http2: Vec<Say>, http1: Say) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port to listen on");
    let address = listener.local_addr().expect("an address");
    let (heard, says) = (Heard::default(), Arc::new((http2, http1)));
    let notes = heard.clone();
    Peer::start(address, heard, async move {
        let (mut connections, turn) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
        while let Ok((stream, _)) = listener.accept().await {
            let (tls, says, turn, notes) =
                (TlsAcceptor::from(Arc::clone(&tls)), Arc::clone(&says), Arc::clone(&turn), notes.clone());
            connections.spawn(async move { serve(stream, tls, (&says, &turn), notes).await });
        }
    })
}

async fn serve(
    stream: TcpStream,
    tls: TlsAcceptor,
    (says, turn): (&(Vec<Say>, Say), &AtomicUsize),
    heard: Heard,
) {
    let Ok(mut stream) = tls.accept(stream).await else {
        return heard.push(b"no handshake".to_vec());
    };
    let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
    let (http2, http1) = says;
    let (protocol, say) = if is_http2 {
        let turn = turn.fetch_add(1, Ordering::SeqCst).min(http2.len().saturating_sub(1));
        hear_request(&mut stream).await;
        ("h2", http2.get(turn).expect("something to say"))
    } else {
        hear_head(&mut stream).await;
        ("http/1.1", http1)
    };
    heard.push(protocol.as_bytes().to_vec());
    let said = stream.write_all(&say.bytes).await.and(stream.flush().await);
    match (say.end, said) {
        (End::Hang, Ok(())) => drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await),
        (End::Close, Ok(())) => {
            drop(stream.shutdown().await);
            // What the caller still says would be answered with a reset, which may overtake what was said.
            drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
        }
        _ => stream.get_ref().0.set_zero_linger().expect("a socket that can linger"),
    }
}

/// Reads until the head of a request has come over HTTP/2, behind the preface (RFC 9113 section 3.4).
async fn hear_request(stream: &mut (impl AsyncRead + Unpin)) {
    let mut preface = [0; 24];
    if stream.read_exact(&mut preface).await.is_err() {
        return;
    }
    loop {
        let mut head = [0; 9];
        if stream.read_exact(&mut head).await.is_err() {
            return;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; usize::try_from(length).expect("24 bits")];
        if stream.read_exact(&mut payload).await.is_err() || head[3] == HEADERS {
            return;
        }
    }
}

/// Reads until the head of a request has come over HTTP/1.1.
async fn hear_head(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => heard.push(byte),
            Err(_) => return,
        }
    }
}
