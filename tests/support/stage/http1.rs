//! A door over HTTP/1.1, by hand, so that it can say any bytes at all (RFC 9112).

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, copy};

use super::door::{End, Passing, Reply, Then};
use super::forward::{ask, whole};
use super::head::{Asked, Head};
use super::serve::Room;
use super::wire::{Wire, finish, read_on, repeat, say, write};

/// Hears one request, and does what the door's clauses say.
pub(super) async fn converse(room: &Room, mut wire: Wire, caller: SocketAddr, connection: u32) {
    let Some(head) = Head::read(&mut wire).await else { return };
    let asked = room.asked(caller, connection, false, Some(head.clone()));
    let mut then = asked.decide(&room.clauses);
    while let Then::Late(wait, later) = then {
        tokio::time::sleep(wait).await;
        then = *later;
    }
    match then {
        Then::Pass(passing) => pass(room, wire, (&head, caller), &passing).await,
        Then::Say(reply) => say(wire, &written(&reply, &asked), End::Close).await,
        Then::Raw(bytes, end) => say(wire, &bytes, end).await,
        Then::Forever(first, bytes) => repeat(wire, &first, &bytes).await,
        Then::Frames(_) | Then::Late(..) | Then::Close => finish(wire, End::Close).await,
        Then::Reset => finish(wire, End::Reset).await,
        Then::Hang => finish(wire, End::Hang).await,
        Then::Kill(agent) => {
            room.scene.kill(agent);
            finish(wire, End::Close).await;
        }
        Then::Forge(agent) => {
            let body = room.scene.forge(agent, &head, caller).unwrap_or_default();
            say(wire, &written(&Reply::new("200 OK", body), &asked), End::Close).await;
        }
    }
}

async fn pass(room: &Room, mut wire: Wire, (head, caller): (&Head, SocketAddr), passing: &Passing) {
    if let (true, Some(kept)) = (passing.cached, room.scene.cached()) {
        return say(wire, &kept, End::Close).await;
    }
    let Some(mut agent) = ask(&room.scene, passing, (head, caller), &mut wire).await else {
        let down = Reply::new("502 Bad Gateway", "the app does not answer");
        let asked = room.asked(caller, 1, false, None);
        return say(wire, &written(&down, &asked), End::Close).await;
    };
    if passing.cached {
        let answer = whole(agent).await;
        room.scene.keep(answer.clone());
        return say(wire, &answer, End::Close).await;
    }
    match passing.at_most {
        None => {
            // A caller that goes away takes its agent's answer with it.
            drop(copy(&mut agent, &mut wire).await);
            finish(wire, End::Close).await;
        }
        Some(most) => {
            let mut part = agent.take(most as u64);
            drop(copy(&mut part, &mut wire).await);
            if write(&mut wire, b"").await {
                read_on(&mut wire).await;
            }
        }
    }
}

/// An answer as HTTP/1.1 writes it.
pub(super) fn written(reply: &Reply, asked: &Asked) -> Vec<u8> {
    let line = |(name, value): &(String, String)| format!("{name}: {}\r\n", asked.filled(value));
    let headers: Vec<String> = reply.headers.iter().map(line).collect();
    let body = asked.filled_bytes(&reply.body);
    let head = format!(
        "HTTP/1.1 {}\r\n{}content-length: {}\r\nconnection: close\r\n\r\n",
        reply.status,
        headers.concat(),
        body.len()
    );
    [head.as_bytes(), &body].concat()
}
