//! What to look at where an edge was reached, and lost while it was measured.

use ringfence_contract::outcome::{Outcome, OutcomeKind};

use super::hint_control::ask;
use crate::dispatch::Measurement;
use crate::judge::Case;

/// Why calls were lost, from what most of them came to, and from the first that was.
pub(super) fn lost(case: &Case<'_>, measurement: &Measurement) -> String {
    let (vantage, target) = (&case.vantage.name, case.owner_name());
    let first = measurement.failed.first().map(|sample| &sample.outcome);
    match most_lost(measurement) {
        Some(OutcomeKind::Refused) => format!(
            "nothing listens there any more: look whether `{target}` was ended or restarted at that time, and at its log"
        ),
        Some(OutcomeKind::Reset) => format!(
            "connections end without an answer: look whether `{target}` was ended or restarted at that time, and at \
             connection limits before it"
        ),
        Some(OutcomeKind::TimedOut | OutcomeKind::Unreachable) => format!(
            "calls go out and nothing comes back: look whether `{target}` or its host hung or went away at that time, \
             whether rules or routes between it and `{vantage}` changed, and at limits on connections and NAT ports"
        ),
        Some(OutcomeKind::Unsealed) => match first {
            Some(Outcome::Unsealed(unsealed)) if unsealed.status == Some(429) => {
                "a rate limit turns measured calls away: lower the `rate`, or leave this vantage out of the limit".to_owned()
            }
            Some(Outcome::Unsealed(unsealed)) if matches!(unsealed.status, Some(502..=504)) => format!(
                "the front end says that what stands behind it is down or too busy: look at `{target}`, and whether it bears \
                 the `rate`"
            ),
            _ => "something else answers than before: look at the front end, its rate limits and rules, and at what was \
                  deployed at that time"
                .to_owned(),
        },
        Some(OutcomeKind::Forbidden) => {
            "the platform refuses measured calls: look whether its rules changed at that time, and whether all its \
             instances have taken them up"
                .to_owned()
        }
        Some(OutcomeKind::Misanswered) => {
            "another agent answers measured calls: look at what shares the address, a load balancer or a deployment slot"
                .to_owned()
        }
        Some(OutcomeKind::Unresolved) => {
            format!("the resolver of `{vantage}` answered at first and then did not: look at it and its limits")
        }
        _ => "look at the first lost call".to_owned(),
    }
}

/// Why too little is known.
pub(super) fn unclear(case: &Case<'_>, measurement: &Measurement) -> String {
    let vantage = &case.vantage.name;
    match measurement.stopped.as_ref().map(|stopped| stopped.why) {
        Some(_) => ask(vantage, measurement.stopped.as_ref()),
        None if most_lost(measurement) == Some(OutcomeKind::NotSent) => format!(
            "`{vantage}` does not keep up with the rate: look at its load, its ports and its files, or lower the rate"
        ),
        None => "take more samples: of so few calls, chance alone may lose some".to_owned(),
    }
}

fn most_lost(measurement: &Measurement) -> Option<OutcomeKind> {
    let mut all = measurement.cold.lost.clone();
    for (kind, count) in &measurement.warm.lost {
        *all.entry(*kind).or_default() += count;
    }
    all.into_iter().max_by_key(|(_, count)| *count).map(|(kind, _)| kind)
}
