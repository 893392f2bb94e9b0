//! `ringfence verify`: run a scenario, judge every edge, report.

use super::arguments::{ScenarioArguments, Verify};
use super::ending::Ending;
use super::failure::Failure;
use super::keys;
use super::reports;
use super::run::{self, Means};
use super::screen::Screen;
use super::watch::Watch;
use crate::scenario::{self, Inputs, Scenario};

pub(super) fn verify(screen: &Screen, arguments: &Verify) -> Result<u8, Failure> {
    let ending = Ending::hear()?;
    reports::look_over(&arguments.reports)?;
    let mut scenario = load(screen, &arguments.scenario)?;
    run::overrule(&mut scenario, &arguments.run)?;
    let plan = run::expand(&scenario, arguments.run.only.as_deref())?;
    let baseline = run::baseline(&arguments.reports)?;
    let baseline = baseline.as_ref().map(|old| (old, arguments.reports.tolerance()));
    let key = keys::key(&arguments.key, &scenario)?;
    let local = run::local(&arguments.local)?;
    let record = {
        let watch = Watch::new(arguments.run.progress, screen, (&scenario, &plan));
        let progress = |progress| watch.show(progress);
        let keeps_record = arguments.reports.json.is_some();
        let means = Means { key, local, cancel: ending.token, progress: &progress, keeps_record, baseline };
        ending.runtime.block_on(run::run(&scenario, &plan, means))
    };
    let record = run::against(record, baseline, arguments.run.only.as_deref());
    Ok(reports::report(screen, &record, &arguments.reports, arguments.run.flaky()))
}

/// Loads a scenario with the inputs that the arguments give, and says which of them it may have meant and does not have.
pub(super) fn load(screen: &Screen, arguments: &ScenarioArguments) -> Result<Scenario, Failure> {
    let mut inputs = Inputs::default();
    for path in &arguments.inputs {
        inputs.read_file(path)?;
    }
    for text in &arguments.set {
        inputs.set(text)?;
    }
    let scenario = scenario::load(&arguments.scenario, &inputs)?;
    for stray in &scenario.strays {
        screen.note(&format!("note: {stray}"));
    }
    Ok(scenario)
}
