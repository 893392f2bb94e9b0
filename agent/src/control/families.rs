//! Which address families a host can call in.
//!
//! This file must not know who asks.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use ringfence_contract::address::Family;

/// Where the question goes: addresses set aside for documentation (RFC 5737 section 3, RFC 3849), and private ones for
/// hosts that have no default route. A UDP socket is connected, which picks a source and sends nothing.
const ASKED: [IpAddr; 4] = [
    IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
    IpAddr::V4(Ipv4Addr::new(10, 255, 255, 254)),
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
];

/// The families the host would call in: those it has an address of more than its own link in, and those of the
/// addresses it was told to use.
#[must_use]
pub fn families(bound: &[IpAddr]) -> Vec<Family> {
    let chosen = ASKED.into_iter().filter_map(source_to).filter(|source| reaches_out(*source));
    let bound = bound.iter().copied().filter(|address| !address.is_unspecified());
    let mut families: Vec<Family> = chosen.chain(bound).map(Family::of).collect();
    families.sort_unstable();
    families.dedup();
    families
}

/// The address the system would call from.
fn source_to(asked: IpAddr) -> Option<IpAddr> {
    let any: IpAddr = match asked {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind(SocketAddr::new(any, 0)).ok()?;
    // Port 9 is discard (RFC 863); nothing is sent.
    socket.connect(SocketAddr::new(asked, 9)).ok()?;
    socket.local_addr().ok().map(|address| address.ip())
}

fn reaches_out(address: IpAddr) -> bool {
    let link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    !address.is_loopback() && !address.is_unspecified() && !link_local
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_family_the_agent_is_bound_in_is_always_there() {
        let v4 = families(&["127.0.0.7".parse().expect("an address")]);
        assert!(v4.contains(&Family::Ipv4));
        let both = families(&["::1".parse().expect("an address"), "127.0.0.1".parse().expect("an address")]);
        assert_eq!(both, [Family::Ipv4, Family::Ipv6]);
    }

    #[test]
    fn what_stays_on_its_link_reaches_nobody() {
        for text in ["127.0.0.1", "::1", "169.254.7.7", "fe80::7", "0.0.0.0", "::"] {
            assert!(!reaches_out(text.parse().expect("an address")), "{text}");
        }
        for text in ["10.0.0.4", "fd00::4", "203.0.113.9"] {
            assert!(reaches_out(text.parse().expect("an address")), "{text}");
        }
    }
}
