//! How fast the measured edges are: a table, and of each edge how its times are spread, at a glance.

use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::Figures;

use super::page::{Marks, Page, Style, Tone};
use crate::dispatch::Measurement;
use crate::explain::figure;
use crate::scenario::Statistic;
use crate::tally::EdgeRecord;

/// How many edges are shown; the JSON report has all.
const SHOWN_MAX: usize = 50;

/// How wide a spread is drawn, in characters.
const SPREAD_WIDTH: u32 = 24;

/// How high a mark may be: as many as there are block elements in Unicode (U+2581 to U+2588).
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The same for terminals that have none.
const PLAIN: [char; 8] = ['.', ':', '-', '=', '+', '*', '#', '@'];

/// The columns of times, as people name them.
const STATISTICS: [Statistic; 6] = [
    Statistic::Mean,
    Statistic::Percentile(50_000),
    Statistic::Percentile(90_000),
    Statistic::Percentile(95_000),
    Statistic::Percentile(99_000),
    Statistic::Percentile(99_900),
];

/// Draws the table of the edges that were measured; nothing where none was.
pub(super) fn draw<'r>(page: &mut Page, edges: impl IntoIterator<Item = &'r EdgeRecord>, style: Style) {
    let measured = edges.into_iter().filter_map(|edge| Some((edge, edge.measurement.as_deref()?)));
    let measured: Vec<(&EdgeRecord, &Measurement)> = measured.collect();
    if measured.is_empty() {
        return;
    }
    let axis = Axis::of(measured.iter().map(|(_, measurement)| &measurement.warm.phases.total.ns));
    let marks = axis.map_or_else(String::new, |axis| {
        format!("; marks from {} to {}, log scale", figure::time(axis.low), figure::time(axis.high))
    });
    page.line(Tone::Strong, &format!("latency in ms, from the intended start of a call to its end{marks}"));
    page.line(Tone::Faint, &headings());
    let widest = measured.iter().map(|(edge, _)| name(edge).chars().count()).max().unwrap_or(0);
    for (edge, measurement) in measured.iter().take(SHOWN_MAX) {
        let times = &measurement.warm.phases.total.ns;
        let spread = axis.map_or_else(String::new, |axis| axis.spread(times, style.marks));
        page.pieces(&[
            (Tone::Strong, format!("{:widest$}", name(edge))),
            (Tone::Plain, format!("  {spread}")),
        ]);
        page.line(Tone::Plain, &row(&measurement.warm));
        for line in notes(measurement) {
            page.line(Tone::Faint, &format!("    {line}"));
        }
    }
    if measured.len() > SHOWN_MAX {
        page.line(
            Tone::Doubt,
            &format!("and {} measured edges more, see --json", measured.len() - SHOWN_MAX),
        );
    }
    page.blank();
}

fn name(edge: &EdgeRecord) -> String {
    format!("{} -> {} {}", edge.vantage, edge.endpoint, edge.family)
}

fn headings() -> String {
    let statistics = STATISTICS.map(|statistic| format!("{:>7}", statistic.to_string())).concat();
    format!("{:>8}{:>7}{:>7}{statistics}{:>7}{:>7}", "n", "loss %", "min", "max", "jitter")
}

/// The figures of the answered calls; what there are too few calls for is `-`.
fn row(figures: &Figures) -> String {
    let times = &figures.phases.total.ns;
    let cell = |ns: Option<u64>| {
        format!("{:>7}", ns.map_or_else(|| "-".to_owned(), |ns| figure::in_units(ns, 1_000_000)))
    };
    let statistics = STATISTICS.map(|statistic| cell(statistic.of(times))).concat();
    let (min, max, jitter) = (cell(times.min()), cell(times.max()), cell(figures.jitter.mean()));
    format!("{:>8}{:>7}{min}{statistics}{max}{jitter}", figures.answered, loss(figures))
}

/// The share of lost calls in percent, to one decimal, rounded up; `-` where none were placed.
fn loss(figures: &Figures) -> String {
    let tenths = (u64::from(figures.lost_in_all()) * 1_000).checked_div(u64::from(figures.intended));
    let is_exact =
        |tenths: u64| tenths * u64::from(figures.intended) == u64::from(figures.lost_in_all()) * 1_000;
    let tenths = tenths.map(|tenths| if is_exact(tenths) { tenths } else { tenths + 1 });
    tenths.map_or_else(
        || "-".to_owned(),
        |tenths| match (tenths / 10, tenths % 10) {
            (whole, 0) => whole.to_string(),
            (whole, behind) => format!("{whole}.{behind}"),
        },
    )
}

/// What stands beneath the figures of an edge.
fn notes(measurement: &Measurement) -> Vec<String> {
    let figures = &measurement.warm;
    let mut notes: Vec<String> = figure::phases(figures).into_iter().collect();
    let mut sides = vec![format!("{} connections", measurement.connection)];
    sides.extend(figure::lateness(figures));
    sides.extend(figure::cold(&measurement.cold));
    notes.push(sides.join("; "));
    if figures.lost_in_all() > 0 {
        notes.push(figure::loss(figures));
    }
    let stopped = measurement.stopped.as_ref();
    notes.extend(stopped.map(|stopped| {
        format!("ended after {} of {} samples: {}", figures.intended, measurement.samples, stopped.detail)
    }));
    notes
}

/// From the shortest time of all edges to the longest: what every spread is drawn over, so that edges compare.
#[derive(Debug, Clone, Copy)]
struct Axis {
    low: u64,
    high: u64,
}

impl Axis {
    fn of<'h>(all: impl Iterator<Item = &'h Histogram>) -> Option<Self> {
        let ends = all.filter_map(|times| Some(Self { low: times.min()?, high: times.max()? }));
        ends.reduce(|one, other| Self { low: one.low.min(other.low), high: one.high.max(other.high) })
    }

    /// A mark for each stretch of the axis in which there are times; its height is their number beside the largest.
    fn spread(self, times: &Histogram, marks: Marks) -> String {
        let mut counts = [0_u64; SPREAD_WIDTH as usize];
        let (low, high) = (log(self.low), log(self.high));
        for (lowest, _, count) in times.buckets() {
            let place = log(lowest).saturating_sub(low) * u64::from(SPREAD_WIDTH) / (high - low + 1);
            let place = usize::try_from(place).unwrap_or(usize::MAX).min(counts.len() - 1);
            counts[place] += count;
        }
        let peak = counts.iter().copied().max().unwrap_or(0).max(1);
        let ramp = match marks {
            Marks::Blocks => &BLOCKS,
            Marks::Plain => &PLAIN,
        };
        let mark = |count: u64| match usize::try_from((count * 8).div_ceil(peak)) {
            Ok(0) | Err(_) => ' ',
            Ok(height) => ramp[(height - 1).min(ramp.len() - 1)],
        };
        counts.into_iter().map(mark).collect()
    }
}

/// The logarithm to base two, in sixteenths, straight between powers of two.
fn log(ns: u64) -> u64 {
    let ns = ns.max(1);
    let whole = u64::from(ns.ilog2());
    let behind = if whole >= 4 { (ns >> (whole - 4)) & 15 } else { (ns << (4 - whole)) & 15 };
    whole * 16 + behind
}

#[cfg(test)]
mod tests {
    use super::*;

    fn histogram(times: &[(u64, usize)]) -> Histogram {
        let mut histogram = Histogram::default();
        for (ns, count) in times {
            (0..*count).for_each(|_| histogram.record(*ns));
        }
        histogram
    }

    #[test]
    fn a_spread_shows_where_the_times_are_and_a_single_late_one_too() {
        let (fast, slow) =
            (histogram(&[(1_000_000, 80), (1_500_000, 19), (64_000_000, 1)]), histogram(&[(16_000_000, 7)]));
        let axis = Axis::of([&fast, &slow].into_iter()).expect("times");
        assert_eq!(axis.spread(&fast, Marks::Blocks), "█▂                     ▁");
        assert_eq!(axis.spread(&fast, Marks::Plain), "@:                     .");
        assert_eq!(axis.spread(&slow, Marks::Plain), "               @        ");
        assert_eq!(axis.spread(&Histogram::default(), Marks::Plain).trim(), "");
        let one = histogram(&[(5_000, 3)]);
        let axis = Axis::of([&one].into_iter()).expect("times");
        assert_eq!(axis.spread(&one, Marks::Plain).trim(), "@");
        assert!(Axis::of([&Histogram::default()].into_iter()).is_none());
    }

    #[test]
    fn figures_that_cannot_be_had_are_dashes() {
        let mut figures = Figures { intended: 7, placed: 7, answered: 6, ..Figures::default() };
        figures.lost.insert(ringfence_contract::outcome::OutcomeKind::TimedOut, 1);
        for us in [412, 1_000, 1_200, 12_345, 123_456, 1_234_567] {
            figures.phases.total.record(us * 1_000, ringfence_contract::sample::Clock::Program);
        }
        assert_eq!(
            headings(),
            "       n loss %    min   mean    p50    p90    p95    p99  p99.9    max jitter"
        );
        assert_eq!(
            row(&figures),
            "       6   14.3  0.412    229   1.20      -      -      -      -   1235      -"
        );
        assert_eq!(row(&Figures::default()).matches('-').count(), 10);
    }
}
