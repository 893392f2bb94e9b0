//! Where the agent answers, read from the command line with every mistake collected.

use std::net::{Ipv4Addr, SocketAddr};

use super::args::{ListenArgs, PortArgs};
use super::mistake::Mistake;
use super::setting::{file, given, parts};
use crate::serve::{Listen, TlsListen};

/// Where an agent answers HTTP when nobody says where.
const DEFAULT_PORT: u16 = 8_080;

/// Whether an agent that is told of no listener has one all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Otherwise {
    /// HTTP on every IPv4 address.
    Listen,
    /// None.
    BeSilent,
}

/// Reads where the agent answers.
pub(super) fn listen(args: &ListenArgs, otherwise: Otherwise, mistakes: &mut Vec<Mistake>) -> Listen {
    let mut http = addresses(&args.listen, ("--listen", "RINGFENCE_LISTEN"), mistakes);
    let https = https(args, mistakes);
    let tcp = addresses(&args.tcp_listen, ("--tcp-listen", "RINGFENCE_TCP_LISTEN"), mistakes);
    let udp = addresses(&args.udp_listen, ("--udp-listen", "RINGFENCE_UDP_LISTEN"), mistakes);
    if otherwise == Otherwise::Listen && parts(&args.listen).next().is_none() {
        let given = given_port(&args.port, mistakes);
        // Whoever asked for other listeners only, and whose platform gives no port, does not want plain HTTP as well.
        let alone = [&args.tls_listen, &args.tcp_listen, &args.udp_listen]
            .iter()
            .all(|texts| parts(texts).next().is_none());
        let port = given.or(alone.then_some(DEFAULT_PORT));
        http.extend(port.map(|port| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port)));
    }
    Listen { http, https, tcp, udp }
}

/// The port where this host's agent answers HTTP, as far as the platform says.
pub(super) fn port(args: &PortArgs, mistakes: &mut Vec<Mistake>) -> u16 {
    given_port(args, mistakes).unwrap_or(DEFAULT_PORT)
}

fn given_port(args: &PortArgs, mistakes: &mut Vec<Mistake>) -> Option<u16> {
    let functions = (&args.functions_port, "FUNCTIONS_CUSTOMHANDLER_PORT");
    let given = [functions, (&args.port, "PORT")]
        .into_iter()
        .find_map(|(text, variable)| given(text.as_ref()).map(|text| (text, variable)));
    let (text, variable) = given?;
    let port = text.parse::<u16>().ok();
    if port.is_none() {
        let mistake = Mistake::new("--port", variable, format!("`{text}` is no port"));
        mistakes.push(mistake.next("let the platform set it, or unset it and name the address yourself"));
    }
    port
}

fn addresses(
    texts: &[String],
    setting: (&'static str, &'static str),
    mistakes: &mut Vec<Mistake>,
) -> Vec<SocketAddr> {
    let mut addresses = Vec::new();
    for part in parts(texts) {
        if let Ok(address) = part.parse() {
            addresses.push(address);
        } else {
            let problem = format!("`{part}` is no address and port");
            let next = "write `0.0.0.0:8080`, `10.0.0.4:8443` or `[::]:8080`";
            mistakes.push(Mistake::new(setting.0, setting.1, problem).next(next));
        }
    }
    addresses
}

fn https(args: &ListenArgs, mistakes: &mut Vec<Mistake>) -> Option<TlsListen> {
    const CERT: (&str, &str) = ("--cert", "RINGFENCE_TLS_CERT");
    const KEY: (&str, &str) = ("--key", "RINGFENCE_TLS_KEY");
    let addresses = addresses(&args.tls_listen, ("--tls-listen", "RINGFENCE_TLS_LISTEN"), mistakes);
    let wanted = parts(&args.tls_listen).next().is_some();
    let mut part = |path: Option<&str>, setting: (&'static str, &'static str)| match (path, wanted) {
        (Some(path), true) => file(path, setting, mistakes),
        (None, false) => None,
        (None, true) => {
            let mistake = Mistake::new(setting.0, setting.1, "missing, and `--tls-listen` needs it");
            mistakes.push(mistake.next("give the file, in PEM form"));
            None
        }
        (Some(_), false) => {
            let mistake = Mistake::new(setting.0, setting.1, "given, and nothing listens with it");
            mistakes.push(mistake.next("say where with `--tls-listen`, such as `0.0.0.0:8443`"));
            None
        }
    };
    let (certificates, key) = (part(given(args.cert.as_ref()), CERT), part(given(args.key.as_ref()), KEY));
    Some(TlsListen { addresses, certificates: certificates?, key: key? })
}
