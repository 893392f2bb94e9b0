//! The scenarios, the schema and the reference as they are shipped: they load, and they agree with the program.
//!
//! This test must not know how a scenario is read, only what its reader says.

use std::fs;
use std::path::{Path, PathBuf};

use ringfence::plan::{Plan, expand};
use ringfence::scenario::{self, Control, Expect, Inputs, Scenario, Source, defaults};
use ringfence_contract::address::Family;
use ringfence_contract::call::Timeouts;
use ringfence_contract::download::Portion;
use serde_json::Value;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scenarios")
}

fn text(name: &str) -> String {
    let path = folder().join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn inputs(values: &[&str]) -> Inputs {
    let mut inputs = Inputs::new();
    for value in values {
        inputs.set(value).expect("sample inputs are NAME=VALUE");
    }
    inputs
}

const APP_SERVICE: &[&str] = &[
    "app_1_host=app-1.example.test",
    "app_1_scm_host=app-1.scm.example.test",
    "app_2_host=app-2.example.test",
    "app_2_scm_host=app-2.scm.example.test",
    "vm_control=https://203.0.113.10:8443",
];

const FUNCTION: &[&str] = &[
    "function_a_host=a.example.test",
    "function_a_scm_host=a.scm.example.test",
    "function_b_host=b.example.test",
    "function_b_scm_host=b.scm.example.test",
    "vm_control=https://203.0.113.10:8443",
];

fn shipped(name: &str, values: &[&str]) -> (Scenario, Plan) {
    let scenario = scenario::load(&folder().join(name), &inputs(values))
        .unwrap_or_else(|error| panic!("{name}: {}", error.render(100)));
    let plan = expand(&scenario);
    (scenario, plan)
}

/// One row a vantage, one letter an endpoint: `a`llow, `d`eny, `-` no edge.
fn grid(scenario: &Scenario, plan: &Plan) -> Vec<String> {
    let cell = |vantage: usize, endpoint: usize| {
        let edge = plan.edges.iter().find(|edge| edge.vantage.0 == vantage && edge.endpoint.0 == endpoint);
        edge.map_or('-', |edge| edge.expect.to_string().chars().next().expect("a word"))
    };
    let row = |vantage: usize| {
        let cells: String = (0..scenario.endpoints.len()).map(|endpoint| cell(vantage, endpoint)).collect();
        format!("{} {cells}", scenario.agents[vantage].name)
    };
    (0..scenario.agents.len()).map(row).collect()
}

fn endpoints(scenario: &Scenario) -> Vec<&str> {
    scenario.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect()
}

#[test]
fn the_app_service_scenario_is_the_matrix_it_describes() {
    let (scenario, plan) = shipped("app-service-to-app-service.yaml", APP_SERVICE);
    assert_eq!(scenario.left_out.len(), 4, "{:?}", scenario.left_out);
    assert_eq!(
        endpoints(&scenario),
        ["app-service-1/site", "app-service-1/scm", "app-service-2/site", "app-service-2/scm"]
    );
    assert_eq!(
        grid(&scenario, &plan),
        ["test-vm aaaa", "app-service-1 d-ad", "app-service-2 add-", "internet dddd"]
    );
    assert_eq!((plan.edges.len(), plan.possible), (14, 14));
    assert!(matches!(&scenario.agents[1].control, Control::Relay { via, to }
        if via.0 == 0 && to.address.to_string() == "https://app-1.example.test"));
}

#[test]
fn the_function_scenario_is_the_matrix_it_describes() {
    let (scenario, plan) = shipped("web-app-to-function.yaml", FUNCTION);
    assert_eq!(scenario.left_out.len(), 4, "{:?}", scenario.left_out);
    assert_eq!(
        endpoints(&scenario),
        ["function-a/site", "function-a/scm", "function-b/site", "function-b/scm"]
    );
    assert_eq!(
        grid(&scenario, &plan),
        ["test-vm aadd", "function-a --ad", "function-b dd--", "internet dddd"]
    );
    assert_eq!((plan.edges.len(), plan.possible), (12, 12));
}

#[test]
fn who_gives_the_address_of_a_stamp_has_its_other_way_in_tried() {
    for (name, values, given, tried) in [
        (
            "app-service-to-app-service.yaml",
            APP_SERVICE,
            "app_2_ipv6",
            ["app-2-over-ipv6", "app-2-scm-over-ipv6"],
        ),
        (
            "web-app-to-function.yaml",
            FUNCTION,
            "function_b_ipv6",
            ["function-b-over-ipv6", "function-b-scm-over-ipv6"],
        ),
    ] {
        let with = format!("{given}=2603:1020::7");
        let values: Vec<&str> = values.iter().copied().chain([with.as_str()]).collect();
        let (scenario, plan) = shipped(name, &values);
        assert_eq!(endpoints(&scenario)[4..], tried, "{name}");
        assert_eq!(scenario.left_out.len(), 2, "{name}");
        let internet = scenario.agents.len() - 1;
        let further = plan.edges.iter().filter(|edge| edge.endpoint.0 >= 4);
        for edge in further.clone() {
            assert_eq!((edge.expect, edge.family), (Expect::Deny, Family::Ipv6), "{name}");
        }
        assert_eq!(further.filter(|edge| edge.vantage.0 == internet).count(), 2, "{name}");
    }
}

/// YAML as JSON, as an editor's schema check sees it.
fn as_json(source: &str) -> Value {
    serde_saphyr::from_str(source).expect("a shipped scenario is YAML")
}

fn scenario_files() -> Vec<String> {
    let entries = fs::read_dir(folder()).expect("the folder of scenarios is there");
    let names = entries.map(|entry| entry.expect("the folder can be read").file_name());
    let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into_owned()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "yaml"));
    names.sort();
    names
}

#[test]
fn every_shipped_scenario_fits_the_shipped_schema_and_names_it() {
    let schema: Value = serde_json::from_str(&text("scenario.schema.json")).expect("the schema is JSON");
    let validator = jsonschema::validator_for(&schema).expect("the schema is a schema");
    assert_eq!(scenario_files(), ["app-service-to-app-service.yaml", "web-app-to-function.yaml"]);
    for name in scenario_files() {
        let source = text(&name);
        assert!(source.starts_with("# yaml-language-server: $schema=scenario.schema.json\n"), "{name}");
        let faults: Vec<String> = validator
            .iter_errors(&as_json(&source))
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let validator = jsonschema::validator_for(&scenario::schema()).expect("the schema is a schema");
    let good = as_json(&text("web-app-to-function.yaml"));
    assert!(validator.is_valid(&good));
    for (pointer, value) in [
        ("/rules/0/expect", Value::from("alow")),
        ("/rules/0/attempts", Value::from(0)),
        ("/rules/0/window", Value::from("3")),
        ("/rules/0/self", Value::from("never")),
        ("/otherwise", Value::from("allow")),
        ("/agents/internet/control", Value::from("remote")),
        ("/agents/internet/contrl", Value::from("local")),
        ("/agents/internet/beacons", Value::from("https://b.test")),
        ("/agents/internet/beacons", serde_json::json!([{ "url": "https://b.test", "answers": "platform" }])),
        ("/rules/0/witness-port", Value::from("all")),
        ("/spoof-headers", serde_json::json!([{ "value": "1" }])),
        ("/not-denials", serde_json::json!([{ "status": 403 }])),
        ("/callers-side", serde_json::json!([{ "name": "p", "status": [] }])),
        ("/agents/function-a/endpoints/scm/answers", Value::from("nobody")),
        ("/agents/function-a/endpoints/scm/resolves", Value::from("privat")),
        ("/rules/0/resolves", serde_json::json!([])),
        ("/rules/0/resolves", serde_json::json!(["10.0.3.0/24", "private"])),
        ("/rules/0/throughput", serde_json::json!({ "at-least": 50 })),
        ("/rules/0/throughput", serde_json::json!({ "at-least": "50Mbps" })),
        ("/rules/0/throughput", serde_json::json!({ "for": "5s" })),
        ("/timeouts", serde_json::json!({ "connect": 3 })),
        ("/name", Value::Null),
        ("/surprise", Value::from(1)),
    ] {
        let mut bad = good.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer has a slash");
        match bad.pointer_mut(parent).expect(pointer) {
            Value::Object(map) => drop(map.insert(key.to_owned(), value)),
            other => panic!("{pointer}: {other}"),
        }
        assert!(!validator.is_valid(&bad), "{pointer}");
    }
}

#[test]
fn the_schema_takes_every_way_of_saying_what_a_name_resolves_to() {
    let validator = jsonschema::validator_for(&scenario::schema()).expect("the schema is a schema");
    let mut good = as_json(&text("web-app-to-function.yaml"));
    for resolves in [
        Value::from("private"),
        Value::from("10.0.3.0/24"),
        Value::from("${network}"),
        serde_json::json!(["public"]),
        serde_json::json!(["10.0.3.0/24", "fd00::4"]),
    ] {
        good["rules"][0]["resolves"] = resolves.clone();
        assert!(validator.is_valid(&good), "{resolves}");
    }
}

#[test]
fn the_schema_on_disk_is_the_programs_own() {
    let generated = format!("{:#}\n", scenario::schema());
    assert!(
        text("scenario.schema.json") == generated,
        "scenarios/scenario.schema.json is out of date; make it again: `ringfence schema > scenarios/scenario.schema.json`"
    );
}

/// The fenced YAML blocks of the reference.
fn examples(reference: &str) -> Vec<&str> {
    let blocks = reference.split("```yaml\n").skip(1);
    blocks.map(|block| block.split("```").next().expect("split gives at least one part")).collect()
}

#[test]
fn every_whole_scenario_in_the_reference_loads() {
    let reference = text("README.md");
    let whole: Vec<&str> =
        examples(&reference).into_iter().filter(|block| block.starts_with("name: ")).collect();
    assert!(whole.len() >= 2, "the reference shows whole scenarios");
    for example in whole {
        let given = if example.contains("${app_host}") {
            inputs(&["app_host=app.example.test"])
        } else {
            Inputs::new()
        };
        let read = scenario::read(Source::new("example", example), &folder(), &given);
        let scenario = read.unwrap_or_else(|error| panic!("{}", error.render(100)));
        assert!(!expand(&scenario).edges.is_empty(), "{example}");
    }
}

fn seconds(ms: u32) -> String {
    match ms % 1_000 {
        0 => format!("{}s", ms / 1_000),
        rest => format!("{}.{}s", ms / 1_000, rest / 100),
    }
}

fn bytes(bits: u64) -> String {
    match bits / 8 {
        bytes if bytes >= 1_000_000_000 => format!("{}GB/s", bytes / 1_000_000_000),
        bytes => format!("{}kB/s", bytes / 1_000),
    }
}

#[test]
fn the_reference_quotes_the_defaults() {
    let reference = text("README.md");
    let timeouts = Timeouts::default();
    let quoted = [
        ("resolve", seconds(timeouts.resolve_ms)),
        ("connect", seconds(timeouts.connect_ms)),
        ("tls", seconds(timeouts.tls_ms)),
        ("first-byte", seconds(timeouts.first_byte_ms)),
        ("transfer", seconds(timeouts.transfer_ms)),
        ("attempts", format!("{} for deny, {} for allow", defaults::DENY_ATTEMPTS, defaults::ALLOW_ATTEMPTS)),
        ("window", format!("{}ms", defaults::WINDOW_MS)),
        ("retry", defaults::RETRIES.to_string()),
        ("otherwise", defaults::OTHERWISE.map_or_else(|| "untested".to_owned(), |expect| expect.to_string())),
        ("families", format!("[{}]", defaults::FAMILIES[0])),
        ("samples", defaults::SAMPLES.to_string()),
        ("rate", format!("{}/s", defaults::RATE_PER_SECOND)),
        ("cold", defaults::COLD.to_string()),
        ("connection", defaults::CONNECTION.to_string()),
        ("for", seconds(defaults::THROUGHPUT_MS)),
    ];
    for (key, value) in quoted {
        let line = format!("| `{key}` |");
        let wanted = format!("`{value}`");
        let rows: Vec<&str> = reference.lines().filter(|row| row.starts_with(&line)).collect();
        assert!(rows.iter().any(|row| row.contains(&wanted)), "`{key}`: no row quotes {wanted}: {rows:?}");
    }
    for bound in [
        format!("1 to {}", defaults::ATTEMPTS_MAX),
        format!("up to {}", seconds(defaults::WINDOW_MAX_MS)),
        format!("0 to {}", defaults::RETRIES_MAX),
        format!("up to {}", seconds(Timeouts::PHASE_MAX_MS)),
        format!("1 to {}", defaults::SAMPLES_MAX),
        format!("1/s to {}/s", defaults::RATE_MAX_PER_SECOND),
        format!("50us to {}s", defaults::INTERVAL_MAX_S),
        format!("0 to {}", defaults::COLD_MAX),
        format!("1us to {}s", defaults::BUDGET_MAX_S),
        format!("{} s at most", defaults::MEASURED_MAX_S),
        format!("{} to {}", seconds(defaults::THROUGHPUT_MIN_MS), seconds(defaults::THROUGHPUT_MAX_MS)),
        format!("{} to {}", bytes(defaults::THROUGHPUT_MIN_BITS), bytes(defaults::THROUGHPUT_MAX_BITS)),
        format!(
            "at most {} s and {} GiB",
            Portion::LASTS_MAX_MS / 1_000,
            Portion::BYTES_MAX / (1_024 * 1_024 * 1_024)
        ),
    ] {
        assert!(reference.contains(&bound), "the reference does not say `{bound}`");
    }
}
