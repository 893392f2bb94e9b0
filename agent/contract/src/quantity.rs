//! Times and other quantities, as people write and read them: one way for every file, option and report.

use std::time::Duration;

/// The units of time, with how many nanoseconds a thousandth of one has.
const TIME_UNITS: [(&str, u64); 3] = [("us", 1), ("ms", 1_000), ("s", 1_000_000)];

/// Reads a time with its unit: `250us`, `1.5ms`, `3s`. Up to nine digits, and three behind the point; none where it is
/// anything else.
#[must_use]
pub fn read_time(text: &str) -> Option<Duration> {
    let (number, thousandth_ns) =
        TIME_UNITS.iter().find_map(|(unit, ns)| Some((text.strip_suffix(unit)?, *ns)))?;
    read_thousandths(number)?.checked_mul(thousandth_ns).map(Duration::from_nanos)
}

/// Reads a decimal number of up to nine digits, and three behind its point, in thousandths.
#[must_use]
pub fn read_thousandths(text: &str) -> Option<u64> {
    let digits = |text: &str, most: usize| {
        let fits = !text.is_empty() && text.len() <= most && text.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| text.parse::<u64>().ok()).flatten()
    };
    match text.split_once('.') {
        None => Some(digits(text, 9)? * 1_000),
        Some((whole, decimals)) => {
            digits(decimals, 3)?;
            Some(digits(whole, 9)? * 1_000 + digits(&format!("{decimals:0<3}"), 3)?)
        }
    }
}

/// Writes thousandths as a decimal number without needless zeros.
#[must_use]
pub fn thousandths(part: u64) -> String {
    let decimals = format!("{:03}", part % 1_000);
    match decimals.trim_end_matches('0') {
        "" => (part / 1_000).to_string(),
        decimals => format!("{}.{decimals}", part / 1_000),
    }
}

/// Writes a measured time to three digits: `63.2 ms`, `412 us`, `1.05 s`.
#[must_use]
pub fn time(ns: u64) -> String {
    let (unit_ns, name) = match ns {
        1_000_000_000.. => (1_000_000_000, "s"),
        1_000_000.. => (1_000_000, "ms"),
        _ => (1_000, "us"),
    };
    format!("{} {name}", in_units(ns, unit_ns))
}

/// Writes a time that somebody chose, whole, in its largest unit that is not below 1: `1.5 ms`, `3 s`.
#[must_use]
pub fn exact_time(ns: u64) -> String {
    let (unit, digits, name) = match ns {
        1_000_000_000.. => (1_000_000_000, 9, "s"),
        1_000_000.. => (1_000_000, 6, "ms"),
        _ => (1_000, 3, "us"),
    };
    let decimals = format!("{:0digits$}", ns % unit);
    match decimals.trim_end_matches('0') {
        "" => format!("{} {name}", ns / unit),
        decimals => format!("{}.{decimals} {name}", ns / unit),
    }
}

/// Writes the time of day of so many milliseconds since the Unix epoch, in UTC: `05:10:02.512`.
#[must_use]
pub fn time_of_day(ms: u64) -> String {
    let seconds = ms / 1_000 % 86_400;
    format!("{:02}:{:02}:{:02}.{:03}", seconds / 3_600, seconds / 60 % 60, seconds % 60, ms % 1_000)
}

/// Writes a measured rate, in bytes a second, to three digits: `61.2 MB/s`.
#[must_use]
pub fn rate(bytes: u64) -> String {
    format!("{}/s", self::bytes(bytes))
}

/// Writes a number of bytes, to three digits: `306 MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    let (unit, name) = match bytes {
        1_000_000_000.. => (1_000_000_000, "GB"),
        1_000_000.. => (1_000_000, "MB"),
        _ => (1_000, "kB"),
    };
    format!("{} {name}", in_units(bytes, unit))
}

/// Writes a measured amount in units of so many of its own, 1 or more, to three digits; below one unit, to three decimals.
#[must_use]
pub fn in_units(amount: u64, unit: u64) -> String {
    let decimals = match amount / unit {
        0 => 3,
        1..10 => 2,
        10..100 => 1,
        _ => 0,
    };
    let scale = 10_u128.pow(decimals);
    let scaled = (u128::from(amount) * scale + u128::from(unit / 2)) / u128::from(unit);
    match decimals {
        0 => scaled.to_string(),
        _ => format!("{}.{:0width$}", scaled / scale, scaled % scale, width = decimals as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_need_a_unit_and_may_be_fine() {
        for (text, ns) in [
            ("50ms", Some(50_000_000)),
            ("1.5ms", Some(1_500_000)),
            ("0.001us", Some(1)),
            ("250us", Some(250_000)),
            ("2s", Some(2_000_000_000)),
            ("2.005s", Some(2_005_000_000)),
            ("0ms", Some(0)),
            ("50", None),
            ("1m", None),
            ("1.0005ms", None),
            (".5ms", None),
            ("5.ms", None),
            ("-5ms", None),
            ("5 ms", None),
            ("9999999999s", None),
        ] {
            assert_eq!(read_time(text), ns.map(Duration::from_nanos), "`{text}`");
        }
    }

    #[test]
    fn a_measured_time_has_three_digits() {
        for (ns, written) in [
            (520, "0.520 us"),
            (41_200, "41.2 us"),
            (411_904, "412 us"),
            (1_000_000, "1.00 ms"),
            (63_239_000, "63.2 ms"),
            (9_999_000, "10.00 ms"),
            (412_000_000, "412 ms"),
            (1_059_000_000, "1.06 s"),
        ] {
            assert_eq!(time(ns), written);
        }
    }

    #[test]
    fn a_chosen_time_is_written_whole() {
        for (ns, written) in [
            (1_500_000, "1.5 ms"),
            (3_000_000_000, "3 s"),
            (250_000, "250 us"),
            (1_000_000_001, "1.000000001 s"),
        ] {
            assert_eq!(exact_time(ns), written);
        }
    }
}
