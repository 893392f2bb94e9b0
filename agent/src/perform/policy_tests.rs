//! What a policy admits and what it refuses, row by row.

use std::net::IpAddr;

use ringfence_contract::address::{Address, Host};
use ringfence_contract::transport::Transport;

use super::*;

fn policy(texts: &str) -> Policy {
    Policy::read([texts]).expect(texts)
}

/// Asks about a host that was resolved to an address.
fn ask(policy: &Policy, host: &str, address: &str, given: bool) -> Result<(), String> {
    let to: Address = format!("http://{host}").parse().expect("an address");
    let address: IpAddr = address.parse().expect("an IP address");
    policy.admit(&Asked { host: &to.host, address, port: to.port, transport: Transport::Http, given })
}

/// Asks about a host that is an address itself, as a URL writes it.
fn ask_literal(policy: &Policy, host: &str) -> Result<(), String> {
    let to: Address = format!("http://{host}").parse().expect("an address");
    let Host::Ip(address) = to.host else { panic!("`{host}` is a name") };
    policy.admit(&Asked { host: &to.host, address, port: to.port, transport: Transport::Http, given: false })
}

#[test]
fn networks_names_and_ports() {
    for (list, host, address, admitted) in [
        ("10.0.0.0/16", "10.0.1.4", "10.0.1.4", true),
        ("10.0.0.0/16", "10.1.0.1", "10.1.0.1", false),
        ("10.0.0.0/16:443", "10.0.1.4:443", "10.0.1.4", true),
        ("10.0.0.0/16:443", "10.0.1.4", "10.0.1.4", false),
        ("10.0.1.4:8080-8090", "10.0.1.4:8090", "10.0.1.4", true),
        ("10.0.1.4:8080-8090", "10.0.1.4:8091", "10.0.1.4", false),
        ("[fd00::/8]:443", "[fd00::7]:443", "fd00::7", true),
        ("[fd00::/8]:443", "[fd00::7]:80", "fd00::7", false),
        ("app.example.net", "app.example.net", "203.0.113.9", true),
        ("app.example.net", "APP.example.net.", "203.0.113.9", true),
        ("app.example.net", "other.example.net", "203.0.113.9", false),
        ("*.azurewebsites.net:443", "a.scm.azurewebsites.net:443", "203.0.113.9", true),
        ("*.azurewebsites.net:443", "a.azurewebsites.net:80", "203.0.113.9", false),
        ("10.0.0.0/16", "app.example.net", "10.0.1.4", true),
        ("any", "app.example.net", "203.0.113.9", true),
        ("any:443", "app.example.net:443", "203.0.113.9", true),
        ("any:443", "app.example.net", "203.0.113.9", false),
        ("10.9.9.9, app.example.net\n10.0.0.0/8", "10.0.1.4", "10.0.1.4", true),
        ("", "10.0.1.4", "10.0.1.4", false),
    ] {
        assert_eq!(
            ask(&policy(list), host, address, false).is_ok(),
            admitted,
            "[{list}] {host} at {address}"
        );
    }
}

#[test]
fn a_name_vouches_only_for_what_it_resolved_to() {
    let list = policy("app.example.net");
    assert!(ask(&list, "app.example.net", "10.0.1.4", false).is_ok());
    let refused = ask(&list, "app.example.net", "10.0.1.4", true).expect_err("given by the order");
    assert!(refused.contains("the name vouches for nothing"), "{refused}");
    assert!(ask(&policy("app.example.net 10.0.1.4"), "app.example.net", "10.0.1.4", true).is_ok());
}

#[test]
fn guarded_addresses_are_refused_unless_named_whatever_the_host_says() {
    let wide = policy("any 0.0.0.0/0 ::/0 128.0.0.0/1 metadata.example.net *.example.net localhost");
    for (host, address) in [
        ("metadata.example.net", "169.254.169.254"),
        ("a.example.net", "168.63.129.16"),
        ("a.example.net", "fe80::1"),
        ("localhost", "127.0.0.1"),
        ("localhost", "::1"),
        ("a.example.net", "0.0.0.0"),
        ("a.example.net", "::"),
        ("a.example.net", "224.0.0.1"),
        ("a.example.net", "255.255.255.255"),
        ("a.example.net", "ff02::1"),
        ("a.example.net", "fd00:ec2::254"),
        ("a.example.net", "fd00:ec2::23"),
        ("a.example.net", "100.100.100.200"),
        ("a.example.net", "192.0.0.192"),
    ] {
        for given in [false, true] {
            assert!(ask(&wide, host, address, given).is_err(), "{host} at {address}");
        }
        let named = policy(&format!("any {address}"));
        assert!(ask(&named, host, address, false).is_ok(), "{address} is named");
    }
}

#[test]
fn only_an_entry_inside_a_guarded_range_names_it() {
    for (list, admitted) in [
        ("169.254.169.254", true),
        ("169.254.169.0/24", true),
        ("169.254.0.0/16", true),
        ("169.254.0.0/15", false),
        ("169.0.0.0/8", false),
        ("169.254.169.253", false),
        ("169.254.169.254:8080", false),
    ] {
        assert_eq!(
            ask(&policy(list), "169.254.169.254", "169.254.169.254", false).is_ok(),
            admitted,
            "{list}"
        );
    }
}

#[test]
fn no_disguise_gets_a_guarded_address_admitted() {
    let wide = policy("any ::/0 0.0.0.0/0");
    for host in [
        "2852039166",
        "0xA9FEA9FE",
        "0251.0376.0251.0376",
        "169.254.43518",
        "[::ffff:169.254.169.254]",
        "[::a9fe:a9fe]",
        "[64:ff9b::a9fe:a9fe]",
        "[64:ff9b:1::a9fe:a9fe]",
        "[::ffff:0:a9fe:a9fe]",
        "[2002:a9fe:a9fe::1]",
        "[2001:0:1:2:3:4:5601:5601]",
        "[2001:db8::5efe:a9fe:a9fe]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
    ] {
        let refused = ask_literal(&wide, host).expect_err(host);
        assert!(refused.contains("169.254.0.0/16") || refused.contains("127.0.0.0/8"), "{host}: {refused}");
    }
}

#[test]
fn what_a_disguise_carries_has_to_be_admitted_too() {
    assert!(ask_literal(&policy("10.0.0.0/8"), "[::ffff:10.0.1.4]").is_ok(), "mapped is IPv4 on the wire");
    assert!(ask_literal(&policy("::/0"), "[::ffff:10.0.1.4]").is_err());
    assert!(ask_literal(&policy("64:ff9b::/96"), "[64:ff9b::a00:104]").is_err());
    assert!(ask_literal(&policy("10.0.0.0/8"), "[64:ff9b::a00:104]").is_err());
    assert!(ask_literal(&policy("64:ff9b::/96 10.0.0.0/8"), "[64:ff9b::a00:104]").is_ok());
}

#[test]
fn a_refusal_says_which_setting_allows_it() {
    let nobody = ask(&Policy::default(), "10.0.1.4:443", "10.0.1.4", false).expect_err("an empty list");
    assert!(nobody.contains("may call nobody") && nobody.contains("--allow 10.0.1.4/32:443"), "{nobody}");
    let other = ask(&policy("10.9.0.0/16"), "[fd00::7]", "fd00::7", false).expect_err("another network");
    assert!(other.contains("--allow [fd00::7/128]:80") && other.contains("RINGFENCE_ALLOW"), "{other}");
    let guarded = ask(&policy("any"), "169.254.169.254", "169.254.169.254", false).expect_err("guarded");
    assert!(guarded.contains("metadata") && guarded.contains("--allow 169.254.169.254/32"), "{guarded}");
}

#[test]
fn an_open_policy_still_guards_and_can_name() {
    let open = Policy::open_except_guarded(&["127.0.0.0/8".parse().expect("a network")]);
    assert!(ask(&open, "10.0.1.4", "10.0.1.4", false).is_ok());
    assert!(ask(&open, "localhost", "127.0.0.9", false).is_ok());
    assert!(ask(&open, "localhost", "::1", false).is_err());
    assert!(ask(&open, "169.254.169.254", "169.254.169.254", false).is_err());
    assert_eq!(open.texts(), ["any", "127.0.0.0/8"]);
}

#[test]
fn every_bad_entry_of_a_list_is_reported() {
    let errors = Policy::read(["10.0.0.0/99, fine.example.net", "a..b"]).expect_err("two bad entries");
    assert_eq!(errors.len(), 2, "{errors:?}");
}
