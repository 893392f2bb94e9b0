//! How fast the measured edges are: a line each, with its verdict, its figures, and how its times are spread, at a glance.

use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::Figures;

use super::page::{Marks, Page, Piece, Tone};
use super::text::{pad, width};
use crate::dispatch::Measurement;
use crate::explain::figure;
use crate::judge::{ClaimKind, Verdict};
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

/// How wide a column of figures is.
const COLUMN: usize = 7;

/// How wide a verdict is: `kept`, `FAIL`, `?`, or `-` where nothing is claimed.
const VERDICT: usize = 4;

/// One column of figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Answered,
    Loss,
    Least,
    Of(Statistic),
    Most,
    Jitter,
}

/// Every column, as they stand beside each other, and how soon each has to go where a page is narrow: the highest first. Those
/// of 0 always stay.
const COLUMNS: [(Column, usize); 11] = [
    (Column::Answered, 0),
    (Column::Loss, 0),
    (Column::Least, 2),
    (Column::Of(Statistic::Mean), 3),
    (Column::Of(Statistic::Percentile(50_000)), 0),
    (Column::Of(Statistic::Percentile(90_000)), 1),
    (Column::Of(Statistic::Percentile(95_000)), 4),
    (Column::Of(Statistic::Percentile(99_000)), 0),
    (Column::Of(Statistic::Percentile(99_900)), 5),
    (Column::Most, 0),
    (Column::Jitter, 6),
];

/// How much is told of an edge beside its line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    /// Only what ended its measurement early.
    Least,
    /// Its phases, clocks and lateness too.
    Whole,
}

/// Draws the table of the edges that were measured; nothing where none was.
pub(super) fn draw<'r>(
    page: &mut Page,
    edges: impl IntoIterator<Item = &'r EdgeRecord>,
    detail: Detail,
    marks: Marks,
) {
    let measured = edges.into_iter().filter_map(|edge| Some((edge, edge.measurement.as_deref()?)));
    let measured: Vec<(&EdgeRecord, &Measurement)> = measured.collect();
    if measured.is_empty() {
        return;
    }
    let widest = measured.iter().map(|(edge, _)| width(&name(edge))).max().unwrap_or(0);
    let room = page.width().saturating_sub(VERDICT + 1 + widest);
    let (columns, has_spread) = fitting(room);
    let axis = Axis::of(measured.iter().map(|(_, measurement)| &measurement.warm.phases.total.ns));
    let axis = axis.filter(|_| has_spread);
    let scale = axis.map_or_else(String::new, |axis| {
        format!("; marks from {} to {}, log scale", figure::time(axis.low), figure::time(axis.high))
    });
    page.line(Tone::Strong, &format!("latency in ms, from the intended start of a call to its end{scale}"));
    page.row(&[(Tone::Faint, format!("{}{}", " ".repeat(VERDICT + 1 + widest), headings(&columns)))]);
    for (edge, measurement) in measured.iter().take(SHOWN_MAX) {
        let times = &measurement.warm.phases.total.ns;
        let spread = axis.map_or_else(String::new, |axis| format!("  {}", axis.spread(times, marks)));
        let figures = format!("{}{spread}", row(&measurement.warm, &columns));
        page.row(&[
            verdict(edge),
            (Tone::Strong, format!(" {}", pad(&name(edge), widest))),
            (Tone::Plain, figures),
        ]);
        for line in notes(measurement, detail) {
            page.line(Tone::Faint, &format!("     {line}"));
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

/// What the budgets of an edge came to, the worst of them; or that contact with it was lost.
fn verdict(edge: &EdgeRecord) -> Piece {
    let budgets = edge.claims.iter().filter(|claim| claim.judged.kind == ClaimKind::Budget);
    let verdicts: Vec<Verdict> = budgets
        .map(|claim| claim.verdict)
        .chain((edge.verdict != Verdict::Pass).then_some(edge.verdict))
        .collect();
    let has = |verdict| verdicts.contains(&verdict);
    let (tone, word) = match () {
        () if has(Verdict::Fail) => (Tone::Bad, "FAIL"),
        () if has(Verdict::Inconclusive) => (Tone::Doubt, "?"),
        () if has(Verdict::Pass) => (Tone::Good, "kept"),
        () => (Tone::Faint, "-"),
    };
    (tone, pad(word, VERDICT))
}

/// The columns that fit into so much room, and whether a spread does behind all of them.
fn fitting(room: usize) -> (Vec<Column>, bool) {
    let mut stay = COLUMNS.to_vec();
    for goes in (1..COLUMNS.len()).rev() {
        if stay.len() * COLUMN > room {
            stay.retain(|(_, place)| *place != goes);
        }
    }
    let spread = stay.len() * COLUMN + 2 + SPREAD_WIDTH as usize;
    (stay.into_iter().map(|(column, _)| column).collect(), spread <= room)
}

fn headings(columns: &[Column]) -> String {
    let heading = |column: &Column| match column {
        Column::Answered => "n".to_owned(),
        Column::Loss => "loss %".to_owned(),
        Column::Least => "min".to_owned(),
        Column::Of(statistic) => statistic.to_string(),
        Column::Most => "max".to_owned(),
        Column::Jitter => "jitter".to_owned(),
    };
    columns.iter().map(|column| format!("{:>COLUMN$}", heading(column))).collect::<Vec<_>>().concat()
}

/// The figures of the answered calls; what there are too few calls for is `-`.
fn row(figures: &Figures, columns: &[Column]) -> String {
    let times = &figures.phases.total.ns;
    let time = |ns: Option<u64>| ns.map_or_else(|| "-".to_owned(), |ns| figure::in_units(ns, 1_000_000));
    let cell = |column: &Column| match column {
        Column::Answered => figures.answered.to_string(),
        Column::Loss => loss(figures),
        Column::Least => time(times.min()),
        Column::Of(statistic) => time(statistic.of(times)),
        Column::Most => time(times.max()),
        Column::Jitter => time(figures.jitter.mean()),
    };
    columns.iter().map(|column| format!("{:>COLUMN$}", cell(column))).collect::<Vec<_>>().concat()
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

/// What stands beneath the line of an edge.
fn notes(measurement: &Measurement, detail: Detail) -> Vec<String> {
    let figures = &measurement.warm;
    let mut notes = Vec::new();
    if detail == Detail::Whole {
        notes.extend(figure::phases(figures));
        let mut sides = vec![format!("{} connections", measurement.connection)];
        sides.extend(figure::lateness(figures));
        sides.extend(figure::cold(&measurement.cold));
        notes.push(sides.join("; "));
        notes.extend((figures.lost_in_all() > 0).then(|| figure::loss(figures)));
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
        let (all, _) = fitting(usize::MAX);
        assert_eq!(
            headings(&all),
            "      n loss %    min   mean    p50    p90    p95    p99  p99.9    max jitter"
        );
        assert_eq!(
            row(&figures, &all),
            "      6   14.3  0.412    229   1.20      -      -      -      -   1235      -"
        );
        assert_eq!(row(&Figures::default(), &all).matches('-').count(), 10);
    }

    #[test]
    fn a_narrow_page_keeps_what_people_ask_for_first() {
        for (room, headings_left, spread) in [
            (200, "      n loss %    min   mean    p50    p90    p95    p99  p99.9    max jitter", true),
            (76, "      n loss %    min   mean    p50    p90    p95    p99  p99.9    max", false),
            (56, "      n loss %    min   mean    p50    p90    p99    max", false),
            (42, "      n loss %    p50    p90    p99    max", false),
            (3, "      n loss %    p50    p99    max", false),
        ] {
            let (columns, has_spread) = fitting(room);
            assert_eq!((headings(&columns).as_str(), has_spread), (headings_left, spread), "{room}");
        }
    }
}
