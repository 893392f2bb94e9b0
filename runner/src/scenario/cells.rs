//! The cells of the matrix that a rule is about: who calls what in which family. It must not know what is expected of
//! them.

use std::borrow::Borrow;

use ringfence_contract::address::Family;

use super::model::{AgentIndex, Endpoint, EndpointIndex, Rule, RuleIndex, Scenario, SelfCalls};

/// One cell of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cell {
    /// Who calls.
    pub vantage: AgentIndex,
    /// What is called.
    pub endpoint: EndpointIndex,
    /// In which family.
    pub family: Family,
}

impl Scenario {
    /// The cells a rule is about, whatever other rules say of them.
    pub fn cells<'s>(&'s self, rule: &'s Rule) -> impl Iterator<Item = Cell> + 's {
        cells(rule, &self.endpoints)
    }
}

/// Whether a rule is about a cell whose family is one of its endpoint's.
pub(super) fn is_about(rule: &Rule, endpoints: &[Endpoint], cell: Cell) -> bool {
    let itself = endpoints.get(cell.endpoint.0).is_some_and(|endpoint| endpoint.owner == Some(cell.vantage));
    let family = rule.families.is_empty() || rule.families.contains(&cell.family);
    let named = rule.from.contains(&cell.vantage) && rule.to.contains(&cell.endpoint);
    named && family && wants(rule.self_calls, itself)
}

fn wants(self_calls: SelfCalls, itself: bool) -> bool {
    match self_calls {
        SelfCalls::Excluded => !itself,
        SelfCalls::Included => true,
        SelfCalls::Only => itself,
    }
}

/// The cells a rule is about, among these endpoints.
pub(super) fn cells<'s, E: Borrow<Endpoint>>(
    rule: &'s Rule,
    endpoints: &'s [E],
) -> impl Iterator<Item = Cell> + 's {
    rule.from.iter().flat_map(move |vantage| {
        rule.to.iter().flat_map(move |place| {
            let endpoint = endpoints.get(place.0).map(Borrow::borrow);
            let itself = endpoint.is_some_and(|endpoint| endpoint.owner == Some(*vantage));
            let families = endpoint
                .filter(|_| wants(rule.self_calls, itself))
                .map_or(&[][..], |endpoint| &endpoint.families);
            let families =
                families.iter().filter(|family| rule.families.is_empty() || rule.families.contains(family));
            families.map(|family| Cell { vantage: *vantage, endpoint: *place, family: *family })
        })
    })
}

/// Which rule holds for each cell: four bytes a cell, so that a million of them stay small.
#[derive(Debug, Clone)]
pub struct Grid {
    rules: Vec<u32>,
    endpoints: usize,
}

/// No rule holds.
const NONE: u32 = u32::MAX;

impl Grid {
    /// An empty grid of this size.
    #[must_use]
    pub fn new(agents: usize, endpoints: usize) -> Self {
        Self { rules: vec![NONE; agents * endpoints * 2], endpoints }
    }

    fn place(&self, cell: Cell) -> usize {
        let family = match cell.family {
            Family::Ipv4 => 0,
            Family::Ipv6 => 1,
        };
        (cell.vantage.0 * self.endpoints + cell.endpoint.0) * 2 + family
    }

    /// The rule that holds for a cell.
    #[must_use]
    pub fn rule(&self, cell: Cell) -> Option<RuleIndex> {
        let rule = self.rules.get(self.place(cell)).copied().filter(|rule| *rule != NONE)?;
        Some(RuleIndex(rule as usize))
    }

    /// Lets a rule hold for a cell, unless one does already: that one is returned.
    pub fn claim(&mut self, cell: Cell, rule: RuleIndex) -> Option<RuleIndex> {
        let held = self.rule(cell);
        let place = self.place(cell);
        if let (None, Some(slot), Ok(rule)) = (held, self.rules.get_mut(place), u32::try_from(rule.0)) {
            *slot = rule;
        }
        held
    }
}
