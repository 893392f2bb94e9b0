//! Calls, runs, sealed answers, and the means to call with.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ringfence_agent::call::{Admit, Asked, Means, MeansSettings, place};
use ringfence_contract::address::{Address, Family};
use ringfence_contract::call::{Call, Destination, Route, Timeouts};
use ringfence_contract::fingerprint::known;
use ringfence_contract::id::{BootId, CallId, RunId};
use ringfence_contract::order::Run;
use ringfence_contract::receipt::{SeenBy, SeenSource};
use ringfence_contract::sample::Sample;
use ringfence_contract::seal::{Answer, RunKey, seal_answer};

/// The agent that the calls of [`call_to`] expect.
pub const EXPECTED: &str = "app-1";

/// A policy that allows everything.
#[derive(Debug, Clone, Copy)]
pub struct Anything;

impl Admit for Anything {
    fn admit(&self, _: &Asked<'_>) -> Result<(), String> {
        Ok(())
    }
}

/// A policy that allows nothing.
#[derive(Debug, Clone, Copy)]
pub struct Nothing;

impl Admit for Nothing {
    fn admit(&self, asked: &Asked<'_>) -> Result<(), String> {
        Err(format!("`{}` is not on the allow list", asked.address))
    }
}

/// Settings that allow everything and leave the rest to the system.
#[must_use]
pub fn settings() -> MeansSettings {
    MeansSettings { admit: Arc::new(Anything), resolver: None, sources: Vec::new(), ca: None }
}

/// The means that settings give.
///
/// # Panics
///
/// When the settings are no good.
#[must_use]
pub fn means(settings: MeansSettings) -> Means {
    Means::new(settings).expect("good settings")
}

/// A fresh run.
#[must_use]
pub fn run() -> Run {
    Run { id: RunId::random(), key: RunKey::random() }
}

/// How long phases take at most when none of them is to time out: enough for a loaded machine.
pub const PATIENT: Timeouts = Timeouts {
    resolve_ms: 10_000,
    connect_ms: 10_000,
    tls_ms: 10_000,
    first_byte_ms: 10_000,
    transfer_ms: 10_000,
};

/// How long a phase takes that is to time out, in milliseconds.
pub const BRIEF_MS: u32 = 400;

/// A route that trusts what the platform trusts.
///
/// # Panics
///
/// When the text is no address.
#[must_use]
pub fn route(address: &str) -> Route {
    address.parse::<Address>().expect("an address").into()
}

/// A call over IPv4 that expects [`EXPECTED`] and requires good certificates.
#[must_use]
pub fn call_to(route: Route) -> Call {
    let to = Destination::Endpoint(route);
    Call { expects: EXPECTED.parse().ok(), timeouts: PATIENT, ..Call::new(to, Family::Ipv4) }
}

/// The sealed answer of an agent, newline and all.
///
/// # Panics
///
/// When the agent's name is none.
#[must_use]
pub fn sealed(run: &Run, call: CallId, agent: &str) -> Vec<u8> {
    let peer = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 40_000);
    let answer = Answer {
        call,
        agent: agent.parse().expect("a name"),
        boot: BootId::random(),
        receipt: 1,
        seen: SeenSource { address: peer.ip(), by: SeenBy::Peer, peer, conflict: None },
        at_ms: 1,
        refused: None,
    };
    seal_answer(&run.key, &answer).into_bytes()
}

/// Places a call with everything allowed and the fingerprints known by heart.
pub async fn place_freely(run: &Run, call: &Call) -> Sample {
    place(&means(settings()), run, &known(), call, None).await
}
