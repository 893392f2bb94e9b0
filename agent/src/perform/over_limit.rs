//! What an order may not ask for, in words. It must not know how anything is looked at.

use ringfence_contract::address::Address;
use ringfence_contract::call::Timeouts;
use ringfence_contract::download::{Download, Portion};
use ringfence_contract::id::CallId;
use ringfence_contract::measure::Measure;
use ringfence_contract::transport::Transport;

use super::claims::MEASUREMENTS_AT_ONCE;

/// The most fingerprints in one order: ten times the platforms known by heart, many times over.
pub const FINGERPRINTS_PER_ORDER: usize = 256;

/// More is asked for than a limit allows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverLimit {
    /// Too many calls.
    #[error("the order holds {asked} calls, at most {limit} are taken in one: split it")]
    Calls {
        /// How many there are.
        asked: usize,
        /// How many there may be.
        limit: u32,
    },
    /// Too many fingerprints.
    #[error("the order holds {asked} fingerprints, at most {FINGERPRINTS_PER_ORDER} are taken in one")]
    Fingerprints {
        /// How many there are.
        asked: usize,
    },
    /// A phase without time, or with too much of it.
    #[error("call `{call}` gives a phase {asked_ms} ms, 1 to {} are allowed", Timeouts::PHASE_MAX_MS)]
    Phase {
        /// The call.
        call: CallId,
        /// How much time its phase has.
        asked_ms: u32,
    },
    /// A measurement of nothing, or of too many calls.
    #[error("the measurement has {asked} calls, 1 to {} are taken in one order", Measure::CALLS_MAX)]
    MeasuredCalls {
        /// How many there are.
        asked: u32,
    },
    /// A measurement that calls faster than this vantage may.
    #[error("the measurement calls every {asked_us} us, every {least_us} us is the fastest allowed")]
    Interval {
        /// The interval it has.
        asked_us: u32,
        /// The interval it may have.
        least_us: u32,
    },
    /// A measurement too long for one order.
    #[error(
        "the measurement may last {lasts_ms} ms, at most {} ms fit one order: split it",
        Measure::LASTS_MAX_MS
    )]
    Lasts {
        /// The longest it may last.
        lasts_ms: u64,
    },
    /// A download of nothing, or of too much.
    #[error(
        "the download asks for {bytes} bytes for {lasts_ms} ms, 1 to {} bytes for 1 to {} ms are taken",
        Portion::BYTES_MAX,
        Portion::LASTS_MAX_MS
    )]
    Portion {
        /// For how long it asks.
        lasts_ms: u32,
        /// For how many bytes it asks.
        bytes: u64,
    },
    /// A download over what carries no payload.
    #[error("a download is asked for over http or https, not over {0}")]
    DownloadTransport(Transport),
    /// A download too long for one order.
    #[error("the download may take {takes_ms} ms, at most {} ms fit one order", Download::TAKES_MAX_MS)]
    Takes {
        /// The longest it may take.
        takes_ms: u64,
    },
    /// A measurement of the agent's own listener, which says nothing about any network.
    #[error("the agent's own listener cannot be measured: name an endpoint")]
    OwnListener,
    /// The target is being measured.
    #[error("`{0}` is being measured by this agent, one measurement at a time: wait for its end")]
    Claimed(Address),
    /// Too many measurements at once.
    #[error(
        "{MEASUREMENTS_AT_ONCE} measurements are under way here, no more are taken: wait for the end of one"
    )]
    Measurements,
}
