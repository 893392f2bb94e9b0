//! What the calls of a measurement came to, written down one by one and added up.
//!
//! This file must not know how calls are placed or paced.

use std::time::Duration;

use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::{Block, Figures, Measure, Measured, PhaseTimes, Silence, Statuses};
use ringfence_contract::outcome::{Outcome, OutcomeKind};
use ringfence_contract::sample::Clock;
use ringfence_contract::wall_clock::now_ms;

use crate::call::{Seen, Timed};

/// The figures of one measurement as they grow.
#[derive(Debug)]
pub(super) struct Ledger {
    measured: Measured,
    /// How many calls are cold.
    cold: u32,
    expects_agent: bool,
    statuses: Statuses,
    /// The number of the earliest answered call so far: calls overlap, and later ones may end before it.
    earliest: Option<u32>,
    /// The first-byte time of each answered call, by its number.
    first_bytes: Vec<Option<u64>>,
    /// What became of each call, by its number; none of those that have not ended.
    fates: Vec<Option<Fate>>,
    interval_us: u32,
    /// How many calls one block has.
    block: u32,
    blocks: Vec<Tally>,
}

/// What became of a call that was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Answered,
    Lost,
}

/// What is added up over one block.
#[derive(Debug, Clone, Default)]
struct Tally {
    way: Histogram,
    woken: u64,
    late_ns: u64,
    looks: u64,
    crowd: u64,
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
            silence: None,
            blocks: Vec::new(),
        };
        let calls = measure.calls() as usize;
        let block = block_of(measure);
        Self {
            measured,
            cold: measure.cold,
            expects_agent: measure.call.expects.is_some(),
            statuses: measure.statuses.clone(),
            earliest: None,
            first_bytes: vec![None; calls],
            fates: vec![None; calls],
            interval_us: measure.interval_us,
            block,
            blocks: vec![Tally::default(); measure.samples.div_ceil(block) as usize],
        }
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

    /// The caller's clock rang this late for call `number`, and so many other threads wanted a processor, in thousandths of
    /// one for each.
    pub(super) fn wake(&mut self, number: u32, late: Duration, crowd: Option<u32>) {
        let Some(tally) = self.tally(number) else { return };
        tally.woken += 1;
        tally.late_ns = tally.late_ns.saturating_add(nanos(late));
        if let Some(crowd) = crowd {
            tally.looks += 1;
            tally.crowd += u64::from(crowd);
        }
    }

    /// Call `number` has ended, `total` after its intended start.
    pub(super) fn end(&mut self, number: u32, seen: Seen, total: Duration, waited: Duration) {
        let Seen { sample, took, is_opened } = seen;
        self.measured.connections += u32::from(is_opened);
        let is_answer = self.is_answer(&sample.outcome);
        if let Some(fate) = self.fates.get_mut(number as usize) {
            *fate = match sample.outcome {
                _ if is_answer => Some(Fate::Answered),
                Outcome::NotSent(_) => None,
                _ => Some(Fate::Lost),
            };
        }
        if !is_answer {
            *self.figures(number).lost.entry(sample.outcome.kind()).or_default() += 1;
            if self.measured.failed.len() < Measured::FAILED_MAX {
                self.measured.failed.push(sample);
            }
            return;
        }
        if let Some(place) = self.first_bytes.get_mut(number as usize) {
            *place = took.first_byte.map(|timed| nanos(timed.took));
        }
        let phases = [took.resolve, took.connect, took.tls, took.first_byte, took.transfer];
        let way = phases.into_iter().flatten().fold(waited, |way, phase| way.saturating_add(phase.took));
        if let Some(tally) = self.tally(number) {
            tally.way.record(rounded(nanos(way)));
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
        measured.silence = self.silence();
        measured.blocks = self.blocks.iter().map(Tally::close).collect();
        measured
    }

    fn silence(&self) -> Option<Silence> {
        let ended = self.fates.iter().enumerate().filter_map(|(number, fate)| Some((number, (*fate)?)));
        let at_end: Vec<usize> =
            ended.rev().take_while(|(_, fate)| *fate == Fate::Lost).map(|(number, _)| number).collect();
        let after_ms = *at_end.last()? as u64 * u64::from(self.interval_us) / 1_000;
        let calls = u32::try_from(at_end.len()).unwrap_or(u32::MAX);
        Some(Silence { from_ms: self.measured.began_ms.saturating_add(after_ms), calls })
    }

    /// The tally that call `number` belongs to; the cold ones belong to none.
    fn tally(&mut self, number: u32) -> Option<&mut Tally> {
        let sample = number.checked_sub(self.cold)?;
        self.blocks.get_mut((sample / self.block) as usize)
    }

    /// Whether a call to this endpoint has an answer: the expected agent's, or any whole one where none is expected.
    fn is_answer(&self, outcome: &Outcome) -> bool {
        match outcome {
            Outcome::Answered(_) => true,
            Outcome::Misanswered(_) => !self.expects_agent,
            Outcome::Unsealed(unsealed) => {
                let counts = |status| self.statuses.contains(status);
                !self.expects_agent && unsealed.status.is_some_and(counts)
            }
            _ => false,
        }
    }

    fn figures(&mut self, number: u32) -> &mut Figures {
        if number < self.cold { &mut self.measured.cold } else { &mut self.measured.warm }
    }
}

impl Tally {
    fn close(&self) -> Block {
        let crowd = self.crowd.checked_div(self.looks);
        Block {
            way: self.way.clone(),
            late_ns: self.late_ns.checked_div(self.woken).unwrap_or_default(),
            crowd: crowd.map(|crowd| u32::try_from(crowd).unwrap_or(u32::MAX)),
        }
    }
}

/// How many calls a block has: as many as are intended to start in [`Measured::BLOCK_MIN_MS`], or more where there would be
/// too many blocks.
fn block_of(measure: &Measure) -> u32 {
    let short = (Measured::BLOCK_MIN_MS * 1_000).div_ceil(measure.interval_us.max(1));
    short.max(measure.samples.div_ceil(Measured::BLOCKS_MAX)).max(1)
}

/// A time to its eight highest bits, 1/256 of it or better: enough for a comparison, and small on the wire.
fn rounded(ns: u64) -> u64 {
    let bits = u64::BITS - ns.leading_zeros();
    ns >> bits.saturating_sub(8) << bits.saturating_sub(8)
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
        let (fingerprints, statuses) = (Vec::new(), Statuses::default());
        Measure {
            call,
            connection: Connection::New,
            interval_us: 1_000,
            cold,
            samples,
            fingerprints,
            statuses,
        }
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
            ledger.end(
                number,
                seen(Some(Duration::from_nanos(*ns))),
                Duration::from_nanos(ns + 5),
                Duration::ZERO,
            );
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
            ledger.end(number, seen(took), Duration::from_millis(1), Duration::ZERO);
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
                ledger.end(number, seen, Duration::from_millis(1), Duration::ZERO);
                call
            })
            .collect();
        let first = ledger.close().first.expect("an answered call");
        assert_eq!(first.call, calls[2], "call 0 was not answered, call 1 was");
    }

    #[test]
    fn a_silence_is_what_was_lost_at_the_end_and_says_from_when_on() {
        let told = |fates: &[Option<bool>]| {
            let mut ledger = Ledger::open(&measure(2, u32::try_from(fates.len()).expect("a few") - 2));
            ledger.measured.began_ms = 1_000;
            let ended = (0..).zip(fates).filter_map(|(number, fate)| Some((number, (*fate)?)));
            for (number, is_answered) in ended {
                let took = is_answered.then_some(Duration::from_micros(100));
                ledger.end(number, seen(took), Duration::from_millis(1), Duration::ZERO);
            }
            ledger.close().silence.map(|silence| (silence.from_ms, silence.calls))
        };
        let (yes, no, open) = (Some(true), Some(false), None);
        assert_eq!(told(&[yes, yes, no, yes]), None);
        assert_eq!(told(&[yes, yes, yes, no, no]), Some((1_003, 2)));
        assert_eq!(told(&[no, no, no]), Some((1_000, 3)), "from the first call on");
        assert_eq!(told(&[yes, no, yes, no, open]), Some((1_003, 1)), "what has not ended is not lost");
        assert_eq!(told(&[yes, yes, open, open]), None);
    }

    #[test]
    fn blocks_hold_the_answered_calls_without_what_the_caller_was_late_by() {
        // 250 samples in 250 ms: three blocks.
        let mut ledger = Ledger::open(&measure(1, 250));
        for number in 0..251 {
            ledger.wake(number, Duration::from_micros(40), Some(if number < 101 { 500 } else { 0 }));
            let took = (number % 50 != 7).then(|| Duration::from_micros(300 + u64::from(number)));
            ledger.end(number, seen(took), Duration::from_millis(90), Duration::from_micros(20));
        }
        let blocks = ledger.close().blocks;
        assert_eq!(blocks.iter().map(|block| block.way.count()).collect::<Vec<_>>(), [98, 98, 49]);
        assert_eq!(blocks.iter().map(|block| block.crowd).collect::<Vec<_>>(), [Some(500), Some(0), Some(0)]);
        assert!(blocks.iter().all(|block| block.late_ns == 40_000));
        let lowest = blocks[0].way.min().expect("some");
        assert!((318_000..=321_000).contains(&lowest), "300 us and the wait of 20: {lowest}");
    }

    #[test]
    fn of_a_platform_only_those_statuses_are_answers_that_count() {
        for (statuses, status, answered) in [
            (Statuses::default(), 200, 1),
            (Statuses::AllBut(vec![429, 503]), 503, 0),
            (Statuses::AllBut(vec![429, 503]), 401, 1),
            (Statuses::Only(vec![302]), 302, 1),
            (Statuses::Only(vec![302]), 200, 0),
        ] {
            let mut ledger = Ledger::open(&Measure { statuses: statuses.clone(), ..measure(0, 1) });
            let mut seen = seen(Some(Duration::from_micros(100)));
            let Outcome::Unsealed(unsealed) = &mut seen.sample.outcome else { panic!("it is unsealed") };
            unsealed.status = Some(status);
            ledger.end(0, seen, Duration::from_millis(1), Duration::ZERO);
            assert_eq!(ledger.close().warm.answered, answered, "{statuses:?}: {status}");
        }
    }

    #[test]
    fn blocks_are_neither_too_short_nor_too_many() {
        for (interval_us, samples, block, blocks) in
            [(20_000, 100, 5, 20), (4_000, 500, 25, 20), (50, 90_000, 2_813, 32), (200_000, 20, 1, 20)]
        {
            let measure = Measure { interval_us, ..measure(3, samples) };
            assert_eq!(block_of(&measure), block);
            assert_eq!(Ledger::open(&measure).blocks.len(), blocks);
        }
    }
}
