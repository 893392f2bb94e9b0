//! A part of a plan: what `--only` asks for. This file must not know how edges came about.

use crate::scenario::{Scenario, glob_matches};

use super::model::{Edge, Plan};
use super::witnesses;

/// Why an expression selects nothing, or is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SelectError {
    /// A term has neither form.
    #[error("not `FROM>TO` or `rule:NAME`: `{0}`")]
    Term(String),
    /// A term fits no edge of the plan. What it names may be misspelt, or no rule names the edge.
    #[error("no planned edge fits: `{0}`")]
    Nothing(String),
}

/// One term of an expression.
enum Term<'e> {
    Edge { from: &'e str, to: &'e str },
    Rule(&'e str),
}

impl<'e> Term<'e> {
    fn read(text: &'e str) -> Result<Self, SelectError> {
        if let Some(rule) = text.strip_prefix("rule:") {
            return Ok(Self::Rule(rule.trim()));
        }
        let any = |glob: &'e str| if glob.trim().is_empty() { "*" } else { glob.trim() };
        match text.split_once('>') {
            Some((from, to)) => Ok(Self::Edge { from: any(from), to: any(to) }),
            None => Err(SelectError::Term(text.to_owned())),
        }
    }

    /// What fits: for a rule, rules; for an edge, vantages and endpoints. Found once, so that no edge is matched by
    /// text.
    fn fits(&self, scenario: &Scenario) -> Fits {
        match self {
            Self::Rule(glob) => {
                Fits::Rules(scenario.rules.iter().map(|rule| glob_matches(glob, &rule.name)).collect())
            }
            Self::Edge { from, to } => Fits::Edges {
                from: scenario.agents.iter().map(|agent| glob_matches(from, agent.name.as_str())).collect(),
                to: scenario.endpoints.iter().map(|endpoint| glob_matches(to, &endpoint.name)).collect(),
            },
        }
    }
}

enum Fits {
    Rules(Vec<bool>),
    Edges { from: Vec<bool>, to: Vec<bool> },
}

impl Fits {
    fn edge(&self, edge: &Edge) -> bool {
        let fits = |list: &[bool], place: usize| list.get(place).copied().unwrap_or_default();
        match self {
            Self::Rules(rules) => fits(rules, edge.rule.0),
            Self::Edges { from, to } => fits(from, edge.vantage.0) && fits(to, edge.endpoint.0),
        }
    }
}

/// The part of a plan that an expression asks for: comma-separated `FROM>TO` patterns over the names of agents and
/// endpoints (either side may be left out), or `rule:NAME` patterns over the names of rules. The witnesses are those of
/// the edges that are left; an allow edge may be one of them without being judged. What is possible stays as it was.
///
/// # Errors
///
/// [`SelectError`], when a term has no form, or fits no edge of the plan.
pub fn select(scenario: &Scenario, plan: &Plan, expression: &str) -> Result<Plan, SelectError> {
    let mut chosen = vec![false; plan.edges.len()];
    for text in expression.split(',').map(str::trim) {
        let fits = Term::read(text)?.fits(scenario);
        let mut any = false;
        for (chosen, _) in chosen.iter_mut().zip(&plan.edges).filter(|(_, edge)| fits.edge(edge)) {
            (*chosen, any) = (true, true);
        }
        if !any {
            return Err(SelectError::Nothing(text.to_owned()));
        }
    }
    let edges = plan.edges.iter().zip(&chosen).filter(|(_, chosen)| **chosen);
    let edges: Vec<Edge> = edges.map(|(edge, _)| edge.clone()).collect();
    let witnesses = witnesses::witnesses(scenario, &edges, &plan.edges);
    Ok(Plan { edges, witnesses, possible: plan.possible })
}
