//! Which edges an entry means, in a few words. It must not know what they should come to.

use ringfence::scenario::Expect;
use ringfence::tally::EdgeRecord;

/// Whether an edge is among those that a turn names: `VANTAGES > ENDPOINTS [FAMILY]`. `*` is every one; `denied` and
/// `allowed` are the vantages that the matrix denies and allows that endpoint.
///
/// # Panics
///
/// When the words are not of this form.
#[must_use]
pub fn concerns(edges: &str, edge: &EdgeRecord) -> bool {
    let (vantages, rest) = edges.split_once(" > ").unwrap_or_else(|| panic!("`{edges}` has no ` > `"));
    let mut words: Vec<&str> = rest.split(' ').collect();
    let family = words.pop_if(|word| ["ipv4", "ipv6"].contains(word));
    let vantage = vantages.split(' ').any(|word| match word {
        "*" => true,
        "denied" => edge.expect == Expect::Deny,
        "allowed" => edge.expect == Expect::Allow,
        name => edge.vantage.as_str() == name,
    });
    let endpoint = words.iter().any(|word| *word == "*" || &*edge.endpoint == *word);
    vantage && endpoint && family.is_none_or(|family| edge.family.to_string() == family)
}
