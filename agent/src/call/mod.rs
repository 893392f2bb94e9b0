//! One call in, one [`Sample`] out: the prober.
//!
//! This room must not know who ordered a call, what is expected of it, or whether it may be placed: it asks an
//! [`Admit`] about every resolved address before it sends a single packet there.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::address::{Host, Transport};
use ringfence_contract::call::Call;
use ringfence_contract::fingerprint::Fingerprint;
use ringfence_contract::order::{ControlAddress, Run};
use ringfence_contract::sample::Sample;

/// Says whether an address may be called. Asked after the name is resolved, so that no name can talk it round.
pub trait Admit: Send + Sync {
    /// # Errors
    ///
    /// The sentence that tells the operator which setting refuses, and how to allow it.
    fn admit(&self, asked: &Asked<'_>) -> Result<(), String>;
}

/// An address that a call is about to be made to.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The host as ordered.
    pub host: &'a Host,
    /// The address the packets would go to.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// How the call would travel.
    pub transport: Transport,
    /// Whether the order itself gave the address (`connect:`), so that the host's name vouches for nothing.
    pub given: bool,
}

/// What a vantage calls with.
#[derive(Clone)]
pub struct Means {
    /// Asked about every address.
    pub admit: Arc<dyn Admit>,
    /// The DNS server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
    /// The addresses to call from, at most one a family, instead of the system's choice.
    pub sources: Vec<IpAddr>,
    /// Certificates (PEM) trusted beside the platform's roots.
    pub ca: Option<String>,
}

/// Places one call, at once, and says what it saw. Ends within the call's timeouts; never panics on what a peer sends.
pub async fn place(
    _means: &Means,
    _run: &Run,
    _fingerprints: &[Fingerprint],
    _call: &Call,
    _own: Option<SocketAddr>,
) -> Sample {
    unimplemented!()
}

/// Posts a signed order to where its addressee takes orders, and returns the reply's text.
///
/// # Errors
///
/// [`PostError`], naming the step that failed.
pub async fn post(
    _means: &Means,
    _to: &ControlAddress,
    _order: &str,
    _within: Duration,
) -> Result<String, PostError> {
    unimplemented!()
}

/// Why an order could not be delivered.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// Placeholder.
    #[error("placeholder")]
    Placeholder,
}
