//! A plan for people: a grid of what is expected; or, where nobody would read that, a line an edge or a line a rule.

use std::collections::{BTreeSet, HashSet};

use ringfence_contract::address::Family;

use crate::plan::{Edge, Plan, claims};
use crate::report::{Grid, Page, Sides, Style, Tone};
use crate::scenario::{AgentIndex, EndpointIndex, Expect, Lines, Rule, Scenario};

/// The most edges that are listed; of larger plans the rules are.
const LISTED_MAX: usize = 1_000;

/// Draws a plan.
pub(super) fn draw(style: Style, scenario: &Scenario, plan: &Plan) -> String {
    let mut page = Page::new(style);
    page.line(Tone::Strong, &counted(scenario, plan));
    page.blank();
    for left in &scenario.left_out {
        page.line(Tone::Doubt, &left.to_string());
    }
    if !scenario.left_out.is_empty() {
        page.blank();
    }
    let sides = sides(scenario, plan);
    if sides.is_small() {
        draw_grid(&mut page, scenario, plan, sides);
        draw_claims(&mut page, scenario, plan);
    } else if plan.edges.len() <= LISTED_MAX {
        draw_list(&mut page, scenario, plan);
    } else {
        draw_rules(&mut page, scenario, plan);
    }
    page.finish()
}

/// How much there is of everything.
fn counted(scenario: &Scenario, plan: &Plan) -> String {
    let calls: usize = plan.edges.iter().map(|edge| scenario.rule(edge.rule).attempts as usize).sum();
    let claims: usize = plan.edges.iter().map(|edge| claims(scenario, edge).len()).sum();
    let claims = match claims {
        0 => String::new(),
        1 => "; 1 claim".to_owned(),
        more => format!("; {more} claims"),
    };
    format!(
        "{}: {} of {} possible edges, {calls} calls, and {} witness calls before and after{claims}",
        scenario.name,
        plan.edges.len(),
        plan.possible,
        plan.witnesses.len(),
    )
}

/// Who calls in a plan, and what is called, both as the scenario has them.
fn sides<'s>(scenario: &'s Scenario, plan: &Plan) -> Sides<'s> {
    let calling: BTreeSet<AgentIndex> = plan.edges.iter().map(|edge| edge.vantage).collect();
    let called: BTreeSet<EndpointIndex> = plan.edges.iter().map(|edge| edge.endpoint).collect();
    let families: BTreeSet<Family> = plan.edges.iter().map(|edge| edge.family).collect();
    Sides {
        vantages: calling.into_iter().map(|vantage| scenario.agent(vantage).name.as_str()).collect(),
        endpoints: called.into_iter().map(|endpoint| scenario.endpoint(endpoint).name.as_str()).collect(),
        families: families.into_iter().collect(),
    }
}

/// The grid, with the signs of the report, and what they mean.
fn draw_grid(page: &mut Page, scenario: &Scenario, plan: &Plan, sides: Sides<'_>) {
    let families = sides.families_told();
    let mut grid = Grid::new(sides);
    for edge in &plan.edges {
        let (vantage, endpoint) = (scenario.agent(edge.vantage), scenario.endpoint(edge.endpoint));
        let sign = vec![(Tone::Plain, sign(edge.expect).to_owned())];
        grid.put(vantage.name.as_str(), &endpoint.name, edge.family, sign);
    }
    grid.draw(page);
    let meaning = |expect: Expect| match expect {
        Expect::Allow => "to be reached",
        Expect::Deny => "to be denied",
    };
    let occurs = |expect: &Expect| plan.edges.iter().any(|edge| edge.expect == *expect);
    let signs = [Expect::Allow, Expect::Deny].into_iter().filter(occurs);
    let signs: Vec<String> = signs.map(|expect| format!("{} {}", sign(expect), meaning(expect))).collect();
    if !signs.is_empty() {
        page.line(Tone::Faint, &format!("{}{families}", signs.join("; ")));
    }
}

fn sign(expect: Expect) -> &'static str {
    match expect {
        Expect::Allow => "→",
        Expect::Deny => "×",
    }
}

fn draw_list(page: &mut Page, scenario: &Scenario, plan: &Plan) {
    for edge in &plan.edges {
        let rule = &scenario.rule(edge.rule).name;
        let claims = claims(scenario, edge).into_iter();
        let claims: Vec<String> = claims.map(|claim| format!(", {}", claim.text())).collect();
        page.line(
            Tone::Plain,
            &format!("{}: {} ({rule}){}", written(scenario, edge), edge.expect, claims.concat()),
        );
    }
}

/// What one rule comes to.
#[derive(Default)]
struct Reach {
    edges: usize,
    vantages: HashSet<AgentIndex>,
    endpoints: HashSet<EndpointIndex>,
}

/// A line a rule, where the edges are too many to be listed.
fn draw_rules(page: &mut Page, scenario: &Scenario, plan: &Plan) {
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
        format!("{name}: {expect}, {edges} edges, {vantages} vantages to {endpoints} endpoints")
    };
    for reach in scenario.rules.iter().zip(&reach) {
        page.line(Tone::Plain, &line(reach));
    }
    page.blank();
    page.line(Tone::Doubt, "too many edges to list: `--only` shows a part of them, `--json` all");
}

/// What else is claimed of the edges, below the grid; nothing where nothing is.
fn draw_claims(page: &mut Page, scenario: &Scenario, plan: &Plan) {
    let mut lines = Lines::of(&scenario.source);
    let all =
        plan.edges.iter().flat_map(|edge| claims(scenario, edge).into_iter().map(move |claim| (edge, claim)));
    for (place, (edge, claim)) in all.enumerate() {
        if place == 0 {
            page.blank();
        }
        let (line, _) = lines.line_of(claim.span());
        let (edge, claim, path) = (written(scenario, edge), claim.text(), &scenario.source.path);
        page.line(Tone::Plain, &format!("{edge}: {claim} ({path}:{line})"));
    }
}

/// An edge in one line of text.
fn written(scenario: &Scenario, edge: &Edge) -> String {
    let (vantage, endpoint) = (scenario.agent(edge.vantage), scenario.endpoint(edge.endpoint));
    format!("{} -> {} {}", vantage.name, endpoint.name, edge.family)
}
