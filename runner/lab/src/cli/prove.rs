//! Proves that Ringfence tells right from wrong: every break must turn the edges it names, and no others.

use std::time::Instant;

use ringfence::cli::{Failure, Screen, Session};
use ringfence::tally::{RunRecord, exit};

use super::subject::Subject;
use super::verify::run_once;
use crate::breaks::{BREAKS, Break};
use crate::score::{Expected, Score, score};

/// Prints every break: its name, its seed, and what it does.
pub(super) fn list(screen: &Screen) -> Result<u8, Failure> {
    let line = |broken: &Break| format!("{:26} {:26} {}\n", broken.name, broken.seed, broken.what);
    screen.result(&BREAKS.iter().map(line).collect::<String>())?;
    Ok(exit::PASSED)
}

/// Runs each subject sound, and then with each of its breaks. Prints how every run came out.
pub(super) fn prove_all(screen: &Screen, session: &Session<'_>, subjects: &[Subject]) -> Result<u8, Failure> {
    let (mut holds, mut tried, mut caught) = (true, 0, 0);
    for subject in subjects {
        screen.result(&format!("{}\n", subject.seed.name))?;
        let breaks = BREAKS.iter().filter(|broken| broken.seed == subject.seed.name);
        for broken in std::iter::once(None).chain(breaks.map(Some)) {
            let began = Instant::now();
            let record = run_once(session, subject, broken)?;
            if record.interrupted {
                return Ok(exit::INTERRUPTED);
            }
            let turns = broken.map_or(&[][..], |broken| broken.turns);
            let score = score(&record, Expected { turns, ..Expected::default() });
            screen.result(&describe(broken, &record, &score, began.elapsed().as_secs_f64()))?;
            holds &= score.holds();
            tried += usize::from(broken.is_some());
            caught += usize::from(broken.is_some() && score.holds());
        }
    }
    screen
        .result(&format!("{caught} of {tried} breaks caught on the right edges, for the right reasons\n"))?;
    Ok(if holds { exit::PASSED } else { exit::FAILED })
}

fn describe(broken: Option<&Break>, record: &RunRecord, score: &Score, took_s: f64) -> String {
    let name = broken.map_or("sound", |broken| broken.name);
    let outcome = match (broken, score.holds()) {
        (None, true) => format!("all {} edges pass", record.summary.edges),
        (Some(_), true) => {
            format!("caught: {} edges turned, {} still pass", score.right.len(), record.summary.passed)
        }
        (_, false) => "NOT AS IT SHOULD BE".to_owned(),
    };
    let mut text = format!("  {name:26} {outcome:44} {took_s:5.1} s\n");
    for (label, edges) in [("right", &score.right[..])].into_iter().chain(score.wrong()) {
        text.extend(edges.iter().map(|edge| format!("      {label}: {edge}\n")));
    }
    text
}
