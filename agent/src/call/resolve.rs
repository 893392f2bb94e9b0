//! The resolve phase: one question for one name in one family, and what the resolver said, word for word.
//!
//! The name is asked as it stands, as an absolute name: no search domain makes another name of it. Nothing is cached and
//! nothing is kept from one call to the next; the system's settings are read anew each time, as they change with the
//! network. The system's servers are asked one after the other, in their order, as resolv.conf(5) has it: the next one only
//! when one is silent or fails, each for its share of the phase's time. A datagram lost on the way is sent again by the
//! DNS library within that share, so `resolve` is the time until an answer, lost questions and all.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use hickory_resolver::config::{
    ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts,
};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::{Query, ResponseCode};
use hickory_resolver::proto::rr::{Name, RData, RecordType};
use hickory_resolver::{Hosts, TokioResolver, system_conf};
use ringfence_contract::address::Family;
use ringfence_contract::outcome::{NotSentWhy, Outcome, Unresolved, UnresolvedWhy};
use ringfence_contract::sample::Resolution;

use super::means::Means;
use super::not_sent::{broken, not_sent};
use super::socket_error::is_own_shortage;
use super::trail::{Trail, micros};

/// What a name without any DNS answer was looked up in.
const HOSTS_FILE: &str = "hosts file";

/// How long the DNS library is left with a question. It sends it four times in the first second and then only waits; asked
/// anew, it sends again, from another port.
const ROUND: Duration = Duration::from_millis(1_500);

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) name: &'a str,
    pub(super) family: Family,
    pub(super) limit: Duration,
}

/// What came of asking, and whom it is from: the server that answered or failed, or all that were silent.
struct Heard {
    resolver: String,
    answer: Result<Lookup, Unheard>,
}

/// Why there is no address.
#[derive(Debug)]
enum Unheard {
    Unresolved(UnresolvedWhy, Option<String>),
    Shortage(String),
}

/// Asks for the name's addresses: at least one, in the order of their value.
pub(super) async fn resolve(
    means: &Means,
    question: Question<'_>,
    trail: &mut Trail,
) -> Result<Vec<IpAddr>, Outcome> {
    let query = query(question)?;
    let start = Instant::now();
    if let Some(lookup) = Hosts::from_system().ok().and_then(|hosts| hosts.lookup_static_host(&query)) {
        let (addresses, cnames) = read(&lookup, question.family);
        let took_us = micros(start.elapsed());
        trail.phases.resolve_us = Some(took_us);
        let (name, resolver) = (question.name.to_owned(), HOSTS_FILE.to_owned());
        let found = addresses.clone();
        trail.resolution = Some(Resolution { resolver, name, addresses, cnames, rcode: None, took_us });
        return Ok(found);
    }
    let (servers, options) = servers(means.resolver()).ok_or_else(no_resolver)?;
    let start = Instant::now();
    let Heard { resolver, answer } = ask_each(&servers, &options, &query, question.limit).await;
    let took_us = micros(start.elapsed());
    let name = question.name.to_owned();
    let mut resolution =
        Resolution { resolver, name, addresses: Vec::new(), cnames: Vec::new(), rcode: None, took_us };
    let outcome = match answer {
        Ok(lookup) => {
            (resolution.addresses, resolution.cnames) = read(&lookup, question.family);
            resolution.rcode = Some(rcode(lookup.message().response_code));
            match resolution.addresses.as_slice() {
                [] => Err((UnresolvedWhy::NoRecords, resolution.rcode.clone())),
                found => Ok(found.to_vec()),
            }
        }
        Err(Unheard::Unresolved(why, rcode)) => {
            resolution.rcode.clone_from(&rcode);
            Err((why, rcode))
        }
        Err(Unheard::Shortage(detail)) => return Err(not_sent(NotSentWhy::NoResources, detail)),
    };
    let resolver = resolution.resolver.clone();
    let is_answered = !matches!(outcome, Err((UnresolvedWhy::ResolverSilent, _)));
    trail.phases.resolve_us = is_answered.then_some(took_us);
    trail.resolution = Some(resolution);
    outcome.map_err(|(why, rcode)| Outcome::Unresolved(Unresolved { why, rcode, resolver }))
}

fn query(question: Question<'_>) -> Result<Query, Outcome> {
    let mut name = Name::from_ascii(question.name)
        .map_err(|error| broken(format!("`{}` is no DNS name: {error}", question.name)))?;
    name.set_fqdn(true);
    let kind = match question.family {
        Family::Ipv4 => RecordType::A,
        Family::Ipv6 => RecordType::AAAA,
    };
    Ok(Query::query(name, kind))
}

fn no_resolver() -> Outcome {
    let resolver = "none: the system names no DNS server".to_owned();
    Outcome::Unresolved(Unresolved { why: UnresolvedWhy::NoResolver, rcode: None, resolver })
}

/// The DNS servers to ask, in order, and how. `None` where there are none.
fn servers(given: Option<SocketAddr>) -> Option<(Vec<NameServerConfig>, ResolverOpts)> {
    let (servers, mut options) = if let Some(server) = given {
        (vec![only(server)], ResolverOpts::default())
    } else {
        let (config, options) = system_conf::read_system_conf().ok()?;
        (config.name_servers().to_vec(), options)
    };
    options.cache_size = 0;
    options.attempts = 0;
    // The hosts file has been looked at.
    options.use_hosts_file = ResolveHosts::Never;
    (!servers.is_empty()).then_some((servers, options))
}

/// Asks one server after the other until one knows. What a failing server said is worth more than another's silence.
async fn ask_each(
    servers: &[NameServerConfig],
    options: &ResolverOpts,
    query: &Query,
    limit: Duration,
) -> Heard {
    let deadline = Instant::now() + limit;
    let silent = Unheard::Unresolved(UnresolvedWhy::ResolverSilent, None);
    let mut heard = Heard { resolver: written(servers), answer: Err(silent) };
    for (at, server) in servers.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / u32::try_from(servers.len() - at).unwrap_or(u32::MAX);
        match ask(server.clone(), options.clone(), query, share).await {
            Err(Unheard::Unresolved(UnresolvedWhy::ResolverSilent, _)) => {}
            answer => {
                let failed = matches!(answer, Err(Unheard::Unresolved(UnresolvedWhy::ResolverFailed, _)));
                heard = Heard { resolver: written(std::slice::from_ref(server)), answer };
                if !failed {
                    break;
                }
            }
        }
    }
    heard
}

/// Asks a server, and asks again where it said nothing in a round, while there is time: questions get lost.
async fn ask(
    server: NameServerConfig,
    options: ResolverOpts,
    query: &Query,
    limit: Duration,
) -> Result<Lookup, Unheard> {
    let deadline = Instant::now() + limit;
    loop {
        let round = deadline.saturating_duration_since(Instant::now()).min(ROUND);
        let begun = Instant::now();
        let answer = ask_once(server.clone(), options.clone(), query, round).await;
        let silent = matches!(answer, Err(Unheard::Unresolved(UnresolvedWhy::ResolverSilent, None)));
        // What ends before its round was refused, and would be refused again.
        if !silent || begun.elapsed() < round || Instant::now() >= deadline {
            return answer;
        }
    }
}

async fn ask_once(
    server: NameServerConfig,
    mut options: ResolverOpts,
    query: &Query,
    limit: Duration,
) -> Result<Lookup, Unheard> {
    options.timeout = limit;
    let config = ResolverConfig::from_parts(None, vec![], vec![server]);
    let resolver = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default())
        .with_options(options)
        .build()
        .map_err(unheard)?;
    let lookup = resolver.lookup(query.name.clone(), query.query_type);
    tokio::time::timeout(limit, lookup).await.unwrap_or(Err(NetError::Timeout)).map_err(unheard)
}

fn only(server: SocketAddr) -> NameServerConfig {
    let (mut udp, mut tcp) = (ConnectionConfig::udp(), ConnectionConfig::tcp());
    (udp.port, tcp.port) = (server.port(), server.port());
    NameServerConfig::new(server.ip(), true, vec![udp, tcp])
}

fn written(servers: &[NameServerConfig]) -> String {
    let address = |server: &NameServerConfig| {
        let port = server.connections.first().map_or(53, |connection| connection.port);
        SocketAddr::new(server.ip, port).to_string()
    };
    servers.iter().map(address).collect::<Vec<_>>().join(", ")
}

/// The addresses in the family, and the aliases on the way to them.
fn read(lookup: &Lookup, family: Family) -> (Vec<IpAddr>, Vec<String>) {
    let answers = lookup.answers();
    let mut addresses: Vec<IpAddr> = answers
        .iter()
        .filter_map(|record| record.data.ip_addr())
        .filter(|address| Family::of(*address) == family)
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let mut cnames = Vec::new();
    let mut at = lookup.query().name().clone();
    // Each step uses up a record, so a circle of aliases ends.
    for _ in answers {
        let next = answers.iter().find_map(|record| match &record.data {
            RData::CNAME(target) if record.name == at => Some(target.0.clone()),
            _ => None,
        });
        let Some(next) = next else { break };
        cnames.push(next.to_ascii().trim_end_matches('.').to_owned());
        at = next;
    }
    (addresses, cnames)
}

fn unheard(error: NetError) -> Unheard {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => {
            let why = match none.response_code {
                ResponseCode::NXDomain => UnresolvedWhy::NoSuchName,
                ResponseCode::NoError => UnresolvedWhy::NoRecords,
                _ => UnresolvedWhy::ResolverFailed,
            };
            Unheard::Unresolved(why, Some(rcode(none.response_code)))
        }
        NetError::Dns(DnsError::ResponseCode(code)) => {
            Unheard::Unresolved(UnresolvedWhy::ResolverFailed, Some(rcode(code)))
        }
        NetError::Io(error) if is_own_shortage(&error) => Unheard::Shortage(error.to_string()),
        NetError::Timeout | NetError::NoConnections | NetError::Busy | NetError::Io(_) => {
            Unheard::Unresolved(UnresolvedWhy::ResolverSilent, None)
        }
        // Something came, and no answer could be made of it.
        _ => Unheard::Unresolved(UnresolvedWhy::ResolverFailed, None),
    }
}

/// A response code as IANA's registry "DNS RCODEs" names it.
fn rcode(code: ResponseCode) -> String {
    let name = match code {
        ResponseCode::NoError => "NOERROR",
        ResponseCode::FormErr => "FORMERR",
        ResponseCode::ServFail => "SERVFAIL",
        ResponseCode::NXDomain => "NXDOMAIN",
        ResponseCode::NotImp => "NOTIMP",
        ResponseCode::Refused => "REFUSED",
        ResponseCode::YXDomain => "YXDOMAIN",
        ResponseCode::YXRRSet => "YXRRSET",
        ResponseCode::NXRRSet => "NXRRSET",
        ResponseCode::NotAuth => "NOTAUTH",
        ResponseCode::NotZone => "NOTZONE",
        other => return format!("RCODE{}", u16::from(other)),
    };
    name.to_owned()
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
