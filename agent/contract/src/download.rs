//! Bytes asked of an agent so that its caller can count them: how fast a way is, from the target to the caller.
//!
//! The payload travels in the answer and not in the request, since front ends bound the bodies of requests (IIS at
//! 30,000,000 bytes, `maxAllowedContentLength`; nginx at 1 MiB, `client_max_body_size`) and pass on those of answers. This file
//! must not know how bytes are made, sent or counted, or what is fast enough.

use serde::{Deserialize, Serialize};

use crate::call::Call;
use crate::fingerprint::Fingerprint;
use crate::sample::Sample;

/// How much a download may be, in time and in bytes, whichever is used up first. It is under the call's seal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portion {
    /// For how long, in milliseconds, 1 to [`Portion::LASTS_MAX_MS`].
    pub lasts_ms: u32,
    /// How many bytes of payload, 1 to [`Portion::BYTES_MAX`].
    pub bytes: u64,
}

impl Portion {
    /// The longest download, in milliseconds: with the timeouts of its call it ends well inside an order's 60 s.
    pub const LASTS_MAX_MS: u32 = 30_000;

    /// The most bytes: 30 s of 18 Gbit/s, 64 GiB.
    pub const BYTES_MAX: u64 = 64 * 1_024 * 1_024 * 1_024;

    /// Whether both are within their bounds.
    #[must_use]
    pub fn is_within_bounds(self) -> bool {
        (1..=Self::LASTS_MAX_MS).contains(&self.lasts_ms) && (1..=Self::BYTES_MAX).contains(&self.bytes)
    }
}

/// A download to ask for, over HTTP or HTTPS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Download {
    /// The call that asks for it, to an endpoint.
    pub call: Call,
    /// How much.
    pub portion: Portion,
    /// How platforms say no, most telling first.
    pub fingerprints: Vec<Fingerprint>,
}

impl Download {
    /// The longest one may take in one order, with everything before its first byte, in milliseconds.
    pub const TAKES_MAX_MS: u64 = 50_000;

    /// The longest it takes, in milliseconds.
    #[must_use]
    pub fn takes_ms(&self) -> u64 {
        u64::from(self.portion.lasts_ms) + u64::from(self.call.timeouts.total_ms())
    }
}

/// What came of a download.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Downloaded {
    /// What its call saw; `answered` as soon as the right agent's sealed answer had come, whatever became of the payload.
    pub sample: Sample,
    /// The payload that came.
    pub payload: Payload,
    /// Why there is no payload, or less than was asked for; none where the time was used up or all bytes came.
    pub cut_short: Option<String>,
}

impl Downloaded {
    /// What [`Downloaded::cut_short`] begins with where the target, in a sealed answer, said that it gives no payload.
    pub const NONE_GIVEN: &str = "the target gives none";
}

/// Payload as it came, counted from its first byte on. By the program's clock.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payload {
    /// How many bytes came after those that came first, whose own time is not known.
    pub bytes: u64,
    /// In what time, in microseconds: until the time was used up or the last byte had come.
    pub took_us: u64,
    /// How many of them came in each second of it; the last may be no whole second.
    pub seconds: Vec<u64>,
}

impl Payload {
    /// The mean rate, in bytes a second; none where no time has passed.
    #[must_use]
    pub fn rate(&self) -> Option<u64> {
        let rate = (u128::from(self.bytes) * 1_000_000).checked_div(u128::from(self.took_us))?;
        u64::try_from(rate).ok()
    }

    /// The seconds that are whole.
    #[must_use]
    pub fn whole_seconds(&self) -> &[u64] {
        let whole = usize::try_from(self.took_us / 1_000_000).unwrap_or(usize::MAX);
        self.seconds.get(..whole).unwrap_or(&self.seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_over_all_of_the_time_and_a_second_that_is_not_whole_is_none() {
        let payload = Payload { bytes: 2_500, took_us: 2_500_000, seconds: vec![1_500, 900, 100] };
        assert_eq!((payload.rate(), payload.whole_seconds()), (Some(1_000), &[1_500, 900][..]));
        assert_eq!(Payload::default().rate(), None);
        // A last second that nothing came in is not counted up; it was whole all the same.
        let stalled = Payload { bytes: 10, took_us: 3_000_000, seconds: vec![10, 0, 0] };
        assert_eq!((stalled.rate(), stalled.whole_seconds().len()), (Some(3), 3));
    }
}
