//! How a rule has its edges measured, and its budgets. This file must not know how anything is measured, only what fits.

use ringfence_contract::histogram::Histogram;
use ringfence_contract::measure::Measure;
use ringfence_contract::quantity::{read_thousandths, read_time};

use super::understand::Meaning;
use super::values::not_duration;
use crate::scenario::defaults;
use crate::scenario::fault::Fault;
use crate::scenario::latency::{Budget, Latency, Limit, Sampling, Statistic};
use crate::scenario::mistake::Mistake;
use crate::scenario::shape_rules::LatencyShape;
use crate::scenario::text::Scalar;
use crate::scenario::words::CONNECTIONS;

impl Meaning<'_> {
    /// What a rule's `latency:` means. `None` only where faults say why.
    pub(super) fn latency(&mut self, shape: &LatencyShape) -> Option<Latency> {
        let sampling = self.sampling(shape);
        let budgets = self.budgets(shape);
        let sampling = sampling?;
        let fits = self.fits_the_run(shape, &sampling);
        let budgets = budgets?;
        let enough = budgets.iter().all(|(key, budget)| self.has_enough(key, budget, &sampling));
        let budgets = budgets.into_iter().map(|(_, budget)| budget).collect();
        (fits && enough).then_some(Latency { sampling, budgets })
    }

    fn sampling(&mut self, shape: &LatencyShape) -> Option<Sampling> {
        let default = Sampling::default();
        let samples = shape.samples.as_ref();
        let samples = samples.map(|scalar| self.number("samples", scalar, 1, defaults::SAMPLES_MAX));
        let cold = shape.cold.as_ref().map(|scalar| self.number("cold", scalar, 0, defaults::COLD_MAX));
        let connection = shape.connection.as_ref();
        let connection = connection.map(|scalar| self.word("connection", scalar, CONNECTIONS));
        let interval_us = match (&shape.rate, &shape.interval) {
            (None, None) => Some(default.interval_us),
            (Some(rate), None) => self.rate(rate),
            (None, Some(interval)) => self.interval(interval),
            (Some(rate), Some(interval)) => {
                let fault = Fault::at(interval.span.clone(), Mistake::RateAndInterval).label("an interval");
                self.fault(fault.and(rate.span.clone(), "a rate").help("keep one of the two"));
                None
            }
        };
        Some(Sampling {
            connection: connection.unwrap_or(Some(default.connection))?,
            interval_us: interval_us?,
            cold: cold.unwrap_or(Some(default.cold))?,
            samples: samples.unwrap_or(Some(default.samples))?,
        })
    }

    fn rate(&mut self, scalar: &Scalar) -> Option<u32> {
        let max = defaults::RATE_MAX_PER_SECOND;
        self.value(scalar, |text| {
            let rate = text.strip_suffix("/s").and_then(|number| number.trim_end().parse::<u32>().ok());
            let rate = rate.filter(|rate| (1..=max).contains(rate));
            rate.map(|rate| 1_000_000 / rate).ok_or_else(|| {
                let help =
                    "write a whole number and `/s`: `20/s`; for less than one a second, `interval: 2s`";
                let mistake = Mistake::Rate { key: "rate", max, text: text.to_owned() };
                Fault::at(scalar.span.clone(), mistake).help(help)
            })
        })
    }

    fn interval(&mut self, scalar: &Scalar) -> Option<u32> {
        let least_ns = u64::from(Measure::INTERVAL_MIN_US) * 1_000;
        let ns = self.time_ns("interval", scalar, (least_ns, "50us"), defaults::INTERVAL_MAX_S)?;
        u32::try_from(ns / 1_000).ok()
    }

    /// A time with a unit, in nanoseconds: from the least, which is named as well, to so many seconds.
    pub(super) fn time_ns(
        &mut self,
        key: &'static str,
        scalar: &Scalar,
        (least_ns, least): (u64, &'static str),
        max_s: u32,
    ) -> Option<u64> {
        self.value(scalar, |text| {
            let time = read_time(text).ok_or_else(|| not_duration(key, scalar))?;
            let ns = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
            let fits = (least_ns..=u64::from(max_s) * 1_000_000_000).contains(&ns);
            fits.then_some(ns).ok_or_else(|| {
                let max = format!("{max_s}s");
                let help = format!("write a duration from {least} to {max}");
                let mistake = Mistake::DurationRange { key, min: least, max, text: text.to_owned() };
                Fault::at(scalar.span.clone(), mistake).help(help)
            })
        })
    }

    /// Every budget with its key, in the order of the reference.
    fn budgets(&mut self, shape: &LatencyShape) -> Option<Vec<(&'static str, Budget)>> {
        let times = [
            ("p50", &shape.p50, Statistic::Percentile(50_000)),
            ("p90", &shape.p90, Statistic::Percentile(90_000)),
            ("p95", &shape.p95, Statistic::Percentile(95_000)),
            ("p99", &shape.p99, Statistic::Percentile(99_000)),
            ("p99.9", &shape.p99_9, Statistic::Percentile(99_900)),
            ("mean", &shape.mean, Statistic::Mean),
            ("max", &shape.max, Statistic::Max),
        ];
        let mut budgets = Vec::new();
        for (key, written, statistic) in times {
            let Some(scalar) = written else { continue };
            let limit = self.time_ns(key, scalar, (1_000, "1us"), defaults::BUDGET_MAX_S);
            budgets.push((key, scalar, limit.map(|ns| Limit::Time(statistic, ns))));
        }
        if let Some(scalar) = &shape.loss {
            budgets.push(("loss", scalar, self.percent("loss", scalar).map(Limit::Loss)));
        }
        let budget = |(key, scalar, limit): (_, &Scalar, Option<Limit>)| {
            Some((key, Budget { limit: limit?, span: scalar.span.clone() }))
        };
        budgets.into_iter().map(budget).collect()
    }

    /// A part of all, in thousandths of a percent.
    fn percent(&mut self, key: &'static str, scalar: &Scalar) -> Option<u32> {
        self.value(scalar, |text| {
            let number = text.strip_suffix('%').map(str::trim_end);
            let part = number.and_then(read_thousandths).and_then(|part| u32::try_from(part).ok());
            part.filter(|part| *part <= Histogram::WHOLE).ok_or_else(|| {
                let help = "write a number from 0 to 100, up to three decimals, and `%`: `1%`, `0.5%`";
                let mistake = Mistake::Percent { key, text: text.to_owned() };
                Fault::at(scalar.span.clone(), mistake).help(help)
            })
        })
    }

    /// Whether the measurement fits the run, split into orders as it may be.
    fn fits_the_run(&mut self, shape: &LatencyShape, sampling: &Sampling) -> bool {
        let takes_s = sampling.paced_s();
        let limit_s = defaults::MEASURED_MAX_S;
        let mut written = [&shape.samples, &shape.interval, &shape.rate, &shape.cold].into_iter().flatten();
        let at = written.next().map_or(0..0, |scalar| scalar.span.clone());
        if takes_s > u64::from(limit_s) {
            let mistake = Mistake::MeasuredTooLong { samples: sampling.samples, takes_s, limit_s };
            self.fault(Fault::at(at, mistake).help("take fewer samples, or place them at a higher rate"));
            return false;
        }
        if sampling.samples_per_order(&self.timeouts) == 0 {
            let at = shape.cold.as_ref().map_or(at, |cold| cold.span.clone());
            let mistake = Mistake::NoRoomToMeasure { cold: sampling.cold };
            self.fault(
                Fault::at(at, mistake).help("shorten `timeouts:` or the interval, or take fewer cold calls"),
            );
            return false;
        }
        true
    }

    /// Whether there are samples enough for a budget.
    fn has_enough(&mut self, key: &'static str, budget: &Budget, sampling: &Sampling) -> bool {
        let needed = match budget.limit {
            Limit::Time(statistic, _) => statistic.samples_needed(),
            Limit::Loss(_) => 1,
        };
        let samples = sampling.samples;
        if samples < needed {
            let mistake = Mistake::TooFewSamples { key, samples, needed };
            let help = format!("write `samples: {needed}` or more, or a lower percentile");
            self.fault(Fault::at(budget.span.clone(), mistake).help(help));
        }
        samples >= needed
    }
}
