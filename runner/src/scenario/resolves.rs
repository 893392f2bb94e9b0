//! Where a name has to lead, and what kind of address an address is. It must not know who asked for the name, or what a
//! resolver said.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use ringfence_contract::address::{Family, embedded_ipv4};

use super::source::Span;

/// What an endpoint or a rule says a name has to resolve to, and where it says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameClaim {
    /// Where every address of the name has to lie.
    pub resolves: Resolves,
    /// Where the scenario says so.
    pub span: Span,
}

/// Where every address of a name has to lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolves {
    /// In one of these networks.
    Networks(Vec<IpNet>),
    /// In a private network ([`Scope::Private`]).
    Private,
    /// In the public internet ([`Scope::Public`]).
    Public,
}

impl Resolves {
    /// Whether an address lies where it has to. A v4-mapped or NAT64 address lies where the IPv4 address in it does.
    #[must_use]
    pub fn admits(&self, address: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => {
                let inside = look_through(address);
                networks.iter().any(|network| network.contains(&address) || network.contains(&inside))
            }
            Self::Private => Scope::of(address) == Scope::Private,
            Self::Public => Scope::of(address) == Scope::Public,
        }
    }

    /// Whether it says that there are addresses in a family: a list does so only of the families of its networks.
    #[must_use]
    pub fn covers(&self, family: Family) -> bool {
        match self {
            Self::Networks(networks) => networks.iter().any(|network| Family::of(network.addr()) == family),
            Self::Private | Self::Public => true,
        }
    }
}

impl fmt::Display for Resolves {
    /// As a sentence goes on after "resolve" or "resolves".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Networks(networks) => {
                let networks: Vec<String> = networks.iter().map(written).collect();
                write!(f, "within {}", networks.join(", "))
            }
            Self::Private => f.write_str("to private addresses"),
            Self::Public => f.write_str("to public addresses"),
        }
    }
}

/// A network as people write it: that of one address is the address.
fn written(network: &IpNet) -> String {
    if network.prefix_len() == network.max_prefix_len() {
        network.addr().to_string()
    } else {
        network.to_string()
    }
}

/// What kind of network an address belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// A private one: RFC 1918, shared address space (RFC 6598 section 7), unique local addresses (RFC 4193).
    Private,
    /// None that reaches beyond a link: loopback, link-local (RFC 3927, RFC 4291), the deprecated site-local addresses
    /// (RFC 3879), multicast, and what no host can have (RFC 1122 section 3.2.1.3, RFC 1112 section 4).
    Confined,
    /// The internet: every other unicast address.
    Public,
}

impl Scope {
    /// The kind of an address. A v4-mapped or NAT64 address is of the kind of the IPv4 address in it.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match look_through(address) {
            IpAddr::V4(address) => Self::of_v4(address),
            IpAddr::V6(address) => Self::of_v6(address),
        }
    }

    fn of_v4(address: Ipv4Addr) -> Self {
        let [first, second, ..] = address.octets();
        match first {
            _ if address.is_private() => Self::Private,
            100 if second & 0xc0 == 64 => Self::Private,
            0 | 127 | 224.. => Self::Confined,
            _ if address.is_link_local() => Self::Confined,
            _ => Self::Public,
        }
    }

    fn of_v6(address: Ipv6Addr) -> Self {
        match address.segments()[0] {
            _ if address.is_unique_local() => Self::Private,
            _ if address.is_loopback() || address.is_unspecified() => Self::Confined,
            // fe80::/10 and fec0::/10 lie side by side; ff00::/8 follows them.
            0xfe80.. => Self::Confined,
            _ => Self::Public,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Private => "private",
            Self::Confined => "loopback, link-local or reserved",
            Self::Public => "public",
        })
    }
}

/// The IPv4 address that a v4-mapped (RFC 4291 section 2.5.5.2) or NAT64 (RFC 6052, RFC 8215) address stands for; any
/// other address as it is. Other forms that carry an IPv4 address go through relays and tunnels of their own.
fn look_through(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) if matches!(v6.segments(), [0x64, 0xff9b, ..]) => {
            embedded_ipv4(v6).map_or(address, IpAddr::V4)
        }
        canonical => canonical,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_oneof, proptest};
    use proptest::strategy::Strategy;
    use proptest::{prop_assert, prop_assert_eq};

    use super::*;

    /// Whether the first bits of an address are those of a network, bit by bit.
    fn lies_in(address: IpAddr, (network, length): (&str, usize)) -> bool {
        let bits = |address: IpAddr| -> Vec<bool> {
            let bytes = match address {
                IpAddr::V4(v4) => v4.octets().to_vec(),
                IpAddr::V6(v6) => v6.octets().to_vec(),
            };
            bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)).collect()
        };
        let network: IpAddr = network.parse().expect("an address");
        network.is_ipv4() == address.is_ipv4() && bits(network)[..length] == bits(address)[..length]
    }

    const PRIVATE: [(&str, usize); 5] =
        [("10.0.0.0", 8), ("172.16.0.0", 12), ("192.168.0.0", 16), ("100.64.0.0", 10), ("fc00::", 7)];

    const CONFINED: [(&str, usize); 10] = [
        ("0.0.0.0", 8),
        ("127.0.0.0", 8),
        ("169.254.0.0", 16),
        ("224.0.0.0", 4),
        ("240.0.0.0", 4),
        ("::", 128),
        ("::1", 128),
        ("fe80::", 10),
        ("fec0::", 10),
        ("ff00::", 8),
    ];

    /// The kinds, looked up in the lists of networks above.
    fn listed(address: IpAddr) -> Scope {
        let address = model_of_disguise(address);
        let within = |list: &[(&str, usize)]| list.iter().any(|network| lies_in(address, *network));
        match (within(&PRIVATE), within(&CONFINED)) {
            (true, _) => Scope::Private,
            (_, true) => Scope::Confined,
            _ => Scope::Public,
        }
    }

    fn model_of_disguise(address: IpAddr) -> IpAddr {
        let disguises = [("::ffff:0:0", 96), ("64:ff9b::", 96), ("64:ff9b:1::", 48)];
        match address {
            IpAddr::V6(v6) if disguises.iter().any(|form| lies_in(address, *form)) => {
                let [.., a, b, c, d] = v6.octets();
                IpAddr::from([a, b, c, d])
            }
            other => other,
        }
    }

    /// Addresses on both sides of every border, in every disguise, and any others.
    fn address() -> impl Strategy<Value = IpAddr> {
        let borders: Vec<IpAddr> = PRIVATE
            .iter()
            .chain(&CONFINED)
            .flat_map(|(network, length)| {
                let network: IpNet = format!("{network}/{length}").parse().expect("a network");
                match network {
                    IpNet::V4(network) => {
                        let (first, last) = (u32::from(network.network()), u32::from(network.broadcast()));
                        [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                            .map(|bits| IpAddr::V4(Ipv4Addr::from(bits)))
                    }
                    IpNet::V6(network) => {
                        let (first, last) = (u128::from(network.network()), u128::from(network.broadcast()));
                        [first.wrapping_sub(1), first, last, last.wrapping_add(1)]
                            .map(|bits| IpAddr::V6(Ipv6Addr::from(bits)))
                    }
                }
            })
            .collect();
        let plain = prop_oneof![
            proptest::sample::select(borders),
            any::<u32>().prop_map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
            any::<u128>().prop_map(|bits| IpAddr::V6(Ipv6Addr::from(bits))),
        ];
        let prefixes = proptest::sample::select(vec!["::ffff:0:0", "64:ff9b::", "64:ff9b:1::", "2002::"]);
        (plain, proptest::option::of(prefixes)).prop_map(|(address, prefix)| match (address, prefix) {
            (IpAddr::V4(v4), Some(prefix)) => {
                let prefix: Ipv6Addr = prefix.parse().expect("a prefix");
                IpAddr::V6(Ipv6Addr::from(u128::from(prefix) | u128::from(u32::from(v4))))
            }
            (address, _) => address,
        })
    }

    proptest! {
        #[test]
        fn an_address_is_of_the_kind_its_network_is_listed_as(address in address()) {
            prop_assert_eq!(Scope::of(address), listed(address));
            prop_assert_eq!(Resolves::Private.admits(address), listed(address) == Scope::Private);
            prop_assert_eq!(Resolves::Public.admits(address), listed(address) == Scope::Public);
        }

        #[test]
        fn a_list_admits_what_lies_in_one_of_its_networks(address in address(), like in address(), length in 0..=128_u8) {
            let whole = IpNet::from(like).max_prefix_len();
            let network = IpNet::new(like, length.min(whole)).expect("a network").trunc();
            let text = network.network().to_string();
            let within = |address| lies_in(address, (&text, usize::from(network.prefix_len())));
            let listed = Resolves::Networks(vec!["192.0.2.77/32".parse().expect("a network"), network]);
            let other = lies_in(model_of_disguise(address), ("192.0.2.77", 32));
            prop_assert_eq!(listed.admits(address), other || within(address) || within(model_of_disguise(address)));
            prop_assert!(Resolves::Networks(vec![IpNet::from(address)]).admits(address));
        }
    }

    #[test]
    fn the_commonest_addresses_are_of_the_kind_people_take_them_for() {
        for (address, scope) in [
            ("10.0.3.4", Scope::Private),
            ("100.64.0.1", Scope::Private),
            ("fd00::1", Scope::Private),
            ("::ffff:192.168.1.1", Scope::Private),
            ("64:ff9b::a00:304", Scope::Private),
            ("20.50.2.7", Scope::Public),
            ("64:ff9b::1432:207", Scope::Public),
            ("2603:1020::7", Scope::Public),
            ("127.0.0.1", Scope::Confined),
            ("::1", Scope::Confined),
            ("169.254.169.254", Scope::Confined),
            ("fe80::1", Scope::Confined),
            ("64:ff9b::7f00:1", Scope::Confined),
        ] {
            assert_eq!(Scope::of(address.parse().expect("an address")), scope, "{address}");
        }
    }
}
