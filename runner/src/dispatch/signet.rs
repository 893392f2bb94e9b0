//! Signs what the runner says in a run, and reads what is sealed for it. It must not know what is asked or answered.

use std::time::Duration;

use ringfence_contract::fingerprint::Fingerprint;
use ringfence_contract::id::{BootId, OrderId};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{self, Ask, Order, PrivateKey, Run};
use ringfence_contract::reply::{Line, ReplyError, ReplyReader};
use ringfence_contract::wall_clock::now_ms;

use super::route::Letter;

/// The private key and the run, shared by all correspondence.
pub(super) struct Signet {
    pub(super) key: PrivateKey,
    pub(super) run: Run,
    pub(super) fingerprints: Vec<Fingerprint>,
}

/// Which life of an agent an order is for, and by which clock it lives how long.
#[derive(Debug, Clone, Copy)]
pub(super) struct Life {
    pub(super) boot: Option<BootId>,
    pub(super) ahead_ms: i64,
    pub(super) within: Duration,
}

impl Signet {
    /// Signs an order to an agent, in the agent's time: its clock is this far ahead of the runner's.
    pub(super) fn write(&self, audience: &AgentName, ask: Ask, life: Life) -> Letter {
        let Life { boot, ahead_ms, within } = life;
        let issued_ms = now_ms().saturating_add_signed(ahead_ms);
        let life_ms = u64::try_from(within.as_millis()).unwrap_or(u64::MAX).min(order::ORDER_LIFE_MAX_MS);
        let id = OrderId::random();
        let run = self.run.clone();
        let order = Order {
            audience: audience.clone(),
            id,
            issued_ms,
            expires_ms: issued_ms + life_ms,
            boot,
            run,
            ask,
        };
        Letter::new(id, order::sign(&self.key, &order))
    }

    /// Every good line of what has come of a reply, up to its end or its first fault.
    pub(super) fn read(&self, letter: &Letter) -> (Vec<Line>, Option<ReplyError>) {
        let mut reader = ReplyReader::new(self.run.key.clone(), letter.id);
        let mut lines = Vec::new();
        for text in letter.heard().split_inclusive('\n') {
            match reader.read(text) {
                Ok(line) => lines.extend(line),
                Err(error) => return (lines, Some(error)),
            }
        }
        (lines, reader.finish().err())
    }
}
