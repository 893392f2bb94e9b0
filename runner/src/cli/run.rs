//! One run, from a loaded scenario to its record: the rooms called in their order.

use std::time::Instant;

use ringfence_contract::id::RunId;
use ringfence_contract::order::{PrivateKey, Run};
use ringfence_contract::seal::RunKey;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::arguments::{LocalArguments, ReportArguments, RunArguments};
use super::failure::Failure;
use super::screen::Screen;
use crate::dispatch::{self, LocalVantage, Progress, Settings};
use crate::judge::judge;
use crate::plan::{self, Plan};
use crate::report;
use crate::scenario::{Expect, Scenario};
use crate::tally::{RunFacts, RunRecord, exit, tally};

/// What a run is made of, beside its scenario.
pub(super) struct Means<'a> {
    pub(super) key: PrivateKey,
    pub(super) local: LocalVantage,
    pub(super) progress: &'a (dyn Fn(Progress) + Sync),
}

/// The runtime everything asynchronous happens on.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::Runtime)
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
    Ok(())
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
    let cancel = CancellationToken::new();
    let interrupt = tokio::spawn(cancel_on_signal(cancel.clone()));
    let settings = Settings { key: means.key, run, local: means.local, cancel };
    let observations = dispatch::observe(scenario, plan, settings, means.progress).await;
    interrupt.abort();

    let took_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
    let judged = judge(scenario, plan, &observations);
    let facts = RunFacts { run: id, started_ms, took_ms };
    tally(scenario, plan, &observations, judged, &facts)
}

async fn cancel_on_signal(cancel: CancellationToken) {
    let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
    cancel.cancel();
}

/// Prints the terminal report, writes every other one asked for, and says how the process ends.
pub(super) fn report(
    screen: &Screen,
    record: &RunRecord,
    reports: &ReportArguments,
    fail_on_flaky: bool,
) -> Result<u8, Failure> {
    let wanted = report::Wanted { junit: reports.junit.clone(), json: reports.json.clone() };
    let written = report::write(record, &wanted);
    let printed = screen.result(&report::terminal(record, screen.style()));
    let code = record.outcome(fail_on_flaky).exit_code();
    match (written, printed) {
        (Ok(()), Ok(()) | Err(Failure::ClosedPipe)) => Ok(code),
        // A leak is worse news than a report that could not be written.
        (Err(error), _) if code == exit::FAILED => {
            screen.explain(&Failure::Report(error));
            Ok(code)
        }
        (Err(error), _) => Err(Failure::Report(error)),
        (Ok(()), Err(failure)) => Err(failure),
    }
}

/// How the runner itself calls.
pub(super) fn local(arguments: &LocalArguments) -> Result<LocalVantage, Failure> {
    let read = |path: &std::path::PathBuf| {
        let unreadable = |source| Failure::File { verb: "read", path: path.clone(), source };
        std::fs::read_to_string(path).map_err(unreadable)
    };
    Ok(LocalVantage {
        sources: arguments.local_source.clone(),
        resolver: arguments.local_resolver,
        ca: arguments.local_ca.as_ref().map(read).transpose()?,
        allow: arguments.local_allow.clone(),
    })
}
