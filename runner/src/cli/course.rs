//! Where a run stands, in words: how many edges are done, how many look wrong so far, and how long the rest may take.

use std::time::{Duration, Instant};

use indexmap::IndexMap;

use crate::dispatch::{FirstSight, Progress, Stage};
use crate::scenario::AgentIndex;

/// How far the edges of one vantage are.
#[derive(Debug, Clone, Copy, Default)]
struct Lane {
    all: usize,
    done: usize,
    odd: usize,
}

/// A stage under way.
#[derive(Debug, Clone, Copy)]
struct Under {
    stage: Stage,
    steps: usize,
    done: usize,
    since: Instant,
    /// When the last of what is done was.
    last: Instant,
}

/// Where a run stands.
pub(super) struct Course {
    began: Instant,
    lanes: IndexMap<AgentIndex, Lane>,
    /// When the last edge was done.
    last: Instant,
    under: Option<Under>,
}

impl Course {
    /// A run that begins, with the vantage of each of its edges.
    pub(super) fn new(edges: impl Iterator<Item = AgentIndex>, began: Instant) -> Self {
        let mut lanes: IndexMap<AgentIndex, Lane> = IndexMap::new();
        for vantage in edges {
            lanes.entry(vantage).or_default().all += 1;
        }
        Self { began, lanes, last: began, under: None }
    }

    /// The vantages, each with the number of its edges.
    pub(super) fn lanes(&self) -> Vec<(AgentIndex, usize)> {
        self.lanes.iter().map(|(vantage, lane)| (*vantage, lane.all)).collect()
    }

    /// Hears what has just happened.
    pub(super) fn hear(&mut self, progress: Progress, now: Instant) {
        match (progress, &mut self.under) {
            (Progress::Begins(stage, steps), under) => {
                *under = Some(Under { stage, steps, done: 0, since: now, last: now });
            }
            (Progress::Done(stage, steps), Some(under)) if under.stage == stage => {
                under.done += steps;
                under.last = now;
            }
            (Progress::Done(..), _) => {}
            (Progress::Edge(vantage, sight), _) => {
                self.last = now;
                let lane = self.lanes.entry(vantage).or_default();
                lane.done += 1;
                lane.odd += usize::from(sight == FirstSight::Otherwise);
            }
        }
    }

    /// How many edges of a vantage are done, and what is to be said of them.
    pub(super) fn lane(&self, vantage: AgentIndex) -> Option<(usize, String)> {
        let lane = self.lanes.get(&vantage)?;
        let odd = if lane.odd > 0 { format!("  {} not as expected", lane.odd) } else { String::new() };
        Some((lane.done, odd))
    }

    /// The run in a line: `trying the edges: 3 of 14, 1 not as expected so far; 4 s, about 6 s left`.
    pub(super) fn head(&self, now: Instant) -> String {
        let sum = |of: fn(&Lane) -> usize| self.lanes.values().map(of).sum::<usize>();
        let (all, done, odd) = (sum(|lane| lane.all), sum(|lane| lane.done), sum(|lane| lane.odd));
        let passed = now.saturating_duration_since(self.began);
        let (what, left) = match self.under {
            None => ("beginning".to_owned(), None),
            Some(under) if is_about_edges(under.stage) => (
                format!("{}: {done} of {all} edges done", words(under.stage)),
                left((self.began, self.last, now), done, all),
            ),
            Some(under) => {
                let (done, steps) = (under.done.min(under.steps), under.steps);
                (
                    format!("{}: {done} of {steps}", words(under.stage)),
                    left((under.since, under.last, now), done, steps),
                )
            }
        };
        let odd = if odd > 0 { format!(", {odd} not as expected so far") } else { String::new() };
        let left = left.map_or_else(String::new, |left| format!(", about {} left", clock(left)));
        format!("{what}{odd}; {}{left}", clock(passed))
    }
}

/// Stages in which edges come to their end: witnesses and edges overlap.
fn is_about_edges(stage: Stage) -> bool {
    matches!(stage, Stage::WitnessesBefore | Stage::Reach | Stage::WitnessesAfter)
}

fn words(stage: Stage) -> &'static str {
    match stage {
        Stage::Hello => "asking the agents who they are",
        Stage::WitnessesBefore => "placing the witness calls",
        Stage::Reach => "trying the edges",
        Stage::WitnessesAfter => "placing the witness calls again",
        Stage::Receipts => "asking the targets what reached them",
        Stage::Latency => "measuring",
        Stage::Throughput => "counting bytes",
    }
}

/// How long the rest takes if it goes on as it did until the last of what is done; unknown before anything is done, and once
/// that time is over.
fn left((began, last, now): (Instant, Instant, Instant), done: usize, all: usize) -> Option<Duration> {
    let (done, rest) = (u32::try_from(done).ok()?, u32::try_from(all.checked_sub(done)?).ok()?);
    let whole = last.saturating_duration_since(began).saturating_mul(rest).checked_div(done)?;
    whole.checked_sub(now.saturating_duration_since(last)).filter(|left| *left >= Duration::from_secs(1))
}

/// Whole seconds; minutes where there are some.
fn clock(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VM: AgentIndex = AgentIndex(0);
    const APP: AgentIndex = AgentIndex(1);

    #[test]
    fn edges_are_counted_by_vantage_with_what_looks_wrong_and_the_time_that_is_left() {
        let began = Instant::now();
        let at = |seconds| began + Duration::from_secs(seconds);
        let mut course = Course::new([VM, VM, APP, APP].into_iter(), began);
        assert_eq!(course.lanes(), [(VM, 2), (APP, 2)]);
        assert_eq!(course.head(at(1)), "beginning; 1 s");
        course.hear(Progress::Begins(Stage::Hello, 2), at(1));
        course.hear(Progress::Done(Stage::Hello, 1), at(2));
        assert_eq!(course.head(at(2)), "asking the agents who they are: 1 of 2; 2 s, about 1 s left");
        assert_eq!(course.head(at(3)), "asking the agents who they are: 1 of 2; 3 s", "that time is over");
        course.hear(Progress::Begins(Stage::WitnessesBefore, 40), at(3));
        course.hear(Progress::Begins(Stage::Reach, 40), at(3));
        course.hear(Progress::Done(Stage::Reach, 12), at(3));
        assert_eq!(course.head(at(3)), "trying the edges: 0 of 4 edges done; 3 s", "calls are no edges");
        assert_eq!(course.head(at(9)), "trying the edges: 0 of 4 edges done; 9 s", "the clock goes on");
        course.hear(Progress::Edge(VM, FirstSight::AsExpected), at(10));
        course.hear(Progress::Edge(APP, FirstSight::Otherwise), at(100));
        let head = "trying the edges: 2 of 4 edges done, 1 not as expected so far; 1 min 40 s, about 1 min 40 s left";
        assert_eq!(course.head(at(100)), head);
        assert_eq!(
            course.head(at(130)),
            head.replacen("1 min 40 s", "2 min 10 s", 1).replace("1 min 40 s left", "1 min 10 s left")
        );
        assert_eq!(course.lane(VM), Some((1, String::new())));
        assert_eq!(course.lane(APP), Some((1, "  1 not as expected".to_owned())));
        course.hear(Progress::Begins(Stage::Latency, 3), at(101));
        course.hear(Progress::Done(Stage::Latency, 3), at(102));
        assert_eq!(course.head(at(102)), "measuring: 3 of 3, 1 not as expected so far; 1 min 42 s");
    }
}
