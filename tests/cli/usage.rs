//! Keys, settings and arguments that are wrong: exit code 2, one clear error, the next step.

use std::os::unix::fs::PermissionsExt;

use ringfence_tests::programs::Bench;

use crate::PROGRAMS;

const REMOTE: &str = "name: remote\n\
    agents: { vm: { control: \"http://127.0.0.1:1\", endpoints: { agent: \"http://127.0.0.1:1\" } } }\n\
    rules: [{ name: itself, from: vm, to: vm/agent, self: true, expect: allow }]\n";

#[test]
fn keygen_makes_a_key_that_only_its_owner_reads_and_never_overwrites_one() {
    let bench = Bench::new(PROGRAMS);
    let run = bench.run(&["keygen", "--out", "new.key"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.starts_with("ringfence-public:"), "{}", run.stdout);
    let private = bench.read("new.key");
    assert!(private.starts_with("ringfence-private:"));
    assert!(!run.stdout.contains(private.trim()) && !run.stderr.contains(private.trim()));
    let mode = std::fs::metadata(bench.path("new.key")).expect("the key").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let again = bench.run(&["keygen", "--out", "new.key"]);
    assert_eq!(again.code, 2);
    assert!(again.stderr.contains("exists and is left alone"), "{}", again.stderr);
    assert_eq!(bench.read("new.key"), private);
}

#[test]
fn without_a_key_the_next_step_is_told() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", REMOTE);
    let output =
        bench.command(&["verify", "s.yaml"]).env_remove("RINGFENCE_KEY_FILE").output().expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("ringfence keygen") && stderr.contains("RINGFENCE_KEY"), "{stderr}");
}

#[test]
fn a_key_that_is_none_is_refused_without_being_shown() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", REMOTE);
    let output = bench
        .command(&["verify", "s.yaml"])
        .env("RINGFENCE_KEY", "not-a-key-at-all")
        .output()
        .expect("it runs");
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("RINGFENCE_KEY") && !stderr.contains("not-a-key-at-all"), "{stderr}");
}

#[test]
fn a_program_that_orders_go_through_never_sees_the_signing_key() {
    let bench = Bench::new(PROGRAMS);
    bench
        .write("s.yaml", "name: t\nagents: { vm: { control: { exec: [sh, -c, env > seen] } } }\nrules: []\n");
    let private = bench.read("ringfence.key");
    let output =
        bench.command(&["agents", "s.yaml"]).env("RINGFENCE_KEY", private.trim()).output().expect("it runs");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    let seen = bench.read("seen");
    assert!(seen.contains("PATH="), "{seen}");
    assert!(!seen.contains("RINGFENCE_KEY") && !seen.contains(private.trim()));
}

#[test]
fn a_wrong_argument_ends_with_two_and_a_hint() {
    let bench = Bench::new(PROGRAMS);
    for arguments in [
        &["verify"][..],
        &["verify", "s.yaml", "--timeout", "3"],
        &["verify", "s.yaml", "--attempts", "0"],
        &["verify", "s.yaml", "--jnit", "x"],
        &["nonsense"],
    ] {
        let run = bench.run(arguments);
        assert_eq!(run.code, 2, "{arguments:?}: {}", run.stderr);
        assert!(run.stdout.is_empty(), "{arguments:?}: {}", run.stdout);
        assert!(run.stderr.contains("error"), "{arguments:?}: {}", run.stderr);
    }
    let none = bench.run(&["verify", "no-such-file.yaml"]);
    assert_eq!(none.code, 2, "{}", none.stderr);
    assert!(none.stderr.contains("no-such-file.yaml"), "{}", none.stderr);
}

#[test]
fn the_plan_is_a_grid_and_sends_nothing() {
    let bench = Bench::new(PROGRAMS);
    bench.write("s.yaml", REMOTE);
    let run = bench.run(&["plan", "s.yaml"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stdout,
        "remote: 1 of 1 possible edges, 1 calls, and 0 witness calls before and after\n\n    vm/agent\nvm  →\n→ to be reached\n"
    );
    let json = bench.run(&["plan", "s.yaml", "--json"]);
    let plan: serde_json::Value = serde_json::from_str(&json.stdout).expect("JSON");
    assert_eq!(plan["edges"][0]["expect"], "allow");
}
