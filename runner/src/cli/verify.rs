//! `ringfence verify`: run a scenario, judge every edge, report.

use super::arguments::{ScenarioArguments, Verify};
use super::failure::Failure;
use super::keys;
use super::run;
use super::screen::Screen;
use super::session::{Session, Target};
use crate::scenario::{self, Inputs, Scenario};

pub(super) fn verify(screen: &Screen, arguments: &Verify) -> Result<u8, Failure> {
    let session = Session::open(screen, &arguments.run, &arguments.reports)?;
    let mut scenario = load(screen, &arguments.scenario)?;
    let plan = session.plan(&mut scenario)?;
    let key = keys::key(&arguments.key, &scenario)?;
    let local = run::local(&arguments.local)?;
    let record = session.run(&scenario, &plan, Target { key, local, hear: &|_| {} });
    Ok(session.report(&record))
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
