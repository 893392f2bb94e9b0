//! One direction of a link: when each packet is due at the other end, if ever. It is told the time, and knows no devices.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::conditions::{Conditions, Row};
use super::packet::{Flow, Packet};

/// One direction.
#[derive(Debug)]
pub(crate) struct Lane {
    rows: Vec<(Row, State)>,
    chance: Chance,
}

/// What a row remembers of the packets before.
#[derive(Debug, Default)]
struct State {
    /// When the last packet is due.
    last: Option<Instant>,
    /// When the wire is free again, if its rate is limited.
    free: Option<Instant>,
    /// How many packets of each flow were lost for being the first.
    begun: HashMap<Flow, u32>,
}

impl Lane {
    pub(crate) fn new(rows: &[Row], seed: u64) -> Self {
        let rows = rows.iter().map(|row| (*row, State::default())).collect();
        Self { rows, chance: Chance(seed) }
    }

    /// When a packet that came at `now` is due at the other end; never, if it is lost.
    pub(crate) fn due(&mut self, packet: &Packet, length: usize, now: Instant) -> Option<Instant> {
        let Some((row, state)) = self.rows.iter_mut().find(|(row, _)| packet.is(&row.which)) else {
            return Some(now);
        };
        let conditions = &row.conditions;
        if conditions.largest.is_some_and(|largest| length > largest)
            || state.is_first(packet.flow, conditions.lost_first)
            || (conditions.loss > 0.0 && self.chance.share() < conditions.loss)
        {
            return None;
        }
        let jitter = match conditions.jitter {
            Duration::ZERO => Duration::ZERO,
            jitter => jitter.mul_f64(self.chance.share()),
        };
        let due = state.sent(conditions, length, now) + conditions.delay + jitter;
        let due = state.last.map_or(due, |last| last.max(due));
        state.last = Some(due);
        Some(due)
    }
}

impl State {
    /// Whether a packet is one of the first `lost` of its flow.
    fn is_first(&mut self, flow: Flow, lost: u32) -> bool {
        if lost == 0 {
            return false;
        }
        let begun = self.begun.entry(flow).or_default();
        *begun = begun.saturating_add(1);
        *begun <= lost
    }

    /// When the last bit of a packet is on the wire.
    fn sent(&mut self, conditions: &Conditions, length: usize, now: Instant) -> Instant {
        let Some(bits_per_second) = conditions.bits_per_second else { return now };
        let bits = u64::try_from(length).unwrap_or(u64::MAX).saturating_mul(8);
        let takes = Duration::from_nanos(bits.saturating_mul(1_000_000_000) / bits_per_second.max(1));
        let sent = self.free.map_or(now, |free| free.max(now)) + takes;
        self.free = Some(sent);
        sent
    }
}

/// Chance that can be repeated: `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
#[derive(Debug)]
struct Chance(u64);

impl Chance {
    /// The next value between 0 and 1, 1 excluded.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        // 32 bits are exact in a double, and more than enough.
        let top = u32::try_from((mixed ^ (mixed >> 31)) >> 32).unwrap_or(u32::MAX);
        f64::from(top) / 4_294_967_296.0
    }
}
