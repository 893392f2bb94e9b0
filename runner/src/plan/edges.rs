//! The edges: one for each cell that a rule names, and how many there could be. This file must not know about
//! witnesses.

use crate::scenario::{AgentIndex, Cell, EndpointIndex, Grid, RuleIndex, Scenario};

use super::model::Edge;

/// Every edge in report order, and the number of edges the scenario could have.
///
/// Takes time and memory in proportion to the cells of the matrix and to those the rules name.
pub(super) fn edges(scenario: &Scenario) -> (Vec<Edge>, usize) {
    let mut grid = Grid::new(scenario.agents.len(), scenario.endpoints.len());
    for (place, rule) in scenario.rules.iter().enumerate() {
        for cell in scenario.cells(rule) {
            // Where two rules say the same of a cell, the first holds; that they do, loading has seen to.
            grid.claim(cell, RuleIndex(place));
        }
    }
    let mut edges = Vec::new();
    let mut possible = 0;
    for vantage in (0..scenario.agents.len()).map(AgentIndex) {
        for (place, endpoint) in scenario.endpoints.iter().enumerate() {
            for family in &endpoint.families {
                let cell = Cell { vantage, endpoint: EndpointIndex(place), family: *family };
                let rule = grid.rule(cell);
                let itself = endpoint.owner == Some(vantage);
                possible += usize::from(rule.is_some() || !itself);
                edges.extend(rule.map(|rule| edge(scenario, cell, rule)));
            }
        }
    }
    (edges, possible)
}

fn edge(scenario: &Scenario, cell: Cell, rule: RuleIndex) -> Edge {
    let Cell { vantage, endpoint, family } = cell;
    Edge { vantage, endpoint, family, expect: scenario.rule(rule).expect, rule }
}
