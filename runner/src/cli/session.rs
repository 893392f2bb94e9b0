//! Runs scenarios for a command that takes [`RunArguments`] and [`ReportArguments`], from the plan to the last report.

use ringfence_contract::order::PrivateKey;
use tokio::runtime::Runtime;

use super::arguments::{ReportArguments, RunArguments};
use super::ending::Ending;
use super::failure::Failure;
use super::reports;
use super::run::{self, Means};
use super::screen::Screen;
use super::watch::Watch;
use crate::dispatch::{LocalVantage, Progress};
use crate::plan::Plan;
use crate::scenario::Scenario;
use crate::tally::RunRecord;

/// A command that runs scenarios. It hears Ctrl-C from when it is opened.
pub struct Session<'a> {
    screen: &'a Screen,
    run: &'a RunArguments,
    reports: &'a ReportArguments,
    baseline: Option<RunRecord>,
    ending: Ending,
}

/// What a scenario is run against, beside what it says itself.
pub struct Target<'a> {
    /// The key that the agents trust.
    pub key: PrivateKey,
    /// How the runner itself calls.
    pub local: LocalVantage,
    /// Is told how the run goes on.
    pub hear: &'a (dyn Fn(Progress) + Sync),
}

impl<'a> Session<'a> {
    /// Opens a session: the reports can be told apart, and the baseline is read.
    ///
    /// # Errors
    ///
    /// [`Failure`], when two reports would go to one place, one cannot be written there, or the baseline cannot be read.
    pub fn open(
        screen: &'a Screen,
        run: &'a RunArguments,
        reports: &'a ReportArguments,
    ) -> Result<Self, Failure> {
        let ending = Ending::hear()?;
        reports::look_over(reports)?;
        let baseline = run::baseline(reports)?;
        Ok(Self { screen, run, reports, baseline, ending })
    }

    /// What everything asynchronous happens on.
    #[must_use]
    pub fn runtime(&self) -> &Runtime {
        &self.ending.runtime
    }

    /// Whether the user, or the system, wants the end.
    #[must_use]
    pub fn is_interrupted(&self) -> bool {
        self.ending.token.is_cancelled()
    }

    /// Whether the reports asked for have room for one run only.
    #[must_use]
    pub fn is_for_one_run(&self) -> bool {
        self.baseline.is_some() || reports::is_any_wanted(self.reports)
    }

    /// The plan of a scenario, after the arguments have overruled it.
    ///
    /// # Errors
    ///
    /// [`Failure`], when the arguments do not fit the scenario, or select none of its edges.
    pub fn plan(&self, scenario: &mut Scenario) -> Result<Plan, Failure> {
        run::overrule(scenario, self.run)?;
        run::expand(scenario, self.run.only.as_deref())
    }

    /// Runs a plan, judges it, and holds it against the baseline. Shows how it goes on.
    #[must_use]
    pub fn run(&self, scenario: &Scenario, plan: &Plan, target: Target<'_>) -> RunRecord {
        let baseline = self.baseline.as_ref().map(|old| (old, self.reports.tolerance()));
        let record = {
            let watch = Watch::new(self.run.progress, self.screen, (scenario, plan));
            let progress = |progress| {
                (target.hear)(progress);
                watch.show(progress);
            };
            let means = Means {
                key: target.key,
                local: target.local,
                cancel: self.ending.token.clone(),
                progress: &progress,
                keeps_record: self.reports.json.is_some(),
                baseline,
            };
            self.ending.runtime.block_on(run::run(scenario, plan, means))
        };
        run::against(record, baseline, self.run.only.as_deref())
    }

    /// Prints the terminal report, writes every other one asked for, and says how the process ends.
    #[must_use]
    pub fn report(&self, record: &RunRecord) -> u8 {
        reports::report(self.screen, record, self.reports, self.run.flaky())
    }
}
