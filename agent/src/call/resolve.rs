//! The resolve phase: one name in one family, and what the resolver said, word for word.
//!
//! A name leads where it leads the host's other programs: by the hosts file, else by DNS with the host's settings, search
//! domains and all; asked as it stands where the operator named a server. Nothing is cached and nothing is kept from one call
//! to the next. `resolve` is the time until an answer, lost questions and all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{Duration, Instant};

use ringfence_contract::address::Family;
use ringfence_contract::outcome::{NotSentWhy, Outcome, Unresolved, UnresolvedWhy};
use ringfence_contract::sample::Resolution;

use super::dns::{Heard, Unheard};
use super::dns_message::{Says, Told};
use super::means::Means;
use super::not_sent::{broken, not_sent};
use super::resolv_conf::{Settings, in_hosts, is_localhost};
use super::search::{Searched, Sought, dns_name, search};
use super::trail::{Timed, Trail, micros};

/// Where names without any DNS answer are looked up.
const HOSTS: &str = "/etc/hosts";

/// What a name without any DNS answer was looked up in.
const HOSTS_FILE: &str = "hosts file";

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) sought: Sought<'a>,
    pub(super) limit: Duration,
}

/// Asks for the name's addresses: at least one, in the order of their value.
pub(super) async fn resolve(
    means: &Means,
    question: Question<'_>,
    trail: &mut Trail,
) -> Result<Vec<IpAddr>, Outcome> {
    let Question { sought, limit } = question;
    dns_name(sought.name).map_err(|error| broken(format!("`{}` is no DNS name: {error}", sought.name)))?;
    let start = Instant::now();
    if let Some(addresses) = without_dns(sought) {
        let took = start.elapsed();
        trail.took.resolve = Some(Timed::by_program(took));
        let (name, resolver, took_us) = (sought.name.to_owned(), HOSTS_FILE.to_owned(), micros(took));
        let found = addresses.clone();
        trail.resolution =
            Some(Resolution { resolver, name, addresses, cnames: vec![], rcode: None, took_us });
        return Ok(found);
    }
    let settings = means.resolver().map_or_else(Settings::of_host, Settings::only);
    let start = Instant::now();
    let searched = search(&settings, sought, start + limit).await;
    let took = start.elapsed();
    let nothing = || broken(format!("the host's settings make no name to ask for of `{}`", sought.name));
    let Searched { name, heard: Heard { resolver, answer } } = searched.ok_or_else(nothing)?;
    if let Err(Unheard::Shortage(detail)) = answer {
        return Err(not_sent(NotSentWhy::NoResources, detail));
    }
    trail.took.resolve = is_heard(&answer).then_some(Timed::by_program(took));
    let (found, rcode, cnames) = read(answer, settings.is_named);
    let addresses = found.clone().unwrap_or_default();
    let (by, code, took_us) = (resolver.clone(), rcode.clone(), micros(took));
    trail.resolution = Some(Resolution { resolver: by, name, addresses, cnames, rcode: code, took_us });
    found.map_err(|why| Outcome::Unresolved(Unresolved { why, rcode, resolver }))
}

/// Whether a server said anything.
fn is_heard(answer: &Result<Told, Unheard>) -> bool {
    matches!(answer, Ok(_) | Err(Unheard::Garbled))
}

/// The addresses or why there are none, the response code, and the aliases.
fn read(
    answer: Result<Told, Unheard>,
    is_named: bool,
) -> (Result<Vec<IpAddr>, UnresolvedWhy>, Option<String>, Vec<String>) {
    let told = match answer {
        Ok(told) => told,
        Err(Unheard::Garbled) => return (Err(UnresolvedWhy::ResolverFailed), None, vec![]),
        Err(_) if is_named => return (Err(UnresolvedWhy::ResolverSilent), None, vec![]),
        Err(_) => return (Err(UnresolvedWhy::NoResolver), None, vec![]),
    };
    let Told { says, rcode, cnames } = told;
    let found = match says {
        Says::Addresses(addresses) => Ok(addresses),
        Says::NoRecords => Err(UnresolvedWhy::NoRecords),
        Says::NoSuchName => Err(UnresolvedWhy::NoSuchName),
        // The code is the beginning's of an answer that never came whole.
        Says::Truncated => return (Err(UnresolvedWhy::ResolverFailed), None, cnames),
        Says::Failed => Err(UnresolvedWhy::ResolverFailed),
    };
    (found, Some(rcode), cnames)
}

/// What the hosts file has for the name, or the loopback address of a name of this machine: in the order of their value.
fn without_dns(sought: Sought<'_>) -> Option<Vec<IpAddr>> {
    let text = std::fs::read(HOSTS).unwrap_or_default();
    let of_family = |address: &IpAddr| Family::of(*address) == sought.family;
    let mut addresses = in_hosts(&String::from_utf8_lossy(&text), sought.name);
    addresses.retain(of_family);
    if addresses.is_empty() && is_localhost(sought.name) {
        addresses = vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
        addresses.retain(of_family);
    }
    addresses.sort_unstable();
    addresses.dedup();
    (!addresses.is_empty()).then_some(addresses)
}
