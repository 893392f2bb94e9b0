//! How fast bytes came over the edges: a line an edge.

use ringfence_contract::download::Downloaded;

use super::page::{Page, Tone};
use super::text::{pad, width};
use crate::explain::figure;
use crate::tally::EdgeRecord;

/// How many edges are shown; the JSON report has all.
const SHOWN_MAX: usize = 50;

/// Draws the lines of these edges; nothing where there was no download.
pub(super) fn draw<'r>(page: &mut Page, edges: impl IntoIterator<Item = &'r EdgeRecord>) {
    let all = edges.into_iter().filter_map(|edge| Some((name(edge), edge.download.as_deref()?)));
    let all: Vec<(String, &Downloaded)> = all.collect();
    if all.is_empty() {
        return;
    }
    page.line(Tone::Strong, "throughput, from the target to the caller");
    let widest = all.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
    for (name, downloaded) in all.iter().take(SHOWN_MAX) {
        page.row(&[(Tone::Strong, pad(name, widest)), (Tone::Plain, format!("  {}", told(downloaded)))]);
    }
    if all.len() > SHOWN_MAX {
        page.line(Tone::Doubt, &format!("and {} edges more, see --json", all.len() - SHOWN_MAX));
    }
    page.blank();
}

fn name(edge: &EdgeRecord) -> String {
    format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family)
}

/// What came; of a download that was cut short, why.
fn told(downloaded: &Downloaded) -> String {
    let Downloaded { payload, cut_short, .. } = downloaded;
    let came = || {
        let took = figure::time(payload.took_us.saturating_mul(1_000));
        format!("{} in {took}", figure::bytes(payload.bytes))
    };
    match (payload.rate(), cut_short) {
        (_, Some(why)) => format!("- ({why})"),
        (None, None) => "-".to_owned(),
        (Some(rate), None) => {
            let slowest = payload.whole_seconds().iter().min();
            let slowest = slowest.map_or_else(|| "-".to_owned(), |bytes| figure::rate(*bytes));
            format!("{}: {}, slowest second {slowest}", figure::rate(rate), came())
        }
    }
}
