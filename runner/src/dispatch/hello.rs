//! An agent's hello: who it is, which life of it answers, and what its clock shows.

use std::time::{Duration, Instant};

use ringfence_contract::order::{Ask, RefusalWhy};
use ringfence_contract::reply::{Hello, Line, ReplyError};
use ringfence_contract::wall_clock::now_ms;

use super::correspond::Correspondent;
use super::observe::{Greeting, Unasked, UnaskedWhy};
use super::obstacle::not_trusted;
use super::signet::Life;

/// How long an agent may take to say hello: the first request to an app that sleeps waits for its start. Connecting and
/// shaking hands have their own, shorter times, so that a host which is not there costs less.
const HELLO_WITHIN: Duration = Duration::from_secs(20);

/// A hello that took longer does not tell the agent's clock: it is asked once more, now that it is awake.
const TELLS_THE_CLOCK: Duration = Duration::from_secs(2);

impl Correspondent {
    /// Who the agent is. Asked once; everybody who wants to know waits for the same answer.
    pub(super) async fn greeting(&self) -> Result<&Greeting, Unasked> {
        let asked = self.greeting.get_or_init(|| async {
            let (mut ahead_ms, mut said) = (0, self.say_hello(0).await);
            // The agent's clock is its own: the refusal says what it shows, and the hello is signed again by it.
            if let Err((refused, Some(clock_ms))) = &said
                && refused.why == UnaskedWhy::Refused
            {
                ahead_ms = signed_difference(*clock_ms, now_ms());
                said = self.say_hello(ahead_ms).await;
            }
            let greeting = said.map_err(|(unasked, _)| unasked)?;
            if greeting.round_trip <= TELLS_THE_CLOCK {
                return Ok(greeting);
            }
            Ok(self.say_hello(ahead_ms).await.unwrap_or(greeting))
        });
        asked.await.as_ref().map_err(Clone::clone)
    }

    async fn say_hello(&self, ahead_ms: i64) -> Result<Greeting, (Unasked, Option<u64>)> {
        let began = (Instant::now(), now_ms());
        let letter =
            self.signet.write(&self.name, Ask::Hello, Life { boot: None, ahead_ms, within: HELLO_WITHIN });
        self.route.deliver(&letter, HELLO_WITHIN).await.map_err(|unasked| (unasked, None))?;
        let round_trip = began.0.elapsed();
        let (lines, error) = self.signet.read(&letter);
        let hello = lines.into_iter().find_map(|line| match line {
            Line::Hello(hello) => Some(*hello),
            _ => None,
        });
        match (hello, error) {
            (Some(hello), None) => self.greet(hello, began.1, round_trip).map_err(|unasked| (unasked, None)),
            (_, Some(ReplyError::Refused(refusal))) => {
                let clock = matches!(refusal.why, RefusalWhy::Expired | RefusalWhy::NotYetValid);
                Err((
                    Unasked::new(UnaskedWhy::Refused, refusal.to_string()),
                    clock.then_some(refusal.clock_ms),
                ))
            }
            (_, Some(error)) => Err((not_trusted(&error), None)),
            (None, None) => {
                Err((Unasked::new(UnaskedWhy::NotTrusted, "the reply to hello holds no hello"), None))
            }
        }
    }

    fn greet(&self, hello: Hello, began_ms: u64, round_trip: Duration) -> Result<Greeting, Unasked> {
        if hello.agent != self.name {
            let detail = format!("the agent there calls itself `{}`", hello.agent);
            return Err(Unasked::new(UnaskedWhy::NotTrusted, detail));
        }
        let half_ms = u64::try_from(round_trip.as_millis() / 2).unwrap_or(0);
        let clock_ahead_ms = signed_difference(hello.clock_ms, began_ms + half_ms);
        Ok(Greeting { hello, clock_ahead_ms, round_trip })
    }
}

fn signed_difference(a: u64, b: u64) -> i64 {
    i64::try_from(i128::from(a) - i128::from(b)).unwrap_or(if a > b { i64::MAX } else { i64::MIN })
}
