//! `ringfence plan`: what would run. Nothing is sent.

use ringfence_contract::address::{Address, Family};
use ringfence_contract::name::AgentName;
use serde::Serialize;

use super::arguments;
use super::failure::Failure;
use super::plan_page;
use super::screen::Screen;
use super::{run, verify};
use crate::plan::{Claim, Edge, Plan, Witness, claims, witness_name};
use crate::scenario::{Expect, LeftOut, Lines, Scenario};
use crate::tally::exit;

pub(super) fn plan(screen: &Screen, arguments: &arguments::Plan) -> Result<u8, Failure> {
    let scenario = verify::load(screen, &arguments.scenario)?;
    let plan = run::expand(&scenario, arguments.only.as_deref())?;
    if arguments.json {
        let document = PlanDocument::of(&scenario, &plan);
        screen.write_result(|out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            out.write_all(b"\n")
        })?;
    } else {
        screen.result(&plan_page::draw(screen.style(), &scenario, &plan))?;
    }
    Ok(if plan.edges.is_empty() { exit::NOTHING_SELECTED } else { exit::PASSED })
}

/// The plan, for programs.
#[derive(Serialize)]
struct PlanDocument<'s> {
    scenario: &'s str,
    possible: usize,
    edges: Vec<EdgeDocument<'s>>,
    witnesses: Vec<WitnessDocument<'s>>,
    left_out: &'s [LeftOut],
}

#[derive(Serialize)]
struct EdgeDocument<'s> {
    vantage: &'s AgentName,
    endpoint: &'s str,
    address: &'s Address,
    family: Family,
    expect: Expect,
    rule: &'s str,
    attempts: u32,
    claims: Vec<ClaimDocument>,
}

#[derive(Serialize)]
struct ClaimDocument {
    claimed: String,
    line: usize,
}

#[derive(Serialize)]
struct WitnessDocument<'s> {
    vantage: &'s AgentName,
    to: String,
    family: Family,
}

impl<'s> PlanDocument<'s> {
    fn of(scenario: &'s Scenario, plan: &Plan) -> Self {
        let mut lines = Lines::of(&scenario.source);
        let mut claim = |claim: Claim<'_>| {
            let (line, _) = lines.line_of(claim.span());
            ClaimDocument { claimed: claim.text(), line }
        };
        let edge = |edge: &Edge| {
            let (rule, endpoint) = (scenario.rule(edge.rule), scenario.endpoint(edge.endpoint));
            EdgeDocument {
                vantage: &scenario.agent(edge.vantage).name,
                endpoint: &endpoint.name,
                address: &endpoint.route.address,
                family: edge.family,
                expect: edge.expect,
                rule: &rule.name,
                attempts: rule.attempts,
                claims: claims(scenario, edge).into_iter().map(&mut claim).collect(),
            }
        };
        let witness = |witness: &Witness| WitnessDocument {
            vantage: &scenario.agent(witness.vantage).name,
            to: witness_name(scenario, witness),
            family: witness.family,
        };
        Self {
            scenario: &scenario.name,
            possible: plan.possible,
            left_out: &scenario.left_out,
            edges: plan.edges.iter().map(edge).collect(),
            witnesses: plan.witnesses.iter().map(witness).collect(),
        }
    }
}
