//! A way to a bare TCP listener: connections are handed on as they are, or not.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;

use super::door::{End, Then};
use super::forward::connect;
use super::serve::Room;
use super::wire::{Wire, finish, say};

/// Does what the door's clauses say of a connection.
pub(super) async fn converse(room: &Room, mut wire: Wire, caller: SocketAddr, connection: u32) {
    match room.asked(caller, connection, false, None).decide(&room.clauses) {
        Then::Pass(passing) => {
            let Some(mut agent) = connect(&room.scene, room.scene.place(passing.to).tcp).await else {
                return finish(wire, End::Reset).await;
            };
            room.scene.pass();
            // Either end may break off.
            drop(copy_bidirectional(&mut wire, &mut agent).await);
        }
        Then::Raw(bytes, end) => say(wire, &bytes, end).await,
        Then::Hang => finish(wire, End::Hang).await,
        Then::Reset => finish(wire, End::Reset).await,
        _ => finish(wire, End::Close).await,
    }
}
