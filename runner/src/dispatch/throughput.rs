//! How fast bytes come over the edges that were reached: one download after the other, so that none shares its way, its
//! processor or its link with anything else of the run.

use ringfence_contract::download::Downloaded;

use super::observe::{Attempt, Unasked, interrupted};
use super::phases::Phases;
use super::progress::Stage;
use super::reach::is_answered;
use crate::plan::{download, throughput};

impl Phases<'_> {
    /// Downloads over every edge that was reached and whose rule says so; in the order of the plan's edges.
    pub(super) async fn throughput(
        &self,
        reach: &[Vec<Attempt>],
    ) -> Vec<Option<Box<Result<Downloaded, Unasked>>>> {
        let edges = self.plan.edges.iter().zip(reach).enumerate();
        let wanted = edges.filter_map(|(place, (edge, attempts))| {
            let endpoint = self.scenario.endpoint(edge.endpoint);
            let reached = attempts.iter().any(|attempt| is_answered(endpoint, attempt));
            let throughput = throughput(self.scenario, edge).filter(|_| reached)?;
            Some((place, edge, throughput))
        });
        let wanted: Vec<_> = wanted.collect();
        if wanted.is_empty() {
            return Vec::new();
        }
        self.begin(Stage::Throughput, wanted.len());
        let mut downloads = vec![None; self.plan.edges.len()];
        for (place, edge, throughput) in wanted {
            let vantage = &self.agents[edge.vantage.0];
            let download = download(self.scenario, edge, throughput);
            let downloaded = if self.cancel.is_cancelled() {
                Err(interrupted())
            } else {
                vantage.download(download, &self.cancel).await
            };
            downloads[place] = Some(Box::new(downloaded));
            self.done(Stage::Throughput, 1);
        }
        downloads
    }
}
