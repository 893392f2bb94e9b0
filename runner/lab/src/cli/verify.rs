//! Runs scenarios against the lab: each of them once, or, with `--prove`, once for every break.

use ringfence::cli::{Failure, Screen, Session, Target};
use ringfence::tally::{RunRecord, exit};
use ringfence_contract::order::PrivateKey;

use super::arguments::Arguments;
use super::prove;
use super::subject::{self, Subject};
use crate::breaks::Break;
use crate::raise::Lab;

/// Exit codes, each of which says more than those before it. An interruption says more than all of them.
const RANKS: [u8; 5] =
    [exit::PASSED, exit::NOTHING_SELECTED, exit::INCONCLUSIVE, exit::REPORT_NOT_WRITTEN, exit::FAILED];

pub(super) fn verify(screen: &Screen, arguments: &Arguments) -> Result<u8, Failure> {
    let broken = arguments.broken.as_deref().map(subject::find_break).transpose()?;
    let subjects = subject::subjects(arguments.scenario.as_deref(), broken)?;
    let session = Session::open(screen, &arguments.run, &arguments.reports)?;
    if arguments.prove {
        return prove::prove_all(screen, &session, &subjects);
    }
    if subjects.len() > 1 && session.is_for_one_run() {
        let wrong =
            "a report file is for one scenario: name it, as in `cargo lab app-service-to-app-service`";
        return Err(Failure::Setting { setting: "SCENARIO", wrong: wrong.to_owned() });
    }
    let mut worst = exit::PASSED;
    for (place, subject) in subjects.iter().enumerate() {
        screen.say(&introduce(subject, broken));
        let record = run_once(&session, subject, broken)?;
        if place > 0 {
            screen.result("\n")?;
        }
        worst = worse(worst, session.report(&record));
        if session.is_interrupted() {
            return Ok(exit::INTERRUPTED);
        }
    }
    Ok(worst)
}

fn introduce(subject: &Subject, broken: Option<&Break>) -> String {
    let state = broken.map_or_else(
        || "sound".to_owned(),
        |broken| format!("broken on purpose ({}): {}", broken.name, broken.what),
    );
    format!("lab: a stand-in for {} on loopback addresses, {state}", subject.seed.name)
}

/// Raises a seed, runs its scenario, and ends what was raised.
pub(super) fn run_once(
    session: &Session<'_>,
    subject: &Subject,
    broken: Option<&Break>,
) -> Result<RunRecord, Failure> {
    let key = PrivateKey::random();
    let raised = session.runtime().block_on(Lab::raise(subject.seed, broken, key.public()));
    let lab = raised.map_err(|error| Failure::Raise(Box::new(error)))?;
    let _inside = session.runtime().enter();
    let mut scenario = subject.load(&lab)?;
    let plan = session.plan(&mut scenario)?;
    let local = lab.local().clone();
    Ok(session.run(&scenario, &plan, Target { key, local, hear: &|progress| lab.hear(progress) }))
}

/// The exit code that says more.
fn worse(one: u8, other: u8) -> u8 {
    let of = |code: u8| RANKS.iter().position(|ranked| *ranked == code).unwrap_or(RANKS.len());
    if of(other) > of(one) { other } else { one }
}
