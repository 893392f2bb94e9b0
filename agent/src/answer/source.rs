//! Where a call came from: the socket's other end, or what a trusted proxy says.
//!
//! Headers count only when the socket's other end is a trusted proxy: anybody else can write what they like into them.
//! `CLIENT-IP` is overwritten by App Service's front end, and `X-Forwarded-For` appended to at its right end
//! (Azure/app-service-linux-docs, `headers.md`), so only the right-most element is the proxy's own word.

use std::net::{IpAddr, SocketAddr};

use http::HeaderMap;
use ipnet::IpNet;
use ringfence_contract::receipt::{SeenBy, SeenSource};

/// The proxies whose headers count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Proxies with an address in one of these networks.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self(networks)
    }

    /// Whether an address is a trusted proxy's.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.contains(&address))
    }
}

/// Where a call with these headers came from. A v4-mapped peer is the IPv4 address it stands for.
#[must_use]
pub fn seen_source(peer: SocketAddr, headers: &HeaderMap, proxies: &Proxies) -> SeenSource {
    let peer = canonical(peer);
    let by_peer = SeenSource { address: peer.ip(), by: SeenBy::Peer, peer };
    if !proxies.trusts(peer.ip()) {
        return by_peer;
    }
    let client_ip = last_value(headers, "client-ip").and_then(read_address);
    let forwarded = || {
        let list = last_value(headers, "x-forwarded-for")?;
        read_address(list.rsplit(',').next()?)
    };
    match client_ip.map(|address| (address, SeenBy::ClientIp)) {
        Some((address, by)) => SeenSource { address, by, peer },
        None => match forwarded() {
            Some(address) => SeenSource { address, by: SeenBy::XForwardedFor, peer },
            None => by_peer,
        },
    }
}

/// A socket address with a v4-mapped IPv6 address written as the IPv4 address it is.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// Several lines of a header are one list in their order (RFC 9110 section 5.3), so the last line ends the list.
fn last_value<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get_all(name).iter().next_back()?.to_str().ok()
}

/// `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`.
fn read_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    let in_brackets = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<IpAddr>().ok();
    bare.or_else(with_port).or_else(in_brackets).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = (&'static str, &'static [(&'static str, &'static str)], &'static str, SeenBy);

    const PROXY: &str = "10.9.0.1:5000";

    const ROWS: &[Row] = &[
        (PROXY, &[], "10.9.0.1", SeenBy::Peer),
        (PROXY, &[("client-ip", "10.0.1.4:40000")], "10.0.1.4", SeenBy::ClientIp),
        (PROXY, &[("client-ip", " 10.0.1.4 ")], "10.0.1.4", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "[fd00::1]:40000")], "fd00::1", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "[fd00::1]")], "fd00::1", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "fd00::1")], "fd00::1", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "::ffff:10.0.1.4")], "10.0.1.4", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "10.0.1.4"), ("x-forwarded-for", "1.1.1.1")], "10.0.1.4", SeenBy::ClientIp),
        (PROXY, &[("client-ip", "nobody"), ("x-forwarded-for", "1.1.1.1")], "1.1.1.1", SeenBy::XForwardedFor),
        (PROXY, &[("x-forwarded-for", "6.6.6.6, 7.7.7.7, 10.0.1.4:1")], "10.0.1.4", SeenBy::XForwardedFor),
        (PROXY, &[("x-forwarded-for", "6.6.6.6 ,fd00::2 ")], "fd00::2", SeenBy::XForwardedFor),
        (
            PROXY,
            &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "7.7.7.7, 8.8.8.8")],
            "8.8.8.8",
            SeenBy::XForwardedFor,
        ),
        (PROXY, &[("x-forwarded-for", "10.0.1.4, unknown")], "10.9.0.1", SeenBy::Peer),
        (PROXY, &[("x-forwarded-for", "10.0.1.4,")], "10.9.0.1", SeenBy::Peer),
        ("[::ffff:10.9.0.1]:5000", &[("client-ip", "10.0.1.4")], "10.0.1.4", SeenBy::ClientIp),
        (
            "10.8.0.1:5000",
            &[("client-ip", "10.0.1.4"), ("x-forwarded-for", "1.1.1.1")],
            "10.8.0.1",
            SeenBy::Peer,
        ),
        ("[::ffff:10.8.0.1]:5000", &[], "10.8.0.1", SeenBy::Peer),
    ];

    #[test]
    fn headers_count_from_a_trusted_proxy_and_from_nobody_else() {
        let proxies = Proxies::new(vec!["10.9.0.0/16".parse().expect("a network")]);
        for (peer, lines, address, by) in ROWS {
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                headers.append(*name, value.parse().expect("a value"));
            }
            let seen = seen_source(peer.parse().expect("an address"), &headers, &proxies);
            assert_eq!((seen.address.to_string().as_str(), seen.by), (*address, *by), "{peer} {lines:?}");
        }
    }
}
