//! Where a call came from: the socket's other end, or what a trusted proxy says.
//!
//! Headers count only when the socket's other end is a trusted proxy: anybody else can write what they like into them.
//! `CLIENT-IP` is overwritten by App Service's front end, and `X-Forwarded-For` appended to at its right end
//! (Azure/app-service-linux-docs, `headers.md`), so only the right-most element is the proxy's own word. Other front ends
//! have headers of their own, which can be named.

use std::net::{IpAddr, SocketAddr};

use http::header::FORWARDED;
use http::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use ringfence_contract::receipt::{SeenBy, SeenSource};

/// The proxies whose headers count, and which headers those are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    networks: Vec<IpNet>,
    named: Vec<HeaderName>,
}

impl Proxies {
    /// Proxies with an address in one of these networks, which say where a call came from in `CLIENT-IP` or
    /// `X-Forwarded-For`.
    #[must_use]
    pub fn new(networks: Vec<IpNet>) -> Self {
        Self { networks, named: Vec::new() }
    }

    /// The same, but they say it in these headers. Where none of them is there, the usual ones count.
    #[must_use]
    pub fn saying_in(self, named: Vec<HeaderName>) -> Self {
        Self { named, ..self }
    }

    /// Whether an address is a trusted proxy's.
    #[must_use]
    pub fn trusts(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.networks.iter().any(|network| network.contains(&address))
    }
}

/// The headers that count unless others are named.
const CLIENT_IP: HeaderName = HeaderName::from_static("client-ip");
const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Where a call with these headers came from. A v4-mapped peer is the IPv4 address it stands for. Two headers that count and
/// say different addresses contradict each other: one of them is the caller's own invention.
#[must_use]
pub fn seen_source(peer: SocketAddr, headers: &HeaderMap, proxies: &Proxies) -> SeenSource {
    let peer = canonical(peer);
    let by_peer = SeenSource::by_peer(peer);
    if !proxies.trusts(peer.ip()) {
        return by_peer;
    }
    let named = proxies.named.iter().map(|name| (name, SeenBy::NamedHeader));
    let named = claims(headers, named);
    let usual =
        || claims(headers, [(&CLIENT_IP, SeenBy::ClientIp), (&X_FORWARDED_FOR, SeenBy::XForwardedFor)]);
    let claims = if named.is_empty() { usual() } else { named };
    let Some((address, by)) = claims.first().copied() else { return by_peer };
    let conflict = claims.iter().map(|(other, _)| *other).find(|other| *other != address);
    SeenSource { address, by, peer, conflict }
}

/// The addresses that headers say, in the order of the headers.
fn claims<'n>(
    headers: &HeaderMap,
    names: impl IntoIterator<Item = (&'n HeaderName, SeenBy)>,
) -> Vec<(IpAddr, SeenBy)> {
    let all =
        names.into_iter().flat_map(|(name, by)| said(headers, name).into_iter().map(move |said| (said, by)));
    all.collect()
}

/// The addresses that one header says. A list is one in the order of its lines (RFC 9110 section 5.3), and its end is the
/// nearest proxy's; any other header has one line, and a second is not the proxy's.
fn said(headers: &HeaderMap, name: &HeaderName) -> Vec<IpAddr> {
    let mut lines = headers.get_all(name).iter();
    let read = |line: &HeaderValue| read_address(line.to_str().ok()?.rsplit(',').next()?);
    if [X_FORWARDED_FOR, FORWARDED].contains(name) {
        return lines.next_back().and_then(read).into_iter().collect();
    }
    lines.filter_map(read).collect()
}

/// A socket address with a v4-mapped IPv6 address written as the IPv4 address it is.
pub(super) fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// `v4`, `v4:port`, `v6`, `[v6]`, `[v6]:port`; or one of them in a `for=` (RFC 7239 section 4).
fn read_address(text: &str) -> Option<IpAddr> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let node = pairs.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("for"));
    let text = node.map_or(text, |(_, node)| node.trim().trim_matches('"')).trim();
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

    /// The headers that are named, those that came, and the address and the one that contradicts it.
    type Said = (
        &'static [&'static str],
        &'static [(&'static str, &'static str)],
        &'static str,
        Option<&'static str>,
    );

    const SAID: &[Said] = &[
        // App Service writes both, one of them with the port.
        (&[], &[("client-ip", "10.0.1.4:40000"), ("x-forwarded-for", "6.6.6.6, 10.0.1.4")], "10.0.1.4", None),
        (&[], &[("client-ip", "10.0.1.4"), ("x-forwarded-for", "::ffff:10.0.1.4")], "10.0.1.4", None),
        // nginx appends to the one, and passes on whatever the caller wrote into the other.
        (&[], &[("client-ip", "6.6.6.6"), ("x-forwarded-for", "10.0.1.4")], "6.6.6.6", Some("10.0.1.4")),
        (&[], &[("client-ip", "6.6.6.6"), ("client-ip", "10.0.1.4")], "6.6.6.6", Some("10.0.1.4")),
        (&[], &[("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "10.0.1.4")], "10.0.1.4", None),
        (&[], &[("client-ip", "10.0.1.4"), ("x-forwarded-for", "unknown")], "10.0.1.4", None),
        (&["x-real-ip"], &[("x-real-ip", "10.0.1.4"), ("client-ip", "10.9.0.7")], "10.0.1.4", None),
        (&["x-real-ip"], &[("client-ip", "10.9.0.7")], "10.9.0.7", None),
        (&["x-a", "x-b"], &[("x-b", "10.0.1.5"), ("x-a", "10.0.1.4")], "10.0.1.4", Some("10.0.1.5")),
        (&["x-a", "x-b"], &[("x-b", "10.0.1.4:1"), ("x-a", "10.0.1.4")], "10.0.1.4", None),
        (&["x-a"], &[("x-a", "10.0.1.4"), ("x-a", "6.6.6.6")], "10.0.1.4", Some("6.6.6.6")),
        (&["forwarded"], &[("forwarded", "for=6.6.6.6, proto=https;For=\"[fd00::1]:5\"")], "fd00::1", None),
        (&["forwarded"], &[("forwarded", "for=10.0.1.4;by=10.9.0.1")], "10.0.1.4", None),
    ];

    #[test]
    fn headers_that_contradict_each_other_are_told() {
        for (named, lines, address, conflict) in SAID {
            let networks = vec!["10.9.0.0/16".parse().expect("a network")];
            let named = named.iter().map(|name| HeaderName::from_static(name)).collect();
            let proxies = Proxies::new(networks).saying_in(named);
            let mut headers = HeaderMap::new();
            for (name, value) in *lines {
                headers.append(*name, value.parse().expect("a value"));
            }
            let seen = seen_source(PROXY.parse().expect("an address"), &headers, &proxies);
            let conflict = conflict.map(|other| other.parse().expect("an address"));
            assert_eq!((seen.address.to_string().as_str(), seen.conflict), (*address, conflict), "{lines:?}");
            let stranger = seen_source("10.8.0.1:5000".parse().expect("an address"), &headers, &proxies);
            assert_eq!((stranger.by, stranger.conflict), (SeenBy::Peer, None), "{lines:?}");
        }
    }
}
