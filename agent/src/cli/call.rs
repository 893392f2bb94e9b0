//! `call`: one call from the operator's own shell, and what it saw in a few lines or as JSON.

use std::net::IpAddr;
use std::process::ExitCode;
use std::sync::Arc;

use ringfence_contract::address::{Address, Family, Host};
use ringfence_contract::call::{Call, Certificates, Destination, Route};
use ringfence_contract::fingerprint;
use ringfence_contract::id::RunId;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Clock;
use ringfence_contract::sample::Sample;
use ringfence_contract::seal::RunKey;

use super::args::{CallArgs, FamilyArg};
use super::exit::{FAILED, fail, print, refuse};
use super::mistake::Mistake;
use super::setting::{ca, given, resolver};
use crate::call::{Means, MeansSettings, place};
use crate::perform::{Entry, Policy};

/// Runs `call`.
pub(super) fn call(args: &CallArgs) -> ExitCode {
    let mut mistakes = Vec::new();
    let means = means(args, &mut mistakes);
    let call = ordered(args, &mut mistakes);
    let (Some(means), Some(call), []) = (means, call, mistakes.as_slice()) else { return refuse(&mistakes) };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    // A run of its own, so that no agent takes the call for one of a runner's.
    let run = Run { id: RunId::random(), key: RunKey::random() };
    let sample = runtime.block_on(place(&means, &run, &fingerprint::known(), &call, None));
    let tcp =
        matches!(&call.to, Destination::Endpoint(route) if route.address.transport.shows_by_connecting());
    let code = if came_through(&sample, tcp) { ExitCode::SUCCESS } else { ExitCode::from(FAILED) };
    let text = if args.json { json(&sample) } else { lines(&args.url, &sample) };
    print(&text, code)
}

fn means(args: &CallArgs, mistakes: &mut Vec<Mistake>) -> Option<Means> {
    let allow = std::iter::once("any").chain(args.allow.iter().map(String::as_str));
    let policy = Policy::read(allow).unwrap_or_else(|errors| {
        mistakes.extend(errors.iter().map(|error| Mistake::new("--allow", "", error)));
        Policy::new(vec![Entry::any()])
    });
    let settings = MeansSettings {
        admit: Arc::new(policy),
        resolver: given(args.resolver.as_ref()).and_then(|text| resolver(text, "", mistakes)),
        sources: args.source.into_iter().collect(),
        ca: given(args.ca.as_ref()).and_then(|path| ca(path, "", mistakes)),
    };
    Means::new(settings).map_err(|error| mistakes.push(Mistake::new("--ca, --source", "", error))).ok()
}

fn ordered(args: &CallArgs, mistakes: &mut Vec<Mistake>) -> Option<Call> {
    let address = args.url.parse::<Address>().map_err(|error| {
        let next = "write `https://host/path`, `http://..`, `tcp://host:port` or `udp://host:port`";
        mistakes.push(Mistake::new("URL", "", error).next(next));
    });
    let address = address.ok()?;
    let family = match (args.family, args.connect, &address.host) {
        (Some(FamilyArg::Ipv4), ..) => Family::Ipv4,
        (Some(FamilyArg::Ipv6), ..) => Family::Ipv6,
        (None, Some(ip), _) | (None, None, &Host::Ip(ip)) => Family::of(ip),
        (None, None, &Host::Name(_)) => args.source.map_or(Family::Ipv4, Family::of),
    };
    let route = Route { connect: args.connect, ..address.into() };
    let certificates = if args.insecure { Certificates::Note } else { Certificates::Require };
    Some(Call { certificates, ..Call::new(Destination::Endpoint(route), family) })
}

/// Whether something at the other end was reached: an answer of any kind, or for TCP a connection.
fn came_through(sample: &Sample, tcp: bool) -> bool {
    let answered = matches!(
        sample.outcome,
        Outcome::Answered(_) | Outcome::Misanswered(_) | Outcome::Forbidden(_) | Outcome::Unsealed(_)
    );
    answered || (tcp && sample.phases.connect_us.is_some())
}

fn json(sample: &Sample) -> String {
    let text = serde_json::to_string_pretty(sample).expect("a sample is made of plain values");
    format!("{text}\n")
}

fn lines(url: &str, sample: &Sample) -> String {
    let mut lines = vec![row("call", url), row("outcome", &said(sample))];
    if let Some(status) = sample.status {
        lines.push(row("status", &status.to_string()));
    }
    lines.extend(sample.again.map(|why| row("asked-again", why.as_str())));
    lines.extend(sample.limit.map(|limit| row("own-limit", limit.as_str())));
    if let Some(resolution) = sample.resolution.as_ref().filter(|found| !found.addresses.is_empty()) {
        let addresses: Vec<String> = resolution.addresses.iter().map(IpAddr::to_string).collect();
        let path: Vec<&str> =
            std::iter::once(&resolution.name).chain(&resolution.cnames).map(String::as_str).collect();
        lines.push(row("resolved", &format!("{} -> {}", path.join(" -> "), addresses.join(", "))));
        lines.push(row("resolver", &resolution.resolver));
    }
    lines.extend(sample.remote.map(|remote| row("to", &remote.to_string())));
    lines.extend(sample.local.map(|local| row("from", &local.to_string())));
    if let Some(tls) = &sample.tls {
        let known = [tls.version.as_deref(), tls.alpn.as_deref(), tls.certificate_error.as_deref()];
        lines.push(row("tls-facts", &known.into_iter().flatten().collect::<Vec<_>>().join(", ")));
        lines.extend(tls.pin.map(|pin| row("pin", &String::from(pin))));
    }
    let p = sample.phases;
    let phases = [
        ("resolve", p.resolve_us, None),
        ("connect", p.connect_us, p.connect_clock),
        ("tls", p.tls_us, None),
        ("first-byte", p.first_byte_us, p.first_byte_clock),
        ("transfer", p.transfer_us, None),
        ("total", p.total_us, None),
    ];
    let told = |(name, took, clock): (&str, Option<u32>, _)| Some(row(name, &ms(took?, clock)));
    lines.extend(phases.into_iter().filter_map(told));
    lines.concat()
}

fn row(name: &str, value: &str) -> String {
    // What a peer sent may hold anything, and goes to a terminal.
    let value: String = value.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    format!("{name:<11} {value}\n")
}

fn ms(took_us: u32, clock: Option<Clock>) -> String {
    let clock = if clock == Some(Clock::Kernel) { ", by the kernel's clock" } else { "" };
    format!("{}.{:03} ms{clock}", took_us / 1_000, took_us % 1_000)
}

fn said(sample: &Sample) -> String {
    let kind = sample.outcome.kind();
    match &sample.outcome {
        Outcome::Answered(answered) | Outcome::Misanswered(answered) => {
            format!("{kind} by `{}`, which saw {}", answered.agent, answered.seen)
        }
        Outcome::Forbidden(forbidden) => {
            let saw = forbidden.saw.map(|saw| format!(", which saw {saw}")).unwrap_or_default();
            format!("{kind} by {}{saw}", forbidden.fingerprint)
        }
        Outcome::Unsealed(unsealed) => {
            let server = unsealed.server.as_deref().map(|server| format!(", server `{server}`"));
            let location = unsealed.location.as_deref().map(|location| format!(", to `{location}`"));
            format!("{kind}{}{}", server.unwrap_or_default(), location.unwrap_or_default())
        }
        Outcome::Refused => kind.to_string(),
        Outcome::Reset(reset) => format!("{kind}, {reset}"),
        Outcome::Unreachable(unreachable) => format!("{kind}, {unreachable}"),
        Outcome::TimedOut(phase) => format!("{kind} in {phase}"),
        Outcome::Unresolved(unresolved) => {
            let said = unresolved.rcode.as_deref().map_or("asked".to_owned(), |rcode| format!("{rcode} by"));
            let name = sample.resolution.as_ref().map(|asked| format!(" for `{}`", asked.name));
            format!("{kind}, {}: {said} {}{}", unresolved.why, unresolved.resolver, name.unwrap_or_default())
        }
        Outcome::TlsFailed(failed) => format!("{kind}, {}: {}", failed.why, failed.detail),
        Outcome::NotSent(not_sent) => format!("{kind}, {}: {}", not_sent.why, not_sent.detail),
    }
}
