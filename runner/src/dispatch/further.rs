//! The further calls over the edges of a run: hears what came back, edge by edge, and says what to place next.

use std::collections::HashMap;

use std::net::IpAddr;

use ringfence_contract::address::{Family, Host};
use ringfence_contract::call::Call;
use ringfence_contract::id::CallId;

use super::board::Board;
use super::observe::Attempt;
use super::pending::Tie;
use super::phases::Phases;
use super::place::Errand;
use super::progress::FirstSight;
use super::second_look::{Facts, Glance, wanted};
use crate::plan::{Edge, further_call};
use crate::scenario::{Answers, Endpoint, Expect};

/// Whether an endpoint's name says where it is, so that it may lead one vantage elsewhere than another.
fn is_found_by_name(endpoint: &Endpoint) -> bool {
    endpoint.route.connect.is_none() && matches!(endpoint.route.address.host, Host::Name(_))
}

/// Whether the scenario calls an endpoint in one family alone, where its name may lead to addresses of both.
fn is_called_in_one_family(endpoint: &Endpoint) -> bool {
    is_found_by_name(endpoint) && endpoint.families.len() == 1
}

/// What is known of one edge so far.
#[derive(Debug, Clone, Default)]
struct Asked {
    /// How many of its calls are under way.
    left: usize,
    seen: Vec<Glance>,
}

/// The edges of a run, and what has come back over each.
pub(super) struct Further<'r> {
    run: &'r Phases<'r>,
    board: &'r Board,
    asked: Vec<Asked>,
    /// The edge of each call that is under way, and which address of the name it takes.
    under_way: HashMap<CallId, (usize, u32)>,
    /// The edges of the further calls, in the order in which those were named.
    named: Vec<usize>,
}

impl<'r> Further<'r> {
    pub(super) fn of(run: &'r Phases<'r>, board: &'r Board) -> Self {
        let asked = vec![Asked::default(); run.plan.edges.len()];
        Self { run, board, asked, under_way: HashMap::new(), named: Vec::new() }
    }

    /// A call over this edge will be placed.
    pub(super) fn expect(&mut self, edge: usize, call: &Call) {
        self.asked[edge].left += 1;
        self.under_way.insert(call.id, (edge, call.nth));
    }

    /// Hears of calls that are over. Gives the further ones of each edge of which no call is under way any more.
    pub(super) fn hear(&mut self, ended: &[Attempt]) -> Vec<Errand> {
        let mut further = Vec::new();
        for attempt in ended {
            let Some((edge, nth)) = self.under_way.remove(&attempt.call) else { continue };
            self.board.note(self.run.plan.edges[edge].vantage, attempt);
            let asked = &mut self.asked[edge];
            asked.left -= 1;
            asked.seen.push(Glance::at(attempt, nth));
            if asked.left == 0 {
                self.name(edge, &mut further);
                self.tell(edge);
            }
        }
        further
    }

    fn name(&mut self, place: usize, further: &mut Vec<Errand>) {
        let edge = &self.run.plan.edges[place];
        let facts = self.facts(edge);
        for (role, nth) in wanted(&facts, &self.asked[place].seen) {
            let call = further_call(self.run.scenario, edge, role, nth);
            self.expect(place, &call);
            self.named.push(place);
            let errand = self.run.errand(edge.vantage, Tie::of_edge(edge), call);
            further.push(Errand { role: Some(Box::new(role)), ..errand });
        }
    }

    /// Tells whoever watches of an edge over which no further call is placed.
    fn tell(&self, place: usize) {
        let (edge, asked) = (&self.run.plan.edges[place], &self.asked[place]);
        if asked.left == 0 {
            let is_open = asked.seen.iter().any(Glance::is_let_in);
            let is_expected = is_open == (edge.expect == Expect::Allow);
            let sight = if is_expected { FirstSight::AsExpected } else { FirstSight::Otherwise };
            self.run.progress.edge(edge.vantage, sight);
        }
    }

    fn facts(&self, edge: &Edge) -> Facts {
        let endpoint = self.run.scenario.endpoint(edge.endpoint);
        let is_denied = edge.expect == Expect::Deny;
        let of_family = |address: &IpAddr| Family::of(*address) == edge.family;
        let mut sources = edge.spoofs.as_deref().map_or_else(Vec::new, <[_]>::to_vec);
        if is_denied && edge.spoofs.is_some() {
            let seen = self.board.sources(edge.vantage, edge.endpoint);
            sources.extend(seen.into_iter().filter(|address| !sources.contains(address)).collect::<Vec<_>>());
        }
        Facts {
            expect: edge.expect,
            is_http: endpoint.route.address.transport.is_http(),
            attempts: self.run.scenario.rule(edge.rule).attempts,
            is_witnessed: self.board.has_reached(edge.vantage, edge.endpoint),
            asks_made_up: match &endpoint.answers {
                Answers::Agent => is_denied,
                Answers::Platform { statuses } => !statuses.contains(&404),
            },
            elsewhere: if is_denied && is_found_by_name(endpoint) {
                self.board.reached(edge.endpoint).into_iter().filter(of_family).collect()
            } else {
                Vec::new()
            },
            asks_other_family: is_denied && is_called_in_one_family(endpoint),
            sources,
        }
    }

    /// The edges of the further calls, in the order in which those were named.
    pub(super) fn into_named(self) -> Vec<usize> {
        self.named
    }
}
