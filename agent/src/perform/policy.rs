//! What this agent may call: its operator's allow list, asked about every resolved address.
//!
//! An empty list calls nobody. This file must not know what an order wants.

use std::net::IpAddr;

use ipnet::IpNet;
use ringfence_contract::address::embedded_ipv4;

use super::entry::{Entry, EntryError, What};
use super::guarded::{Guarded, guarded};
use crate::call::{Admit, Asked};

/// What an agent may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    entries: Vec<Entry>,
}

impl Policy {
    /// The policy of these entries.
    #[must_use]
    pub fn new(entries: Vec<Entry>) -> Self {
        Self { entries }
    }

    /// Reads a policy from texts, each with entries between commas or white space.
    ///
    /// # Errors
    ///
    /// Every text that is no entry, not only the first.
    pub fn read<'t>(texts: impl IntoIterator<Item = &'t str>) -> Result<Self, Vec<EntryError>> {
        let mut entries = Vec::new();
        let mut errors = Vec::new();
        let parts = texts.into_iter().flat_map(|text| text.split(|c: char| c == ',' || c.is_whitespace()));
        for part in parts.filter(|part| !part.is_empty()) {
            match part.parse() {
                Ok(entry) => entries.push(entry),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self { entries }) } else { Err(errors) }
    }

    /// Everything but the guarded ranges, and of those what is named: for a vantage that lives inside the runner,
    /// where the operator of the one is the user of the other.
    #[must_use]
    pub fn open_except_guarded(named: &[IpNet]) -> Self {
        let named = named.iter().copied().map(Entry::network);
        Self { entries: std::iter::once(Entry::any()).chain(named).collect() }
    }

    /// The entries as the operator could have written them.
    #[must_use]
    pub fn texts(&self) -> Vec<String> {
        self.entries.iter().map(Entry::to_string).collect()
    }

    fn admit_one(&self, address: IpAddr, asked: &Asked<'_>) -> Result<(), String> {
        let guarded = guarded(address);
        if self.entries.iter().any(|entry| admits(entry, address, guarded, asked)) {
            return Ok(());
        }
        Err(match guarded {
            Some(guarded) => guarded_refusal(address, guarded),
            None => self.refusal(address, asked),
        })
    }

    fn refusal(&self, address: IpAddr, asked: &Asked<'_>) -> String {
        let wanted = Entry::network(IpNet::from(address)).to_string();
        let wanted = match address {
            IpAddr::V4(_) => format!("{wanted}:{}", asked.port),
            IpAddr::V6(_) => format!("[{wanted}]:{}", asked.port),
        };
        if self.entries.is_empty() {
            return format!(
                "this agent may call nobody: start it with `--allow {wanted}` (or RINGFENCE_ALLOW)"
            );
        }
        let named = self.entries.iter().any(|entry| entry.names(asked.host));
        let because = if named && asked.given {
            ": the order gives the address itself, so the name vouches for nothing"
        } else {
            ""
        };
        format!(
            "`{address}` port {} is not on this agent's allow list{because}: start it with `--allow {wanted}` \
             (or RINGFENCE_ALLOW)",
            asked.port
        )
    }
}

fn guarded_refusal(address: IpAddr, guarded: Guarded) -> String {
    format!(
        "`{address}` lies in {} ({}), which only an entry inside that range allows: start the agent with \
         `--allow {}` (or RINGFENCE_ALLOW) if the call is meant",
        guarded.range,
        guarded.what,
        IpNet::from(address)
    )
}

fn admits(entry: &Entry, address: IpAddr, guarded: Option<Guarded>, asked: &Asked<'_>) -> bool {
    if !entry.has_port(asked.port) {
        return false;
    }
    match (&entry.what, guarded) {
        (What::Network(network), Some(guarded)) => {
            guarded.range.contains(network) && network.contains(&address)
        }
        (What::Network(network), None) => network.contains(&address),
        (What::Any, guarded) => guarded.is_none(),
        (What::Name(_) | What::Below(_), guarded) => {
            guarded.is_none() && !asked.given && entry.names(asked.host)
        }
    }
}

impl Admit for Policy {
    fn admit(&self, asked: &Asked<'_>) -> Result<(), String> {
        let embedded = match asked.address {
            IpAddr::V4(_) => None,
            IpAddr::V6(address) => embedded_ipv4(address),
        };
        // A v4-mapped address is IPv4 on the wire (RFC 4291 section 2.5.5.2): only what it carries is looked at. The
        // other forms pass through a relay, so both the relay's address and the one behind it have to be admitted.
        match (asked.address.to_canonical(), embedded) {
            (address @ IpAddr::V4(_), _) | (address, None) => self.admit_one(address, asked),
            (address, Some(inside)) => {
                self.admit_one(IpAddr::V4(inside), asked)?;
                self.admit_one(address, asked)
            }
        }
    }
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
