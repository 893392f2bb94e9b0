//! Measured figures as people read them. It must not know what they are figures of.

use ringfence_contract::measure::{Figures, Times};
use ringfence_contract::sample::Clock;

use crate::scenario::Statistic;

const P50: Statistic = Statistic::Percentile(50_000);
const P99: Statistic = Statistic::Percentile(99_000);

/// A measured time to three digits: `63.2 ms`, `412 us`, `1.05 s`.
#[must_use]
pub fn time(ns: u64) -> String {
    let (unit_ns, name) = match ns {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        _ => (1_000, "us"),
    };
    format!("{} {name}", in_units(ns, unit_ns))
}

/// The time of day of so many milliseconds since the Unix epoch, in UTC: `05:10:02.512`.
#[must_use]
pub fn time_of_day(ms: u64) -> String {
    let seconds = ms / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60, ms % 1_000)
}

/// A measured rate, in bytes a second, to three digits: `61.2 MB/s`.
#[must_use]
pub fn rate(bytes: u64) -> String {
    format!("{}/s", self::bytes(bytes))
}

/// A number of bytes, to three digits: `306 MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        1_000_000_000.. => (1_000_000_000, "GB"),
        1_000_000.. => (1_000_000, "MB"),
        _ => (1_000, "kB"),
    };
    format!("{} {name}", in_units(bytes, unit))
}

/// A measured amount in units of so many of its own, 1 or more, to three digits; below one unit, to three decimals.
#[must_use]
pub fn in_units(amount: u64, unit: u64) -> String {
    let decimals = match amount / unit {
        0 => 3,
        1..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u128.pow(decimals);
    let scaled = (u128::from(amount) * scale + u128::from(unit / 2)) / u128::from(unit);
    match decimals {
        0 => scaled.to_string(),
        _ => format!("{}.{:0width$}", scaled / scale, scaled % scale, width = decimals as usize),
    }
}

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

#[cfg(test)]
mod tests {
    use super::time;

    #[test]
    fn a_time_has_three_digits() {
        for (ns, written) in [
            (520, "0.520 us"),
            (41_200, "41.2 us"),
            (411_904, "412 us"),
            (1_000_000, "1.00 ms"),
            (63_239_000, "63.2 ms"),
            (9_999_000, "10.00 ms"),
            (412_000_000, "412 ms"),
            (1_059_000_000, "1.06 s"),
        ] {
            assert_eq!(time(ns), written);
        }
    }
}
