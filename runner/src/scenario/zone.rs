//! Zones: where a caller's address is expected to lie, and what App Service's front end shows of one that comes through a
//! service endpoint.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv6Net};

/// A named set of networks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Its name.
    pub name: String,
    /// The networks, as written.
    pub networks: Vec<IpNet>,
    /// Whether callers may come through a service endpoint.
    pub service_endpoint: ServiceEndpoint,
}

/// Whether a zone's callers may come through a service endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceEndpoint {
    /// They may not.
    Unlisted,
    /// They may: the zone lists `service-endpoint`.
    Listed,
}

/// Where an address lies, seen from a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In one of the zone's networks; of an address through a service endpoint, the caller's own does.
    Inside,
    /// It comes through a service endpoint, and does not show from which subnet. It counts as inside.
    Undecoded,
    /// It comes through a service endpoint, and the zone lists no IPv4 network to hold it against. It counts as inside.
    Unlisted,
    /// Elsewhere.
    Outside,
}

impl Zone {
    /// Where an address lies. A v4-mapped address counts as the IPv4 address it maps.
    #[must_use]
    pub fn place(&self, address: IpAddr) -> Place {
        let address = address.to_canonical();
        let lists = |address: IpAddr| self.networks.iter().any(|network| network.contains(&address));
        if lists(address) {
            return Place::Inside;
        }
        match (self.service_endpoint, embedded(address)) {
            (ServiceEndpoint::Unlisted, _) | (ServiceEndpoint::Listed, None) => Place::Outside,
            (ServiceEndpoint::Listed, Some(_))
                if !self.networks.iter().any(|network| network.addr().is_ipv4()) =>
            {
                Place::Unlisted
            }
            (ServiceEndpoint::Listed, Some(caller)) if lists(caller.into()) => Place::Inside,
            (ServiceEndpoint::Listed, Some(caller)) if is_of_a_network(caller) => Place::Outside,
            (ServiceEndpoint::Listed, Some(_)) => Place::Undecoded,
        }
    }

    /// Whether an address counts as the zone's.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.place(address) != Place::Outside
    }
}

/// Whether an address is what App Service's front end shows of a caller that comes through a service endpoint: `fd00::/8`
/// (captures in microsoft/clarity#1133 and Azure/static-web-apps#1666).
#[must_use]
pub fn is_service_endpoint(address: IpAddr) -> bool {
    embedded(address).is_some()
}

/// The caller's own address in its virtual network, as the address that a front end shows of a service endpoint's caller has
/// it. None where it shows none.
///
/// The last 32 bits hold it. That is seen in captures (azure-docs#111480) and documented nowhere, and one capture has
/// something else there; so only an address that a virtual network may have counts. It tells the numbers of a subnet, never
/// whose virtual network it is: others use the same numbers.
#[must_use]
pub fn caller_in_its_network(address: IpAddr) -> Option<Ipv4Addr> {
    embedded(address).filter(|caller| is_of_a_network(*caller))
}

/// The last 32 bits of an address in `fd00::/8`.
fn embedded(address: IpAddr) -> Option<Ipv4Addr> {
    const SHOWN: Ipv6Net = Ipv6Net::new_assert(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0), 8);
    match address {
        IpAddr::V6(v6) if SHOWN.contains(&v6) => {
            let [.., a, b, c, d] = v6.octets();
            Some(Ipv4Addr::new(a, b, c, d))
        }
        IpAddr::V6(_) | IpAddr::V4(_) => None,
    }
}

/// Whether virtual networks have such addresses: RFC 1918, and RFC 6598, which Azure takes as well ("Virtual network FAQ").
fn is_of_a_network(address: Ipv4Addr) -> bool {
    let [a, b, ..] = address.octets();
    address.is_private() || (a == 100 && (64..128).contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone(networks: &[&str], service_endpoint: ServiceEndpoint) -> Zone {
        let networks = networks.iter().map(|network| network.parse().expect("a network")).collect();
        Zone { name: "z".to_owned(), networks, service_endpoint }
    }

    const SUBNET: &[&str] = &["10.0.1.0/24", "2001:db8::/64"];

    #[test]
    fn an_address_through_a_service_endpoint_is_in_the_zone_of_its_own_subnet_alone() {
        let listed = zone(SUBNET, ServiceEndpoint::Listed);
        let unlisted = zone(SUBNET, ServiceEndpoint::Unlisted);
        for (address, with, without) in [
            ("10.0.1.4", Place::Inside, Place::Inside),
            ("::ffff:10.0.1.4", Place::Inside, Place::Inside),
            ("10.0.2.4", Place::Outside, Place::Outside),
            ("2001:db8::1", Place::Inside, Place::Inside),
            ("2001:db8:1::1", Place::Outside, Place::Outside),
            // Azure/azure-docs#111480: 10.0.1.4. The other: 10.2.1.38, another subnet or another's network.
            ("fde4:8dba:2300:5457:6f23:200:a00:104", Place::Inside, Place::Outside),
            ("fde4:8dba:1200:98db:6a12:300:a02:126", Place::Outside, Place::Outside),
            ("fde4:8dba:1200:98db:6a12:300:c0a8:104", Place::Outside, Place::Outside),
            ("fde4:8dba:1200:98db:6a12:300:6440:104", Place::Outside, Place::Outside),
            // Azure/static-web-apps#1666: what stands there is no address of a virtual network.
            ("fd00::1002:fc01:3000:2000:1000", Place::Undecoded, Place::Outside),
            ("fd00::1", Place::Undecoded, Place::Outside),
            ("fc00::a00:104", Place::Outside, Place::Outside),
            ("203.0.113.9", Place::Outside, Place::Outside),
        ] {
            let address = address.parse().expect("an address");
            assert_eq!(listed.place(address), with, "{address}");
            assert_eq!(unlisted.place(address), without, "{address}");
            assert_eq!(listed.contains(address), with != Place::Outside, "{address}");
        }
    }

    #[test]
    fn a_zone_without_networks_of_its_family_admits_every_service_endpoint_and_says_so() {
        for networks in [&[][..], &["2001:db8::/64"]] {
            let any = zone(networks, ServiceEndpoint::Listed);
            for address in ["fde4:8dba:2300:5457:6f23:200:a00:104", "fd00::1002:fc01:3000:2000:1000"] {
                assert_eq!(any.place(address.parse().expect("an address")), Place::Unlisted, "{address}");
            }
            assert_eq!(any.place(IpAddr::from([10, 0, 1, 4])), Place::Outside);
        }
        // A network with public numbers is one that its owner lists.
        let public = zone(&["20.0.1.0/24"], ServiceEndpoint::Listed);
        assert_eq!(public.place("fde4:8dba:1:2:3:4:1400:104".parse().expect("an address")), Place::Inside);
    }

    #[test]
    fn the_callers_own_address_is_shown_where_the_front_ends_shows_it() {
        for (address, caller) in [
            ("fde4:8dba:2300:5457:6f23:200:a00:104", Some("10.0.1.4")),
            ("fde4:8dba:1200:98db:6a12:300:a02:126", Some("10.2.1.38")),
            ("fd00::1002:fc01:3000:2000:1000", None),
            ("2001:db8::a00:104", None),
            ("10.0.1.4", None),
        ] {
            let caller = caller.map(|caller| caller.parse().expect("an address"));
            assert_eq!(caller_in_its_network(address.parse().expect("an address")), caller, "{address}");
        }
    }
}
