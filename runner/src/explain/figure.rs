//! The figures of a measurement as people read them.

use ringfence_contract::measure::{Figures, Times};
pub use ringfence_contract::quantity::{bytes, in_units, rate, time, time_of_day};
use ringfence_contract::sample::Clock;

use crate::scenario::Statistic;

const P50: Statistic = Statistic::Percentile(50_000);
const P99: Statistic = Statistic::Percentile(99_000);

/// How many of these calls were lost, by what became of them: `2 of 200 lost (timed-out 2)`.
#[must_use]
pub fn loss(figures: &Figures) -> String {
    let lost = figures.lost_in_all();
    let kinds: Vec<String> = figures.lost.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!("{lost} of {} lost{kinds}", figures.intended)
}

/// How long each phase took, but for the whole: `p50/p99: connect 210/403 us (kernel), …`; none where no call was
/// answered.
#[must_use]
pub fn phases(figures: &Figures) -> Option<String> {
    let parts = figures.phases.each().into_iter().filter(|(name, _)| *name != "total");
    let phases: Vec<String> = parts.filter_map(|(name, times)| phase(name, times)).collect();
    (!phases.is_empty()).then(|| format!("p50/p99: {}", phases.join(", ")))
}

fn phase(name: &str, times: &Times) -> Option<String> {
    let shown = |statistic: Statistic| statistic.of(&times.ns).map_or_else(|| "-".to_owned(), time);
    let clock = match times.clock() {
        Some(Clock::Kernel) => " (kernel)",
        Some(Clock::Program) => "",
        None => " (partly kernel)",
    };
    let (p50, p99) = (shown(P50), shown(P99));
    // One unit for both where they have the same.
    let p50 = match (p50.split_once(' '), p99.split_once(' ')) {
        (Some((number, unit)), Some((_, other))) if unit == other => number,
        _ => &p50,
    };
    (times.ns.count() > 0).then(|| format!("{name} {p50}/{p99}{clock}"))
}

/// How late the calls started by the vantage's own doing; none where none was placed.
#[must_use]
pub fn lateness(figures: &Figures) -> Option<String> {
    let most = figures.lag.max()?;
    let p99 = P99.of(&figures.lag).map_or_else(|| "-".to_owned(), time);
    Some(format!("started late by {p99} at p99, {} at most", time(most)))
}

/// What the cold calls took, which count nowhere else; none where there were none.
#[must_use]
pub fn cold(figures: &Figures) -> Option<String> {
    if figures.intended == 0 {
        return None;
    }
    let times = &figures.phases.total.ns;
    let Some((mean, max)) = times.mean().zip(times.max()) else {
        return Some(format!("none of {} cold calls answered", figures.intended));
    };
    Some(format!(
        "{} of {} cold calls answered, mean {}, max {}",
        figures.answered,
        figures.intended,
        time(mean),
        time(max)
    ))
}
