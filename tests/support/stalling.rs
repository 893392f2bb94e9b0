//! HTTP peers that take their time: over every answer, or all at once now and then, as a server does whose disk or memory
//! stalls it.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::script::response;
use crate::{Heard, Peer};

/// How a peer takes its time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stalling {
    /// How long it takes over each answer.
    pub each: Duration,
    /// At which connection, counted from 1, it accepts nothing for a while; none at 0.
    pub at: usize,
    /// For how long.
    pub stall: Duration,
}

impl Stalling {
    /// Sets the peer to work on 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When there is no port to listen on.
    pub async fn work(self) -> Peer {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port to listen on");
        let address = listener.local_addr().expect("an address");
        Peer::start(address, Heard::default(), self.accept(listener))
    }

    async fn accept(self, listener: TcpListener) {
        let mut connections = JoinSet::new();
        for number in 1.. {
            let Ok((stream, _)) = listener.accept().await else { return };
            if number == self.at {
                tokio::time::sleep(self.stall).await;
            }
            connections.spawn(answer(stream, self.each));
        }
    }
}

async fn answer(mut stream: TcpStream, each: Duration) {
    let mut heard = Vec::new();
    while !heard.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => heard.push(byte),
            Err(_) => return,
        }
    }
    tokio::time::sleep(each).await;
    // The caller may have gone: it is the caller that is tested.
    drop(stream.write_all(&response("200 OK", "connection: close\r\n", b"hello")).await);
    drop(stream.shutdown().await);
}
