//! How the kernel is told of a network: namespaces, links, addresses, routes, rules. It must not know which programs run
//! there.

use std::collections::HashMap;
use std::fmt::Write;

use super::layout::{Layout, Place, RESOLVERS, Setup};
use crate::namespace::{Namespace, ip};

/// The namespaces of a network, by place.
pub(super) type Spaces = HashMap<Place, Namespace>;

/// Routers forward, take what comes by any way, and say no as often as they are asked.
const ROUTER: [(&str, &str); 6] = [
    ("ipv4/ip_forward", "1"),
    ("ipv6/conf/all/forwarding", "1"),
    ("ipv4/conf/all/rp_filter", "0"),
    ("ipv4/conf/default/rp_filter", "0"),
    ("ipv4/icmp_ratelimit", "0"),
    ("ipv6/icmp/ratelimit", "0"),
];

/// Sets everything up that a layout asks of the kernel.
pub(super) fn raise(layout: &Layout) -> Spaces {
    let places = Place::HOSTS.into_iter().chain([Place::Fabric]);
    let spaces: Spaces = places.map(|place| (place, Namespace::new(place.label()))).collect();
    for (switch, value) in ROUTER {
        spaces[&Place::Fabric].sysctl(switch, value);
    }
    ip(&links(&spaces));
    for place in Place::HOSTS {
        spaces[&place].ip(&host(place));
    }
    spaces[&Place::Fabric].ip(&fabric());
    spaces[&Place::Fabric].nft(&rules(layout));
    spaces
}

/// Sets one more thing up.
pub(super) fn set_up(spaces: &Spaces, place: Place, setup: &Setup) {
    match setup {
        Setup::Ip(line) => spaces[&place].ip(line),
        Setup::Nft(rules) => spaces[&place].nft(rules),
        Setup::Switch(switch, value) => spaces[&place].sysctl(switch, value),
    }
}

fn put(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("text can be appended to text");
}

/// The links between the namespaces: every place's to the fabric, every agent's to the runner, every app's to the front
/// end.
fn links(spaces: &Spaces) -> String {
    let name = |place: Place| spaces[&place].name();
    let mut text = String::new();
    for place in Place::HOSTS {
        let (label, here, fabric) = (place.label(), name(place), name(Place::Fabric));
        put(&mut text, &format!("link add {label} netns {fabric} type veth peer name eth0 netns {here}"));
        if let Some(octet) = place.management() {
            let runner = name(Place::Internet);
            put(
                &mut text,
                &format!("link add m{octet} netns {runner} type veth peer name mgmt netns {here}"),
            );
        }
        if let (true, Some(octet)) = (place.is_app(), place.management()) {
            let front = name(Place::Front);
            put(&mut text, &format!("link add w{octet} netns {front} type veth peer name work netns {here}"));
        }
    }
    text
}

/// What a place is told of its own links.
fn host(place: Place) -> String {
    let [v4, gateway, v6, gateway_v6] = place.addresses();
    let mut text = format!(
        "link set lo up\naddress add {v4}/24 dev eth0\naddress add {v6}/64 dev eth0 nodad\nlink set eth0 up\n\
         route add default via {gateway}\nroute add default via {gateway_v6}\n"
    );
    if let Some(octet) = place.management() {
        put(&mut text, &format!("address add 172.31.0.{octet}/24 dev mgmt\nlink set mgmt up"));
        if place.is_app() {
            put(&mut text, &format!("address add 10.200.0.{octet}/24 dev work\nlink set work up"));
        }
    }
    if place == Place::Internet {
        bridge(&mut text, "mgmt", "172.31.0.1/24", "m", Place::management);
    }
    if place == Place::Front {
        text.push_str("address add 10.0.3.4/32 dev lo\n");
        bridge(&mut text, "workers", "10.200.0.1/24", "w", |place| {
            place.management().filter(|_| place.is_app())
        });
    }
    text
}

fn bridge(text: &mut String, name: &str, address: &str, ports: &str, octet: fn(Place) -> Option<u8>) {
    put(text, &format!("link add {name} type bridge\naddress add {address} dev {name}\nlink set {name} up"));
    for octet in Place::HOSTS.into_iter().filter_map(octet) {
        put(text, &format!("link set {ports}{octet} master {name} up"));
    }
}

fn fabric() -> String {
    let mut text = "link set lo up\n".to_owned();
    for place in Place::HOSTS {
        let ([_, v4, _, v6], label) = (place.addresses(), place.label());
        put(
            &mut text,
            &format!(
                "address add {v4}/24 dev {label}\naddress add {v6}/64 dev {label} nodad\nlink set {label} up"
            ),
        );
    }
    for resolver in RESOLVERS {
        put(&mut text, &format!("address add {resolver}/32 dev lo"));
    }
    put(&mut text, "route add 10.0.3.4/32 via 198.51.100.10");
    text
}

fn rules(layout: &Layout) -> String {
    let chain = |name: &str, hook: &str, rules: &[String]| {
        format!("  chain {name} {{ type {hook};\n    {}\n  }}\n", rules.join("\n    "))
    };
    format!(
        "table inet fabric {{\n{}{}{}}}\n",
        chain("forward", "filter hook forward priority 0; policy drop", &layout.forward),
        chain("input", "filter hook input priority 0; policy accept", &layout.input),
        chain("translate", "nat hook postrouting priority 100; policy accept", &layout.translate),
    )
}
