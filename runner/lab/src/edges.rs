//! Names edges in a few words, and tells which edges of a run those words mean.

use ringfence::scenario::Expect;
use ringfence::tally::EdgeRecord;

/// Edges in words: `VANTAGES > ENDPOINTS [FAMILY]`.
struct Edges<'w> {
    vantages: Vec<&'w str>,
    endpoints: Vec<&'w str>,
    family: Option<&'w str>,
}

/// Whether an edge is among those that a turn names: `VANTAGES > ENDPOINTS [FAMILY]`. `*` is every one; `denied` and
/// `allowed` are the vantages that the matrix denies and allows that endpoint.
///
/// # Panics
///
/// When the words are not of this form.
#[must_use]
pub fn concerns(edges: &str, edge: &EdgeRecord) -> bool {
    Edges::read(edges).concerns(edge)
}

/// The words of a turn that name no edge of a run.
pub(crate) fn lost<'w>(edges: &'w str, among: &[EdgeRecord]) -> Vec<&'w str> {
    let Edges { vantages, endpoints, family } = Edges::read(edges);
    let is_lost = |vantages: &[&'w str], endpoints: &[&'w str]| {
        let named = Edges { vantages: vantages.to_vec(), endpoints: endpoints.to_vec(), family };
        !among.iter().any(|edge| named.concerns(edge))
    };
    let callers = vantages.iter().filter(|word| is_lost(&[**word], &endpoints));
    let called = endpoints.iter().filter(|word| is_lost(&vantages, &[**word]));
    callers.chain(called).copied().collect()
}

impl<'w> Edges<'w> {
    fn read(edges: &'w str) -> Self {
        let (vantages, rest) = edges.split_once(" > ").unwrap_or_else(|| panic!("`{edges}` has no ` > `"));
        let mut endpoints: Vec<&str> = rest.split(' ').collect();
        let family = endpoints.pop_if(|word| ["ipv4", "ipv6"].contains(word));
        Self { vantages: vantages.split(' ').collect(), endpoints, family }
    }

    fn concerns(&self, edge: &EdgeRecord) -> bool {
        let vantage = self.vantages.iter().any(|word| match *word {
            "*" => true,
            "denied" => edge.expect == Expect::Deny,
            "allowed" => edge.expect == Expect::Allow,
            name => edge.vantage.as_str() == name,
        });
        let endpoint = self.endpoints.iter().any(|word| *word == "*" || &*edge.endpoint == *word);
        vantage && endpoint && self.family.is_none_or(|family| edge.family.to_string() == family)
    }
}
