//! Addresses that are never called by accident: a table of data, one row a range.
//!
//! What lies behind them answers to the host itself (its platform, its own services, everybody on its link), so a
//! wide entry of an allow list does not mean them. This file must not know what an allow list looks like.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A range that only an entry naming it, or a part of it, admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guarded {
    /// The range.
    pub range: IpNet,
    /// What is there, for the sentence that refuses.
    pub what: &'static str,
}

const fn v4(address: [u8; 4], prefix: u8, what: &'static str) -> Guarded {
    let [a, b, c, d] = address;
    Guarded { range: IpNet::V4(Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)), what }
}

const fn v6(s: [u16; 8], prefix: u8, what: &'static str) -> Guarded {
    let address = Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]);
    Guarded { range: IpNet::V6(Ipv6Net::new_assert(address, prefix)), what }
}

/// The table, sources beside each row.
const TABLE: &[Guarded] = &[
    // RFC 3927 section 2.1; 169.254.169.254 serves instance metadata and tokens on Azure, AWS, Google Cloud and Oracle.
    v4([169, 254, 0, 0], 16, "link-local addresses, with the platform's metadata service among them"),
    // Microsoft Learn, "What is IP address 168.63.129.16": the host of an Azure VM, with its goal state and DNS.
    v4([168, 63, 129, 16], 32, "the Azure host"),
    // Alibaba Cloud, "Instance metadata": reached at 100.100.100.200.
    v4([100, 100, 100, 200], 32, "Alibaba Cloud's metadata service"),
    // Oracle Cloud Infrastructure Classic, "Retrieving instance metadata": reached at 192.0.0.192.
    v4([192, 0, 0, 192], 32, "Oracle Cloud Classic's metadata service"),
    // RFC 1122 section 3.2.1.3 (g).
    v4([127, 0, 0, 0], 8, "this host's own loopback addresses"),
    // RFC 1122 section 3.2.1.3 (a): "this host on this network"; Linux connects 0.0.0.0 to loopback.
    v4([0, 0, 0, 0], 8, "\"this host\""),
    // RFC 5771 section 3.
    v4([224, 0, 0, 0], 4, "multicast"),
    // RFC 919 section 7.
    v4([255, 255, 255, 255], 32, "broadcast"),
    // RFC 4291 section 2.5.3.
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128, "this host's own loopback address"),
    // RFC 4291 section 2.5.2; Linux connects it to loopback.
    v6([0; 8], 128, "\"this host\""),
    // RFC 4291 section 2.5.6.
    v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10, "link-local addresses"),
    // RFC 4291 section 2.7.
    v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8, "multicast"),
    // Amazon EC2 user guide, "Access instance metadata": fd00:ec2::254 on Nitro instances; Amazon EKS user guide, "EKS Pod
    // Identity": fd00:ec2::23 serves credentials; the time and DNS services are beside them.
    v6(
        [0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0],
        32,
        "Amazon EC2's services for an instance, metadata and credentials among them",
    ),
    // Google Cloud, "About VM metadata": the IPv6 address of the metadata server.
    v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128, "Google Cloud's metadata service"),
];

/// The guarded range an address lies in. Disguises are for the caller to look through.
#[must_use]
pub fn guarded(address: IpAddr) -> Option<Guarded> {
    TABLE.iter().copied().find(|guarded| guarded.range.contains(&address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_ranges_overlap_so_that_one_entry_is_enough_to_name_an_address() {
        for (at, one) in TABLE.iter().enumerate() {
            for other in &TABLE[at + 1..] {
                let apart = !one.range.contains(&other.range) && !other.range.contains(&one.range);
                assert!(apart, "{} and {}", one.range, other.range);
            }
        }
    }

    #[test]
    fn what_is_guarded_and_what_is_not() {
        for text in
            ["169.254.169.254", "168.63.129.16", "127.9.9.9", "0.0.0.0", "::", "::1", "fe80::1", "ff02::1"]
        {
            assert!(guarded(text.parse().expect("an address")).is_some(), "{text}");
        }
        for text in ["10.0.0.1", "168.63.129.17", "fd00::1", "2001:db8::1", "100.64.0.1"] {
            assert!(guarded(text.parse().expect("an address")).is_none(), "{text}");
        }
    }
}
