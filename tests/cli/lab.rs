//! The lab: the sound one passes, and every break turns exactly the edges it should.

use ringfence::judge::Reason;
use ringfence::tally;
use ringfence_lab::{Expected, score};
use ringfence_tests::programs::{Bench, root};

use crate::{LAB, PROGRAMS};

#[test]
fn the_sound_lab_passes_whole() {
    let bench = Bench::new(LAB);
    let run = bench.run(&["--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("\nPASSED 14 of 14 edges in "), "{}", run.stdout);
    assert!(run.stdout.contains("\nPASSED 12 of 12 edges in "), "{}", run.stdout);
}

#[test]
fn every_break_is_caught_on_the_right_edges_for_the_right_reasons() {
    let bench = Bench::new(LAB);
    let run = bench.run(&["--prove", "--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let breaks = bench.run(&["--list-breaks"]).stdout.lines().count();
    assert!(breaks >= 12, "{breaks} breaks");
    let expected = format!("{breaks} of {breaks} breaks caught on the right edges, for the right reasons");
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    for wrong in ["wrong reason:", "missed:", "false alarm:"] {
        assert!(!run.stdout.contains(wrong), "{}", run.stdout);
    }
}

#[test]
fn the_published_template_is_caught_by_the_shipped_scenario() {
    let bench = Bench::new(LAB);
    let run = bench.run(&["--break", "published-template", "--progress", "none"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let cause = "same cause: function-a -> function-b/scm ipv4, function-b -> function-a/scm ipv4, internet -> \
                 function-a/scm ipv4, internet -> function-b/scm ipv4";
    assert!(run.says(cause), "{}", run.stdout);
}

#[test]
fn a_run_is_scored_by_each_of_the_words() {
    let bench = Bench::new(LAB);
    let run = bench.run(&[
        "app-service-to-app-service",
        "--break",
        "scm-open",
        "--progress",
        "none",
        "--json",
        "r.json",
    ]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let record = tally::read(&bench.read("r.json")).expect("a run record");
    let open = ("app-service-2 internet > app-service-1/scm", Reason::PathOpen);
    let wrong = ("* > app-service-1/scm", Reason::Leak);
    let more = ("internet > app-service-2/site", Reason::Leak);
    let elsewhere = ("internet nobody > app-service-1/scm nowhere", Reason::PathOpen);
    for (word, right, turns, chance) in [
        ("caught", 2, &[open][..], &[][..]),
        ("false alarm", 0, &[], &[]),
        ("false alarm", 0, &[], &["internet > *"]),
        ("quiet", 0, &[], &["denied > app-service-1/scm"]),
        ("wrong reason", 0, &[("denied > app-service-1/scm", Reason::Leak)], &[]),
        ("missed", 0, &[wrong], &[]),
        ("missed", 2, &[open, more], &[]),
        ("missed", 1, &[elsewhere], &[]),
        ("missed", 2, &[open, ("internet > app-service-1/scm ipv6", Reason::PathOpen)], &[]),
    ] {
        let score = score(&record, Expected { turns, chance, ..Expected::default() });
        assert_eq!((score.word(), score.right.len()), (word, right), "{turns:?} {chance:?}: {score:#?}");
        assert_eq!(score.holds(), ["caught", "quiet"].contains(&word), "{turns:?} {chance:?}");
    }
}

#[test]
fn a_file_is_run_against_the_seed_that_its_scenario_is_named_for() {
    let bench = Bench::new(LAB);
    let shipped =
        std::fs::read_to_string(root().join("scenarios/web-app-to-function.yaml")).expect("shipped");
    let (name, quoted) = ("name: web-app-to-function\n", "\"name\": 'web-app-to-function' # mine\n");
    assert!(shipped.contains(name));
    bench.write("mine.yaml", &shipped.replace(name, quoted));
    let run = bench.run(&["mine.yaml", "--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    bench.write("other.yaml", &shipped.replace(name, "name: other\n"));
    let run = bench.run(&["other.yaml", "--progress", "none"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("is named `other`"), "{}", run.stderr);
    bench.write("wrong.yaml", &shipped.replace("rules:", "ruls:"));
    let run = bench.run(&["wrong.yaml", "--progress", "none"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("unknown key"), "{}", run.stderr);
}

#[test]
fn the_shipped_program_carries_no_lab() {
    let run = Bench::new(PROGRAMS).run(&["lab"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("unrecognized subcommand"), "{}", run.stderr);
}

#[test]
fn a_break_that_is_none_is_told_with_the_nearest_name() {
    let bench = Bench::new(LAB);
    let run = bench.run(&["--break", "scm-opened"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `scm-open`?"), "{}", run.stderr);
    let run = bench.run(&["web-app-to-function", "--break", "scm-open"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("a break of `app-service-to-app-service`"), "{}", run.stderr);
}
