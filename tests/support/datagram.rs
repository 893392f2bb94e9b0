//! UDP peers: each datagram that comes is answered with a list of datagrams, or with silence.

use tokio::net::UdpSocket;

use crate::{Heard, Peer};

/// Answers each datagram but the first `deaf` with these.
///
/// # Panics
///
/// When there is no port to listen on.
pub async fn answering(deaf: usize, answers: Vec<Vec<u8>>) -> Peer {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port to listen on");
    let address = socket.local_addr().expect("an address");
    let heard = Heard::default();
    let notes = heard.clone();
    Peer::start(address, heard, async move {
        let mut buffer = [0; 2048];
        let mut came = 0;
        while let Ok((count, from)) = socket.recv_from(&mut buffer).await {
            notes.push(buffer.iter().take(count).copied().collect());
            came += 1;
            let answers = if came > deaf { answers.as_slice() } else { &[] };
            for answer in answers {
                socket.send_to(answer, from).await.expect("loopback takes a datagram");
            }
        }
    })
}
