//! The run keys an agent holds: a few, each for a while.
//!
//! This file must not know how a key came or what it seals.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use ringfence_contract::id::RunId;
use ringfence_contract::order::Run;
use ringfence_contract::seal::RunKey;

/// How long a run's key is held after its last order: the longest run, many times over.
pub const RUN_LIFE: Duration = Duration::from_secs(60 * 60);

/// The most runs held at once. Beyond it, the one whose last order is the longest ago goes.
pub const RUNS_HELD: usize = 64;

/// The run keys an agent holds.
#[derive(Debug, Default)]
pub struct Runs {
    held: HashMap<RunId, Held>,
}

/// What became of a run that was to be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hold {
    /// It is held.
    Held,
    /// It is held, and another run, whose life was not over, had to go.
    HeldForAnother,
    /// It is held with another key, which stays.
    OtherKey,
}

/// A moment in an agent's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// By the clock.
    pub at: Instant,
    /// By the number of the newest receipt; 0 before the first, and where that is not known.
    pub receipt: u64,
}

#[derive(Debug)]
struct Held {
    key: RunKey,
    announced: Moment,
    ordered: Instant,
}

impl Runs {
    /// Holds a run's key from now on. A run that is already held keeps its first key: whoever knows a run's name
    /// must not be able to change what seals it.
    pub fn hold(&mut self, run: &Run, moment: Moment) -> Hold {
        let now = moment.at;
        self.held.retain(|_, held| now.saturating_duration_since(held.ordered) < RUN_LIFE);
        if let Some(held) = self.held.get_mut(&run.id) {
            held.ordered = now;
            return if held.key == run.key { Hold::Held } else { Hold::OtherKey };
        }
        let full = self.held.len() >= RUNS_HELD;
        if full && let Some(oldest) = self.held.iter().min_by_key(|(_, held)| held.ordered).map(|(id, _)| *id)
        {
            self.held.remove(&oldest);
        }
        self.held.insert(run.id, Held { key: run.key.clone(), announced: moment, ordered: now });
        if full { Hold::HeldForAnother } else { Hold::Held }
    }

    /// The key of a run, while it is held.
    #[must_use]
    pub fn key(&self, run: RunId, now: Instant) -> Option<&RunKey> {
        let held = self.held.get(&run)?;
        (now.saturating_duration_since(held.ordered) < RUN_LIFE).then_some(&held.key)
    }

    /// When a run was first announced, while it is held.
    #[must_use]
    pub fn announced(&self, run: RunId) -> Option<Moment> {
        self.held.get(&run).map(|held| held.announced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(at: Instant) -> Moment {
        Moment { at, receipt: 7 }
    }

    fn run() -> Run {
        Run { id: RunId::random(), key: RunKey::random() }
    }

    #[test]
    fn a_run_is_held_for_its_life_after_its_last_order() {
        let (mut runs, run, start) = (Runs::default(), run(), Instant::now());
        assert_eq!(runs.hold(&run, moment(start)), Hold::Held);
        let later = start + RUN_LIFE / 2;
        assert_eq!(runs.hold(&run, moment(later)), Hold::Held);
        assert_eq!(runs.key(run.id, later + RUN_LIFE / 2), Some(&run.key));
        assert_eq!(runs.key(run.id, later + RUN_LIFE), None);
    }

    #[test]
    fn a_run_counts_from_when_it_was_first_announced() {
        let (mut runs, first, second, start) = (Runs::default(), run(), run(), Instant::now());
        assert_eq!(runs.announced(first.id), None);
        let later = start + RUN_LIFE / 2;
        for (run, at) in [(&first, start), (&second, later), (&first, later)] {
            assert_eq!(runs.hold(run, moment(at)), Hold::Held);
        }
        let announced = [first.id, second.id].map(|run| runs.announced(run));
        assert_eq!(announced, [start, later].map(|at| Some(moment(at))));
    }

    #[test]
    fn a_held_run_s_key_is_never_replaced() {
        let (mut runs, run, now) = (Runs::default(), run(), Instant::now());
        assert_eq!(runs.hold(&run, moment(now)), Hold::Held);
        assert_eq!(runs.hold(&Run { id: run.id, key: RunKey::random() }, moment(now)), Hold::OtherKey);
        assert_eq!(runs.key(run.id, now), Some(&run.key));
    }

    #[test]
    fn one_run_too_many_drops_the_one_ordered_longest_ago() {
        let (mut runs, start) = (Runs::default(), Instant::now());
        let all: Vec<Run> = (0..=RUNS_HELD).map(|_| run()).collect();
        for (at, run) in (0..).zip(&all) {
            let hold = runs.hold(run, moment(start + Duration::from_secs(at)));
            assert_eq!(hold == Hold::HeldForAnother, at == 64, "run {at}");
        }
        let now = start + Duration::from_secs(100);
        let held: Vec<bool> = all.iter().map(|run| runs.key(run.id, now).is_some()).collect();
        assert!(!held[0] && held[1..].iter().all(|held| *held));
    }
}
