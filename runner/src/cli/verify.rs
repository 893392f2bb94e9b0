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
    let mut scenario = load(&arguments.scenario)?;
    let plan = session.plan(&mut scenario)?;
    let key = keys::key(&arguments.key, &scenario)?;
    let local = run::local(&arguments.local)?;
    let record = session.run(&scenario, &plan, Target { key, local, hear: &|_| {} });
    Ok(session.report(&record))
}

/// Loads a scenario with the inputs that the arguments give.
pub(super) fn load(arguments: &ScenarioArguments) -> Result<Scenario, Failure> {
    let mut inputs = Inputs::default();
    for path in &arguments.inputs {
        inputs.read_file(path)?;
    }
    for text in &arguments.set {
        inputs.set(text)?;
    }
    Ok(scenario::load(&arguments.scenario, &inputs)?)
}
