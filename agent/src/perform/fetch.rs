//! Downloads: one call whose payload is counted, under the vantage's limits.
//!
//! This file must not know whether the order should have been taken, or how the count travels back.

use std::sync::Arc;

use ringfence_contract::download::{Download, Downloaded, Payload};
use ringfence_contract::order::Run;
use ringfence_contract::outcome::NotSentWhy;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::vantage::{Vantage, not_sent};
use crate::call::download;

/// A download, and when it has to be done.
#[derive(Debug)]
pub struct Fetch {
    /// The run its call belongs to.
    pub run: Run,
    /// What is asked for.
    pub download: Download,
    /// When the order ends.
    pub ends: Instant,
    /// Ends it early: the agent shuts down.
    pub stop: CancellationToken,
}

impl Vantage {
    /// Downloads. Ends with the download, or the order, or the agent; dropping it ends it too.
    pub async fn fetch(self: &Arc<Self>, fetch: Fetch) -> Downloaded {
        let Fetch { run, download: asked, ends, stop } = fetch;
        let fetched = async {
            let _leave = self.leave().await;
            download(self.means(), &run, &asked).await
        };
        let ended = tokio::select! {
            biased;
            () = stop.cancelled() => "the agent is shutting down",
            downloaded = fetched => return downloaded,
            () = tokio::time::sleep_until(ends) => "the order ended before the download did",
        };
        Downloaded {
            sample: not_sent(asked.call.id, NotSentWhy::OutOfTime, ended),
            payload: Payload::default(),
            cut_short: Some(ended.to_owned()),
        }
    }
}
