//! One run, from a loaded scenario to its record: the rooms called in their order.

use std::path::Path;
use std::time::Instant;

use ringfence_contract::id::RunId;
use ringfence_contract::order::{PrivateKey, Run};
use ringfence_contract::seal::RunKey;
use tokio_util::sync::CancellationToken;

use super::arguments::{LocalArguments, ReportArguments, RunArguments};
use super::compare;
use super::failure::Failure;
use super::screen::Screen;
use crate::dispatch::{self, LocalSettings, LocalVantage, Measurement, Progress, Settings};
use crate::explain::{explain, tell};
use crate::judge::{Grounds, Tolerance, is_unclear, judge, notices};
use crate::plan::{self, Plan};
use crate::report::{self, Form, Wanted};
use crate::scenario::{Expect, Latency, Sampling, Scenario};
use crate::tally::{self, Baseline, Extent, Flaky, RunFacts, RunOutcome, RunRecord, exit};

/// What a run is made of, beside its scenario.
pub(super) struct Means<'a> {
    pub(super) key: PrivateKey,
    pub(super) local: LocalVantage,
    pub(super) cancel: CancellationToken,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
    /// Whether the run's record is written, and may be held against later runs.
    pub(super) keeps_record: bool,
    /// The older run that the new one is held against, where one was given.
    pub(super) baseline: Option<(&'a RunRecord, Tolerance)>,
}

/// Puts what the arguments say above what the scenario says.
pub(super) fn overrule(scenario: &mut Scenario, arguments: &RunArguments) -> Result<(), Failure> {
    if let Some(timeout) = arguments.timeout {
        let longest_ms = ringfence_contract::call::Timeouts::PHASE_MAX_MS;
        let connect_ms = u32::try_from(timeout.as_millis()).unwrap_or(u32::MAX);
        if !(1..=longest_ms).contains(&connect_ms) {
            let wrong = format!("a phase takes from 1 ms to {longest_ms} ms");
            return Err(Failure::Setting { setting: "--timeout", wrong });
        }
        scenario.timeouts.connect_ms = connect_ms;
    }
    if let Some(attempts) = arguments.attempts {
        for rule in scenario.rules.iter_mut().filter(|rule| rule.expect == Expect::Deny) {
            rule.attempts = attempts;
        }
    }
    if arguments.latency {
        for rule in scenario.rules.iter_mut().filter(|rule| rule.expect == Expect::Allow) {
            rule.latency
                .get_or_insert_with(|| Latency { sampling: Sampling::default(), budgets: Vec::new() });
        }
    }
    let setting = if arguments.latency { "--latency" } else { "--timeout" };
    look_for_room(scenario, setting)
}

/// What the arguments say of timeouts may leave a measured call no room in its order.
fn look_for_room(scenario: &Scenario, setting: &'static str) -> Result<(), Failure> {
    let mut measured = scenario.rules.iter().filter_map(|rule| Some((&rule.name, rule.latency.as_ref()?)));
    let measured = measured.find(|(_, latency)| latency.sampling.samples_per_order(&scenario.timeouts) == 0);
    let mut counted = scenario.rules.iter().filter_map(|rule| Some((&rule.name, rule.throughput.as_ref()?)));
    let counted = counted.find(|(_, throughput)| !throughput.fits_beside(&scenario.timeouts));
    let (what, rule) = match (measured, counted) {
        (Some((rule, _)), _) => ("measured call", rule),
        (None, Some((rule, _))) => ("download", rule),
        (None, None) => return Ok(()),
    };
    let wrong = format!("no {what} of rule `{rule}` fits one order beside these timeouts: shorten them");
    Err(Failure::Setting { setting, wrong })
}

/// The plan of a scenario, or of the part of it that is asked for.
pub(super) fn expand(scenario: &Scenario, only: Option<&str>) -> Result<Plan, Failure> {
    let plan = plan::expand(scenario);
    match only {
        Some(only) => Ok(plan::select(scenario, &plan, only)?),
        None => Ok(plan),
    }
}

/// Runs a plan and judges it. Ends early, with everything seen by then, when the user or the system says so.
pub(super) async fn run(scenario: &Scenario, plan: &Plan, means: Means<'_>) -> RunRecord {
    let began = Instant::now();
    let started_ms = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
    let run = Run { id: RunId::random(), key: RunKey::random() };
    let id = run.id;
    let baseline = means.baseline.map(|(old, tolerance)| Baseline::of(old, scenario, plan, tolerance));
    let again = |edge: usize, measured: &Measurement| {
        let in_doubt = baseline.as_ref().is_some_and(|baseline| baseline.is_in_doubt(edge, measured));
        in_doubt || (means.keeps_record && is_unclear(measured))
    };
    let settings = Settings { key: means.key, run, local: means.local, cancel: means.cancel, again: &again };
    let observations = dispatch::observe(scenario, plan, settings, means.progress).await;

    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let grounds = Grounds::gather(scenario, plan, &observations);
    let judged = explain(&grounds, judge(&grounds));
    let notices = tell(scenario, &notices(&grounds));
    let version = env!("CARGO_PKG_VERSION").to_owned();
    tally::tally(
        scenario,
        plan,
        observations,
        (judged, notices),
        RunFacts { run: id, started_ms, took_ms, version },
    )
}

/// The older run that a run is to be held against, read before anything is run.
pub(super) fn baseline(reports: &ReportArguments) -> Result<Option<RunRecord>, Failure> {
    reports.baseline.as_deref().map(compare::read).transpose()
}

/// Holds a run against the baseline that was given, if one was. Of a part of a scenario, no edge is gone.
pub(super) fn against(
    record: RunRecord,
    baseline: Option<(&RunRecord, Tolerance)>,
    only: Option<&str>,
) -> RunRecord {
    let extent = if only.is_some() { Extent::Part } else { Extent::Whole };
    let baseline = baseline.map(|(old, tolerance)| tally::compare(old, &record, extent, tolerance));
    RunRecord { baseline, ..record }
}

/// Prints the terminal report, writes every other one asked for, and says how the process ends.
pub(super) fn report(screen: &Screen, record: &RunRecord, reports: &ReportArguments, flaky: Flaky) -> u8 {
    let unwritten = report::write(record, &wanted(reports));
    let printed = screen.result(&report::terminal(record, screen.style()));
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

/// Two reports in one file would leave only one of them.
pub(super) fn look_over(reports: &ReportArguments) -> Result<(), Failure> {
    let whole = |path: &Path| path.canonicalize().or_else(|_| std::path::absolute(path)).ok();
    match (&reports.junit, &reports.json) {
        (Some(junit), Some(json)) if whole(junit) == whole(json) => {
            let wrong =
                format!("`{}` is the file of the JUnit report already: give each its own", json.display());
            Err(Failure::Setting { setting: "--json", wrong })
        }
        _ => Ok(()),
    }
}

/// Whether any report goes to a file.
pub(super) fn writes_a_file(reports: &ReportArguments) -> bool {
    !wanted(reports).is_empty()
}

fn wanted(reports: &ReportArguments) -> Vec<Wanted> {
    let forms = [(Form::Junit, &reports.junit), (Form::Json, &reports.json)];
    forms.into_iter().filter_map(|(form, path)| Some(Wanted { form, path: path.clone()? })).collect()
}

impl ReportArguments {
    /// How much slower than the baseline counts for nothing.
    pub(super) fn tolerance(&self) -> Tolerance {
        self.baseline_tolerance.unwrap_or_default()
    }
}

impl RunArguments {
    pub(super) fn flaky(&self) -> Flaky {
        if self.fail_on_flaky { Flaky::Fails } else { Flaky::Passes }
    }
}

/// How the runner itself calls.
pub(super) fn local(arguments: &LocalArguments) -> Result<LocalVantage, Failure> {
    let read = |path: &std::path::PathBuf| {
        let unreadable = |source| Failure::File { verb: "read", path: path.clone(), source };
        std::fs::read_to_string(path).map_err(unreadable)
    };
    let settings = LocalSettings {
        sources: arguments.sources.clone(),
        resolver: arguments.resolver,
        ca: arguments.ca.as_ref().map(read).transpose()?,
        allow: arguments.allow.clone(),
    };
    LocalVantage::new(settings)
        .map_err(|error| Failure::Setting { setting: "--local-…", wrong: error.to_string() })
}
