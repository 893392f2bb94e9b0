//! Handing a request on to an agent, as a front end does: from the front end's own address, saying who called.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use super::FRONT;
use super::door::Passing;
use super::head::Head;
use super::scene::Scene;
use super::wire::write;

/// Headers that a front end writes itself, or that are about one connection alone (RFC 9110 section 7.6.1).
const OWN: [&str; 3] = ["connection", "x-forwarded-for", "client-ip"];

/// Connects to an agent from the front end's address.
pub(super) async fn connect(scene: &Scene, to: SocketAddr) -> Option<TcpStream> {
    // A socket belongs to the namespace in which it was made, whoever uses it.
    let socket = match &scene.namespace {
        None => TcpSocket::new_v4(),
        Some(namespace) => namespace.inside(TcpSocket::new_v4),
    };
    let socket = socket.ok()?;
    socket.bind(SocketAddr::new(FRONT.parse().expect("an address"), 0)).ok()?;
    let stream = socket.connect(to).await.ok()?;
    stream.set_nodelay(true).ok()?;
    Some(stream)
}

/// Sends a request on, body and all, and returns the connection on which the answer comes, or the bytes of one that was
/// kept.
pub(super) async fn ask(
    scene: &Scene,
    passing: &Passing,
    (head, caller): (&Head, SocketAddr),
    body: &mut (impl AsyncRead + Unpin),
) -> Option<TcpStream> {
    let mut bytes = vec![0; head.body_bytes()];
    body.read_exact(&mut bytes).await.ok()?;
    if passing.steals {
        scene.steal(&bytes);
    }
    let mut agent = connect(scene, scene.place(passing.to).http).await?;
    let sent = [written(head, passing, caller).as_bytes(), &bytes].concat();
    write(&mut agent, &sent).await.then_some(())?;
    scene.pass();
    Some(agent)
}

/// Reads a whole answer.
pub(super) async fn whole(mut agent: TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What came before it broke is an answer, too.
    drop(agent.read_to_end(&mut bytes).await);
    drop(agent.shutdown().await);
    bytes
}

/// The head as an agent gets it.
fn written(head: &Head, passing: &Passing, caller: SocketAddr) -> String {
    let says = |name: &str| passing.saying.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
    let is_own = |name: &str| OWN.iter().any(|own| own.eq_ignore_ascii_case(name)) || says(name);
    let kept = head.headers.iter().filter(|(name, _)| !is_own(name));
    let kept: Vec<String> = kept.map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let address = caller.ip().to_string();
    let filled =
        |(name, value): &(&str, &str)| format!("{name}: {}\r\n", value.replace("{caller}", &address));
    let said: Vec<String> = passing.saying.iter().map(filled).collect();
    let (kept, said) = (kept.concat(), said.concat());
    format!("{} {} HTTP/1.1\r\n{kept}{said}Connection: close\r\n\r\n", head.method, head.path)
}
