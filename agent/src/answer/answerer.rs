//! The one who answers: knows the runs, writes the receipts, seals the answers.
//!
//! It must not know how a call travelled; it is told.

use std::net::SocketAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{Either, Full};
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::Run;
use ringfence_contract::receipt::{ReceiptPage, SeenSource};
use ringfence_contract::seal::{Answer, Purpose, RunKey, UnverifiedCall, seal_answer};
use ringfence_contract::transport::Transport;
use ringfence_contract::wall_clock::now_ms;

use super::connection::Connection;
use super::download::{AnswerBody, Downloads};
use super::receipts::Ring;
use super::runs::{Hold, Moment, Runs};
use super::source::Proxies;
use super::turned_away::turned_away;
use super::unfinished::Connections;

/// How much longer than it was asked for a download may take here: its caller counts from the first byte that comes.
const LINGER: Duration = Duration::from_secs(2);

/// What an agent gives for the call of a download.
#[derive(Debug)]
pub struct Given {
    /// The answer, and whatever follows it.
    pub body: AnswerBody,
    /// When the connection has to end, however far it is; none where nothing follows.
    pub ends: Option<Instant>,
}

/// The one who answers calls, for all listeners of an agent.
#[derive(Debug)]
pub struct Answerer {
    name: AgentName,
    boot: BootId,
    proxies: Proxies,
    runs: Mutex<Runs>,
    ring: Mutex<Ring>,
    connections: Mutex<Connections>,
    downloads: Downloads,
    /// What the system had turned away when this life began.
    turned_away_before: Option<u64>,
}

impl Answerer {
    /// Answers as this agent, in this life of it, and believes these proxies' headers.
    #[must_use]
    pub fn new(name: AgentName, boot: BootId, proxies: Proxies, ring: Ring) -> Self {
        let ring = Mutex::new(ring);
        Self {
            name,
            boot,
            proxies,
            runs: Mutex::default(),
            ring,
            connections: Mutex::default(),
            downloads: Downloads::default(),
            turned_away_before: turned_away(),
        }
    }

    /// The proxies whose headers count.
    #[must_use]
    pub fn proxies(&self) -> &Proxies {
        &self.proxies
    }

    /// Answers calls of this run from now on, which begins with this order, or did with another. Where another run had to go
    /// for it, that is counted as a missed receipt: calls of the other are strangers now.
    #[must_use]
    pub fn announce(&self, run: &Run, begins: bool) -> Hold {
        // The ring is looked at first: a receipt of this run comes behind this number. Of a run that was forgotten since it
        // began, any that is gone may have been one.
        let receipt = if begins { held(&self.ring).newest() } else { 0 };
        let hold = held(&self.runs).hold(run, Moment { at: Instant::now(), receipt });
        if hold == Hold::HeldForAnother {
            self.miss();
        }
        hold
    }

    /// The sealed answer to a call token, with its receipt written unless the call is measured; `None` for a stranger, of
    /// whom nothing is kept, and for a download, which is for [`Answerer::download`].
    #[must_use]
    pub fn answer(&self, token: &str, seen: SeenSource, transport: Transport) -> Option<String> {
        let Verified { key, call, purpose } = self.verify(token)?;
        let at_ms = now_ms();
        let receipt = match purpose {
            Purpose::Reach => held(&self.ring).write(call, seen, transport, at_ms),
            Purpose::Measure => 0,
            Purpose::Download(_) => return None,
        };
        let (agent, boot) = (self.name.clone(), self.boot);
        Some(seal_answer(&key, &Answer { call, agent, boot, receipt, seen, at_ms, refused: None }))
    }

    /// The sealed answer to the token of a download, with the payload it asks for, and until when that may take at most; or
    /// with the reason why none follows. `None` for a stranger, and for any other call.
    #[must_use]
    pub fn download(&self, token: &str, seen: SeenSource) -> Option<Given> {
        let Verified { key, call, purpose: Purpose::Download(portion) } = self.verify(token)? else {
            return None;
        };
        let (payload, refused) = match self.downloads.begin(call, portion) {
            Ok(payload) => (Some(payload), None),
            Err(refused) => (None, Some(refused)),
        };
        let (agent, boot, at_ms) = (self.name.clone(), self.boot, now_ms());
        let answer = seal_answer(&key, &Answer { call, agent, boot, receipt: 0, seen, at_ms, refused });
        let ends = Instant::now() + Duration::from_millis(portion.lasts_ms.into()) + LINGER;
        Some(match payload {
            Some(payload) => Given { body: Either::Right(payload.behind(answer)), ends: Some(ends) },
            None => Given { body: Either::Left(Full::new(Bytes::from(answer))), ends: None },
        })
    }

    /// The call, if it is one of a run that a trusted runner announced.
    fn verify(&self, token: &str) -> Option<Verified> {
        let unverified = UnverifiedCall::read(token)?;
        let key = held(&self.runs).key(unverified.run, Instant::now())?.clone();
        let call = unverified.verify(&key, &self.name)?;
        Some(Verified { key, call, purpose: unverified.purpose })
    }

    /// What the ring says about these calls of a run, and which connections were opened since that run was first
    /// announced and brought no whole call.
    #[must_use]
    pub fn page(&self, run: RunId, calls: &[CallId]) -> ReceiptPage {
        let announced = held(&self.runs).announced(run);
        let (unfinished, forgotten) = held(&self.connections).since(announced.map(|moment| moment.at));
        let found = held(&self.ring).find(calls);
        // Counted last: whatever went before the page was looked for is in it.
        ReceiptPage { boot: self.boot, dropped: self.dropped(run) + u64::from(forgotten), found, unfinished }
    }

    /// Watches a connection that was accepted from this peer, until a whole call has come on it.
    #[must_use]
    pub fn watch(&self, peer: SocketAddr) -> Connection<'_> {
        Connection::open(self, peer)
    }

    /// The connections that have brought no whole call.
    pub(super) fn connections(&self) -> MutexGuard<'_, Connections> {
        held(&self.connections)
    }

    /// How many receipts are gone that were written since this run was announced, and how many in this life could never be
    /// written, connections among them that the system turned away before anybody could accept them.
    #[must_use]
    pub fn dropped(&self, run: RunId) -> u64 {
        let turned_away = turned_away().zip(self.turned_away_before);
        let turned_away = turned_away.map_or(0, |(now, before)| now.saturating_sub(before));
        let behind = held(&self.runs).announced(run).map_or(0, |moment| moment.receipt);
        held(&self.ring).dropped(behind) + turned_away
    }

    /// Counts a connection that was turned away unread: it may have been a call, so absence of a receipt proves
    /// nothing from here on.
    pub fn miss(&self) {
        held(&self.ring).miss();
    }
}

/// A call whose seal is good.
struct Verified {
    key: RunKey,
    call: CallId,
    purpose: Purpose,
}

/// What a lock guards is whole after every statement, so a panic elsewhere does not spoil it.
fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
