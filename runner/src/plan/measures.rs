//! The calls that measure an edge, as many to an order as fit it, and the one that is answered with bytes. This file must not
//! know how a call travels, or what becomes of it.

use ringfence_contract::download::{Download, Portion};
use ringfence_contract::measure::{Measure, Statuses};

use crate::scenario::{Answers, Sampling, Scenario, Throughput};

use super::calls::call_for_edge;
use super::model::Edge;

/// The statuses of a front end that turns a call away before the site has seen it, unless the site was reached with them: it
/// refuses (RFC 9110 section 15.5.4), knows no such host or path (15.5.5), is called too often (RFC 6585 section 4), or has
/// nothing behind it that answers (RFC 9110 sections 15.6.3 to 15.6.5).
const TURNED_AWAY: [u16; 6] = [403, 404, 429, 502, 503, 504];

/// The orders that measure an edge, one after the other, each short enough to end well inside its time. Each begins with
/// the cold calls: what was warm may have cooled down on the way from one order to the next. `seen` are the statuses with
/// which the edge was reached.
#[must_use]
pub fn orders_to_measure(
    scenario: &Scenario,
    edge: &Edge,
    (sampling, seen): (&Sampling, Vec<u16>),
) -> Vec<Measure> {
    let fit = sampling.samples_per_order(&scenario.timeouts).max(1);
    // As even as can be: a last order of three samples would say nothing of its own.
    let orders = sampling.samples.div_ceil(fit);
    let statuses = statuses(&scenario.endpoint(edge.endpoint).answers, seen);
    let order = |place: u32| Measure {
        call: call_for_edge(scenario, edge, 0),
        connection: sampling.connection,
        interval_us: sampling.interval_us,
        cold: sampling.cold,
        samples: sampling.samples / orders + u32::from(place < sampling.samples % orders),
        fingerprints: scenario.fingerprints.clone(),
        statuses: statuses.clone(),
    };
    (0..orders).map(order).collect()
}

/// Which statuses of a platform count as answers of the site that was reached: those that count as reached, and those
/// it was reached with.
fn statuses(answers: &Answers, seen: Vec<u16>) -> Statuses {
    match answers {
        Answers::Platform { statuses } if !statuses.is_empty() => {
            Statuses::Only(statuses.iter().copied().chain(seen).collect())
        }
        Answers::Platform { .. } | Answers::Agent => {
            Statuses::AllBut(TURNED_AWAY.into_iter().filter(|status| !seen.contains(status)).collect())
        }
    }
}

/// The order that has the bytes of an edge counted. The time is what bounds it: more than all bytes an agent gives would
/// have to come for their number to.
#[must_use]
pub fn download(scenario: &Scenario, edge: &Edge, throughput: &Throughput) -> Download {
    Download {
        call: call_for_edge(scenario, edge, 0),
        portion: Portion { lasts_ms: throughput.lasts_ms, bytes: Portion::BYTES_MAX },
        fingerprints: scenario.fingerprints.clone(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;
    use ringfence_contract::call::Timeouts;
    use ringfence_contract::measure::Connection;

    use super::*;
    use crate::plan::expand;
    use crate::scenario::{Inputs, Source, read};

    const TEXT: &str = "
name: measured
agents: { vm: { control: 'https://vm.test' } }
targets: { site: 'https://site.test' }
rules: [{ name: open, from: vm, to: site, expect: allow }]
";

    proptest! {
        #[test]
        fn every_sample_is_in_one_order_and_every_order_fits(
            samples in 1_u32..50_000,
            interval_us in 50_u32..200_000,
            cold in 0_u32..100,
            phase_ms in 1_u32..9_000,
        ) {
            let mut scenario = read(Source::new("m.yaml", TEXT), Path::new("."), &Inputs::new()).expect("a scenario");
            scenario.timeouts = Timeouts { connect_ms: phase_ms, ..Timeouts::default() };
            let edge = expand(&scenario).edges.swap_remove(0);
            let sampling = Sampling { connection: Connection::New, interval_us, cold, samples };
            let orders = orders_to_measure(&scenario, &edge, (&sampling, Vec::new()));
            prop_assert_eq!(orders.iter().map(|order| order.samples).sum::<u32>(), samples);
            for order in &orders {
                prop_assert!(order.lasts_ms() <= Measure::LASTS_MAX_MS, "{} ms", order.lasts_ms());
                prop_assert!(order.samples >= 1 && order.cold == cold && order.calls() <= Measure::CALLS_MAX);
            }
            let ids: std::collections::HashSet<_> = orders.iter().map(|order| order.call.id).collect();
            prop_assert_eq!(ids.len(), orders.len());
        }
    }
}
