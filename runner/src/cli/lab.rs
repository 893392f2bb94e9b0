//! `ringfence lab`: the seed topologies raised on this machine, verified, broken on purpose, and proved.

use std::path::Path;
use std::time::Instant;

use ringfence_contract::order::PrivateKey;

use super::arguments;
use super::ending::Ending;
use super::failure::Failure;
use super::reports;
use super::run::{self, Means};
use super::screen::Screen;
use super::watch::Watch;
use crate::lab::{BREAKS, Break, Lab, Proof, SEEDS, Seed, prove};
use crate::scenario::{self, Inputs, Scenario, Source};
use crate::tally::{RunRecord, exit};

/// A seed, and the text that is to be run against it.
struct Subject {
    seed: &'static Seed,
    source: Source,
}

pub(super) fn lab(screen: &Screen, arguments: &arguments::Lab) -> Result<u8, Failure> {
    if arguments.list_breaks {
        let line = |broken: &Break| format!("{:26} {:26} {}\n", broken.name, broken.seed, broken.what);
        screen.result(&BREAKS.iter().map(line).collect::<String>())?;
        return Ok(exit::PASSED);
    }
    reports::look_over(&arguments.reports)?;
    let broken = arguments.broken.as_deref().map(find_break).transpose()?;
    let subjects = subjects(arguments.scenario.as_deref(), broken)?;
    let ending = Ending::hear()?;
    if arguments.prove {
        return prove_all(screen, &ending, &subjects, arguments);
    }
    let wanted = &arguments.reports;
    let one_only = wanted.junit.is_some() || wanted.json.is_some() || wanted.baseline.is_some();
    if subjects.len() > 1 && one_only {
        let wrong =
            "a report file is for one scenario: name it, as in `ringfence lab app-service-to-app-service`";
        return Err(Failure::Setting { setting: "lab", wrong: wrong.to_owned() });
    }
    let baseline = run::baseline(wanted)?;
    let mut worst = exit::PASSED;
    for (place, subject) in subjects.iter().enumerate() {
        screen.say(&introduce(subject, broken));
        let record = run_once(screen, &ending, (subject, broken), arguments)?;
        let record = run::against(
            record,
            baseline.as_ref().map(|old| (old, wanted.tolerance())),
            arguments.run.only.as_deref(),
        );
        if place > 0 {
            screen.result("\n")?;
        }
        worst = worse(worst, reports::report(screen, &record, wanted, arguments.run.flaky()));
        if ending.token.is_cancelled() {
            return Ok(exit::INTERRUPTED);
        }
    }
    Ok(worst)
}

/// The exit code that says more: a failure outranks ignorance, and an interruption both.
fn worse(one: u8, other: u8) -> u8 {
    let rank =
        [exit::PASSED, exit::NOTHING_SELECTED, exit::INCONCLUSIVE, exit::REPORT_NOT_WRITTEN, exit::FAILED];
    let of = |code: u8| rank.iter().position(|ranked| *ranked == code).unwrap_or(rank.len());
    if of(other) > of(one) { other } else { one }
}

fn introduce(subject: &Subject, broken: Option<&Break>) -> String {
    let state = broken.map_or_else(
        || "sound".to_owned(),
        |broken| format!("broken on purpose ({}): {}", broken.name, broken.what),
    );
    format!("lab: a stand-in for {} on loopback addresses, {state}", subject.seed.name)
}

fn find_break(name: &str) -> Result<&'static Break, Failure> {
    BREAKS.iter().find(|broken| broken.name == name).ok_or_else(|| {
        let names: Vec<&str> = BREAKS.iter().map(|broken| broken.name).collect();
        let near = names
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
        let near = near.copied().unwrap_or_default();
        let wrong = format!(
            "no break is called `{name}`: did you mean `{near}`? `ringfence lab --list-breaks` lists all"
        );
        Failure::Setting { setting: "--break", wrong }
    })
}

fn subjects(scenario: Option<&str>, broken: Option<&Break>) -> Result<Vec<Subject>, Failure> {
    let shipped = |seed: &'static Seed| Subject {
        seed,
        source: Source { path: format!("scenarios/{}.yaml", seed.name), text: seed.scenario.into() },
    };
    let fits = |seed: &&Seed| broken.is_none_or(|broken| broken.seed == seed.name);
    let Some(wanted) = scenario else {
        return Ok(SEEDS.iter().filter(fits).map(shipped).collect());
    };
    let subject = match SEEDS.iter().find(|seed| seed.name == wanted) {
        Some(seed) => shipped(seed),
        None => from_file(Path::new(wanted))?,
    };
    match broken.filter(|broken| broken.seed != subject.seed.name) {
        None => Ok(vec![subject]),
        Some(broken) => {
            let wrong =
                format!("`{}` is a break of `{}`, not of `{}`", broken.name, broken.seed, subject.seed.name);
            Err(Failure::Setting { setting: "--break", wrong })
        }
    }
}

/// A file's scenario, for the seed whose name it bears.
fn from_file(path: &Path) -> Result<Subject, Failure> {
    let unreadable = |source| Failure::File { verb: "read", path: path.to_owned(), source };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let named = |seed: &&Seed| text.lines().any(|line| line.trim_end() == format!("name: {}", seed.name));
    let seed = SEEDS.iter().find(named).ok_or_else(|| {
        let seeds: Vec<&str> = SEEDS.iter().map(|seed| seed.name).collect();
        let wrong = format!(
            "`{}` is none of the lab's topologies: its `name:` must be one of {}",
            path.display(),
            seeds.join(", ")
        );
        Failure::Setting { setting: "lab", wrong }
    })?;
    Ok(Subject { seed, source: Source { path: path.display().to_string(), text: text.into() } })
}

fn run_once(
    screen: &Screen,
    ending: &Ending,
    (subject, broken): (&Subject, Option<&Break>),
    arguments: &arguments::Lab,
) -> Result<RunRecord, Failure> {
    let key = PrivateKey::random();
    let lab = ending.runtime.block_on(Lab::raise(subject.seed, broken, key.public()))?;
    let _inside = ending.runtime.enter();
    let mut scenario = load(subject, &lab)?;
    run::overrule(&mut scenario, &arguments.run)?;
    let plan = run::expand(&scenario, arguments.run.only.as_deref())?;
    let record = {
        let watch = Watch::new(arguments.run.progress, screen, (&scenario, &plan));
        let progress = |progress| {
            lab.hear(progress);
            watch.show(progress);
        };
        let means = Means {
            key,
            local: lab.local().clone(),
            cancel: ending.token.clone(),
            progress: &progress,
            keeps_record: false,
            baseline: None,
        };
        ending.runtime.block_on(run::run(&scenario, &plan, means))
    };
    Ok(record)
}

fn load(subject: &Subject, lab: &Lab) -> Result<Scenario, Failure> {
    let mut inputs = Inputs::default();
    for (name, value) in lab.inputs() {
        inputs.set(&format!("{name}={value}"))?;
    }
    let base = Path::new(&subject.source.path).parent().unwrap_or(Path::new("."));
    Ok(scenario::read(subject.source.clone(), base, &inputs)?)
}

fn prove_all(
    screen: &Screen,
    ending: &Ending,
    subjects: &[Subject],
    arguments: &arguments::Lab,
) -> Result<u8, Failure> {
    let (mut holds, mut caught) = (true, 0);
    for subject in subjects {
        screen.result(&format!("{}\n", subject.seed.name))?;
        let sound = std::iter::once(None);
        for broken in sound.chain(BREAKS.iter().filter(|broken| broken.seed == subject.seed.name).map(Some)) {
            let began = Instant::now();
            let record = run_once(screen, ending, (subject, broken), arguments)?;
            if record.interrupted {
                return Ok(exit::INTERRUPTED);
            }
            let proof = prove(&record, broken);
            screen.result(&describe(broken, &record, &proof, began.elapsed().as_secs_f64()))?;
            holds &= proof.holds();
            caught += usize::from(broken.is_some() && proof.holds());
        }
    }
    let all = BREAKS
        .iter()
        .filter(|broken| subjects.iter().any(|subject| subject.seed.name == broken.seed))
        .count();
    screen.result(&format!("{caught} of {all} breaks caught on the right edges, for the right reasons\n"))?;
    Ok(if holds { exit::PASSED } else { exit::FAILED })
}

fn describe(broken: Option<&Break>, record: &RunRecord, proof: &Proof, took_s: f64) -> String {
    let name = broken.map_or("sound", |broken| broken.name);
    let result = match (broken, proof.holds()) {
        (None, true) => format!("all {} edges pass", record.summary.edges),
        (Some(_), true) => {
            format!("caught: {} edges turned, {} still pass", proof.right.len(), record.summary.passed)
        }
        (_, false) => "NOT AS IT SHOULD BE".to_owned(),
    };
    let mut text = format!("  {name:26} {result:44} {took_s:5.1} s\n");
    let lists = [
        ("right", if proof.holds() && broken.is_none() { &[][..] } else { &proof.right[..] }),
        ("wrong reason", &proof.wrong_reason),
        ("missed", &proof.missed),
        ("false alarm", &proof.false_alarms),
    ];
    for (label, edges) in lists {
        text.extend(edges.iter().map(|edge| format!("      {label}: {edge}\n")));
    }
    text
}
