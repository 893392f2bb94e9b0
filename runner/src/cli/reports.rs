//! Where the reports of a run go: files, standard output, and a person.

use std::path::Path;

use super::arguments::ReportArguments;
use super::failure::Failure;
use super::screen::Screen;
use crate::report::{self, Certainty, Form, Style, Wanted};
use crate::tally::{Flaky, RunOutcome, RunRecord, exit};

/// The path that stands for standard output.
const STDOUT: &str = "-";

/// Looks before the run whether every report can go where it is to go: each to a place of its own, that can be written.
pub(super) fn look_over(reports: &ReportArguments) -> Result<(), Failure> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    if let (Some(junit), Some(json)) = (&reports.junit, &reports.json)
        && whole(junit) == whole(json)
    {
        let place =
            if is_stdout(json) { "standard output".to_owned() } else { format!("`{}`", json.display()) };
        let wrong = format!("{place} is where the JUnit report goes already: give each its own place");
        return Err(Failure::Setting { setting: "--json", wrong });
    }
    let files: Vec<Wanted> = wanted(reports).filter(|wanted| !is_stdout(&wanted.path)).collect();
    Ok(report::try_out(&files)?)
}

/// Prints the report for people, writes every other one asked for, and says how the process ends.
pub(super) fn report(screen: &Screen, record: &RunRecord, reports: &ReportArguments, flaky: Flaky) -> u8 {
    let (printed, files): (Vec<Wanted>, Vec<Wanted>) =
        wanted(reports).partition(|wanted| is_stdout(&wanted.path));
    let unwritten = report::write(record, &files);
    let drawn = |style: Style| {
        let certainty = if reports.confidence { Certainty::Told } else { Certainty::Untold };
        report::terminal(record, Style { certainty, flaky, ..style })
    };
    let printed = match printed.first() {
        None => screen.result(&drawn(screen.style())),
        Some(Wanted { form, .. }) => {
            screen.say(drawn(screen.side_style()).trim_end());
            screen.write_result(|out| form.write(record, out))
        }
    };
    for error in &unwritten {
        screen.explain(error);
    }
    let code = RunOutcome::of(record, flaky).exit_code();
    let unprinted = match printed {
        // Whoever read the report has enough of it; the exit code is told all the same.
        Ok(()) | Err(Failure::ClosedPipe) => false,
        Err(failure) => {
            screen.explain(&failure);
            true
        }
    };
    // A leak is worse news than a report that could not be written.
    let lost = (unprinted || !unwritten.is_empty()) && !matches!(code, exit::FAILED | exit::INTERRUPTED);
    if lost { exit::REPORT_NOT_WRITTEN } else { code }
}

/// Whether any report is wanted beside the one for people.
pub(super) fn is_any_wanted(reports: &ReportArguments) -> bool {
    wanted(reports).next().is_some()
}

fn is_stdout(path: &Path) -> bool {
    path == Path::new(STDOUT)
}

fn wanted(reports: &ReportArguments) -> impl Iterator<Item = Wanted> {
    let forms = [(Form::Junit, &reports.junit), (Form::Json, &reports.json)];
    forms.into_iter().filter_map(|(form, path)| Some(Wanted { form, path: path.clone()? }))
}
