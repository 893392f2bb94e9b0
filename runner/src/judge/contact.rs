//! Whether an edge that was reached stayed so while it was measured.
//!
//! A reached edge is reached by a call or two. A measurement places hundreds over some seconds, each of which says whether the
//! edge is still open: if most of them got no answer, or from some time on none did, the edge has lost contact, whatever
//! its budgets allow. What the vantage could not send, or nobody heard of, shows neither.

use super::finding::Finding;
use super::verdict::{Reason, Verdict};
use crate::dispatch::{Measurement, UnaskedWhy};

/// Fewer lost calls than these show nothing: packets get lost on every network.
const LOST_MIN: u32 = 5;

/// A silence at the end that chance alone would make more often than this is none.
const CHANCE: f64 = 1e-6;

/// The calls of a measurement, cold ones among them, by what is known of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Contact {
    /// Those that were answered.
    pub(crate) answered: u32,
    /// Those that were placed and not answered.
    pub(crate) lost: u32,
    /// Those that the vantage did not send.
    pub(crate) unsent: u32,
    /// Those that nobody told of, though they may have been placed.
    pub(crate) unheard: u32,
}

impl Contact {
    pub(crate) fn of(measurement: &Measurement) -> Self {
        let Measurement { cold, warm, .. } = measurement;
        let answered = cold.answered.saturating_add(warm.answered);
        let lost = cold.lost_in_all().saturating_add(warm.lost_in_all());
        let unsent = cold.unsent().saturating_add(warm.unsent());
        // Whoever refused an order has placed none of its calls, and a run that was ended says so itself.
        let is_unheard = measurement.stopped.as_ref().is_some_and(|stopped| match stopped.why {
            UnaskedWhy::Refused | UnaskedWhy::Interrupted | UnaskedWhy::Pointless => false,
            UnaskedWhy::NoRoute
            | UnaskedWhy::NotCertified
            | UnaskedWhy::NotTrusted
            | UnaskedWhy::CutOff
            | UnaskedWhy::Restarted
            | UnaskedWhy::Broken => true,
        });
        let missing = measurement.samples.saturating_sub(warm.intended);
        let unheard = if is_unheard { missing } else { 0 };
        Self { answered, lost: lost.saturating_sub(unsent), unsent, unheard }
    }

    /// How many calls there are.
    pub(crate) fn all(self) -> u32 {
        [self.answered, self.lost, self.unsent, self.unheard].into_iter().fold(0, u32::saturating_add)
    }

    fn is_mostly_lost(self) -> bool {
        self.lost > self.answered && self.lost >= LOST_MIN
    }

    fn is_mostly_unknown(self) -> bool {
        u64::from(self.lost) + u64::from(self.unsent) + u64::from(self.unheard) > u64::from(self.answered)
    }

    /// Whether so many calls in a row, at the end, are lost for another reason than those before them.
    fn is_silence(self, calls: u32) -> bool {
        let before = f64::from(self.lost.saturating_sub(calls));
        // Laplace's rule of succession: of few calls that were all answered, not all are sure to be.
        let share = (before + 1.0) / (before + f64::from(self.answered) + 2.0);
        calls >= LOST_MIN && share.powf(f64::from(calls)) < CHANCE
    }
}

/// Takes the pass from an edge that was reached and then lost.
pub(super) fn keep(measurement: Option<&Measurement>, finding: Finding) -> Finding {
    let Some(measurement) = measurement.filter(|_| finding.reason.verdict() == Verdict::Pass) else {
        return finding;
    };
    let contact = Contact::of(measurement);
    let silent = measurement.silence.is_some_and(|silence| contact.is_silence(silence.calls));
    if contact.is_mostly_lost() || silent {
        Finding::new(Reason::LostContact, None)
    } else if contact.is_mostly_unknown() {
        Finding::new(Reason::ContactUnclear, None)
    } else {
        finding
    }
}

#[cfg(test)]
mod tests {
    use ringfence_contract::measure::Silence;
    use ringfence_contract::outcome::OutcomeKind;

    use super::*;
    use crate::dispatch::Unasked;
    use crate::judge::sample_run::measured;

    /// What was measured: so many answered, so many lost, of these so many at the end; and what the edge comes to.
    type Row = (&'static str, (usize, u32, u32), Reason);

    const LOST: &[Row] = &[
        ("all answered", (200, 0, 0), Reason::Reached),
        ("the target is killed at the first measured call", (0, 200, 200), Reason::LostContact),
        ("it is killed in the middle", (100, 100, 100), Reason::LostContact),
        ("it is killed near the end", (190, 10, 10), Reason::LostContact),
        ("one in twenty is lost, here and there", (190, 10, 1), Reason::Reached),
        ("a link that loses a third loses the last three as well", (200, 100, 3), Reason::Reached),
        ("a link that loses a third, and then everything", (200, 120, 40), Reason::LostContact),
        ("half of them lost, in turns", (100, 100, 1), Reason::Reached),
        ("more than half lost, in turns", (99, 101, 1), Reason::LostContact),
        ("the only one is lost, which chance does", (0, 1, 1), Reason::ContactUnclear),
        ("the last two of many are lost, which chance does", (198, 2, 2), Reason::Reached),
    ];

    fn kept(measurement: &Measurement) -> Reason {
        keep(Some(measurement), Finding::new(Reason::Reached, Some(0))).reason
    }

    fn silent(calls: u32) -> Option<Silence> {
        (calls > 0).then_some(Silence { from_ms: 1_000, calls })
    }

    #[test]
    fn an_edge_whose_measured_calls_are_lost_has_lost_contact() {
        for (what, (answered, lost, at_end), reason) in LOST {
            let measurement =
                Measurement { silence: silent(*at_end), ..measured(&vec![1_000_000; *answered], *lost) };
            assert_eq!(kept(&measurement), *reason, "{what}");
        }
    }

    #[test]
    fn cold_calls_are_calls() {
        let mut measurement = measured(&[], 1);
        measurement.cold = measured(&[1_000_000; 10], 0).warm;
        measurement.silence = silent(1);
        assert_eq!(kept(&measurement), Reason::Reached, "one of eleven is lost");
        measurement.cold = measured(&[], 10).warm;
        assert_eq!(kept(&measurement), Reason::LostContact);
    }

    #[test]
    fn what_was_not_sent_or_not_heard_of_leaves_the_edge_open() {
        let unsent = |answered: usize, unsent: u32| {
            let mut measurement = measured(&vec![1_000_000; answered], 0);
            measurement.warm.intended += unsent;
            measurement.samples += unsent;
            measurement.warm.lost.insert(OutcomeKind::NotSent, unsent);
            measurement
        };
        assert_eq!(kept(&unsent(0, 200)), Reason::ContactUnclear, "the vantage is out of ports");
        assert_eq!(kept(&unsent(150, 50)), Reason::Reached, "it is slower than the rate");
        for (why, heard, reason) in [
            (UnaskedWhy::CutOff, 0, Reason::ContactUnclear),
            (UnaskedWhy::NoRoute, 40, Reason::ContactUnclear),
            (UnaskedWhy::Restarted, 40, Reason::ContactUnclear),
            (UnaskedWhy::Broken, 0, Reason::ContactUnclear),
            (UnaskedWhy::NotTrusted, 0, Reason::ContactUnclear),
            (UnaskedWhy::NoRoute, 150, Reason::Reached),
            // Whoever refuses is there, and has placed nothing.
            (UnaskedWhy::Refused, 0, Reason::Reached),
            (UnaskedWhy::Interrupted, 0, Reason::Reached),
        ] {
            let stopped = Some(Unasked { why, detail: String::new().into() });
            let measurement = Measurement { stopped, samples: 200, ..measured(&vec![1_000_000; heard], 0) };
            assert_eq!(kept(&measurement), reason, "{why:?} after {heard}");
        }
        let stopped = Some(Unasked { why: UnaskedWhy::CutOff, detail: String::new().into() });
        let gone =
            Measurement { stopped, samples: 200, silence: silent(90), ..measured(&[1_000_000; 10], 90) };
        assert_eq!(kept(&gone), Reason::LostContact, "what was heard is enough");
    }

    #[test]
    fn an_edge_that_was_not_reached_is_no_better_for_its_measurement() {
        let blocked = Finding::new(Reason::Blocked, Some(0));
        assert_eq!(keep(Some(&measured(&[1_000_000; 9], 0)), blocked.clone()), blocked);
        assert_eq!(keep(None, blocked.clone()), blocked);
    }
}
