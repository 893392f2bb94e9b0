//! What a run on a stage came to.

use serde_json::Value;

/// What a run came to.
#[derive(Debug)]
pub struct Ended {
    /// The runner's exit code.
    pub code: i32,
    /// What it said, on both of its streams.
    pub text: String,
    /// The run record; null where nothing was judged.
    pub record: Value,
}

impl Ended {
    /// The verdict and reason of each edge from a vantage to an endpoint: `app/site`, or `app/site ipv6` for one family.
    #[must_use]
    pub fn judged(&self, vantage: &str, endpoint: &str) -> Vec<(&str, &str)> {
        let (endpoint, family) = endpoint.split_once(' ').unwrap_or((endpoint, ""));
        let edges = self.record["edges"].as_array().into_iter().flatten();
        let wanted = edges.filter(|edge| {
            edge["vantage"] == vantage
                && edge["endpoint"] == endpoint
                && (family.is_empty() || edge["family"] == family)
        });
        wanted
            .map(|edge| {
                let verdict = edge["verdict"].as_str().unwrap_or("none");
                (verdict, edge["judged"]["reason"].as_str().unwrap_or("none"))
            })
            .collect()
    }
}
