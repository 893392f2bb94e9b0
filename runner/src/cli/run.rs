//! One run, from a loaded scenario to its record: the rooms called in their order.

use std::time::Instant;

use ringfence_contract::id::RunId;
use ringfence_contract::order::{PrivateKey, Run};
use ringfence_contract::seal::RunKey;
use ringfence_contract::wall_clock::now_ms;
use tokio_util::sync::CancellationToken;

use super::arguments::{LocalArguments, ReportArguments, RunArguments};
use super::compare;
use super::failure::Failure;
use crate::dispatch::{self, LocalSettings, LocalVantage, Measurement, Progress, Settings};
use crate::explain::{explain, tell};
use crate::judge::{Grounds, Tolerance, is_unclear, judge, notices};
use crate::plan::{self, Plan};
use crate::scenario::{Expect, Latency, Sampling, Scenario};
use crate::tally::{self, Baseline, Extent, Flaky, RunFacts, RunRecord};

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
    let started_ms = now_ms();
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

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::path::Path;
    use std::sync::Mutex;

    use super::*;
    use crate::dispatch::{FirstSight, LocalSettings};
    use crate::scenario::{self, AgentIndex, Inputs, Source};

    #[tokio::test]
    async fn each_edge_is_told_of_once_as_it_ends_with_what_it_looks_like() {
        let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
        let text = format!(
            "name: told\nagents: {{ here: {{ control: local }} }}\ntargets: {{ one: \"http://{closed}\", two: \
             \"http://{closed}\" }}\nrules:\n  - {{ name: a, from: here, to: one, expect: allow }}\n  - {{ name: b, from: \
             here, to: two, expect: deny }}\n"
        );
        let scenario =
            scenario::read(Source::new("s.yaml", text), Path::new(""), &Inputs::new()).expect("one");
        let allow = vec!["127.0.0.0/8".parse().expect("a network")];
        let told = Mutex::new(Vec::new());
        let edge = |progress| match progress {
            Progress::Edge(vantage, sight) => Some((vantage, sight)),
            Progress::Begins(..) | Progress::Done(..) => None,
        };
        let progress = |progress| told.lock().expect("no panic").extend(edge(progress));
        let means = Means {
            key: PrivateKey::random(),
            local: LocalVantage::new(LocalSettings { allow, ..LocalSettings::default() }).expect("settings"),
            cancel: CancellationToken::new(),
            progress: &progress,
            keeps_record: false,
            baseline: None,
        };
        run(&scenario, &plan::expand(&scenario), means).await;
        let mut told = told.into_inner().expect("no panic");
        told.sort_by_key(|(_, sight)| *sight == FirstSight::Otherwise);
        assert_eq!(told, [(AgentIndex(0), FirstSight::AsExpected), (AgentIndex(0), FirstSight::Otherwise)]);
    }
}
