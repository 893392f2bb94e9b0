//! The lab: the sound one passes, and every break turns exactly the edges it should.

use ringfence_tests::programs::Bench;

use crate::PROGRAMS;

#[test]
fn the_sound_lab_passes_whole() {
    let bench = Bench::new(PROGRAMS);
    let run = bench.run(&["lab", "--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("\nPASSED 14 of 14 edges in "), "{}", run.stdout);
    assert!(run.stdout.contains("\nPASSED 12 of 12 edges in "), "{}", run.stdout);
}

#[test]
fn every_break_is_caught_on_the_right_edges_for_the_right_reasons() {
    let bench = Bench::new(PROGRAMS);
    let run = bench.run(&["lab", "--prove", "--progress", "none"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    let breaks = bench.run(&["lab", "--list-breaks"]).stdout.lines().count();
    assert!(breaks >= 12, "{breaks} breaks");
    let expected = format!("{breaks} of {breaks} breaks caught on the right edges, for the right reasons");
    assert!(run.stdout.contains(&expected), "{}", run.stdout);
    for wrong in ["wrong reason:", "missed:", "false alarm:"] {
        assert!(!run.stdout.contains(wrong), "{}", run.stdout);
    }
}

#[test]
fn the_published_template_is_caught_by_the_shipped_scenario() {
    let bench = Bench::new(PROGRAMS);
    let run = bench.run(&["lab", "--break", "published-template", "--progress", "none"]);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let cause = "same cause: function-a -> function-b/scm ipv4, function-b -> function-a/scm ipv4, internet -> \
                 function-a/scm ipv4, internet -> function-b/scm ipv4";
    assert!(run.says(cause), "{}", run.stdout);
}

#[test]
fn a_break_that_is_none_is_told_with_the_nearest_name() {
    let bench = Bench::new(PROGRAMS);
    let run = bench.run(&["lab", "--break", "scm-opened"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("did you mean `scm-open`?"), "{}", run.stderr);
    let run = bench.run(&["lab", "web-app-to-function", "--break", "scm-open"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("a break of `app-service-to-app-service`"), "{}", run.stderr);
}
