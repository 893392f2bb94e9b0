//! `ringfence agents`: is every agent reachable, which version, whose clock, what can it do.

use ringfence_contract::id::RunId;
use ringfence_contract::order::Run;
use ringfence_contract::seal::RunKey;

use super::arguments::Agents;
use super::ending::Ending;
use super::failure::Failure;
use super::screen::Screen;
use super::{keys, run, verify};
use crate::dispatch::{self, AgentObservation, Settings};
use crate::scenario::{Agent, Scenario};
use crate::tally::exit;

pub(super) fn agents(screen: &Screen, arguments: &Agents) -> Result<u8, Failure> {
    let ending = Ending::hear()?;
    let scenario = verify::load(&arguments.scenario)?;
    let settings = Settings {
        key: keys::key(&arguments.key, &scenario)?,
        run: Run { id: RunId::random(), key: RunKey::random() },
        local: run::local(&arguments.local)?,
        cancel: ending.token.clone(),
        again: &|_, _| false,
    };
    let seen = ending.runtime.block_on(dispatch::greet(&scenario, settings));
    let text: String = scenario.agents.iter().zip(&seen).map(|(agent, seen)| describe(agent, seen)).collect();
    screen.result(&text)?;
    Ok(if ending.token.is_cancelled() { exit::INTERRUPTED } else { exit_code(&scenario, &seen) })
}

fn exit_code(scenario: &Scenario, seen: &[AgentObservation]) -> u8 {
    match seen.iter().filter(|agent| agent.hello.is_ok()).count() {
        reached if reached == scenario.agents.len() => exit::PASSED,
        _ => exit::INCONCLUSIVE,
    }
}

fn describe(agent: &Agent, seen: &AgentObservation) -> String {
    let plaintext = if seen.plaintext { "; the run key crosses a plain link" } else { "" };
    let head = format!("{}\n  route      {}{plaintext}\n", agent.name, seen.route);
    let greeting = match &seen.hello {
        Ok(greeting) => greeting,
        Err(unasked) => return format!("{head}  unreached  {}\n", unasked.detail),
    };
    let hello = &greeting.hello;
    let families: Vec<&str> = hello.families.iter().map(|family| family.as_str()).collect();
    let listeners: Vec<String> = hello
        .listeners
        .iter()
        .map(|listener| format!("{}://{}", listener.transport, listener.address))
        .collect();
    let or_none = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    format!(
        "{head}  version    {}\n  clock      {} ms from this machine's, asked in {:.1} ms\n  families   {}\n  \
         answers on {}\n  may call   {}\n  limits     {} calls an order, {} at once\n",
        hello.version,
        greeting.clock_ahead_ms,
        greeting.round_trip.as_secs_f64() * 1_000.0,
        families.join(", "),
        or_none(&listeners),
        or_none(&hello.allow),
        hello.calls_per_order,
        hello.calls_at_once,
    )
}
