//! `ringfence plan`: what would run. Nothing is sent.

use std::collections::HashSet;
use std::fmt::Write;

use ringfence_contract::address::{Address, Family};
use ringfence_contract::name::AgentName;
use serde::Serialize;

use super::arguments;
use super::failure::Failure;
use super::screen::Screen;
use super::{run, verify};
use crate::plan::{Claim, Edge, Plan, Witness, claims, witness_name};
use crate::scenario::{AgentIndex, EndpointIndex, Expect, LeftOut, Lines, Rule, Scenario};
use crate::tally::exit;

/// The most columns that a grid is drawn with; wider plans are listed edge by edge.
const COLUMNS_MAX: usize = 12;

/// The most edges that are listed; of larger plans the rules are.
const LISTED_MAX: usize = 1_000;

pub(super) fn plan(screen: &Screen, arguments: &arguments::Plan) -> Result<u8, Failure> {
    let scenario = verify::load(&arguments.scenario)?;
    let plan = run::expand(&scenario, arguments.only.as_deref())?;
    if arguments.json {
        let document = PlanDocument::of(&scenario, &plan);
        screen.write_result(|out| {
            serde_json::to_writer_pretty(&mut *out, &document)?;
            out.write_all(b"\n")
        })?;
    } else {
        screen.result(&as_text(&scenario, &plan))?;
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

fn as_text(scenario: &Scenario, plan: &Plan) -> String {
    let calls: usize = plan.edges.iter().map(|edge| scenario.rule(edge.rule).attempts as usize).sum();
    let claims: usize = plan.edges.iter().map(|edge| claims(scenario, edge).len()).sum();
    let mut text = format!(
        "{}: {} of {} possible edges, {calls} calls, and {} witness calls before and after{}\n\n",
        scenario.name,
        plan.edges.len(),
        plan.possible,
        plan.witnesses.len(),
        match claims {
            0 => String::new(),
            1 => "; 1 claim".to_owned(),
            more => format!("; {more} claims"),
        }
    );
    let mut columns: Vec<(EndpointIndex, Family)> = Vec::new();
    for edge in &plan.edges {
        if columns.len() <= COLUMNS_MAX && !columns.contains(&(edge.endpoint, edge.family)) {
            columns.push((edge.endpoint, edge.family));
        }
    }
    columns.sort_unstable();
    for left in &scenario.left_out {
        writeln!(text, "{left}").expect("text can be appended to text");
    }
    if !scenario.left_out.is_empty() {
        text.push('\n');
    }
    if columns.len() <= COLUMNS_MAX {
        text.push_str(&grid(scenario, plan, &columns));
        text.push_str(&claimed(scenario, plan));
    } else if plan.edges.len() <= LISTED_MAX {
        text.push_str(&list(scenario, plan));
    } else {
        text.push_str(&rules(scenario, plan));
    }
    text
}

fn grid(scenario: &Scenario, plan: &Plan, columns: &[(EndpointIndex, Family)]) -> String {
    let families = columns.iter().any(|column| column.1 != columns[0].1);
    let title = |&(endpoint, family): &(EndpointIndex, Family)| {
        let name = &scenario.endpoint(endpoint).name;
        if families { format!("{name} {family}") } else { name.clone() }
    };
    let titles: Vec<String> = columns.iter().map(title).collect();
    let first = scenario.agents.iter().map(|agent| agent.name.as_str().len()).max().unwrap_or(0);
    let mut rows: Vec<(AgentIndex, Vec<Option<&Edge>>)> = Vec::new();
    for edge in &plan.edges {
        if rows.last().is_none_or(|row| row.0 != edge.vantage) {
            rows.push((edge.vantage, vec![None; columns.len()]));
        }
        let column = columns.iter().position(|column| *column == (edge.endpoint, edge.family));
        if let (Some((_, cells)), Some(column)) = (rows.last_mut(), column) {
            cells[column] = Some(edge);
        }
    }
    let mut text = line(first, "", titles.iter().map(|title| (title.as_str(), title.len())));
    for (vantage, cells) in rows {
        let cell = |edge: Option<&Edge>| match edge.map(|edge| edge.expect) {
            Some(Expect::Allow) => "allow",
            Some(Expect::Deny) => "deny",
            None => "-",
        };
        let cells = cells.iter().copied().map(cell).zip(titles.iter().map(String::len));
        text.push_str(&line(first, scenario.agent(vantage).name.as_str(), cells));
    }
    text
}

fn line<'a>(first: usize, head: &str, cells: impl Iterator<Item = (&'a str, usize)>) -> String {
    let mut text = format!("{head:first$}");
    for (cell, width) in cells {
        write!(text, "  {cell:width$}").expect("a string takes all that is written");
    }
    format!("{}\n", text.trim_end())
}

fn list(scenario: &Scenario, plan: &Plan) -> String {
    let line = |edge: &Edge| {
        let rule = &scenario.rule(edge.rule).name;
        let claims: Vec<String> =
            claims(scenario, edge).iter().map(|claim| format!(", {}", claim.text())).collect();
        format!("{}: {} ({rule}){}\n", written(scenario, edge), edge.expect, claims.concat())
    };
    plan.edges.iter().map(line).collect()
}

/// What one rule comes to.
#[derive(Default)]
struct Reach {
    edges: usize,
    vantages: HashSet<AgentIndex>,
    endpoints: HashSet<EndpointIndex>,
}

/// A line a rule, where the edges are too many to be listed.
fn rules(scenario: &Scenario, plan: &Plan) -> String {
    let mut reach: Vec<Reach> = scenario.rules.iter().map(|_| Reach::default()).collect();
    for edge in &plan.edges {
        let reach = &mut reach[edge.rule.0];
        reach.edges += 1;
        reach.vantages.insert(edge.vantage);
        reach.endpoints.insert(edge.endpoint);
    }
    let line = |(rule, reach): (&Rule, &Reach)| {
        let (edges, vantages, endpoints) = (reach.edges, reach.vantages.len(), reach.endpoints.len());
        let (name, expect) = (&rule.name, rule.expect);
        format!("{name}: {expect}, {edges} edges, {vantages} vantages to {endpoints} endpoints\n")
    };
    let lines: String = scenario.rules.iter().zip(&reach).map(line).collect();
    format!("{lines}\ntoo many edges to list: `--only` shows a part of them, `--json` all\n")
}

/// What else is claimed of the edges, below the grid; nothing where nothing is.
fn claimed(scenario: &Scenario, plan: &Plan) -> String {
    let mut lines = Lines::of(&scenario.source);
    let mut text = String::new();
    for edge in &plan.edges {
        for claim in claims(scenario, edge) {
            let (line, _) = lines.line_of(claim.span());
            let (edge, claim, path) = (written(scenario, edge), claim.text(), &scenario.source.path);
            writeln!(text, "{edge}: {claim} ({path}:{line})").expect("a string takes all that is written");
        }
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// An edge in one line of text.
fn written(scenario: &Scenario, edge: &Edge) -> String {
    let (vantage, endpoint) = (scenario.agent(edge.vantage), scenario.endpoint(edge.endpoint));
    format!("{} -> {} {}", vantage.name, endpoint.name, edge.family)
}
