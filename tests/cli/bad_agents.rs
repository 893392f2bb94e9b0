//! Agents that answer orders badly: what they do not say, or say falsely, is never a verdict.

use ringfence_tests::bent_agent::{Bent, BentAgent};
use ringfence_tests::programs::Bench;

use crate::PROGRAMS;

/// Runs a scenario in which one bent agent must not reach an address, and returns the exit code and the two reasons.
fn judged(bent: Bent) -> (i32, String, String) {
    let bench = Bench::new(PROGRAMS);
    let address = BentAgent::start(bent, "bent", bench.key().public());
    bench.write(
        "s.yaml",
        &format!(
            "name: bent\nagents: {{ bent: {{ control: \"http://{address}\" }} }}\ntargets: {{ there: \"http://127.0.0.1:9\" }}\n\
             rules: [{{ name: may not, from: bent, to: there, expect: deny, attempts: 25 }}]\n"
        ),
    );
    let run = bench.run(&["verify", "s.yaml", "--progress", "none", "--json", "r.json"]);
    let record: serde_json::Value = serde_json::from_str(&bench.read("r.json")).expect("JSON");
    let edge = &record["edges"][0];
    let why = edge["attempts"][0]["unasked"]["why"].as_str().unwrap_or("-").to_owned();
    (run.code, edge["judged"]["reason"].as_str().expect("a reason").to_owned(), why)
}

#[test]
fn what_is_cut_off_withheld_or_falsely_sealed_concludes_nothing() {
    let row = |reason: &str, why: &str| (3, reason.to_owned(), why.to_owned());
    // What came before a cut is worth reading: the samples are there, and witnesses are what is missing.
    assert_eq!(judged(Bent::CutOff), row("no-target-witness", "-"));
    assert_eq!(judged(Bent::SaysNothing), row("vantage-not-asked", "not-trusted"));
    assert_eq!(judged(Bent::FalseSeal), row("vantage-not-asked", "not-trusted"));
    assert_eq!(judged(Bent::Restarts), row("vantage-not-asked", "restarted"));
}

#[test]
fn no_order_holds_more_calls_than_its_agent_takes() {
    // All samples are there, so the reason is a missing witness: nothing was refused.
    assert_eq!(judged(Bent::Clock(0)), (3, "no-target-witness".to_owned(), "-".to_owned()));
}

#[test]
fn orders_are_signed_in_the_agents_own_time() {
    let bench = Bench::new(PROGRAMS);
    let ten_minutes_ms = 600_000;
    let address = BentAgent::start(Bent::Clock(ten_minutes_ms), "late", bench.key().public());
    bench.write(
        "s.yaml",
        &format!("name: late\nagents: {{ late: {{ control: \"http://{address}\" }} }}\nrules: []\n"),
    );
    let run = bench.run(&["agents", "s.yaml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let clock = run.stdout.lines().find_map(|line| line.trim().strip_prefix("clock")).expect("a clock");
    let ahead_ms: u64 = clock.split_whitespace().next().and_then(|ms| ms.parse().ok()).expect("milliseconds");
    assert!(ahead_ms.abs_diff(ten_minutes_ms) < 5_000, "{clock}");
}
