//! What names resolve to, in runs of the real programs against real DNS servers and this machine's own hosts file.

use std::net::IpAddr;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::Name;
use ringfence_tests::Peer;
use ringfence_tests::dns::Zone;
use ringfence_tests::programs::{AgentProcess, Bench, Finished};
use ringfence_tests::script::{Script, response};
use serde_json::Value;

use crate::PROGRAMS;

/// A name that only the DNS servers of these tests know.
const HOST: &str = "app.privatelink.example.test";

/// Runs the runner, which waits for its end, beside the peers that it calls.
fn run(bench: &Bench, arguments: &[&str]) -> Finished {
    tokio::task::block_in_place(|| bench.run(arguments))
}

fn addresses(texts: &[&str]) -> Vec<IpAddr> {
    texts.iter().map(|text| text.parse().expect("an address")).collect()
}

async fn front_end() -> Peer {
    Script::http(response("200 OK", "", b"hello")).play().await
}

/// A scenario in which the runner calls a name, which is claimed to resolve like this.
fn scenario(host: &str, port: u16, claimed: &str, expect: &str) -> String {
    format!(
        "name: names\n\
         timeouts: {{ resolve: 1s }}\n\
         agents: {{ here: {{ control: local }} }}\n\
         targets:\n\
         \x20 site: {{ url: \"http://{host}:{port}\", resolves: {claimed} }}\n\
         rules: [{{ name: calls, from: here, to: site, expect: {expect}, attempts: 2 }}]\n"
    )
}

fn arguments(resolver: &str) -> Vec<&str> {
    let fixed =
        ["--progress", "none", "--local-allow", "127.0.0.0/8", "--junit", "r.xml", "--json", "r.json"];
    [&["verify", "s.yaml", "--local-resolver", resolver], &fixed[..]].concat()
}

fn record(bench: &Bench) -> Value {
    serde_json::from_str(&bench.read("r.json")).expect("JSON")
}

/// How many cases, failures, errors and skips the `JUnit` file has, the agents' own left out.
fn junit(bench: &Bench) -> [usize; 4] {
    let text = bench.read("r.xml");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let suite = |node: &roxmltree::Node<'_, '_>| node.attribute("name") == Some("here");
    let suite = document.descendants().find(suite).expect("the vantage's suite");
    ["testcase", "failure", "error", "skipped"]
        .map(|tag| suite.descendants().filter(|node| node.has_tag_name(tag)).count())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_of_a_resolver_has_its_verdict_and_its_exit_code() {
    let peer = front_end().await;
    let alias =
        Zone::Alias(Name::from_ascii("front-end.example.test.").expect("a name"), addresses(&["127.0.0.1"]));
    for (zone, claimed, edge, reason, code, cases) in [
        (alias.clone(), "[127.0.0.0/24]", "reached", "resolved", 0, [2, 0, 0, 0]),
        (alias.clone(), "[10.0.3.0/24]", "reached", "resolved-elsewhere", 1, [2, 1, 0, 0]),
        (alias.clone(), "private", "reached", "resolved-elsewhere", 1, [2, 1, 0, 0]),
        (alias, "public", "reached", "resolved-elsewhere", 1, [2, 1, 0, 0]),
        (
            Zone::Code(ResponseCode::NXDomain),
            "private",
            "name-unresolved",
            "name-unresolved",
            1,
            [2, 2, 0, 0],
        ),
        (Zone::Code(ResponseCode::NoError), "private", "name-unresolved", "name-unresolved", 1, [2, 2, 0, 0]),
        (
            Zone::Code(ResponseCode::ServFail),
            "private",
            "name-unresolved",
            "resolver-silent",
            1,
            [2, 1, 1, 0],
        ),
        (Zone::Silent, "private", "name-unresolved", "resolver-silent", 1, [2, 1, 1, 0]),
    ] {
        let bench = Bench::new(PROGRAMS);
        bench.write("s.yaml", &scenario(HOST, peer.address.port(), claimed, "allow"));
        let server = zone.clone().serve().await;
        let resolver = server.address.to_string();
        let done = run(&bench, &arguments(&resolver));
        assert_eq!(done.code, code, "{zone:?}: {}{}", done.stdout, done.stderr);
        let record = record(&bench);
        let told = &record["edges"][0];
        assert_eq!(told["judged"]["reason"], edge, "{zone:?}: {}", done.stdout);
        assert_eq!(told["claims"][0]["judged"]["reason"], reason, "{zone:?}: {}", done.stdout);
        assert_eq!(told["claims"][0]["line"], 5);
        assert_eq!(record["summary"]["claims"]["all"], 1);
        assert_eq!(junit(&bench), cases, "{zone:?}");
        let asked = server.heard_text();
        assert!(asked.lines().all(|line| line == format!("{HOST}. A")), "{asked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_leads_elsewhere_is_told_with_the_line_the_resolver_and_the_aliases() {
    let peer = front_end().await;
    let target = Name::from_ascii("front-end.example.test.").expect("a name");
    let server = Zone::Alias(target, addresses(&["127.0.0.1"])).serve().await;
    let resolver = server.address.to_string();
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", &scenario(HOST, peer.address.port(), "[10.0.3.0/24]", "allow"));
    let done = run(&bench, &arguments(&resolver));
    for told in [
        "here →!",
        "! a claim of the edge failed",
        "FAIL here -> site ipv4: expected to resolve within 10.0.3.0/24, got 127.0.0.1 by 127.0.0.1:",
        "    claim: s.yaml:5: site: { url:",
        "    evidence: `app.privatelink.example.test` resolved to 127.0.0.1\n",
        "    evidence: an alias of front-end.example.test\n",
        "    evidence: answered NOERROR by 127.0.0.1:",
        "\nFAILED 1 of 1 claim in ",
        "1 name: 1 not; ",
    ] {
        assert!(done.says(told.trim()), "`{told}` is not in\n{}", done.stdout);
    }
    assert_eq!(server.heard().len(), 2, "one question an attempt, and none for the claim");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_name_leaves_a_denied_edge_and_its_claim_inconclusive() {
    let peer = front_end().await;
    let server = Zone::Code(ResponseCode::ServFail).serve().await;
    let resolver = server.address.to_string();
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", &scenario(HOST, peer.address.port(), "public", "deny"));
    let done = run(&bench, &arguments(&resolver));
    assert_eq!(done.code, 3, "{}{}", done.stdout, done.stderr);
    assert_eq!(junit(&bench), [2, 0, 2, 0]);
    assert!(done.says("answered SERVFAIL in"), "{}", done.stdout);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hosts_file_is_named_as_what_resolved_a_name() {
    let peer = front_end().await;
    let server = Zone::Code(ResponseCode::ServFail).serve().await;
    let resolver = server.address.to_string();
    let bench = Bench::new(PROGRAMS);
    let port = peer.address.port();
    bench.write("s.yaml", &scenario("localhost", port, "127.0.0.1", "allow"));
    let done = run(&bench, &arguments(&resolver));
    assert_eq!(done.code, 0, "{}{}", done.stdout, done.stderr);
    let record = record(&bench);
    let claim = &record["edges"][0]["claims"][0];
    assert_eq!(claim["claimed"], "resolves within 127.0.0.1");
    assert_eq!(claim["judged"]["sentence"], "resolved within 127.0.0.1: 127.0.0.1 from its hosts file");
    assert_eq!(claim["judged"]["evidence"][1], "from the hosts file of the vantage");
    assert_eq!(server.heard_text(), "", "no server was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_vantage_is_judged_on_what_its_own_resolver_says() {
    let peer = front_end().await;
    let (inside, outside) = (
        Zone::Addresses(addresses(&["127.0.0.1"])).serve().await,
        Zone::Addresses(addresses(&["203.0.113.7", "127.0.0.1"])).serve().await,
    );
    let bench = Bench::new(PROGRAMS);
    let (trust, at) = (bench.public(), inside.address.to_string());
    let agent = ["--name", "vm", "--trust", &trust, "--allow", "127.0.0.0/8", "--resolver", &at, "--listen"];
    let agent = AgentProcess::start(PROGRAMS, &[&agent[..], &["127.0.0.1:0"]].concat(), 1);
    let text = format!(
        "name: names\n\
         agents:\n\
         \x20 vm: {{ control: \"http://{}\" }}\n\
         \x20 internet: {{ control: local }}\n\
         targets: {{ site: {{ url: \"http://{HOST}:{}\", resolves: [127.0.0.0/8] }} }}\n\
         rules:\n\
         \x20 - {{ name: inside, from: vm, to: site, expect: allow }}\n\
         \x20 - {{ name: outside, from: internet, to: site, expect: allow, resolves: public }}\n",
        agent.address("http"),
        peer.address.port()
    );
    bench.write("s.yaml", &text);
    let resolver = outside.address.to_string();
    let done = run(&bench, &arguments(&resolver));
    assert_eq!(done.code, 1, "{}{}", done.stdout, done.stderr);
    let record = record(&bench);
    let claim = |edge: usize| &record["edges"][edge]["claims"][0];
    assert_eq!(claim(0)["judged"]["reason"], "resolved");
    assert_eq!((&claim(0)["line"], &claim(1)["line"]), (&Value::from(5), &Value::from(8)));
    let sentence = claim(1)["judged"]["sentence"].as_str().expect("a sentence");
    let expected = "expected to resolve to public addresses, got 127.0.0.1 (loopback, link-local or reserved) beside \
                    203.0.113.7 by ";
    assert!(sentence.starts_with(expected), "{sentence}");
    let only = run(&bench, &[&arguments(&resolver)[..], &["--only", "vm>site"]].concat());
    assert_eq!(only.code, 0, "the claim of the edge left out is left out: {}", only.stdout);
    assert!(only.stdout.contains("1 name: 1 as claimed; "), "{}", only.stdout);
}

#[test]
fn a_plan_shows_what_names_are_claimed_to_resolve_to() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", &scenario(HOST, 80, "[10.0.3.0/24, 10.0.4.4]", "deny"));
    let shown = bench.run(&["plan", "s.yaml"]);
    assert_eq!(shown.code, 0, "{}", shown.stderr);
    assert!(shown.stdout.contains("before and after; 1 claim\n"), "{}", shown.stdout);
    let told = "here -> site ipv4: resolves within 10.0.3.0/24, 10.0.4.4 (s.yaml:5)\n";
    assert!(shown.stdout.ends_with(told), "{}", shown.stdout);
    let plan: Value = serde_json::from_str(&bench.run(&["plan", "s.yaml", "--json"]).stdout).expect("JSON");
    let claim = &plan["edges"][0]["claims"][0];
    assert_eq!(
        (&claim["claimed"], &claim["line"]),
        (&"resolves within 10.0.3.0/24, 10.0.4.4".into(), &5.into())
    );
}
