//! Every form, drawn from one model run: what it says, and that all forms say the same.

use std::fs;

use ringfence_contract::address::Family;
use ringfence_contract::outcome::Outcome;
use ringfence_contract::sample::Clock;
use ringfence_contract::sample::Resolution;
use roxmltree::{Document, Node};

use super::{Certainty, Form, Style, Wanted, terminal, try_out, write};
use crate::dispatch::{Measurement, Unasked, UnaskedWhy};
use crate::judge::Verdict;
use crate::judge::sample_run::{
    OUTSIDER_TO_SITE, SCM, SITE, Scene, TEXT, VM_SEES_SCM, VM_TO_SCM, VM_TO_SITE, answered, download,
    forbidden, measured, status,
};
use crate::scenario::{NameClaim, Resolves};
use crate::tally::ledger::record;
use crate::tally::{ClaimCounts, Direction, EdgeRecord, Extent, Flaky, RunRecord, Summary, compare, read};

pub(super) fn json(record: &RunRecord) -> String {
    written(|text| super::json(record, text))
}

pub(super) fn junit(record: &RunRecord) -> String {
    written(|text| super::junit(record, text))
}

fn written(write: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    write(&mut text).expect("memory takes all");
    String::from_utf8(text).expect("reports are UTF-8")
}

/// A run with something of everything: a flaky pass, a pass, a leak, an edge that nothing shows, an agent in trouble; and
/// of claims one that holds, one that does not, and one that nothing shows.
fn model() -> RunRecord {
    let leak = [answered("198.51.100.7"), forbidden("198.51.100.7"), forbidden("198.51.100.7")];
    let scene = Scene::sound()
        .saw(VM_TO_SITE, [status(503), answered("10.0.0.4")])
        .saw(OUTSIDER_TO_SITE, leak)
        .receipt(OUTSIDER_TO_SITE, 0)
        .budgets("p99: 50ms")
        .measured(VM_TO_SITE, slow_at_times())
        .witness(VM_SEES_SCM, Outcome::Refused, Outcome::Refused);
    record(&scene.with(|scene| {
        scene.scenario.rules[0].retries = 1;
        scene.observations.agents[2].plaintext = true;
        let detail = "connection refused".into();
        scene.observations.agents[2].hello = Err(Unasked { why: UnaskedWhy::NoRoute, detail });
        claim_names(scene);
    }))
}

/// A call in fifty is slow, one in two hundred is lost.
fn slow_at_times() -> Measurement {
    let times: Vec<u64> =
        (0..199).map(|place| if place % 50 == 0 { 80_000_000 } else { 3_000_000 }).collect();
    let mut measurement = measured(&times, 1);
    for place in 0..199 {
        measurement.warm.phases.connect.record(1_000_000, Clock::Kernel);
        measurement
            .warm
            .phases
            .first_byte
            .record(if place % 50 == 0 { 78_000_000 } else { 1_500_000 }, Clock::Kernel);
        measurement.warm.jitter.record(100_000);
    }
    (0..200).for_each(|_| measurement.warm.lag.record(20_000));
    measurement.cold = measured(&[9_000_000; 3], 0).warm;
    measurement
}

/// The site's name is to be private, and is so for the VM at its first call only; of the SCM site's nothing is heard.
fn claim_names(scene: &mut Scene) {
    let span = TEXT.find("- name: the VM").expect("a line");
    let private = |span: usize| Some(NameClaim { resolves: Resolves::Private, span: span..span });
    scene.scenario.endpoints[SITE.0].resolves = private(span);
    scene.scenario.rules[0].resolves = private(span);
    scene.scenario.endpoints[SCM.0].resolves = private(0);
    for (edge, addresses) in [
        (VM_TO_SITE, ["10.0.3.4", "203.0.113.9"]),
        (VM_TO_SCM, ["10.0.3.4"; 2]),
        (OUTSIDER_TO_SITE, ["10.0.3.4"; 2]),
    ] {
        for (attempt, address) in scene.observations.reach[edge].iter_mut().zip(addresses.into_iter().cycle())
        {
            attempt.sample.as_mut().expect("a sample").resolution = Some(Box::new(Resolution {
                resolver: "10.0.0.53:53".to_owned(),
                name: "app.test".to_owned(),
                addresses: vec![address.parse().expect("an address")],
                cnames: Vec::new(),
                rcode: Some("NOERROR".to_owned()),
                took_us: 3_000,
            }));
        }
    }
}

const TERMINAL: &str = "\
seed (scenarios/seed.yaml)
FAILED 1 of 4 edges and 2 of 6 claims in 2.3 s; 2 edges passed (1 only on a retry), 1 inconclusive
4 of 6 possible edges planned; 4 names: 2 as claimed, 1 not, 1 inconclusive; 2 budgets: 1 exceeded,
  1 inconclusive; allowed calls took 12.3 ms at the median

          app/site  app/scm
vm        →~!       →*
outsider  LEAK      ?*
→ reached as expected; →~ reached on a retry; LEAK open, expected closed; ? inconclusive; ! a claim
  of the edge failed; * a claim of the edge is inconclusive

agent `outsider` (local) not reached: connection refused
PLAINTEXT: orders to `outsider` and the run key with them crossed a plain link (local)

LEAK outsider -> app/site ipv4: expected deny, got `answered` from 203.0.113.9 in 12.3 ms (1 of 3
  attempts)
    rule: scenarios/seed.yaml:4: - name: nobody else does
    address: https://app.test
    evidence: `app` holds receipt 7 for attempt 1: from 198.51.100.7
    evidence: `app.test` resolved to 10.0.3.4, by 10.0.0.53:53
    evidence: called 203.0.113.9:443 from 192.0.2.1:50000
    evidence: `app` saw the call come from 198.51.100.7
    evidence: attempts: `answered` from 203.0.113.9 in 12.3 ms; `forbidden` (azure-app-service,
      which saw 198.51.100.7) in 12.3 ms (2 times)
    hint: only some attempts got in: the instances differ; look whether each has taken up the rules
      and the network integration, and at every address of the name

FAIL vm -> app/site ipv4: expected to resolve to private addresses, got 203.0.113.9 (public) by
  10.0.0.53:53 in 3.00 ms (1 of 2 attempts)
    claim: scenarios/seed.yaml:3: - name: the VM calls the app
    address: https://app.test
    evidence: `app.test` resolved to 203.0.113.9
    evidence: answered NOERROR by 10.0.0.53:53 in 3.00 ms
    evidence: attempts: 10.0.3.4; 203.0.113.9
    hint: the name leads to the public front door: link the private DNS zone to the network of `vm`;
      where that has a resolver of its own, let it forward to 168.63.129.16; look for a stale record
      in the zone

FAIL vm -> app/site ipv4: expected p99 <= 50 ms, got 80.0 ms of 199 samples, clock program
    claim: scenarios/seed.yaml:1: name: seed
    address: https://app.test
    evidence: 199 of 200 samples answered, one every 20.0 ms, on new connections; 1 of 200 lost
      (timed-out 1)
    evidence: p50/p99: connect 1.00/1.00 ms (kernel), first-byte 1.50/78.0 ms (kernel)
    evidence: calls of `vm` started late by 20.0 us at p99, 20.0 us at most
    evidence: 3 of 3 cold calls answered, mean 9.00 ms, max 9.00 ms
    hint: most of it is first-byte (78.0 ms): the request waits at the target or its front end; look
      at the load there, cold starts and scaling

? vm -> app/scm ipv4: expected p99 <= 50 ms, but nothing was measured
    claim: scenarios/seed.yaml:1: name: seed
    address: https://app.scm.test
    hint: only edges that were reached are measured: look at the edge itself

? outsider -> app/scm ipv4: expected deny, got `timed-out` (connect) in 12.3 ms, but no allowed
  vantage reached `app/scm` before or after
    rule: scenarios/seed.yaml:4: - name: nobody else does
    address: https://app.scm.test
    evidence: called 203.0.113.9:443 from 192.0.2.1:50000
    evidence: `app/scm` was reached by nobody
    evidence: `outsider` reached something at tcp port 443 before and after
    hint: the endpoint may be down: look why the vantages that are allowed do not reach it

? outsider -> app/scm ipv4: expected to resolve to private addresses, but `outsider` did not come to
  ask for the name
    claim: scenarios/seed.yaml:1: name: seed
    address: https://app.scm.test
    hint: the call ended before its name was asked for: look at the edge itself

→~ vm -> app/site ipv4: reached only on a retry: `answered` from 203.0.113.9 in 12.3 ms
    rule: scenarios/seed.yaml:3: - name: the VM calls the app
    address: https://app.test
    evidence: `app` saw the call come from 10.0.0.4
    evidence: attempts: `unsealed` status 503, server `nginx` in 12.3 ms; retried: `answered` from
      203.0.113.9 in 12.3 ms

latency in ms, from the intended start of a call to its end
                              n loss %    min   mean    p50    p90    p95    p99  p99.9    max
FAIL vm -> app/site ipv4    199    0.5   3.00   4.55   3.00   3.00   3.00   80.0      -   80.0

FAILED 1 of 4 edges and 2 of 6 claims in 2.3 s; 2 edges passed (1 only on a retry), 1 inconclusive
";

#[test]
fn the_terminal_report_of_the_model_run() {
    let drawn = terminal(&model(), Style::default());
    assert_eq!(drawn, TERMINAL, "\n{drawn}");
}

#[test]
fn an_agent_in_trouble_is_told_with_its_command_once() {
    let mut record = record(&Scene::sound());
    record.agents[2].route = "exec ssh far.test agent".to_owned();
    let detail = "`ssh far.test agent` ended, saying nothing".into();
    record.agents[2].trouble = Some(Unasked { why: UnaskedWhy::NoRoute, detail });
    let told =
        "\nagent `outsider` (exec ssh far.test agent) not reached: its program ended, saying nothing\n";
    assert!(terminal(&record, Style::default()).contains(told));
}

#[test]
fn a_sound_run_is_its_verdict_and_a_grid() {
    let drawn = terminal(&record(&Scene::sound()), Style::default());
    let expected = "\
seed (scenarios/seed.yaml)
PASSED 4 of 4 edges in 2.3 s
4 of 6 possible edges planned; allowed calls took 12.3 ms at the median

          app/site  app/scm
vm        →         →
outsider  ×         ×
→ reached as expected; × denied as expected
";
    assert_eq!(drawn, expected);
}

#[test]
fn how_sure_the_denials_are_is_told_to_whoever_asks() {
    let sound = record(&Scene::sound());
    let bound = "0 of 3 calls got in on each, so fewer than 63.2 % would (95 % confidence)";
    let told = Style { certainty: Certainty::Told, width: usize::MAX, ..Style::default() };
    assert!(terminal(&sound, told).contains(bound));
    assert!(!terminal(&sound, Style::default()).contains("63.2 %"));
    assert!(json(&sound).contains("\"leak_share_below\":0.63"), "whoever reads JSON has it for each edge");
}

/// The second line of a report: the first behind its title.
fn verdict(record: &RunRecord, style: Style) -> String {
    terminal(record, style).lines().nth(1).expect("a verdict").to_owned()
}

#[test]
fn the_verdict_comes_first_and_counts_what_decided() {
    let sound = record(&Scene::sound());
    let none = Summary { passed: 0, ..sound.summary };
    let claims = ClaimCounts { all: 6, passed: 5, failed: 1, ..ClaimCounts::default() };
    for (expected, summary) in [
        ("PASSED 4 of 4 edges in 2.3 s", sound.summary),
        ("PASSED 3 of 4 edges in 2.3 s; 1 skipped", Summary { passed: 3, skipped: 1, ..none }),
        ("PASSED 4 of 4 edges in 2.3 s; 1 only on a retry", Summary { passed: 4, flaky: 1, ..none }),
        (
            "FAILED 2 of 4 edges in 2.3 s; 1 edge passed, 1 inconclusive",
            Summary { passed: 1, failed: 2, inconclusive: 1, ..none },
        ),
        ("FAILED 1 of 6 claims in 2.3 s; 4 edges passed", Summary { claims, ..sound.summary }),
        (
            "INCONCLUSIVE 1 of 4 edges in 2.3 s; 3 edges passed",
            Summary { passed: 3, inconclusive: 1, ..none },
        ),
        ("INCONCLUSIVE in 2.3 s; 4 skipped", Summary { skipped: 4, ..none }),
    ] {
        assert_eq!(verdict(&RunRecord { summary, ..sound.clone() }, Style::default()), expected);
    }
    let summary = Summary { passed: 1, failed: 2, inconclusive: 1, ..none };
    let interrupted = RunRecord { summary, interrupted: true, took_ms: 125_000, ..sound };
    assert_eq!(
        verdict(&interrupted, Style::default()),
        "INTERRUPTED in 2 min 5 s; 1 edge passed, 2 failed, 1 inconclusive"
    );
}

#[test]
fn where_a_retry_fails_the_run_the_verdict_says_so() {
    let mut retried = record(&Scene::sound());
    retried.summary.flaky = 1;
    let style = Style { flaky: Flaky::Fails, ..Style::default() };
    assert_eq!(
        verdict(&retried, style),
        "FAILED 1 edge that passed only on a retry in 2.3 s; 4 edges passed (1 only on a retry)"
    );
}

#[test]
fn a_long_report_says_the_verdict_again_at_its_end() {
    let drawn = terminal(&model(), Style::default());
    assert_eq!(drawn.lines().last(), drawn.lines().nth(1));
}

#[test]
fn no_line_is_wider_than_the_screen_and_no_word_is_cut() {
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let mut record = model();
    let often = "or `--trusted-proxies` ".repeat(20);
    let setting = format!("start it with `--allow {}/32:443` {often}", "2001:0db8:".repeat(12));
    record.edges[OUTSIDER_TO_SITE].judged.hint = Some(setting.clone());
    // A table has other columns where there is more room.
    record.edges[VM_TO_SITE].measurement = None;
    let whole = words(&terminal(&record, Style { width: usize::MAX, ..Style::default() }));
    for width in [72, 80, 100] {
        let drawn = terminal(&record, Style { width, ..Style::default() });
        let wide: Vec<&str> = drawn.lines().filter(|line| line.chars().count() > width).collect();
        assert_eq!(wide.len(), 1, "only the word that is wider itself: {wide:?}");
        assert!(words(&setting).iter().all(|word| drawn.contains(word)), "{drawn}");
        let prose: Vec<String> = words(&drawn).into_iter().filter(|word| whole.contains(word)).collect();
        assert_eq!(prose.len(), words(&drawn).len(), "no word is made by cutting another");
        assert!(drawn.contains("\n      "), "later lines stand further in");
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let colored = terminal(&model(), Style { color: true, ..Style::default() });
    assert!(colored.contains("\u{1b}[31m"));
    let mut plain = String::new();
    for (place, piece) in colored.split('\u{1b}').enumerate() {
        let text = if place == 0 { piece } else { piece.split_once('m').expect("a colour ends in m").1 };
        plain.push_str(text);
    }
    assert_eq!(plain, TERMINAL);
}

#[test]
fn a_probed_server_cannot_move_the_cursor() {
    let mut record = model();
    record.edges[2].judged.evidence.push("\u{1b}[2J\u{1b}[1;1Hall passed\r\n\u{202e}\u{9b}".to_owned());
    record.agents[2].trouble = Some(Unasked { why: UnaskedWhy::Broken, detail: "\u{1b}]0;x\u{7}".into() });
    let drawn = terminal(&record, Style::default());
    assert!(drawn.chars().all(|c| c == '\n' || !c.is_control()), "{drawn:?}");
    assert!(!drawn.contains('\u{202e}'));
    assert_eq!(drawn.lines().count(), TERMINAL.lines().count() + 1, "{drawn}");
}

/// A record of many edges, all alike but the first, which leaked.
fn wide(vantages: usize, endpoints: usize) -> RunRecord {
    let mut record = record(&Scene::sound());
    let (agent, edge) = (record.agents[0].clone(), record.edges[0].clone());
    let leak = EdgeRecord { claims: Vec::new(), ..model().edges[OUTSIDER_TO_SITE].clone() };
    record.endpoints = (0..endpoints).map(|place| format!("target-{place}/site").into()).collect();
    record.agents.clear();
    record.edges.clear();
    for vantage in 0..vantages {
        let name: ringfence_contract::name::AgentName = format!("vantage-{vantage}").parse().expect("a name");
        record.agents.push(crate::tally::AgentRecord { name: name.clone(), ..agent.clone() });
        for endpoint in &record.endpoints {
            let like = if record.edges.is_empty() { &leak } else { &edge };
            record.edges.push(crate::tally::EdgeRecord {
                vantage: name.clone(),
                endpoint: std::sync::Arc::clone(endpoint),
                ..like.clone()
            });
        }
    }
    record
}

/// Gives an edge what another came to.
fn become_like(edge: &mut EdgeRecord, other: &EdgeRecord) {
    let (vantage, endpoint) = (edge.vantage.clone(), std::sync::Arc::clone(&edge.endpoint));
    *edge = EdgeRecord { vantage, endpoint, ..other.clone() };
}

#[test]
fn a_matrix_wider_than_the_screen_is_stacked() {
    let drawn = terminal(&wide(2, 8), Style { width: 80, ..Style::default() });
    let expected = "
           target-0/site  target-1/site  target-2/site  target-3/site
vantage-0  LEAK           →              →              →
vantage-1  →              →              →              →

           target-4/site  target-5/site  target-6/site  target-7/site
vantage-0  →              →              →              →
vantage-1  →              →              →              →
→ reached as expected; LEAK open, expected closed
";
    assert!(drawn.contains(expected), "{drawn}");
    let drawn = terminal(&wide(6, 13), Style::default());
    assert_eq!(drawn.matches("\nvantage-5  ").count(), 3, "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 100), "{drawn}");
}

#[test]
fn names_that_would_take_many_blocks_become_numbers_with_a_key() {
    let drawn = terminal(&wide(12, 20), Style { width: 80, ..Style::default() });
    assert!(drawn.contains("\n            1     2     3     4"), "{drawn}");
    assert!(drawn.contains("\n            11    12    13    14"), "{drawn}");
    assert!(drawn.contains("   8  target-7/site"), "{drawn}");
    assert!(drawn.contains("vantage-0   LEAK  →     →"), "{drawn}");
    assert!(drawn.lines().all(|line| line.chars().count() <= 80), "{drawn}");
}

#[test]
fn a_matrix_of_fifty_by_fifty_is_drawn_and_a_larger_one_counted() {
    let counted =
        |rows, columns| terminal(&wide(rows, columns), Style::default()).contains("counted instead");
    assert_eq!((counted(50, 50), counted(51, 2), counted(2, 51)), (false, true, true));
}

#[test]
fn a_matrix_too_large_to_draw_is_counted_and_what_leaked_comes_first() {
    let drawn = terminal(&wide(200, 40), Style::default());
    let lines: Vec<&str> = drawn.lines().skip(2).collect();
    assert_eq!(lines[2], "200 vantages by 40 endpoints: too many to draw, counted instead");
    assert_eq!(lines[3], "all  → 7999  LEAK 1");
    assert_eq!(lines[4], "1 of 200 vantages not all as expected, the worst first:");
    assert_eq!(lines[5], "  vantage-0  → 39  LEAK 1");
    assert_eq!(lines[6], "1 of 40 endpoints not all as expected, the worst first:");
    assert_eq!(lines[7], "  target-0/site  → 199  LEAK 1");
    assert!(lines.len() < 30, "{}", lines.len());
}

#[test]
fn of_a_large_matrix_the_worst_sides_come_first_and_the_rest_is_counted() {
    let mut record = wide(100, 30);
    let leak = record.edges[0].clone();
    // Two leaks from vantage 40, one each from thirty others.
    for place in (40..70).map(|vantage| vantage * 30).chain([40 * 30 + 1]) {
        let edge = &mut record.edges[place];
        become_like(edge, &leak);
    }
    let drawn = terminal(&record, Style::default());
    let lines: Vec<&str> = drawn.lines().skip(2).collect();
    assert_eq!(lines[3], "all  → 2968  LEAK 32");
    assert_eq!(lines[4], "31 of 100 vantages not all as expected, the worst first:");
    assert_eq!(lines[5], "  vantage-40  → 28  LEAK 2");
    assert_eq!(lines[6], "  vantage-0   → 29  LEAK 1");
    assert_eq!(lines[25], "  and 11 more");
}

#[test]
fn edges_with_the_same_cause_are_told_once_with_their_names() {
    let mut record = wide(4, 1);
    let leak = record.edges[0].clone();
    for (place, edge) in record.edges.iter_mut().enumerate() {
        become_like(edge, &leak);
        edge.rule = usize::from(place != 2);
    }
    record.edges[3].judged.hint = Some("look elsewhere".to_owned());
    let drawn = terminal(&record, Style::default());
    assert_eq!(drawn.matches("\nLEAK vantage").count(), 2, "{drawn}");
    let told = "and at every address of the name\n    same cause: vantage-1 -> target-0/site ipv4,\n      \
                vantage-2 -> target-0/site ipv4 (line 3)\n\nLEAK vantage-3 -> ";
    assert!(drawn.replace(", vantage-2", ",\n      vantage-2").contains(told), "{drawn}");
    let cases = |node: &Node<'_, '_>| node.has_tag_name("failure");
    let xml = junit(&record);
    let document = Document::parse(&xml).expect("well-formed");
    assert_eq!(document.descendants().filter(cases).count(), 4, "in JUnit each is told");
}

#[test]
fn what_failed_comes_before_what_is_not_known_and_what_was_skipped_comes_last() {
    let mut record = model();
    let mut skipped = record.edges[VM_TO_SITE].clone();
    (skipped.family, skipped.verdict, skipped.judged.flaky) = (Family::Ipv6, Verdict::Skipped, false);
    skipped.judged.reason = crate::judge::Reason::NoFamily;
    skipped.claims.clear();
    skipped.measurement = None;
    record.edges.insert(0, skipped);
    let drawn = terminal(&record, Style::default());
    let heads = drawn.lines().filter(|line| line.contains(" -> ") && !line.starts_with(' '));
    let signs: Vec<&str> = heads.filter_map(|line| line.split(' ').next()).collect();
    assert_eq!(
        signs,
        ["LEAK", "FAIL", "FAIL", "?", "?", "?", "→~", "-", "FAIL"],
        "the last is a line of latency"
    );
}

#[test]
fn what_a_run_was_ended_before_is_told_once() {
    let mut record = wide(20, 1);
    record.interrupted = true;
    let detail = "nothing was known of it when the run was ended";
    for edge in &mut record.edges {
        edge.verdict = Verdict::Inconclusive;
        edge.judged.reason = crate::judge::Reason::Interrupted;
        edge.judged.evidence = vec![format!("attempts: not asked: {detail}; not asked: {detail}")];
    }
    for agent in &mut record.agents {
        agent.trouble = Some(Unasked { why: UnaskedWhy::Interrupted, detail: detail.into() });
    }
    let drawn = terminal(&record, Style::default());
    assert!(!drawn.contains(detail), "{drawn}");
    assert_eq!(
        drawn.matches("not asked before the run was ended: `vantage-0`, `vantage-1`").count(),
        1,
        "{drawn}"
    );
    let told = "? 20 not known, as the run was ended first\n    vantage-0 -> target-0/site ipv4, ";
    assert!(drawn.contains(told), "{drawn}");
    assert!(drawn.contains("and 8 more, see --json\n    hint: run again and let it end\n"), "{drawn}");
}

#[test]
fn what_is_not_told_is_counted() {
    let mut record = wide(60, 1);
    let leak = record.edges[0].clone();
    for edge in &mut record.edges {
        become_like(edge, &leak);
    }
    record.edges[30].judged.reason = crate::judge::Reason::PathOpen;
    let drawn = terminal(&record, Style { width: usize::MAX, ..Style::default() });
    assert_eq!(drawn.matches("\nLEAK vantage").count(), 2, "one of each cause: {drawn}");
    let others = "vantage-12 -> target-0/site ipv4, and 46 more: 59 in all, 59 vantages to 1 endpoint, see --json\n\n\
                  LEAK vantage-30 ->";
    assert!(drawn.contains(others), "{drawn}");
}

#[test]
fn of_many_causes_those_of_one_kind_are_one_and_what_is_not_told_is_counted() {
    let mut record = wide(120, 1);
    let leak = record.edges[0].clone();
    for (place, edge) in record.edges.iter_mut().enumerate() {
        become_like(edge, &leak);
        edge.judged.hint = Some(format!("look at number {place}"));
    }
    let drawn = terminal(&record, Style::default());
    assert_eq!(
        drawn.matches("\nLEAK vantage").count(),
        1,
        "all are of one rule, reason and outcome: {drawn}"
    );
    for (place, edge) in record.edges.iter_mut().enumerate() {
        edge.rule = place / 2;
    }
    let drawn = terminal(&record, Style::default());
    assert_eq!(drawn.matches("\nLEAK vantage").count(), 50);
    assert!(drawn.contains("\nand 20 more of 10 other causes, see --json\n"), "{drawn}");
}

/// A record of more edges than have a case each: of each vantage, the first edge leaked, the second was skipped.
fn crowded(vantages: usize, endpoints: usize) -> RunRecord {
    let mut record = wide(vantages, endpoints);
    let leak = record.edges[0].clone();
    for vantage in 0..vantages {
        let edge = &mut record.edges[vantage * endpoints];
        become_like(edge, &leak);
        let edge = &mut record.edges[vantage * endpoints + 1];
        (edge.verdict, edge.judged.reason) = (Verdict::Skipped, crate::judge::Reason::NoFamily);
    }
    record.summary.edges = record.edges.len();
    (record.summary.failed, record.summary.skipped) = (vantages, vantages);
    record
}

#[test]
fn where_cases_are_too_many_those_that_passed_share_one_and_all_are_counted() {
    let record = crowded(101, 100);
    let xml = junit(&record);
    let document = Document::parse(&xml).expect("well-formed");
    let count =
        |node: Node<'_, '_>, name: &str| node.attribute(name).and_then(|count| count.parse::<usize>().ok());
    let root = document.root_element();
    assert_eq!(count(root, "tests"), Some(101 * 100 + record.agents.len()));
    assert_eq!((count(root, "failures"), count(root, "skipped")), (Some(101), Some(101)));
    let suite = root.children().find(|node| node.attribute("name") == Some("vantage-7")).expect("a suite");
    assert_eq!(
        (count(suite, "tests"), count(suite, "failures"), count(suite, "skipped")),
        (Some(100), Some(1), Some(1))
    );
    let cases: Vec<Node<'_, '_>> = suite.children().filter(|node| node.has_tag_name("testcase")).collect();
    let told: Vec<_> = cases
        .iter()
        .map(|case| (case.attribute("name"), verdict_of(*case), count(*case, "assertions")))
        .collect();
    let expected = [
        (Some("target-0/site ipv4: deny"), Verdict::Fail, None),
        (Some("all that passed"), Verdict::Pass, Some(98)),
        (Some("all that was skipped"), Verdict::Skipped, Some(1)),
    ];
    assert_eq!(told, expected);
    assert!(cases[1].descendants().any(|node| node.text() == Some("98 reached; the JSON report has each")));
    assert!(cases[0].descendants().any(|node| node.text().is_some_and(|text| text.contains("evidence: "))));
}

#[test]
fn as_many_cases_as_readers_take_are_all_there() {
    let record = crowded(100, 100);
    let xml = junit(&record);
    assert_eq!(cases(&Document::parse(&xml).expect("well-formed")).len(), 100 * 100);
}

#[test]
fn a_report_on_twenty_thousand_failures_is_one_that_readers_take() {
    let mut record = crowded(200, 101);
    let leak = record.edges[0].clone();
    for edge in &mut record.edges {
        become_like(edge, &leak);
    }
    let xml = junit(&record);
    let document = Document::parse(&xml).expect("well-formed");
    let failures = cases(&document).into_iter().filter(|case| verdict_of(*case) == Verdict::Fail).count();
    assert_eq!(failures, 200 * 101, "no failure is left out");
    assert!(xml.len() < 30_000_000, "{} bytes", xml.len());
    // Elements, attributes and texts: what a reader that counts objects counts at most.
    let attributes: usize = document.descendants().map(|node| node.attributes().len()).sum();
    let texts = document
        .descendants()
        .filter(|node| node.is_text() && !node.text().unwrap_or_default().trim().is_empty());
    let elements = document.descendants().filter(Node::is_element).count();
    let objects = elements + attributes + texts.count();
    assert!(objects < 250_000, "{objects} objects");
}

#[test]
fn an_edge_is_a_line_of_the_json_report() {
    let record = model();
    let text = json(&record);
    let edges: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("    {\"vantage\":\"") && line.contains("\"judged\""))
        .collect();
    assert_eq!(edges.len(), record.edges.len(), "{text}");
    let first: EdgeRecord = serde_json::from_str(edges[0].trim().trim_end_matches(',')).expect("an edge");
    assert_eq!(first, record.edges[0]);
    assert!(text.starts_with("{\n  \"schema_version\": 3,\n"), "{text}");
    assert!(text.ends_with("\n}\n"));
}

#[test]
fn two_families_share_a_cell() {
    let mut record = model();
    let mut second = record.edges[1].clone();
    second.family = Family::Ipv6;
    (second.verdict, second.expect) = (Verdict::Skipped, crate::scenario::Expect::Allow);
    record.edges.insert(2, second);
    let drawn = terminal(&record, Style::default());
    assert!(drawn.contains("vm        →~!|       →*|-*\n"), "{drawn}");
    assert!(drawn.contains("ipv4|ipv6 in each cell"), "{drawn}");
}

/// The cases of a report, without those of the agents.
fn cases<'a>(document: &'a Document<'a>) -> Vec<Node<'a, 'a>> {
    let all = document.descendants().filter(|node| node.has_tag_name("testcase"));
    all.filter(|case| case.parent().and_then(|suite| suite.attribute("name")) != Some("agents")).collect()
}

fn verdict_of(case: Node<'_, '_>) -> Verdict {
    let has = |tag: &str| case.children().any(|child| child.has_tag_name(tag));
    match (has("failure"), has("error"), has("skipped")) {
        (true, _, _) => Verdict::Fail,
        (_, true, _) => Verdict::Inconclusive,
        (_, _, true) => Verdict::Skipped,
        _ => Verdict::Pass,
    }
}

#[test]
fn all_forms_agree_on_counts_order_and_verdicts() {
    let record = model();
    let from_json = read(&json(&record)).expect("a record");
    assert_eq!(from_json, record);
    let xml = junit(&record);
    let document = Document::parse(&xml).expect("well-formed");
    let seen: Vec<(String, Verdict)> = cases(&document)
        .into_iter()
        .map(|case| (case.attribute("name").unwrap_or_default().to_owned(), verdict_of(case)))
        .collect();
    let named = |edge: &EdgeRecord| {
        let name = |what: &str| format!("{} {}: {what}", edge.endpoint, edge.family);
        let claims = edge.claims.iter().map(|claim| (name(&claim.claimed), claim.verdict));
        let edge = (name(&edge.expect.to_string()), edge.verdict);
        std::iter::once(edge).chain(claims).collect::<Vec<_>>()
    };
    let expected: Vec<(String, Verdict)> = record.edges.iter().flat_map(named).collect();
    assert_eq!(seen, expected);
    let drawn = terminal(&record, Style { width: usize::MAX, ..Style::default() });
    for edge in &record.edges {
        let judged = (edge.verdict, &edge.judged.sentence, edge.judged.reason.as_str());
        let claims = edge.claims.iter();
        let claims =
            claims.map(|claim| (claim.verdict, &claim.judged.sentence, claim.judged.reason.as_str()));
        for (verdict, sentence, reason) in std::iter::once(judged).chain(claims) {
            if verdict != Verdict::Pass {
                assert_eq!(drawn.matches(sentence.as_str()).count(), 1, "{sentence}");
                assert!(xml.contains(&format!("type=\"{reason}\"")), "{reason}");
            }
        }
    }
    let summary = record.summary;
    let counts = format!(
        "FAILED {} of {} edges and 2 of 6 claims in 2.3 s; 2 edges passed",
        summary.failed, summary.edges
    );
    assert!(drawn.contains(&counts), "{drawn}");
    let root = document.root_element();
    let count = |name: &str| root.attribute(name).and_then(|count| count.parse::<usize>().ok());
    let claims = summary.claims;
    assert_eq!((claims.all, claims.passed, claims.failed, claims.inconclusive), (6, 2, 2, 2));
    assert!(
        drawn.contains(
            "; 4 names: 2 as claimed, 1 not, 1 inconclusive; 2 budgets: 1 exceeded, 1 inconclusive; "
        ),
        "{drawn}"
    );
    assert_eq!(count("tests"), Some(summary.edges + claims.all + record.agents.len()));
    assert_eq!(count("failures"), Some(summary.failed + claims.failed));
    let errors = summary.inconclusive + claims.inconclusive + 1;
    assert_eq!(count("errors"), Some(errors), "and the agent in trouble");
}

#[test]
fn what_changed_since_a_baseline_is_in_every_form() {
    let old = record(&Scene::sound().measured(VM_TO_SITE, measured(&[1_000_000; 200], 0)));
    let mut new = record(&Scene::sound().measured(VM_TO_SITE, measured(&[9_000_000; 200], 0)));
    new.edges.remove(OUTSIDER_TO_SITE);
    let comparison = compare(&old, &new, Extent::Whole, crate::judge::Tolerance::default());
    let worse = comparison.count(Direction::Worse);
    assert_eq!(worse, 3, "p50, p90, and the edge that is gone: {comparison:?}");
    new.baseline = Some(comparison);
    let xml = junit(&new);
    let document = Document::parse(&xml).expect("well-formed");
    let suite =
        document.descendants().find(|node| node.attribute("name") == Some("baseline")).expect("a suite");
    let seen: Vec<_> =
        suite.children().filter_map(|case| Some((case.attribute("name")?, verdict_of(case)))).collect();
    let expected =
        [("vm -> app/site ipv4: latency", Verdict::Fail), ("outsider -> app/site ipv4: gone", Verdict::Fail)];
    assert_eq!(seen, expected);
    let drawn = terminal(&new, Style::default());
    assert_eq!(drawn.matches("\nWORSE ").count(), worse, "{drawn}");
    assert!(
        drawn.contains("WORSE vm -> app/site ipv4: latency: p50 was 1.00 ms at most, is 9.00 ms at least\n"),
        "{drawn}"
    );
    let same = RunRecord {
        baseline: Some(compare(&old, &old, Extent::Whole, crate::judge::Tolerance::default())),
        ..old
    };
    assert!(junit(&same).contains("name=\"nothing changed\""));
}

#[test]
fn junit_keeps_to_what_every_reader_takes() {
    let xml = junit(&model());
    let document = Document::parse(&xml).expect("well-formed");
    let mut names = std::collections::HashSet::new();
    for case in document.descendants().filter(|node| node.has_tag_name("testcase")) {
        assert!(names.insert((case.attribute("classname"), case.attribute("name"))), "{case:?}");
        for child in
            case.children().filter(|child| child.is_element() && child.attribute("message").is_some())
        {
            let message = child.attribute("message").expect("a message");
            let repeated = child.text().is_some_and(|text| text.contains(message));
            assert!(repeated || child.has_tag_name("flakyFailure"), "{message}");
        }
    }
    for suite in document.descendants().filter(|node| node.has_tag_name("testsuite")) {
        assert_eq!(suite.attribute("timestamp"), Some("1970-01-01T00:00:01"));
        assert_eq!(suite.parent().map(|root| root.has_tag_name("testsuites")), Some(true), "flat");
    }
    let leak = cases(&document).into_iter().find(|case| {
        case.attribute("classname") == Some("seed.outsider")
            && case.attribute("name") == Some("app/site ipv4: deny")
    });
    let leak = leak.expect("the case of the leak");
    assert_eq!(leak.attribute("classname"), Some("seed.outsider"));
    assert_eq!(leak.attribute("time"), Some("0.012"));
    assert_eq!(leak.children().find_map(|child| child.attribute("type")), Some("leak"));
    assert!(xml.contains("<flakyFailure"));
}

#[test]
fn every_wanted_report_is_attempted_and_written_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("run.json"), "what stood here before").expect("a file");
    let wanted = [
        Wanted { form: Form::Junit, path: at("no/such/folder.xml") },
        Wanted { form: Form::Json, path: at("run.json") },
        Wanted { form: Form::Junit, path: folder.path().to_owned() },
        Wanted { form: Form::Junit, path: at("junit.xml") },
    ];
    let record = model();
    let failed = write(&record, &wanted);
    let paths: Vec<_> = failed.iter().map(|error| error.path.clone()).collect();
    assert_eq!(paths, [at("no/such/folder.xml"), folder.path().to_owned()]);
    assert!(failed[0].to_string().starts_with("cannot write the junit report: `"));
    assert_eq!(fs::read_to_string(at("run.json")).expect("written"), json(&record));
    assert_eq!(fs::read_to_string(at("junit.xml")).expect("written"), junit(&record));
    let left: Vec<_> = fs::read_dir(folder.path()).expect("a folder").collect();
    assert_eq!(left.len(), 2, "no temporary file is left behind");
}

#[test]
fn a_place_where_no_report_can_stand_is_found_out_beforehand_and_nothing_is_left_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| Wanted { form: Form::Json, path: folder.path().join(name) };
    fs::write(folder.path().join("old.json"), "what stood here before").expect("a file");
    let device = Wanted { form: Form::Json, path: "/dev/null".into() };
    assert!(try_out(&[at("new.json"), at("old.json"), device]).is_ok());
    assert_eq!(fs::read_to_string(folder.path().join("old.json")).expect("a file"), "what stood here before");
    assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 1);
    for bad in ["no/such/folder.json", ""] {
        assert_eq!(try_out(&[at("new.json"), at(bad)]).expect_err("no place").path, at(bad).path);
    }
}

#[test]
fn downloads_are_a_line_each_and_a_claim_of_them_a_case() {
    let came = [60_000_000, 40_000_000];
    let scene = Scene::sound().downloaded("at-least: 400Mbit/s, for: 2s", Ok(download(&came)));
    let drawn = terminal(&record(&scene), Style::default());
    let lines = "throughput, from the target to the caller
vm -> app/site ipv4  50.0 MB/s: 100 MB in 2.00 s, slowest second 40.0 MB/s
";
    assert!(drawn.contains(lines), "{drawn}");
    // The rule is about two edges; over the other one there was no download.
    assert!(drawn.contains("; 2 throughputs: 1 kept, 1 inconclusive; "), "{drawn}");
    let text = junit(&record(&scene));
    assert!(text.contains("name=\"app/site ipv4: throughput &gt;= 400 Mbit/s for 2 s\""), "{text}");
    let mut ended = download(&came);
    ended.cut_short = Some("the connection ended".to_owned());
    let drawn = terminal(&record(&Scene::sound().downloaded("at-least: 1kB/s", Ok(ended))), Style::default());
    assert!(drawn.contains("vm -> app/site ipv4  - (the connection ended)\n"), "{drawn}");
}
