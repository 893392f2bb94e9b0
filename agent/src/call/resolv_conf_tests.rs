//! Settings as people and DHCP clients write them, and the names that come of them.

use super::*;

fn read(text: &str) -> Settings {
    let interface = |name: &str| match name {
        "eth0" => Some(2),
        "br-lan" | "eth0.100" => Some(7),
        _ => None,
    };
    Settings::read(text.as_bytes(), "vm-1", interface)
}

#[test]
fn servers_are_the_first_three_in_their_order_or_the_one_on_the_host() {
    for (text, expected) in [
        ("", &["127.0.0.1:53"][..]),
        ("# nothing\n; here\n\n", &["127.0.0.1:53"]),
        ("search a.test\noptions ndots:2\n", &["127.0.0.1:53"]),
        ("nameserver not-an-address\n", &["127.0.0.1:53"]),
        ("nameserver 10.0.0.53", &["10.0.0.53:53"]),
        ("nameserver\t10.0.0.53 # the first\r\nnameserver 10.0.0.54;\n", &["10.0.0.53:53", "10.0.0.54:53"]),
        (
            "nameserver 10.0.0.4\nnameserver 10.0.0.3\nnameserver 10.0.0.2\nnameserver 10.0.0.1\n",
            &["10.0.0.4:53", "10.0.0.3:53", "10.0.0.2:53"],
        ),
        ("#nameserver 10.0.0.1\nnameserver fd00::53\n", &["[fd00::53]:53"]),
        ("nameserver fe80::1%eth0\n", &["[fe80::1%2]:53"]),
        ("nameserver fe80::1%br-lan # ours\n", &["[fe80::1%7]:53"]),
        ("nameserver fe80::1%eth0.100\nnameserver fe80::2%3\n", &["[fe80::1%7]:53", "[fe80::2%3]:53"]),
    ] {
        let settings = read(text);
        let servers: Vec<String> = settings.servers.iter().map(SocketAddr::to_string).collect();
        assert_eq!(servers, expected, "{text:?}");
        assert_eq!(settings.is_named, expected != ["127.0.0.1:53"], "{text:?}");
    }
}

#[test]
fn options_are_those_of_the_host_within_what_glibc_takes() {
    let settings = read("options timeout:1 attempts:1 rotate use-vc edns0 made-up trust-ad\n");
    assert_eq!((settings.timeout.as_secs(), settings.rotate, settings.use_vc), (1, true, true));
    let settings = read("nameserver 10.0.0.1\n");
    assert_eq!((settings.timeout.as_secs(), settings.rotate, settings.use_vc), (5, false, false));
    assert_eq!(read("options timeout:0").timeout.as_secs(), 1);
    assert_eq!(read("options timeout:99").timeout.as_secs(), 30);
    assert_eq!(read("options timeout:soon").timeout.as_secs(), 5);
}

const CLUSTER: &str = "search shop.svc.cluster.local svc.cluster.local cluster.local\noptions ndots:5\n";

#[test]
fn a_name_stands_for_what_it_stands_for_in_the_hosts_other_programs() {
    let cluster = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local"];
    for (text, name, expected) in [
        ("", "web", &["web"][..]),
        ("search a.test b.test", "web", &["web.a.test", "web.b.test", "web"]),
        ("search a.test b.test", "web.x", &["web.x", "web.x.a.test", "web.x.b.test"]),
        ("search a.test\nsearch b.test", "web", &["web.b.test", "web"]),
        ("search a.test\ndomain c.test", "web", &["web.c.test", "web"]),
        ("domain c.test\nsearch a.test", "web", &["web.a.test", "web"]),
        ("search a.test.", "web", &["web.a.test", "web"]),
        ("search . a.test", "web", &["web", "web.a.test"]),
        ("search a.test\noptions ndots:0", "web", &["web", "web.a.test"]),
        ("search a.test\noptions ndots:2", "web.x", &["web.x.a.test", "web.x"]),
        ("search a.test\noptions ndots:2\noptions ndots:1", "web.x", &["web.x", "web.x.a.test"]),
        ("search a.test\noptions no-tld-query", "web", &["web.a.test"]),
        ("search a.test a.test A.test", "web", &["web.a.test", "web"]),
        (
            "search a.test\noptions ndots:99",
            "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p",
            &["a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p", "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.a.test"],
        ),
    ] {
        let names: Vec<String> = read(text).names(name, false).into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, expected, "{name} by {text:?}");
        let absolute = read(text).names(name, true);
        assert_eq!(absolute, [(name.to_owned(), true)], "{name}. by {text:?}");
    }
    for name in ["web", "web.shop.svc", "web.shop.svc.cluster.local"] {
        let mut expected: Vec<_> = cluster.iter().map(|domain| (format!("{name}.{domain}"), false)).collect();
        expected.push((name.to_owned(), true));
        assert_eq!(read(CLUSTER).names(name, false), expected, "{name} in a cluster");
    }
}

#[test]
fn a_host_with_a_domain_of_its_own_searches_there_where_the_file_names_none() {
    let names = |text: &str| Settings::read(text.as_bytes(), "vm-1.corp.test", |_| None).names("web", false);
    let all = |text| names(text).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(all(""), ["web.corp.test", "web"]);
    assert_eq!(all("search a.test"), ["web.a.test", "web"]);
    assert_eq!(all("domain a.test"), ["web.a.test", "web"]);
}

#[test]
fn a_server_that_the_program_names_is_asked_for_names_as_they_stand() {
    let settings = Settings::only("10.0.0.53:5353".parse().expect("an address"));
    assert_eq!(settings.names("web", false), [("web".to_owned(), true)]);
    assert_eq!(settings.servers, ["10.0.0.53:5353".parse().expect("an address")]);
}

#[test]
fn a_hosts_file_is_read_line_by_line() {
    let text = "\u{feff}127.0.0.1 localhost # me\n\n10.0.0.9\tWeb.test web\n# 10.0.0.1 web.test\n::9 web.test.\nnonsense web\n";
    let found = |name: &str| in_hosts(text, name).iter().map(IpAddr::to_string).collect::<Vec<_>>();
    assert_eq!(found("web.test"), ["10.0.0.9", "::9"]);
    assert_eq!(found("web"), ["10.0.0.9"]);
    assert_eq!(found("localhost"), ["127.0.0.1"]);
    assert_eq!(found("me"), [""; 0]);
}
