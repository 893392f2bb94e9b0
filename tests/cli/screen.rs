//! What goes to which stream, how wide, and in what words.

use std::os::unix::fs::PermissionsExt;

use ringfence_tests::bent_agent::{Bent, BentAgent};
use ringfence_tests::programs::{Bench, Finished};

use crate::{LAB, PROGRAMS};

const SEED: &str = "app-service-to-app-service";

fn lab(bench: &Bench, more: &[&str]) -> Finished {
    bench.run(&[&[SEED], more].concat())
}

#[test]
fn a_report_for_standard_output_has_it_for_itself() {
    let bench = Bench::new(LAB);
    let json = lab(&bench, &["--json", "-"]);
    assert_eq!(json.code, 0, "{}{}", json.stdout, json.stderr);
    let record: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON and nothing else");
    assert_eq!(record["summary"]["passed"], 14);
    assert!(json.stderr.contains("\nPASSED 14 of 14 edges in "), "{}", json.stderr);
    let junit = lab(&bench, &["--junit", "-", "--json", "r.json"]);
    assert!(roxmltree::Document::parse(&junit.stdout).is_ok(), "{}", junit.stdout);
    assert!(bench.read("r.json").contains("\"schema_version\"") && !bench.path("-").exists());
    let both = lab(&bench, &["--junit", "-", "--json", "-"]);
    assert_eq!((both.code, both.stdout.as_str()), (2, ""), "{}", both.stderr);
    assert!(
        both.stderr.contains("standard output is where the JUnit report goes already"),
        "{}",
        both.stderr
    );
}

#[test]
fn lines_are_as_wide_as_columns_says_and_progress_is_for_terminals() {
    let bench = Bench::new(LAB);
    let widest = |columns: Option<&str>| {
        let mut command = bench.command(&[SEED, "--break", "scm-open"]);
        command.envs(columns.map(|columns| ("COLUMNS", columns)));
        let output = command.output().expect("it runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(stderr.lines().count(), 1, "no word of progress: {stderr}");
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        stdout.lines().map(|line| line.chars().count()).max().expect("lines")
    };
    assert!((81..=100).contains(&widest(None)));
    assert!((61..=72).contains(&widest(Some("72"))));
    assert!(widest(Some("1000")) > 120);
}

#[test]
fn how_sure_denials_are_is_told_on_demand() {
    let bench = Bench::new(LAB);
    assert!(!lab(&bench, &[]).stdout.contains("63.2 %"));
    let told = lab(&bench, &["--confidence"]);
    assert!(
        told.says("0 of 3 calls got in on each, so fewer than 63.2 % would (95 % confidence)"),
        "{}",
        told.stdout
    );
}

#[test]
fn a_plan_of_four_hundred_edges_is_a_grid() {
    let bench = Bench::new(PROGRAMS);
    let agent = |number| {
        let url = format!("https://vm-{number}.test");
        format!("  vm-{number}: {{ control: '{url}', endpoints: {{ in: '{url}' }} }}\n")
    };
    let agents: String = (0..20).map(agent).collect();
    let rules = "rules: [{ name: one is open, from: '*', to: vm-0/in, expect: allow, self: true }]\notherwise: deny\n";
    bench.write("s.yaml", &format!("name: wide\nagents:\n{agents}{rules}"));
    let run = bench.run(&["plan", "s.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = |name: &str| run.stdout.lines().filter(|line| line.split(' ').next() == Some(name)).count();
    assert_eq!((rows("vm-0"), rows("vm-19")), (3, 3), "three blocks of seven columns: {}", run.stdout);
    assert!(run.stdout.contains("\nvm-7   →        ×        ×"), "{}", run.stdout);
    assert!(run.stdout.ends_with("→ to be reached; × to be denied\n"), "{}", run.stdout);
    assert!(run.stdout.lines().all(|line| line.chars().count() <= 100), "{}", run.stdout);
}

#[test]
fn what_agents_say_of_themselves_moves_no_cursor() {
    let bench = Bench::new(PROGRAMS);
    let address = BentAgent::start(Bent::MovesTheCursor, "bent", bench.key().public());
    bench.write(
        "s.yaml",
        &format!("name: bent\nagents: {{ bent: {{ control: \"http://{address}\" }} }}\nrules: []\n"),
    );
    let run = bench.run(&["agents", "s.yaml"]);
    assert_eq!(run.code, 0, "{}{}", run.stdout, run.stderr);
    assert!(run.stdout.contains("version"), "{}", run.stdout);
    assert!(run.stdout.chars().all(|c| c == '\n' || !c.is_control()), "{:?}", run.stdout);
    assert!(!run.stdout.contains("\nall passed"), "{:?}", run.stdout);
}

/// A scenario that needs a key, and fails for want of its agent.
const REMOTE: &str = "name: remote\nagents: { vm: { control: \"http://127.0.0.1:1\" } }\nrules: []\n";

#[test]
fn the_public_half_of_a_key_is_printed_again() {
    let bench = Bench::new(PROGRAMS);
    let made = bench.run(&["keygen", "--out", "new.key"]);
    let again = bench.run(&["keygen", "--public", "--key-file", "new.key"]);
    assert_eq!((again.code, &again.stdout), (0, &made.stdout), "{}", again.stderr);
    let known = bench.run(&["keygen", "--public"]);
    assert_eq!(known.stdout.trim(), bench.public(), "of the environment's key");
    let neither = bench.run(&["keygen", "--key-file", "new.key"]);
    assert_eq!((neither.code, neither.stdout.as_str()), (2, ""), "{}", neither.stderr);
    assert!(!bench.path("ringfence.key.pub").exists());
}

#[test]
fn a_key_file_that_is_named_outranks_the_environment() {
    let bench = Bench::new(PROGRAMS);
    let made = bench.run(&["keygen", "--out", "new.key"]);
    let public = |arguments: &[&str]| {
        let mut command = bench.command(&[&["keygen", "--public"], arguments].concat());
        command.env("RINGFENCE_KEY", bench.read("ringfence.key")).env("RINGFENCE_KEY_FILE", "no-such-file");
        String::from_utf8(command.output().expect("it runs").stdout).expect("text")
    };
    assert_eq!(public(&["--key-file", "new.key"]), made.stdout);
    assert_eq!(public(&[]).trim(), bench.public(), "the key itself outranks the file in the environment");
}

#[test]
fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", REMOTE);
    let set = |mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(bench.path("ringfence.key"), mode).expect("a mode");
    };
    for mode in [0o644, 0o640, 0o604] {
        set(mode);
        let run = bench.run(&["agents", "s.yaml", "--key-file", "ringfence.key"]);
        assert_eq!(run.code, 2, "{mode:o}: {}{}", run.stdout, run.stderr);
        assert!(run.stderr.contains("run `chmod 600 ringfence.key`"), "{mode:o}: {}", run.stderr);
    }
    set(0o400);
    assert_eq!(bench.run(&["agents", "s.yaml"]).code, 3, "the key is fine, the agent is not there");
}

#[test]
fn a_file_of_inputs_may_be_shared_and_a_slip_in_it_is_told() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", &format!("inputs: {{ app_1_host: {{ optional: true }} }}\n{REMOTE}"));
    bench.write("shared.yaml", "{ vm_address: 192.0.2.1, other: 7 }\n");
    let run = bench.run(&["plan", "s.yaml", "--inputs", "shared.yaml"]);
    assert_eq!((run.code, run.stderr.as_str()), (4, ""), "{}", run.stdout);
    bench.write("slip.yaml", "app_1_hots: app.test\n");
    let run = bench.run(&["plan", "s.yaml", "--inputs", "slip.yaml"]);
    let told = "note: `slip.yaml` gives a value to `app_1_hots`, which is no input of this scenario: did you mean `app_1_host`?\n";
    assert_eq!((run.code, run.stderr.as_str()), (4, told));
    let set = bench.run(&["plan", "s.yaml", "--set", "app_1_hots=app.test"]);
    assert_eq!(set.code, 2, "what is given to this scenario alone is a mistake: {}", set.stderr);
}

#[test]
fn several_mistakes_have_one_heading() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", "name: t\nagents: { i: { control: locl } }\nrules: []\notherwise: no\n");
    let run = bench.run(&["plan", "s.yaml"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.starts_with("2 mistakes in `s.yaml`\n\n  × "), "{}", run.stderr);
    assert!(!run.stderr.contains("Error:"), "{}", run.stderr);
}
