//! The README's first screen is true: its command prints what it says, and its scenario loads.

use ringfence_tests::programs::{Bench, root};

use crate::{LAB, PROGRAMS};

/// The text of the first fenced block of a kind.
fn block<'t>(text: &'t str, kind: &str) -> &'t str {
    let (_, rest) = text.split_once(&format!("```{kind}\n")).expect("a block");
    rest.split_once("```\n").expect("the block's end").0
}

/// A wrapped line goes on two columns further in than its text begins: at column 2 or 6. Where it is broken depends on how long
/// the numbers in it are.
fn unwrapped(text: &str) -> String {
    let mut whole = String::new();
    for line in text.trim().lines() {
        let indent = line.len() - line.trim_start().len();
        whole.push_str(if matches!(indent, 2 | 6) { " " } else { "\n" });
        whole.push_str(if matches!(indent, 2 | 6) { line.trim_start() } else { line });
    }
    whole
}

/// Ports, times and line numbers differ from run to run; everything else must not.
fn without_numbers(text: &str) -> String {
    let mut redacted = String::new();
    for character in unwrapped(text).chars() {
        match character {
            '0'..='9' if redacted.ends_with('N') => {}
            '0'..='9' => redacted.push('N'),
            other => redacted.push(other),
        }
    }
    // `9.1 ms` and `12 ms` are the same here.
    while redacted.contains("N.N") {
        redacted = redacted.replace("N.N", "N");
    }
    redacted
}

#[test]
fn the_command_on_the_first_screen_prints_what_stands_under_it() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let (_, command) = readme.split_once("    cargo lab ").expect("the command");
    let arguments: Vec<&str> = command.lines().next().unwrap_or_default().split(' ').collect();
    let bench = Bench::new(LAB);
    let run = bench.run(&[&arguments[..], &["--progress", "none"]].concat());
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    assert_eq!(without_numbers(&run.stdout), without_numbers(block(&readme, "text")));
}

#[test]
fn the_scenario_on_the_first_screen_is_one() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("the README");
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", block(&readme, "yaml"));
    let run = bench.run(&["plan", "s.yaml", "--set", "app_host=app.example.test"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("2 of 2 possible edges"), "{}", run.stdout);
}
