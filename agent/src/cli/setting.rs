//! What the agent is and may do, read from the command line with every mistake collected.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use http::HeaderName;
use ipnet::IpNet;
use ringfence_contract::address::Family;
use ringfence_contract::name::AgentName;
use ringfence_contract::order::PublicKey;
use ringfence_contract::quantity::read_time;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::args::{AgentArgs, LimitArgs};
use super::mistake::Mistake;
use crate::answer::Proxies;
use crate::control::AgentSettings;
use crate::perform::{Limits, Policy};
use crate::serve::GRACE;

/// Reads what the agent is and may do. What is wrong is added to the mistakes; the settings are only good when there
/// are none.
pub(super) fn agent(
    args: &AgentArgs,
    limits: &LimitArgs,
    mistakes: &mut Vec<Mistake>,
) -> Option<AgentSettings> {
    let name = name(args, mistakes);
    let trust = trust(&args.trust, mistakes);
    let policy = match Policy::read(args.allow.iter().map(String::as_str)) {
        Ok(policy) => policy,
        Err(errors) => {
            mistakes.extend(errors.iter().map(|error| Mistake::new("--allow", "RINGFENCE_ALLOW", error)));
            Policy::default()
        }
    };
    let named = source_headers(args, mistakes);
    let proxies = Proxies::new(networks(&args.trusted_proxies, mistakes)).saying_in(named);
    let sources = sources(&args.source, mistakes);
    let resolver =
        given(args.resolver.as_ref()).and_then(|text| resolver(text, "RINGFENCE_RESOLVER", mistakes));
    let ca = given(args.ca.as_ref()).and_then(|path| ca(path, "RINGFENCE_CA", mistakes));
    let limits = read_limits(limits, mistakes);
    let settings = AgentSettings::new(name?, trust);
    Some(AgentSettings { policy, resolver, sources, ca, proxies, limits, ..settings })
}

/// The parts of a setting that may be given several times, or once with several values in it.
pub(super) fn parts(texts: &[String]) -> impl Iterator<Item = &str> {
    let parts = texts.iter().flat_map(|text| text.split(|c: char| c == ',' || c.is_whitespace()));
    parts.filter(|part| !part.is_empty())
}

/// A setting's text. A variable that is set to nothing is not set: environment files can say it no other way.
pub(super) fn given(text: Option<&String>) -> Option<&str> {
    text.map(|text| text.trim()).filter(|text| !text.is_empty())
}

fn name(args: &AgentArgs, mistakes: &mut Vec<Mistake>) -> Option<AgentName> {
    let text = given(args.name.as_ref()).map(str::to_owned).or_else(|| {
        let site = given(args.website_site_name.as_ref())?;
        // Production is the slot that has no part in an app's host name.
        let slot = given(args.website_slot_name.as_ref());
        let slot = slot.filter(|slot| !slot.eq_ignore_ascii_case("production"));
        Some(slot.map_or_else(|| site.to_owned(), |slot| format!("{site}-{slot}")))
    });
    let text = text.unwrap_or_else(|| rustix::system::uname().nodename().to_string_lossy().into_owned());
    match text.parse() {
        Ok(name) => Some(name),
        Err(error) => {
            let next = "give the agent the name the scenario calls it by";
            mistakes.push(Mistake::new("--name", "RINGFENCE_NAME", error).next(next));
            None
        }
    }
}

fn trust(texts: &[String], mistakes: &mut Vec<Mistake>) -> Vec<PublicKey> {
    let mistake = |problem: &dyn std::fmt::Display| Mistake::new("--trust", "RINGFENCE_TRUST", problem);
    let mut keys = Vec::new();
    for part in parts(texts) {
        match part.parse() {
            Ok(key) => keys.push(key),
            Err(error) => {
                let next = "give the key that `ringfence keygen` prints as public";
                mistakes.push(mistake(&error).next(next));
            }
        }
    }
    if parts(texts).next().is_none() {
        let next =
            "run `ringfence keygen`, keep the private key with the runner, and give the agent the public one";
        mistakes.push(mistake(&"no key is trusted, so no order could ever be taken").next(next));
    }
    keys
}

fn networks(texts: &[String], mistakes: &mut Vec<Mistake>) -> Vec<IpNet> {
    let mut networks = Vec::new();
    for part in parts(texts) {
        if let Ok(network) = part.parse().or_else(|_| part.parse::<IpAddr>().map(IpNet::from)) {
            networks.push(network);
        } else {
            let problem = format!("`{part}` is no network");
            let mistake = Mistake::new("--trusted-proxies", "RINGFENCE_TRUSTED_PROXIES", problem);
            mistakes.push(mistake.next("write an address or a network, such as `10.0.0.0/16`"));
        }
    }
    networks
}

fn source_headers(args: &AgentArgs, mistakes: &mut Vec<Mistake>) -> Vec<HeaderName> {
    let mistake = |problem: String| Mistake::new("--source-header", "RINGFENCE_SOURCE_HEADER", problem);
    let mut named = Vec::new();
    for part in parts(&args.source_header) {
        match part.parse() {
            Ok(name) => named.push(name),
            Err(_) => mistakes.push(mistake(format!("`{part}` is no header's name"))),
        }
    }
    if !named.is_empty() && parts(&args.trusted_proxies).next().is_none() {
        let next = "give the network of the proxies that write it with --trusted-proxies";
        mistakes.push(mistake("nobody's headers count".to_owned()).next(next));
    }
    named
}

fn sources(texts: &[String], mistakes: &mut Vec<Mistake>) -> Vec<IpAddr> {
    let mistake = |problem: String| Mistake::new("--source", "RINGFENCE_SOURCE", problem);
    let mut sources: Vec<IpAddr> = Vec::new();
    for part in parts(texts) {
        match part.parse::<IpAddr>() {
            Ok(address) if sources.iter().any(|other| Family::of(*other) == Family::of(address)) => {
                let problem = format!("`{part}` is a second {} address", Family::of(address));
                mistakes.push(mistake(problem).next("give at most one address a family"));
            }
            Ok(address) => sources.push(address),
            Err(_) => {
                let next = "write one of this host's own addresses, without a port";
                mistakes.push(mistake(format!("`{part}` is no address")).next(next));
            }
        }
    }
    sources
}

/// A DNS server's address, with DNS's own port (RFC 1035 section 4.2) where none is given.
pub(super) fn resolver(
    text: &str,
    variable: &'static str,
    mistakes: &mut Vec<Mistake>,
) -> Option<SocketAddr> {
    let bare = || text.parse::<IpAddr>().map(|address| SocketAddr::new(address, 53));
    let read = text.parse::<SocketAddr>().or_else(|_| bare()).ok();
    if read.is_none() {
        let mistake = Mistake::new("--resolver", variable, format!("`{text}` is no address"));
        mistakes.push(mistake.next("write `10.0.0.4`, `10.0.0.4:53` or `[fd00::4]:53`"));
    }
    read
}

/// A file of certificates, as text.
pub(super) fn ca(path: &str, variable: &'static str, mistakes: &mut Vec<Mistake>) -> Option<String> {
    let text = file(path, ("--ca", variable), mistakes)?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    if certificates.is_ok_and(|certificates| !certificates.is_empty()) {
        return Some(text);
    }
    let problem = format!("`{path}` holds no certificate in PEM form");
    mistakes.push(Mistake::new("--ca", variable, problem).next("give a file with `BEGIN CERTIFICATE` in it"));
    None
}

/// A file's text. `setting` is the flag and the variable that name it.
pub(super) fn file(
    path: &str,
    setting: (&'static str, &'static str),
    mistakes: &mut Vec<Mistake>,
) -> Option<String> {
    match std::fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) => {
            let problem = format!("cannot read `{path}`: {error}");
            let next = "give a file that this user may read";
            mistakes.push(Mistake::new(setting.0, setting.1, problem).next(next));
            None
        }
    }
}

fn read_limits(args: &LimitArgs, mistakes: &mut Vec<Mistake>) -> Limits {
    let default = Limits::default();
    let mut number = |text: &Option<String>, flag, variable, default: u32| {
        let Some(text) = text.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
            return default;
        };
        match text.parse::<u32>() {
            Ok(number) if number > 0 => number,
            _ => {
                let problem = format!("`{text}` is no number of 1 or more");
                mistakes.push(
                    Mistake::new(flag, variable, problem).next("write a whole number, or leave it out"),
                );
                default
            }
        }
    };
    let variable = "RINGFENCE_CONNECTIONS_AT_ONCE";
    Limits {
        calls_per_second: number(&args.rate, "--rate", "RINGFENCE_RATE", default.calls_per_second),
        calls_at_once: number(
            &args.calls_at_once,
            "--calls-at-once",
            "RINGFENCE_CALLS_AT_ONCE",
            default.calls_at_once,
        ),
        connections_at_once: number(
            &args.connections_at_once,
            "--connections-at-once",
            variable,
            default.connections_at_once,
        ),
        ..default
    }
}

/// How long orders under way may take to end.
pub(super) fn grace(args: &LimitArgs, mistakes: &mut Vec<Mistake>) -> Duration {
    let Some(text) = args.grace.as_deref().map(str::trim).filter(|text| !text.is_empty()) else {
        return GRACE;
    };
    read_time(text).unwrap_or_else(|| {
        let mistake =
            Mistake::new("--grace", "RINGFENCE_GRACE", format!("`{text}` is no duration with a unit"));
        mistakes.push(mistake.next("write `10s` or `500ms`"));
        GRACE
    })
}
