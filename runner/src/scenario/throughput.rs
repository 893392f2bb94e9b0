//! How fast the bytes of an edge have to come. It must not know how anything is measured.

use std::fmt;

use ringfence_contract::call::Timeouts;
use ringfence_contract::download::Download;

use ringfence_contract::quantity::thousandths;

use super::source::Span;

/// What a rule says of how fast bytes come over its edges, from the target to the caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Throughput {
    /// The least that has to come.
    pub at_least: Rate,
    /// For how long they are counted, in milliseconds.
    pub lasts_ms: u32,
    /// Where the scenario says so.
    pub span: Span,
}

impl Throughput {
    /// Whether a download fits one order if its call may take these timeouts.
    #[must_use]
    pub fn fits_beside(&self, timeouts: &Timeouts) -> bool {
        u64::from(self.lasts_ms) + u64::from(timeouts.total_ms()) <= Download::TAKES_MAX_MS
    }
}

/// A rate, in the unit it was written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Thousandths of the unit.
    pub(super) thousandths: u64,
    /// The unit.
    pub(super) unit: RateUnit,
}

/// A unit of rates: its name and how many bits a second it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateUnit {
    /// Its name: `MB/s`.
    pub name: &'static str,
    /// How many bits a second it is, 1,000 or more.
    pub bits: u64,
}

impl RateUnit {
    /// Every unit that a scenario may write: of bytes by thousands (SI) and by 1,024 (IEC 80000-13), and of bits.
    pub const ALL: [Self; 9] = [
        Self { name: "kB/s", bits: 8_000 },
        Self { name: "MB/s", bits: 8_000_000 },
        Self { name: "GB/s", bits: 8_000_000_000 },
        Self { name: "KiB/s", bits: 8 * 1_024 },
        Self { name: "MiB/s", bits: 8 * 1_024 * 1_024 },
        Self { name: "GiB/s", bits: 8 * 1_024 * 1_024 * 1_024 },
        Self { name: "kbit/s", bits: 1_000 },
        Self { name: "Mbit/s", bits: 1_000_000 },
        Self { name: "Gbit/s", bits: 1_000_000_000 },
    ];
}

impl Rate {
    /// The unit it was written in.
    #[must_use]
    pub fn unit(self) -> RateUnit {
        self.unit
    }

    /// The rate in bits a second, less what is no whole bit.
    #[must_use]
    pub fn bits(self) -> u64 {
        let bits = u128::from(self.thousandths) * u128::from(self.unit.bits) / 1_000;
        u64::try_from(bits).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Rate {
    /// As it was written, with a space: `50 MB/s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", thousandths(self.thousandths), self.unit.name)
    }
}

impl fmt::Display for Throughput {
    /// As a claim has it: `throughput >= 50 MB/s for 5 s`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "throughput >= {} for {} s", self.at_least, thousandths(self.lasts_ms.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_shown_as_it_was_written_and_compared_in_bits() {
        for (thousandths, name, written, bits) in [
            (50_000, "MB/s", "50 MB/s", 400_000_000),
            (1_500, "Gbit/s", "1.5 Gbit/s", 1_500_000_000),
            (1_001, "KiB/s", "1.001 KiB/s", 8_200),
            (400_000, "Mbit/s", "400 Mbit/s", 400_000_000),
        ] {
            let unit = RateUnit::ALL.into_iter().find(|unit| unit.name == name).expect("a unit");
            let rate = Rate { thousandths, unit };
            assert_eq!((rate.to_string().as_str(), rate.bits()), (written, bits));
        }
        let at_least = Rate { thousandths: 50_000, unit: RateUnit::ALL[1] };
        let throughput = Throughput { at_least, lasts_ms: 1_500, span: 0..0 };
        assert_eq!(throughput.to_string(), "throughput >= 50 MB/s for 1.5 s");
    }
}
