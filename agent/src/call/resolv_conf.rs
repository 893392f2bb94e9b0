//! The host's resolver settings, as glibc reads `/etc/resolv.conf` (resolv.conf(5)), and the names that they make of one.
//!
//! Read anew for each call, as they change with the network. Every file is good: what cannot be read of it counts as absent,
//! and a host whose file names no server, or that has no file, asks the one on itself.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV6};
use std::time::Duration;

use resolv_conf::{Config, ScopedIp};

const FILE: &str = "/etc/resolv.conf";

const DNS_PORT: u16 = 53;

/// What glibc takes at most (`MAXNS`, `RES_MAXNDOTS` and `RES_MAXRETRANS` in `resolv.h`).
const SERVERS_MAX: usize = 3;
const NDOTS_MAX: u32 = 15;
const TIMEOUT_MAX_S: u32 = 30;

/// Whom to ask, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Settings {
    /// In the order they are to be asked; at least one.
    pub(super) servers: Vec<SocketAddr>,
    /// Whether somebody named the servers.
    pub(super) is_named: bool,
    /// How long to wait for a server before the next one is asked.
    pub(super) timeout: Duration,
    /// Whether each question begins at another server.
    pub(super) rotate: bool,
    /// Whether to ask over TCP only.
    pub(super) use_vc: bool,
    search: Search,
}

/// The names that one stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Search {
    /// Itself alone.
    No,
    /// With the domains behind it too.
    Domains {
        domains: Vec<String>,
        /// How many dots make a name be asked as it stands first.
        ndots: u32,
        /// Whether a name without a dot is never asked as it stands.
        no_tld_query: bool,
    },
}

impl Settings {
    /// The settings of the program that names one server: names are asked there as they stand, as `dig @server` does.
    pub(super) fn only(server: SocketAddr) -> Self {
        let timeout = Duration::from_secs(TIMEOUT_MAX_S.into());
        let servers = vec![server];
        Self { servers, is_named: true, timeout, rotate: false, use_vc: false, search: Search::No }
    }

    /// The host's settings.
    pub(super) fn of_host() -> Self {
        let text = std::fs::read(FILE).unwrap_or_default();
        let host = rustix::system::uname();
        Self::read(&text, &host.nodename().to_string_lossy(), interface)
    }

    /// Reads the text of a file on a host without a domain or interfaces.
    #[cfg(test)]
    pub(super) fn read_alone(text: &str) -> Self {
        Self::read(text.as_bytes(), "vm-1", |_| None)
    }

    /// Reads the text of a file on a host of this name, whose interfaces have these numbers.
    fn read(text: &[u8], hostname: &str, interface: impl Fn(&str) -> Option<u32>) -> Self {
        let (config, _mistakes) = Config::parse_with_errors(&numbered(text, interface));
        let server = |ip: &ScopedIp| match ip {
            ScopedIp::V4(v4) => SocketAddr::from((*v4, DNS_PORT)),
            ScopedIp::V6(v6, scope) => {
                let scope = scope.as_ref().and_then(|scope| scope.parse().ok()).unwrap_or_default();
                SocketAddr::V6(SocketAddrV6::new(*v6, DNS_PORT, 0, scope))
            }
        };
        let mut servers: Vec<SocketAddr> = config.nameservers.iter().take(SERVERS_MAX).map(server).collect();
        let is_named = !servers.is_empty();
        if !is_named {
            servers.push((Ipv4Addr::LOCALHOST, DNS_PORT).into());
        }
        let mut domains: Vec<String> = config.get_last_search_or_domain().cloned().collect();
        if config.get_search().is_none() && config.get_domain().is_none() {
            domains.extend(hostname.split_once('.').map(|(_, domain)| domain.to_owned()));
        }
        let (ndots, no_tld_query) = (config.ndots.min(NDOTS_MAX), config.no_tld_query);
        Self {
            servers,
            is_named,
            timeout: Duration::from_secs(config.timeout.clamp(1, TIMEOUT_MAX_S).into()),
            rotate: config.rotate,
            use_vc: config.use_vc,
            search: Search::Domains { domains, ndots, no_tld_query },
        }
    }

    /// The names to ask for, in order, where this one is written; without the trailing dot that makes it absolute. The flag
    /// says which is the name as it stands.
    pub(super) fn names(&self, name: &str, absolute: bool) -> Vec<(String, bool)> {
        let itself = (name.to_owned(), true);
        let Search::Domains { domains, ndots, no_tld_query } = &self.search else { return vec![itself] };
        if absolute {
            return vec![itself];
        }
        let dots = name.matches('.').count();
        let first = dots >= usize::try_from(*ndots).unwrap_or(usize::MAX);
        let mut names = Vec::new();
        if first {
            names.push(itself.clone());
        }
        for domain in domains {
            let domain = domain.trim_matches('.');
            names.push(if domain.is_empty() { itself.clone() } else { (format!("{name}.{domain}"), false) });
        }
        if dots > 0 || !no_tld_query {
            names.push(itself);
        }
        let mut seen = std::collections::HashSet::new();
        names.retain(|(name, _)| seen.insert(name.to_ascii_lowercase()));
        names
    }
}

/// The text with each interface's name in a server's address (`fe80::1%br-lan`) as its number: the library knows letters and
/// digits only.
fn numbered(text: &[u8], interface: impl Fn(&str) -> Option<u32>) -> Vec<u8> {
    let line = |line: &[u8]| {
        let words = std::str::from_utf8(line).ok()?.strip_prefix("nameserver")?;
        let (address, rest) = words.split_once('%')?;
        let name = rest.split([' ', '\t', ';', '#', '\r']).next()?;
        let number = name.parse().ok().or_else(|| interface(name))?;
        Some(format!("nameserver {}%{number}", address.trim()).into_bytes())
    };
    let lines = text.split(|byte| *byte == b'\n').map(|text| line(text).unwrap_or_else(|| text.to_vec()));
    lines.collect::<Vec<_>>().join(&b'\n')
}

#[cfg(target_os = "linux")]
fn interface(name: &str) -> Option<u32> {
    nix::net::if_::if_nametoindex(name).ok()
}

/// Where the system call is not at hand, an interface is named by its number.
#[cfg(not(target_os = "linux"))]
fn interface(_: &str) -> Option<u32> {
    None
}

/// The loopback address that a name of this machine stands for, which no server is asked (RFC 6761 section 6.3).
pub(super) fn is_localhost(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost")
}

/// The addresses that a hosts file (hosts(5)) has for a name.
pub(super) fn in_hosts(text: &str, name: &str) -> Vec<IpAddr> {
    let line = |line: &str| {
        let mut words = line.split('#').next()?.split_whitespace();
        let address = words.next()?.parse().ok()?;
        words.any(|word| word.trim_end_matches('.').eq_ignore_ascii_case(name)).then_some(address)
    };
    text.trim_start_matches('\u{feff}').lines().filter_map(line).collect()
}

#[cfg(test)]
#[path = "resolv_conf_tests.rs"]
mod tests;
