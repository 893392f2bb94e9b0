//! What a vantage calls with: its policy, its resolver, its source addresses, the certificates it trusts.
//!
//! This file must not know any single call.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ringfence_contract::address::{Family, Host};
use ringfence_contract::call::Trust;
use ringfence_contract::transport::Transport;

use super::trust::{CaError, Roots, Rule};
use super::trusted::Trusted;
use super::window::{Slot, Windows};
use crate::clock::Stamping;

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

/// What a vantage is told to call with.
#[derive(Clone)]
pub struct MeansSettings {
    /// Asked about every address.
    pub admit: Arc<dyn Admit>,
    /// The DNS server to ask instead of the system's.
    pub resolver: Option<SocketAddr>,
    /// The addresses to call from, at most one a family, instead of the system's choice.
    pub sources: Vec<IpAddr>,
    /// Certificates (PEM) trusted beside the platform's roots.
    pub ca: Option<String>,
}

/// Why settings are no means to call with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MeansError {
    /// The CA text holds no certificate that can be read.
    #[error("the CA file cannot be used: {0}")]
    Ca(#[from] CaError),
    /// Two source addresses of one family.
    #[error("two {0} source addresses where a call leaves from one: `{1}` and `{2}`")]
    Sources(Family, IpAddr, IpAddr),
}

/// What a vantage calls with. Cheap to clone; the platform's roots are read once, when the first call needs them.
#[derive(Clone)]
pub struct Means(Arc<Inner>);

struct Inner {
    settings: MeansSettings,
    trusted: Trusted,
    windows: Windows,
    /// Held from before the first call: the kernel takes its time to begin.
    _stamping: Stamping,
}

impl Means {
    /// Looks the settings over.
    ///
    /// # Errors
    ///
    /// [`MeansError`], when the CA text holds no certificate or a family has two sources.
    pub fn new(settings: MeansSettings) -> Result<Self, MeansError> {
        if let Some(ca) = &settings.ca {
            Roots::read(ca)?;
        }
        for (at, first) in settings.sources.iter().enumerate() {
            let family = Family::of(*first);
            if let Some(second) = settings.sources.iter().skip(at + 1).find(|ip| Family::of(**ip) == family) {
                return Err(MeansError::Sources(family, *first, *second));
            }
        }
        let (trusted, windows) = (Trusted::new(settings.ca.clone()), Windows::default());
        Ok(Self(Arc::new(Inner { settings, trusted, windows, _stamping: Stamping::on() })))
    }

    /// Asks the policy.
    pub(super) fn admit(&self, asked: &Asked<'_>) -> Result<(), String> {
        self.0.settings.admit.admit(asked)
    }

    /// The DNS server to ask instead of the system's.
    pub(super) fn resolver(&self) -> Option<SocketAddr> {
        self.0.settings.resolver
    }

    /// The address to call from in a family, where one is set.
    pub(super) fn source(&self, family: Family) -> Option<IpAddr> {
        self.0.settings.sources.iter().copied().find(|source| Family::of(*source) == family)
    }

    /// Waits until one more call to this address is not too much for it.
    pub(super) async fn slot(&self, remote: IpAddr) -> Slot {
        self.0.windows.enter(remote).await
    }

    /// By what a certificate is good for a call that trusts this.
    pub(super) async fn rule(&self, trust: &Trust) -> Result<Rule, CaError> {
        self.0.trusted.rule(trust).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Nobody;

    impl Admit for Nobody {
        fn admit(&self, _: &Asked<'_>) -> Result<(), String> {
            Err("nobody".to_owned())
        }
    }

    fn settings(sources: &[&str], ca: Option<&str>) -> MeansSettings {
        let sources = sources.iter().map(|source| source.parse().expect("an address")).collect();
        MeansSettings { admit: Arc::new(Nobody), resolver: None, sources, ca: ca.map(str::to_owned) }
    }

    #[test]
    fn settings_that_cannot_be_meant_are_refused() {
        let why = |settings| Means::new(settings).err().map(|error| error.to_string());
        assert_eq!(why(settings(&["127.0.0.2", "::1"], None)), None);
        let two = why(settings(&["127.0.0.2", "127.0.0.3"], None)).expect("two of a family");
        assert!(two.contains("`127.0.0.2` and `127.0.0.3`"), "{two}");
        let ca = why(settings(&[], Some("no certificate here"))).expect("no certificate");
        assert!(ca.contains("no certificate"), "{ca}");
    }

    #[test]
    fn a_source_is_found_by_its_family() {
        let means = Means::new(settings(&["127.0.0.2"], None)).expect("means");
        assert_eq!(means.source(Family::Ipv4), "127.0.0.2".parse().ok());
        assert_eq!(means.source(Family::Ipv6), None);
    }
}
