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
use crate::report::{Page, Tone};
use crate::scenario::{Agent, Scenario};
use crate::tally::exit;

pub(super) fn agents(screen: &Screen, arguments: &Agents) -> Result<u8, Failure> {
    let ending = Ending::hear()?;
    let scenario = verify::load(screen, &arguments.scenario)?;
    let settings = Settings {
        key: keys::key(&arguments.key, &scenario)?,
        run: Run { id: RunId::random(), key: RunKey::random() },
        local: run::local(&arguments.local)?,
        cancel: ending.token.clone(),
        again: &|_, _| false,
    };
    let seen = ending.runtime.block_on(dispatch::greet(&scenario, settings));
    let mut page = Page::new(screen.style());
    scenario.agents.iter().zip(&seen).for_each(|(agent, seen)| describe(&mut page, agent, seen));
    screen.result(&page.finish())?;
    Ok(if ending.token.is_cancelled() { exit::INTERRUPTED } else { exit_code(&scenario, &seen) })
}

fn exit_code(scenario: &Scenario, seen: &[AgentObservation]) -> u8 {
    match seen.iter().filter(|agent| agent.hello.is_ok()).count() {
        reached if reached == scenario.agents.len() => exit::PASSED,
        _ => exit::INCONCLUSIVE,
    }
}

/// One agent, a fact a line. What it says of itself is made printable with the page.
fn describe(page: &mut Page, agent: &Agent, seen: &AgentObservation) {
    page.line(Tone::Strong, agent.name.as_str());
    let mut fact = |name: &str, said: &str| page.line(Tone::Plain, &format!("  {name:10} {said}"));
    let plaintext = if seen.plaintext { "; the run key crosses a plain link" } else { "" };
    fact("route", &format!("{}{plaintext}", seen.route));
    let greeting = match &seen.hello {
        Ok(greeting) => greeting,
        Err(unasked) => return fact("unreached", &unasked.detail),
    };
    let hello = &greeting.hello;
    let families: Vec<&str> = hello.families.iter().map(|family| family.as_str()).collect();
    let listeners = hello.listeners.iter();
    let listeners: Vec<String> =
        listeners.map(|listener| format!("{}://{}", listener.transport, listener.address)).collect();
    let or_none = |list: &[String]| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    let asked_ms = greeting.round_trip.as_secs_f64() * 1_000.0;
    fact("version", &hello.version);
    fact("clock", &format!("{} ms from this machine's, asked in {asked_ms:.1} ms", greeting.clock_ahead_ms));
    fact("families", &families.join(", "));
    fact("answers on", &or_none(&listeners));
    fact("may call", &or_none(&hello.allow));
    fact("limits", &format!("{} calls an order, {} at once", hello.calls_per_order, hello.calls_at_once));
}
