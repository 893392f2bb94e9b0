//! The program itself: its settings, its streams, its exit codes.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Output, Stdio};

use ringfence_contract::id::{OrderId, RunId};
use ringfence_contract::order::{self, Ask, Order, PrivateKey, RefusalWhy, Run};
use ringfence_contract::reply::{Line, ReplyError, read_reply};
use ringfence_contract::sample::Sample;
use ringfence_contract::seal::RunKey;
use rustix::process::{Pid, Signal, kill_process};

use crate::support::{Bench, now_ms};

fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ringfence-agent"));
    command.env_clear().args(args);
    command
}

fn run(args: &[&str]) -> Output {
    program(args).stdin(Stdio::null()).output().expect("the program runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// A serving agent, and the port it says it listens on.
fn serving(key: &PrivateKey, args: &[&str]) -> (Child, String) {
    let trust = key.public().to_string();
    let mut all = vec!["serve", "--name", "app-1", "--trust", &trust, "--listen", "127.0.0.1:0"];
    all.extend_from_slice(args);
    let mut child = program(&all).stderr(Stdio::piped()).spawn().expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("standard error")).lines();
    let address = lines.find_map(|line| {
        line.ok()?.split_once("listening on http://").map(|(_, address)| address.trim().to_owned())
    });
    // What else it says is read, so that it never waits for a reader.
    std::thread::spawn(move || lines.for_each(drop));
    (child, address.expect("an address it listens on"))
}

fn signal(child: &Child, signal: Signal) {
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(pid, signal).expect("a signal sent");
}

#[test]
fn a_serving_agent_is_ready_and_ends_well_on_either_signal() {
    for end in [Signal::TERM, Signal::INT] {
        let (mut child, address) = serving(&PrivateKey::random(), &[]);
        let ready = run(&["healthcheck", &format!("http://{address}/ready")]);
        assert_eq!((ready.status.code(), text(&ready.stdout).as_str()), (Some(0), "ready\n"), "{ready:?}");
        let other = run(&["healthcheck", &format!("http://{address}/other")]);
        assert_eq!(other.status.code(), Some(1), "{other:?}");
        signal(&child, end);
        assert_eq!(child.wait().expect("an end").code(), Some(0), "{end:?}");
        let gone = run(&["healthcheck", &format!("http://{address}/ready")]);
        assert_eq!(gone.status.code(), Some(1), "{gone:?}");
    }
}

#[test]
fn all_wrong_settings_are_said_at_once_each_with_its_next_step() {
    let output = run(&[
        "serve",
        "--name",
        "a b",
        "--allow",
        "10.0.0.1/8,any:x",
        "--listen",
        "8080",
        "--resolver",
        "dns",
        "--source",
        "eth0",
        "--trusted-proxies",
        "proxy",
        "--source-header",
        "x y:z",
        "--rate",
        "fast",
        "--grace",
        "10",
        "--tls-listen",
        "127.0.0.1:0",
        "--ca",
        "/nonexistent/ca.pem",
    ]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    for part in [
        "--name (RINGFENCE_NAME): ",
        "--trust (RINGFENCE_TRUST): ",
        "run `ringfence keygen`",
        "--allow (RINGFENCE_ALLOW): `10.0.0.1/8`",
        "--allow (RINGFENCE_ALLOW): `any:x`",
        "--listen (RINGFENCE_LISTEN): `8080`",
        "--resolver (RINGFENCE_RESOLVER): `dns`",
        "--source (RINGFENCE_SOURCE): `eth0`",
        "--trusted-proxies (RINGFENCE_TRUSTED_PROXIES): `proxy`",
        "--source-header (RINGFENCE_SOURCE_HEADER): `y:z`",
        "--rate (RINGFENCE_RATE): `fast`",
        "--grace (RINGFENCE_GRACE): `10`",
        "--cert (RINGFENCE_TLS_CERT): missing",
        "--key (RINGFENCE_TLS_KEY): missing",
        "--ca (RINGFENCE_CA): cannot read `/nonexistent/ca.pem`",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    assert_eq!(text(&output.stdout), "");
}

#[test]
fn a_certificate_that_cannot_be_used_is_a_wrong_setting_and_a_taken_address_is_not() {
    let key = PrivateKey::random();
    let trust = key.public().to_string();
    let no_pem = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let tls = ["--tls-listen", "127.0.0.1:0", "--cert", no_pem, "--key", no_pem];
    let output = run(&[&["serve", "--name", "app-1", "--trust", &trust][..], &tls].concat());
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = text(&output.stderr);
    assert!(said.contains("--cert (RINGFENCE_TLS_CERT): ") && said.contains("next: "), "{said}");

    let (mut child, address) = serving(&key, &[]);
    let output = run(&["serve", "--name", "app-2", "--trust", &trust, "--listen", &address]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(text(&output.stderr).contains(&format!("cannot listen for http on `{address}`")), "{output:?}");
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

#[test]
fn a_private_key_in_place_of_a_public_one_is_refused_and_never_shown() {
    let key = PrivateKey::random().to_text();
    let digits = key.split_once(':').expect("a prefix").1;
    let by_flag = run(&["serve", "--trust", &key]);
    let by_variable =
        program(&["serve"]).env("RINGFENCE_TRUST", key.as_str()).output().expect("the program runs");
    let helped = program(&["serve", "--help"]).env("RINGFENCE_TRUST", key.as_str()).output().expect("help");
    for output in [&by_flag, &by_variable] {
        assert_eq!(output.status.code(), Some(2), "{:?}", output.status);
        assert!(text(&output.stderr).contains("a private key where a public one belongs"));
    }
    for output in [by_flag, by_variable, helped] {
        let all = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert!(!all.contains(digits), "the key is shown");
    }
}

#[test]
fn the_environment_of_a_platform_is_enough() {
    let key = PrivateKey::random();
    let mut child = program(&["stdio"])
        .env("RINGFENCE_TRUST", format!("{} , {}", PrivateKey::random().public(), key.public()))
        .env("WEBSITE_SITE_NAME", "shop")
        .env("WEBSITE_SLOT_NAME", "staging")
        .env("PORT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let run = Run { id: RunId::random(), key: RunKey::random() };
    let order = hello("shop-staging", &run);
    let mut stdin = child.stdin.take().expect("standard input");
    writeln!(stdin, "{}", order::sign(&key, &order)).expect("an order written");
    drop(stdin);
    let mut said = String::new();
    child.stdout.take().expect("standard output").read_to_string(&mut said).expect("a reply");
    let lines = read_reply(&run.key, order.id, &said).expect("a whole reply");
    assert!(matches!(&lines[..], [Line::Hello(hello)] if hello.listeners.is_empty()), "{lines:?}");
    assert_eq!(child.wait().expect("an end").code(), Some(0));
}

fn hello(audience: &str, run: &Run) -> Order {
    let now_ms = now_ms();
    Order {
        audience: audience.parse().expect("a name"),
        id: OrderId::random(),
        issued_ms: now_ms,
        expires_ms: now_ms + 60_000,
        boot: None,
        run: run.clone(),
        ask: Ask::Hello,
    }
}

#[test]
fn orders_on_standard_input_are_answered_and_bad_ones_are_told_why() {
    let key = PrivateKey::random();
    let run = Run { id: RunId::random(), key: RunKey::random() };
    let (good, elsewhere) = (hello("app-1", &run), hello("app-2", &run));
    let mut child = program(&["stdio", "--name", "app-1", "--trust", &key.public().to_string()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input");
    let unsigned = order::sign(&PrivateKey::random(), &good);
    let orders = [unsigned, order::sign(&key, &elsewhere), String::new(), order::sign(&key, &good)];
    stdin.write_all(orders.join("\n").as_bytes()).expect("orders written");
    drop(stdin);
    let output = child.wait_with_output().expect("an end");
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = text(&output.stdout);
    let of =
        |start: &str| said.split_inclusive('\n').filter(|line| line.starts_with(start)).collect::<String>();
    let why = |text: String| match read_reply(&run.key, good.id, &text) {
        Err(ReplyError::Refused(refusal)) => (refusal.why, refusal.detail),
        other => panic!("{other:?}"),
    };
    let (unknown, detail) = why(of("refused - "));
    assert_eq!(unknown, RefusalWhy::UnknownWords);
    assert!(detail.starts_with("not signed by a trusted key: "), "{detail}");
    assert_eq!(why(of(&format!("refused {} ", elsewhere.id))).0, RefusalWhy::WrongAudience);
    let lines = read_reply(&run.key, good.id, &of(&good.id.to_string())).expect("a whole reply");
    assert!(matches!(&lines[..], [Line::Hello(_)]), "{lines:?}");
}

#[test]
fn a_signal_ends_an_agent_that_waits_for_standard_input() {
    let key = PrivateKey::random().public().to_string();
    let mut child = program(&["stdio", "--trust", &key, "--name", "app-1", "--listen", "127.0.0.1:0"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let held = child.stdin.take();
    let mut lines = BufReader::new(child.stderr.take().expect("standard error")).lines();
    let ready = lines.any(|line| line.is_ok_and(|line| line.contains("listening on")));
    assert!(ready);
    signal(&child, Signal::TERM);
    assert_eq!(child.wait().expect("an end").code(), Some(0));
    drop(held);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_from_the_shell_says_what_it_saw_and_whether_it_got_through() {
    let bench = Bench::new();
    let url = format!("{}/live", bench.url(ringfence_contract::transport::Transport::Http));
    let call = |args: &[&str]| {
        let mut all = vec!["call", url.as_str()];
        all.extend_from_slice(args);
        run(&all)
    };
    let guarded = call(&[]);
    assert_eq!(guarded.status.code(), Some(1), "{guarded:?}");
    assert!(text(&guarded.stdout).contains("--allow 127.0.0.1/32"), "{guarded:?}");
    let open = call(&["--allow", "127.0.0.1"]);
    assert_eq!(open.status.code(), Some(0), "{open:?}");
    let said = text(&open.stdout);
    assert!(said.contains("outcome     unsealed\n") && said.contains("status      200\n"), "{said}");
    assert!(said.contains("connect ") && said.contains(" ms\n"), "{said}");
    let json = call(&["--allow", "127.0.0.1", "--json"]);
    let sample: Sample = serde_json::from_slice(&json.stdout).expect("a sample");
    assert_eq!(sample.status, Some(200));
    let wrong = run(&["call", "ftp://host"]);
    assert_eq!(wrong.status.code(), Some(2), "{wrong:?}");
    assert!(text(&wrong.stderr).contains("`ftp`"), "{wrong:?}");
}

#[test]
fn the_program_has_one_name_whatever_its_file_is_called() {
    let help = run(&["--help"]);
    assert_eq!(help.status.code(), Some(0));
    assert!(text(&help.stdout).contains("Usage: ringfence-agent "), "{help:?}");
    let unknown = run(&["serve", "--unknown"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("Usage: ringfence-agent serve"), "{unknown:?}");
}
