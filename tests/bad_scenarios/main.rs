//! Every mistake a scenario can have, and what its author is told: `NAME.yaml` holds the mistake, `NAME.stderr` the
//! message, as a terminal 100 columns wide without colours shows it.
//!
//! A first line `# --set NAME=VALUE ...` gives inputs. After a change of words, run with `RINGFENCE_BLESS=1` and read
//! what has changed as somebody who has to fix the scenario at night.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use ringfence::scenario::{self, Inputs, LoadError, Source};

/// The width of the terminal the messages are drawn for.
const WIDTH: usize = 100;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bad_scenarios")
}

fn names(extension: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("the folder is there");
    let paths = entries.map(|entry| entry.expect("the folder can be read").path());
    let wanted = paths.filter(|path| path.extension().is_some_and(|found| found == extension));
    wanted.filter_map(|path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned())).collect()
}

fn inputs(text: &str) -> Inputs {
    let mut inputs = Inputs::new();
    let given = text.lines().next().and_then(|line| line.strip_prefix("# --set ")).unwrap_or_default();
    for value in given.split_whitespace() {
        inputs.set(value).expect("the first line gives NAME=VALUE");
    }
    inputs
}

fn message(name: &str) -> String {
    message_in(name, WIDTH)
}

fn message_in(name: &str, width: usize) -> String {
    let file = format!("{name}.yaml");
    let text = fs::read_to_string(folder().join(&file)).expect("the file can be read");
    let given = inputs(&text);
    match scenario::read(Source::new(file, text), &folder(), &given) {
        Ok(_) => "it loads\n".to_owned(),
        Err(error) => error.render(width).replace(&folder().display().to_string(), "FOLDER"),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a developer asks for new expectations by a variable of the environment"
)]
fn blessing() -> bool {
    std::env::var("RINGFENCE_BLESS").is_ok_and(|value| value == "1")
}

#[test]
fn each_mistake_is_shown_where_it_is_with_what_to_do_next() {
    let scenarios = names("yaml");
    assert!(scenarios.len() >= 35, "only {} bad scenarios", scenarios.len());
    let mut wrong = Vec::new();
    for name in &scenarios {
        let path = folder().join(format!("{name}.stderr"));
        let found = message(name);
        if blessing() {
            fs::write(&path, &found).expect("the expectation can be written");
        }
        match fs::read_to_string(&path) {
            Ok(expected) if expected == found && found != "it loads\n" => {}
            Ok(expected) => wrong.push(format!("{name}: expected\n{expected}\nfound\n{found}")),
            Err(_) => wrong.push(format!("{name}: no `{name}.stderr`; found\n{found}")),
        }
    }
    wrong.extend(
        names("stderr").difference(&scenarios).map(|name| format!("{name}: a message without a scenario")),
    );
    assert!(wrong.is_empty(), "{} of {} differ:\n\n{}", wrong.len(), scenarios.len(), wrong.join("\n"));
}

#[test]
fn every_message_says_what_to_do_next_and_no_line_is_too_wide() {
    for name in names("yaml") {
        let message = message(&name);
        let mistakes = message.matches("  × ").count();
        let helps = message.matches("  help: ").count();
        let counted = message.lines().next().and_then(|line| line.split_once(" mistakes in `"));
        let counted = counted.map_or(1, |(count, _)| count.parse().expect("a number"));
        assert_eq!((mistakes, helps), (counted, counted), "{name}:\n{message}");
        assert!(!message.contains("Error:"), "{name}:\n{message}");
        let wide = message.lines().find(|line| line.chars().count() > WIDTH && !line.contains(['│', '·']));
        assert_eq!(wide, None, "{name}");
    }
}

#[test]
fn no_word_of_a_message_is_cut() {
    // What to do next: up to the empty line that ends it.
    let words = |message: &str| -> Vec<String> {
        let helps = message.split("  help: ").skip(1).filter_map(|rest| rest.split("\n\n").next());
        helps.flat_map(str::split_whitespace).map(str::to_owned).collect()
    };
    for name in names("yaml") {
        let whole = words(&message_in(&name, 2_000));
        for width in (40..80).step_by(9) {
            let narrow = message_in(&name, width);
            assert_eq!(words(&narrow), whole, "{name}:\n{narrow}");
        }
    }
}

#[test]
fn a_file_that_cannot_be_read_is_told_by_its_path() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let load =
        |name: &str| scenario::load(&folder.path().join(name), &Inputs::new()).expect_err("no scenario");
    fs::write(folder.path().join("bytes.yaml"), b"name: \xff\n").expect("a file");
    fs::write(folder.path().join("large.yaml"), "#".repeat(5 * 1024 * 1024)).expect("a file");
    let missing = load("missing.yaml");
    assert!(matches!(missing, LoadError::Unreadable { .. }));
    assert!(missing.render(WIDTH).contains("missing.yaml"), "{}", missing.render(WIDTH));
    assert!(matches!(load("bytes.yaml"), LoadError::NotText { at: 6, .. }));
    assert!(matches!(load("large.yaml"), LoadError::TooLarge { .. }));
}

#[test]
fn a_file_of_inputs_is_a_map_of_single_values() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("inputs.yaml");
    fs::write(&path, "a: 1\nb: [2]\na: 3\n").expect("a file");
    let error = Inputs::new().read_file(&path).expect_err("two mistakes");
    let LoadError::Mistakes(mistakes) = &error else { panic!("{error}") };
    let messages: Vec<String> = mistakes.messages().collect();
    assert_eq!(messages, ["`b` is a list where a single value is expected", "key given twice: `a`"]);
    fs::write(&path, "{\"a\": \"10.0\", \"b\": 017, \"another scenario's\": 1}").expect("a file");
    let mut inputs = Inputs::new();
    inputs.read_file(&path).expect("JSON is YAML");
    let text = "name: ${a}-${b}\ninputs: { a: , b: }\nagents: { i: { control: local } }\nrules: []\n";
    let scenario = scenario::read(Source::new("s.yaml", text), folder.path(), &inputs).expect("a scenario");
    assert_eq!((scenario.name.as_str(), scenario.strays.len()), ("10.0-017", 0));
}

#[test]
fn a_value_of_a_shared_file_that_may_be_a_slip_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("inputs.yaml");
    let read = |values: &str, declared: &str| {
        fs::write(&path, values).expect("a file");
        let mut inputs = Inputs::new();
        inputs.read_file(&path).expect("values");
        let text = format!("name: t\ninputs: {declared}\nagents: {{ i: {{ control: local }} }}\nrules: []\n");
        scenario::read(Source::new("s.yaml", text), folder.path(), &inputs)
    };
    let optional =
        read("{ app_1_hots: a, vm_host: b }", "{ app_1_host: { optional: true } }").expect("it loads");
    let told: Vec<String> = optional.strays.iter().map(ToString::to_string).collect();
    let expected =
        "gives a value to `app_1_hots`, which is no input of this scenario: did you mean `app_1_host`?";
    assert!(told.len() == 1 && told[0].ends_with(expected), "{told:?}");
    // Names that are numbered look alike: where the input has its value, the other is another scenario's.
    let numbered = read("{ app_1_host: a, app_2_host: b }", "{ app_1_host: }").expect("it loads");
    assert_eq!(numbered.strays, []);
    let needed = read("{ app_1_hots: a }", "{ app_1_host: }").expect_err("no value").render(1_000);
    assert!(needed.contains("inputs.yaml` has `app_1_hots`: did you mean `app_1_host`?"), "{needed}");
}
