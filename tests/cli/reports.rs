//! Reports of a real run, read by other people's parsers.

use std::process::Command;

use ringfence_tests::programs::Bench;

use crate::LAB;

/// Counts the cases, failures, errors and skips of a `JUnit` file with Python's parser (expat).
const COUNT_WITH_EXPAT: &str = "import sys, xml.etree.ElementTree as tree\n\
    root = tree.parse(sys.argv[1]).getroot()\n\
    print(*(len(list(root.iter(tag))) for tag in ('testcase', 'failure', 'error', 'skipped')))";

fn counted(program: &str, arguments: &[&str]) -> String {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text").trim().to_owned()
}

const TAGS: [&str; 4] = ["testcase", "failure", "error", "skipped"];

/// Runs a lab in which everything there is to report happens, and returns what its `JUnit` file must hold.
fn reported(bench: &Bench) -> String {
    let arguments = ["--break", "app-stopped", "--progress", "none", "--junit", "r.xml", "--json", "r.json"];
    let run = bench.run(&arguments);
    assert_eq!(run.code, 1, "{}{}", run.stdout, run.stderr);
    let record: serde_json::Value = serde_json::from_str(&bench.read("r.json")).expect("JSON");
    let of = |counts: &serde_json::Value, name: &str| counts[name].as_u64().expect("a count");
    let (edges, claims) = (&record["summary"], &record["summary"]["claims"]);
    let both = |name: &str| of(edges, name) + of(claims, name);
    // The four agents are cases of their own, and one of them could not be asked.
    let all = of(edges, "edges") + of(claims, "all") + 4;
    format!("{all} {} {} {}", both("failed"), both("inconclusive") + 1, both("skipped"))
}

#[test]
fn the_junit_file_holds_every_edge_and_every_agent() {
    let bench = Bench::new(LAB);
    let expected = reported(&bench);
    let text = bench.read("r.xml");
    let document = roxmltree::Document::parse(&text).expect("XML");
    let found =
        TAGS.map(|tag| document.descendants().filter(|node| node.has_tag_name(tag)).count().to_string());
    assert_eq!(found.join(" "), expected);
}

#[test]
#[ignore = "needs python3 and xmllint (Debian: libxml2-utils); CI runs it"]
fn other_parsers_read_the_same_cases_out_of_the_junit_file() {
    let bench = Bench::new(LAB);
    let expected = reported(&bench);
    let path = bench.path("r.xml");
    let path = path.to_str().expect("a path");
    assert_eq!(counted("python3", &["-c", COUNT_WITH_EXPAT, path]), expected);
    let by_xmllint = TAGS.map(|tag| counted("xmllint", &["--xpath", &format!("count(//{tag})"), path]));
    assert_eq!(by_xmllint.join(" "), expected);
}
