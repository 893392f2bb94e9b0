//! An HTTP/2 server over TLS with one canned answer.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::{Heard, Peer};

/// Answers each request with this body and status 200. It hears each request's target and call header.
///
/// # Panics
///
/// When there is no port to listen on.
pub async fn answering(tls: Arc<ServerConfig>, body: Vec<u8>) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port to listen on");
    let address = listener.local_addr().expect("an address");
    let heard = Heard::default();
    let notes = heard.clone();
    let body = Bytes::from(body);
    Peer::start(address, heard, async move {
        let mut connections = JoinSet::new();
        while let Ok((stream, _)) = listener.accept().await {
            connections.spawn(serve(
                stream,
                TlsAcceptor::from(Arc::clone(&tls)),
                body.clone(),
                notes.clone(),
            ));
        }
    })
}

async fn serve(stream: TcpStream, tls: TlsAcceptor, body: Bytes, heard: Heard) {
    let Ok(stream) = tls.accept(stream).await else { return };
    let answer = service_fn(move |request: Request<hyper::body::Incoming>| {
        heard.push(format!("{} {:?}", request.uri(), request.headers()).into_bytes());
        let body = Full::new(body.clone());
        async move { Ok::<_, Infallible>(Response::new(body)) }
    });
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(stream), answer);
    // The caller leaves without a farewell: it is the caller that is tested.
    drop(connection.await);
}
