//! From the head of an answer to what the answer comes to: how much of the body is read, and for how long.

use std::pin::pin;
use std::time::Duration;

use hyper::body::Incoming;
use ringfence_contract::fingerprint::BODY_READ_BYTES;
use ringfence_contract::outcome::{Outcome, OutcomeKind, Phase};
use ringfence_contract::sample::OwnLimit;

use super::classify::{Attempt, Head, classify, classify_part, unsealed};
use super::coding::undo;
use super::exchange::{Exchange, Protocol};
use super::lost::Lost;
use super::odd_head::Began;
use super::socket_error::Progress;
use super::trail::{Timed, Trail, within};

/// How long a body is waited for whose head has said all that is asked: it only goes into the evidence then. An event stream
/// has no end.
const HEAD_DECIDES: Duration = Duration::from_millis(500);

/// An answer whose head has come.
pub(super) struct Answer {
    pub(super) head: Head,
    pub(super) rest: Rest,
}

/// What is behind the head.
pub(super) enum Rest {
    /// A body that is still to be read.
    Coming(Incoming),
    /// No more than came.
    Cut(Cut),
}

/// What came of a body.
pub(super) struct Cut {
    body: Vec<u8>,
    /// What ended it early; none where it is whole, or breaks HTTP's own rules: it is an answer then, if a bad one.
    end: Option<Outcome>,
    limit: Option<OwnLimit>,
}

impl Answer {
    /// What came of an answer of which the HTTP library has none; else what the call comes to without one.
    pub(super) fn of_lost(lost: &Lost) -> Result<Self, Outcome> {
        let (head, body) = match lost.came() {
            Began::Nothing => return Err(lost.outcome(Progress::Waiting)),
            Began::NoStatus => return Err(lost.outcome(Progress::Answering)),
            Began::NoHttp => return Err(Outcome::Unsealed(unsealed(None, &lost.overheard.first, None))),
            Began::Head(head, body) => (head, body.to_vec()),
        };
        let is_not_taken = lost.is_not_taken();
        let end = (!is_not_taken).then(|| lost.outcome(Progress::Answering));
        let limit = match lost.error {
            None => Some(OwnLimit::Time),
            Some(_) => is_not_taken.then_some(OwnLimit::Head),
        };
        Ok(Self { head, rest: Rest::Cut(Cut { body, end, limit }) })
    }

    /// Reads the body, and says what the answer comes to.
    pub(super) async fn read(
        self,
        attempt: &Attempt<'_>,
        exchange: &mut Exchange,
        trail: &mut Trail,
    ) -> Outcome {
        let Self { head, rest } = self;
        let cut = match rest {
            Rest::Cut(cut) => cut,
            Rest::Coming(incoming) => cut(attempt, exchange, (&head, incoming), trail).await,
        };
        cut.told(attempt, &head, trail)
    }
}

/// Reads as much of a body as can tell something.
async fn cut(
    attempt: &Attempt<'_>,
    exchange: &mut Exchange,
    (head, mut incoming): (&Head, Incoming),
    trail: &mut Trail,
) -> Cut {
    let mut body = Vec::new();
    let read = exchange.read(&mut incoming, BODY_READ_BYTES, &mut body);
    let read = within(patience(attempt, head), Phase::Transfer, pin!(read)).await;
    let (end, limit) = match read {
        Ok((Ok(()), took)) => {
            trail.took.transfer = Some(Timed::by_program(took));
            (None, (body.len() >= BODY_READ_BYTES).then_some(OwnLimit::BodyBytes))
        }
        // The body breaks HTTP's own rules on a connection that stands.
        Ok((Err(lost), _)) if lost.overheard.end.is_none() && lost.protocol == Protocol::Http1 => {
            (None, None)
        }
        Ok((Err(lost), _)) => (Some(lost.outcome(Progress::Answering)), None),
        Err(timed_out) => (Some(timed_out), Some(OwnLimit::Time)),
    };
    Cut { body, end, limit }
}

/// How long a body is waited for: as long as the call allows, where it says what the head does not.
fn patience(attempt: &Attempt<'_>, head: &Head) -> Duration {
    let most = Duration::from_millis(attempt.call.timeouts.transfer_ms.into());
    let rows = attempt.fingerprints.iter().filter(|row| row.body_contains.is_some());
    let is_told_by_body = rows.into_iter().any(|row| row.may_match(head.status, |name| head.all(name)));
    // What a refusal is, and of whom, its page may say.
    let body_counts = attempt.call.expects.is_some() || head.status >= 400 || is_told_by_body;
    if body_counts { most } else { most.min(HEAD_DECIDES) }
}

impl Cut {
    fn told(self, attempt: &Attempt<'_>, head: &Head, trail: &mut Trail) -> Outcome {
        let Self { body, end, limit } = self;
        let undone = undo(&head.headers, &body);
        let limit = if undone.is_some() { limit } else { Some(OwnLimit::Coding) };
        let says = undone.unwrap_or_default();
        let outcome = match end {
            None => classify(attempt, Some(head), &says),
            Some(end) => classify_part(attempt, Some(head), &says, end),
        };
        // A sealed answer is whole, and a call that ended otherwise says how.
        let matters = matches!(outcome.kind(), OutcomeKind::Unsealed | OutcomeKind::Forbidden);
        trail.limit = limit.filter(|_| matters);
        outcome
    }
}
