//! What the doors of one stage share: where its agents are, and what was counted and kept so far.

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use ringfence_contract::id::RunId;
use ringfence_contract::seal::{Answer, RunKey, UnverifiedCall, seal_answer};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use super::head::Head;
use crate::namespace::Namespace;

/// Where an agent is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place {
    pub(super) http: SocketAddr,
    pub(super) tcp: SocketAddr,
    pub(super) process: u32,
}

/// What the doors of one stage share.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) places: HashMap<&'static str, Place>,
    /// The network namespace that everything is in, where it is not the machine's own.
    pub(super) namespace: Option<Namespace>,
    connections: Mutex<HashMap<(IpAddr, IpAddr), u32>>,
    passed: AtomicU32,
    cached: Mutex<Option<Vec<u8>>>,
    stolen: Mutex<Option<Value>>,
}

impl Scene {
    /// A stage of these agents, in this namespace.
    pub(super) fn of(places: HashMap<&'static str, Place>, namespace: Option<Namespace>) -> Self {
        Self { places, namespace, ..Self::default() }
    }

    /// Where an agent is.
    pub(super) fn place(&self, agent: &str) -> Place {
        *self.places.get(agent).unwrap_or_else(|| panic!("the stage has no agent `{agent}`"))
    }

    /// Counts a connection to a door, and says which of its caller's it is.
    pub(super) fn count(&self, door: IpAddr, caller: IpAddr) -> u32 {
        let mut connections = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        let count = connections.entry((door, caller)).or_default();
        *count += 1;
        *count
    }

    /// How many requests were handed on.
    pub(super) fn passed(&self) -> u32 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Counts a request that is handed on.
    pub(super) fn pass(&self) {
        self.passed.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer that was kept.
    pub(super) fn cached(&self) -> Option<Vec<u8>> {
        self.cached.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps an answer.
    pub(super) fn keep(&self, answer: Vec<u8>) {
        *self.cached.lock().unwrap_or_else(PoisonError::into_inner) = Some(answer);
    }

    /// Reads the run's key from an order that passes: a signed order is not a secret one.
    pub(super) fn steal(&self, order: &[u8]) {
        let text = String::from_utf8_lossy(order);
        let words = text.splitn(3, ' ').nth(2).and_then(|words| serde_json::from_str::<Value>(words).ok());
        if let Some(run) = words.and_then(|mut words| words.get_mut("run").map(Value::take)) {
            *self.stolen.lock().unwrap_or_else(PoisonError::into_inner) = Some(run);
        }
    }

    /// An answer to a call in an agent's name, with the stolen key; none before a key was stolen, or to no call.
    pub(super) fn forge(&self, agent: &str, head: &Head, caller: SocketAddr) -> Option<String> {
        let run = self.stolen.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let key: RunKey = serde_json::from_value(run["key"].clone()).ok()?;
        let of: RunId = serde_json::from_value(run["id"].clone()).ok()?;
        let token = head.header(ringfence_contract::CALL_HEADER)?;
        // `1.<run>.<call>.<seal>`, as the contract writes it.
        let call = token.split('.').nth(2)?;
        if UnverifiedCall::read(token)?.run != of {
            return None;
        }
        let answer: Answer = serde_json::from_value(json!({
            "call": call, "agent": agent, "boot": "77".repeat(16), "receipt": 1, "at_ms": 1,
            "seen": { "address": caller.ip(), "by": "peer", "peer": caller },
        }))
        .expect("an answer");
        Some(seal_answer(&key, &answer))
    }

    /// Ends an agent's process at once.
    pub(super) fn kill(&self, agent: &str) {
        let id = i32::try_from(self.place(agent).process).ok().and_then(Pid::from_raw);
        // It may have ended already, by an earlier request.
        kill_process(id.expect("a process"), Signal::KILL).ok();
    }
}
