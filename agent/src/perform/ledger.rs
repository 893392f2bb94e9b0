//! What the calls of a measurement came to, written down one by one and added up.
//!
//! This file must not know how calls are placed or paced.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ringfence_contract::measure::{Figures, Measure, Measured, PhaseTimes};
use ringfence_contract::outcome::{Outcome, OutcomeKind};
use ringfence_contract::sample::Clock;

use crate::call::{Seen, Timed};

/// The figures of one measurement as they grow.
#[derive(Debug)]
pub(super) struct Ledger {
    measured: Measured,
    /// How many calls are cold.
    cold: u32,
    expects_agent: bool,
    /// The number of the earliest answered call so far: calls overlap, and later ones may end before it.
    earliest: Option<u32>,
    /// The first-byte time of each answered call, by its number.
    first_bytes: Vec<Option<u64>>,
}

impl Ledger {
    /// The ledger of a measurement that has not begun.
    pub(super) fn open(measure: &Measure) -> Self {
        let of = |intended| Figures { intended, ..Figures::default() };
        let measured = Measured {
            call: measure.call.id,
            began_ms: now_ms(),
            cold: of(measure.cold),
            warm: of(measure.samples),
            connections: 0,
            first: None,
            failed: Vec::new(),
        };
        let first_bytes = vec![None; measure.calls() as usize];
        let expects_agent = measure.call.expects.is_some();
        Self { measured, cold: measure.cold, expects_agent, earliest: None, first_bytes }
    }

    /// The first call is intended to start now.
    pub(super) fn begin(&mut self) {
        self.measured.began_ms = now_ms();
    }

    /// Call `number`, counted from 0, has started this late.
    pub(super) fn start(&mut self, number: u32, lag: Duration) {
        let figures = self.figures(number);
        figures.placed += 1;
        figures.lag.record(nanos(lag));
    }

    /// Call `number` has ended, `total` after its intended start.
    pub(super) fn end(&mut self, number: u32, seen: Seen, total: Duration) {
        let Seen { sample, took, is_opened } = seen;
        self.measured.connections += u32::from(is_opened);
        if !self.is_answer(&sample.outcome) {
            *self.figures(number).lost.entry(sample.outcome.kind()).or_default() += 1;
            if self.measured.failed.len() < Measured::FAILED_MAX {
                self.measured.failed.push(sample);
            }
            return;
        }
        if let Some(place) = self.first_bytes.get_mut(number as usize) {
            *place = took.first_byte.map(|timed| nanos(timed.took));
        }
        let figures = self.figures(number);
        figures.answered += 1;
        let PhaseTimes { resolve, connect, tls, first_byte, transfer, total: totals } = &mut figures.phases;
        let ended = Some(Timed { took: total, clock: Clock::Program });
        for (times, timed) in [
            (resolve, took.resolve),
            (connect, took.connect),
            (tls, took.tls),
            (first_byte, took.first_byte),
            (transfer, took.transfer),
            (totals, ended),
        ] {
            if let Some(timed) = timed {
                times.record(nanos(timed.took), timed.clock);
            }
        }
        if self.earliest.is_none_or(|earliest| number < earliest) {
            self.earliest = Some(number);
            self.measured.first = Some(Box::new(sample));
        }
    }

    /// The figures as they stand. Calls that have not ended, or whose turn did not come, were not sent.
    pub(super) fn close(&self) -> Measured {
        let mut measured = self.measured.clone();
        let (before, after) = self.first_bytes.split_at(self.cold as usize);
        for (figures, first_bytes) in [(&mut measured.cold, before), (&mut measured.warm, after)] {
            let neighbours = first_bytes.iter().zip(first_bytes.iter().skip(1));
            let differences = neighbours.filter_map(|(one, next)| Some((*one)?.abs_diff((*next)?)));
            differences.for_each(|difference| figures.jitter.record(difference));
            let ended = figures.answered + figures.lost.values().sum::<u32>();
            let unsent = figures.intended.saturating_sub(ended);
            if unsent > 0 {
                *figures.lost.entry(OutcomeKind::NotSent).or_default() += unsent;
            }
        }
        measured
    }

    /// Whether a call to this endpoint has an answer: the expected agent's, or any whole one where none is expected.
    fn is_answer(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Answered(_) => true,
            Outcome::Misanswered(_) => !self.expects_agent,
            Outcome::Unsealed(unsealed) => !self.expects_agent && unsealed.status.is_some(),
            _ => false,
        }
    }

    fn figures(&mut self, number: u32) -> &mut Figures {
        if number < self.cold { &mut self.measured.cold } else { &mut self.measured.warm }
    }
}

fn now_ms() -> u64 {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use ringfence_contract::call::{Call, Destination};
    use ringfence_contract::id::CallId;
    use ringfence_contract::measure::Connection;
    use ringfence_contract::outcome::Phase;
    use ringfence_contract::sample::{Phases, Sample};

    use super::*;
    use crate::call::Took;

    fn measure(cold: u32, samples: u32) -> Measure {
        let to = Destination::OwnListener("tcp://10.0.0.1:1".parse().expect("an address"));
        let call = Call::new(to, ringfence_contract::address::Family::Ipv4);
        let fingerprints = Vec::new();
        Measure { call, connection: Connection::New, interval_us: 1_000, cold, samples, fingerprints }
    }

    fn seen(first_byte: Option<Duration>) -> Seen {
        let unsealed = ringfence_contract::outcome::Unsealed {
            status: Some(200),
            server: None,
            location: None,
            body: String::new(),
            flaw: None,
            told: None,
        };
        let outcome = match first_byte {
            Some(_) => Outcome::Unsealed(unsealed),
            None => Outcome::TimedOut(Phase::FirstByte),
        };
        let sample = Sample {
            call: CallId::random(),
            started_ms: 1,
            outcome,
            phases: Phases::default(),
            remote: None,
            local: None,
            resolution: None,
            tls: None,
            status: None,
            again: None,
            limit: None,
        };
        let first_byte = first_byte.map(|took| Timed { took, clock: Clock::Kernel });
        Seen { sample, took: Took { first_byte, ..Took::default() }, is_opened: true }
    }

    /// What a generator of Lehmer's makes of a seed: any spread of latencies will do.
    fn latencies(count: usize) -> Vec<u64> {
        let next = |seed: &u64| Some(seed * 48_271 % 0x7fff_ffff);
        std::iter::successors(Some(7), next).take(count).map(|ns| 10_000 + ns % 40_000_000).collect()
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_samples_to_three_digits() {
        let mut ledger = Ledger::open(&measure(10, 5_000));
        let mut all = latencies(5_010);
        for (number, ns) in (0..).zip(&all) {
            ledger.start(number, Duration::ZERO);
            ledger.end(number, seen(Some(Duration::from_nanos(*ns))), Duration::from_nanos(ns + 5));
        }
        let told = ledger.close();
        let warm = &mut all[10..];
        let pairs: Vec<u64> = warm.windows(2).map(|pair| pair[0].abs_diff(pair[1])).collect();
        let exact_jitter = pairs.iter().sum::<u64>() / pairs.len() as u64;
        assert!(told.warm.jitter.mean().expect("some").abs_diff(exact_jitter) <= exact_jitter / 10_000);
        warm.sort_unstable();
        for part in [50_000_u32, 90_000, 95_000, 99_000, 99_900, 100_000] {
            let exact = warm[(5_000 * part as usize).div_ceil(100_000) - 1];
            let said = told.warm.phases.first_byte.ns.at(part).expect("some");
            assert!(said >= exact && said - exact <= exact / 10_000, "{part}: {said} for {exact}");
        }
        assert_eq!(told.warm.phases.first_byte.clock(), Some(Clock::Kernel));
        assert_eq!((told.cold.answered, told.warm.answered, told.connections), (10, 5_000, 5_010));
    }

    #[test]
    fn all_that_were_intended_are_answered_or_lost_and_only_neighbours_jitter() {
        let mut ledger = Ledger::open(&measure(2, 8));
        // Of the ten, the second and the sixth time out, and the last two never have their turn. They end in any order.
        for number in [1, 0, 3, 2, 5, 4, 7, 6] {
            let took = (!matches!(number, 1 | 5)).then(|| Duration::from_micros(100 + u64::from(number)));
            ledger.start(number, Duration::ZERO);
            ledger.end(number, seen(took), Duration::from_millis(1));
        }
        let told = ledger.close();
        assert_eq!((told.cold.intended, told.cold.placed, told.cold.answered), (2, 2, 1));
        assert_eq!((told.warm.intended, told.warm.placed, told.warm.answered), (8, 6, 5));
        let lost: Vec<_> = told.warm.lost.into_iter().collect();
        assert_eq!(lost, [(OutcomeKind::TimedOut, 1), (OutcomeKind::NotSent, 2)]);
        // 2-3, 3-4 and 6-7; nothing across the fifth, and nothing between cold and warm.
        assert_eq!(told.warm.jitter.count(), 3);
        assert_eq!((told.cold.jitter.count(), told.failed.len()), (0, 2));
    }

    #[test]
    fn the_first_answered_call_is_the_earliest_in_whatever_order_they_end() {
        let mut ledger = Ledger::open(&measure(0, 4));
        let calls: Vec<_> = [2, 0, 1, 3]
            .into_iter()
            .map(|number| {
                let seen = seen((number > 0).then_some(Duration::from_micros(100)));
                let call = seen.sample.call;
                ledger.end(number, seen, Duration::from_millis(1));
                call
            })
            .collect();
        let first = ledger.close().first.expect("an answered call");
        assert_eq!(first.call, calls[2], "call 0 was not answered, call 1 was");
    }
}
