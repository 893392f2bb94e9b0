//! What the measurement of one edge saw, over all of its orders. It must not know what is fast enough.

use ringfence_contract::measure::{Block, Connection, Figures, Measured, Silence};
use ringfence_contract::sample::Sample;
use serde::{Deserialize, Serialize};

use super::observe::Unasked;
use crate::scenario::Sampling;

/// What the measurement of one edge saw, as much as was heard of it.
///
/// Two measurements of one edge, of two runs as well, add up by their figures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Measurement {
    /// What became of a connection after its first call.
    pub connection: Connection,
    /// From one intended start to the next, in microseconds.
    pub interval_us: u32,
    /// How many samples were wanted; with [`Figures::intended`] of the warm ones it shows what was not heard of.
    pub samples: u32,
    /// How many orders were heard of to their end.
    pub orders: u32,
    /// When the first call was intended to start, by the vantage's clock, in milliseconds since the Unix epoch.
    pub began_ms: Option<u64>,
    /// What the cold calls saw, with which every order begins.
    pub cold: Figures,
    /// What the calls after them saw.
    pub warm: Figures,
    /// How many connections were opened, successfully or not; for UDP, sockets.
    pub connections: u32,
    /// The first call that was answered, whole: whom it reached, and how.
    pub first: Option<Box<Sample>>,
    /// The first [`Measured::FAILED_MAX`] calls that were not, whole, as evidence.
    pub failed: Vec<Sample>,
    /// The calls at the end that were all lost, over all orders; none where the last call that ended was answered.
    pub silence: Option<Silence>,
    /// The calls after the cold ones once more, block by block, in their order.
    pub blocks: Vec<Block>,
    /// The blocks of each measurement that was made after this one, later in the run, since it looked slower than in an
    /// older run.
    pub again: Vec<Vec<Block>>,
    /// Why it ended before all of its orders were heard of, where it did.
    pub stopped: Option<Unasked>,
}

impl Measurement {
    pub(super) fn begin(sampling: &Sampling) -> Self {
        Self {
            connection: sampling.connection,
            interval_us: sampling.interval_us,
            samples: sampling.samples,
            orders: 0,
            began_ms: None,
            cold: Figures::default(),
            warm: Figures::default(),
            connections: 0,
            first: None,
            failed: Vec::new(),
            silence: None,
            blocks: Vec::new(),
            again: Vec::new(),
            stopped: None,
        }
    }

    /// The blocks of each time that the edge was measured.
    pub(crate) fn rounds(&self) -> impl Iterator<Item = &[Block]> {
        std::iter::once(&self.blocks).chain(&self.again).map(Vec::as_slice)
    }

    /// Adds what was seen when the edge was measured again. If that ended early, it says nothing.
    pub(super) fn add_again(&mut self, again: Self) {
        self.again.push(if again.stopped.is_none() { again.blocks } else { Vec::new() });
    }

    /// Adds what one order saw.
    pub(super) fn add(&mut self, measured: Measured) {
        self.orders += 1;
        self.began_ms = self.began_ms.or(Some(measured.began_ms));
        self.cold.add(&measured.cold);
        self.warm.add(&measured.warm);
        self.connections = self.connections.saturating_add(measured.connections);
        self.first = self.first.take().or(measured.first);
        self.failed.extend(measured.failed);
        self.failed.truncate(Measured::FAILED_MAX);
        let is_answered = measured.cold.answered + measured.warm.answered > 0;
        self.silence = match (self.silence, measured.silence) {
            // Nothing was answered in between: it is one silence.
            (Some(before), Some(now)) if !is_answered => {
                Some(Silence { calls: before.calls.saturating_add(now.calls), ..before })
            }
            (before, None) if !is_answered => before,
            (_, now) => now,
        };
        self.blocks.extend(measured.blocks);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use ringfence_contract::id::CallId;
    use ringfence_contract::sample::Clock;

    use super::*;
    use crate::scenario::Statistic;

    fn order(times: &[u64]) -> Measured {
        let intended = u32::try_from(times.len()).expect("a few");
        let mut warm = Figures { intended, placed: intended, answered: intended, ..Figures::default() };
        for ns in times {
            warm.phases.total.record(*ns, Clock::Program);
        }
        Measured {
            call: CallId::random(),
            began_ms: 1,
            cold: Figures::default(),
            warm,
            connections: intended,
            first: None,
            failed: Vec::new(),
            silence: None,
            blocks: Vec::new(),
        }
    }

    proptest! {
        #[test]
        fn orders_add_up_to_the_percentiles_of_all_their_samples(
            times in prop::collection::vec(1_000_u64..10_000_000_000, 1..400),
            size in 1_usize..100,
        ) {
            let mut whole = Measurement::begin(&Sampling::default());
            for part in times.chunks(size) {
                whole.add(order(part));
            }
            // As it travels: nothing may get lost on the way into a report and back.
            let text = serde_json::to_string(&whole).expect("plain values");
            let whole: Measurement = serde_json::from_str(&text).expect("a measurement");
            let (mut sorted, ns) = (times.clone(), &whole.warm.phases.total.ns);
            sorted.sort_unstable();
            prop_assert_eq!(whole.warm.answered as usize, times.len());
            for part in [50_000_u32, 90_000, 95_000, 99_000, 99_900] {
                let statistic = Statistic::Percentile(part);
                let exact = sorted[(sorted.len() * part as usize).div_ceil(100_000) - 1];
                match statistic.of(ns) {
                    Some(told) => prop_assert!(told >= exact && told - exact <= exact / 10_000, "{told} for {exact}"),
                    None => prop_assert!(times.len() < statistic.samples_needed() as usize),
                }
            }
        }
    }
}
