//! A call that is answered with a payload: whose answer it is, and how many bytes come behind it and when.
//!
//! This file must not know who ordered it or what is fast enough. What the bytes are is nobody's concern: the answer before
//! them is sealed, they are not.

use std::pin::pin;
use std::time::{Duration, Instant};

use hyper::body::Incoming;
use ringfence_contract::download::{Download, Downloaded, Payload};
use ringfence_contract::fingerprint::BODY_READ_BYTES;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::{Outcome, Phase};
use ringfence_contract::seal::{ANSWER_PREFIX, Purpose, open_answer};
use tokio::time::timeout_at;

use super::body::{Answer, Rest};
use super::classify::{Attempt, Head, classify, classify_part};
use super::connection::Connection;
use super::exchange::Exchange;
use super::lost::Lost;
use super::means::Means;
use super::not_sent::broken;
use super::socket_error::Progress;
use super::trail::{Start, Timed, Trail, micros, within};

/// How many characters of a target's own words are told.
const REFUSED_MAX: usize = 200;

/// What came of a payload so far, and why no more of it did.
#[derive(Default)]
struct Count {
    payload: Payload,
    cut_short: Option<String>,
}

/// What was heard before the payload.
struct Heard {
    outcome: Outcome,
    /// Why no payload follows, in the target's own words.
    refused: Option<String>,
    /// How many bytes of payload came with the answer.
    payload: usize,
}

/// Asks for a download, at once and over HTTP, and counts what comes until its time is used up: then the connection is
/// dropped. Ends within the call's timeouts and that time; never panics on what a peer sends.
pub async fn download(means: &Means, run: &Run, download: &Download) -> Downloaded {
    let Download { call, portion, fingerprints } = download;
    let attempt = Attempt { run, fingerprints, call, purpose: Purpose::Download(*portion) };
    let (mut trail, mut count, start) = (Trail::default(), Count::default(), Start::now());
    let travelled = async {
        let Connection::Http(mut visit) = Connection::open(means, &attempt, None, &mut trail).await? else {
            return Err(broken("a download is asked for over HTTP".to_owned()));
        };
        let Answer { head, rest } = visit.request(&attempt, &mut trail).await?;
        let exchange = visit.exchange();
        let mut incoming = match rest {
            Rest::Coming(incoming) => incoming,
            rest @ Rest::Cut(_) => {
                return Ok(Answer { head, rest }.read(&attempt, exchange, &mut trail).await);
            }
        };
        let answer = hear(&attempt, exchange, &head, &mut incoming).await;
        match (&answer.outcome, answer.refused) {
            (Outcome::Answered(_), None) => {
                count.take(exchange, &mut incoming, (download, answer.payload)).await;
                let took = Duration::from_micros(count.payload.took_us);
                trail.took.transfer = Some(Timed::by_program(took));
            }
            (_, refused) => {
                let why = refused.map(|why| why.chars().take(REFUSED_MAX).collect::<String>());
                count.cut_short = why.map(|why| format!("{}: {why}", Downloaded::NONE_GIVEN));
            }
        }
        Ok(answer.outcome)
    };
    let outcome = travelled.await.unwrap_or_else(|outcome: Outcome| outcome);
    if !matches!(outcome, Outcome::Answered(_)) {
        count.cut_short = Some(format!("the call came to `{}`", outcome.kind()));
    }
    let Count { payload, cut_short } = count;
    Downloaded { sample: trail.into_sample(call.id, start, outcome), payload, cut_short }
}

/// Reads what comes up to the end of a sealed answer; of anything else, as much as tells what it is.
async fn hear(attempt: &Attempt<'_>, exchange: &mut Exchange, head: &Head, incoming: &mut Incoming) -> Heard {
    let mut body = Vec::new();
    let read = async {
        while answer_end(&body).is_none() && body.len() < BODY_READ_BYTES {
            let Some(bytes) = exchange.next(incoming).await? else { break };
            body.extend_from_slice(&bytes);
        }
        Ok::<(), Lost>(())
    };
    let limit = Duration::from_millis(attempt.call.timeouts.transfer_ms.into());
    let read = within(limit, Phase::Transfer, pin!(read)).await;
    let (answer, payload) = match answer_end(&body).and_then(|end| body.split_at_checked(end)) {
        Some((answer, payload)) => (answer, payload.len()),
        None => (&body[..], 0),
    };
    let outcome = match read {
        Ok((Ok(()), _)) => classify(attempt, Some(head), answer),
        Ok((Err(lost), _)) => {
            classify_part(attempt, Some(head), answer, lost.end().outcome(Progress::Answering))
        }
        Err(timed_out) => classify_part(attempt, Some(head), answer, timed_out),
    };
    let refused = open_answer(&attempt.run.key, attempt.call.id, answer).ok();
    Heard { outcome, refused: refused.and_then(|answer| answer.refused), payload }
}

/// Where a sealed answer ends.
fn answer_end(body: &[u8]) -> Option<usize> {
    let line = body.starts_with(ANSWER_PREFIX.as_bytes()).then_some(body)?;
    Some(line.iter().position(|byte| *byte == b'\n')? + 1)
}

impl Count {
    /// Counts the payload that comes, until there is no more or its time is used up.
    async fn take(
        &mut self,
        exchange: &mut Exchange,
        incoming: &mut Incoming,
        (download, mut came): (&Download, usize),
    ) {
        if came == 0 {
            let limit = Duration::from_millis(download.call.timeouts.transfer_ms.into());
            came = match within(limit, Phase::Transfer, pin!(exchange.next(incoming))).await {
                Ok((Ok(Some(bytes)), _)) => bytes.len(),
                Ok((Ok(None), _)) => 0,
                Ok((Err(lost), _)) => return self.lose(&lost),
                Err(_) => {
                    let ms = download.call.timeouts.transfer_ms;
                    return self.cut_short = Some(format!("no payload came within {ms} ms of the answer"));
                }
            };
        }
        let began = Instant::now();
        let lasts = Duration::from_millis(download.portion.lasts_ms.into());
        let ended = loop {
            let next = timeout_at((began + lasts).into(), exchange.next(incoming)).await;
            let after = began.elapsed();
            match next {
                Ok(Ok(Some(bytes))) if after < lasts => self.add(after, bytes.len()),
                Ok(Ok(Some(_))) | Err(_) => break Ok(lasts),
                Ok(Ok(None)) => break Ok(after),
                Ok(Err(lost)) => break Err((lost, after)),
            }
        };
        let (took, lost) = match ended {
            Ok(took) => (took, None),
            Err((lost, took)) => (took, Some(lost)),
        };
        self.payload.took_us = micros(took);
        let entered = usize::try_from(took.as_secs() + u64::from(took.subsec_nanos() > 0));
        self.payload.seconds.resize(entered.unwrap_or(usize::MAX).max(self.payload.seconds.len()), 0);
        let all = self.payload.bytes + came as u64;
        match lost {
            Some(lost) => self.lose(&lost),
            None if took < lasts && all < download.portion.bytes => {
                let wanted = download.portion.bytes;
                self.cut_short = Some(format!("the payload ended after {all} of {wanted} bytes"));
            }
            None => {}
        }
    }

    fn add(&mut self, after: Duration, bytes: usize) {
        let second = usize::try_from(after.as_secs()).unwrap_or(usize::MAX);
        let seconds = &mut self.payload.seconds;
        if seconds.len() <= second {
            seconds.resize(second + 1, 0);
        }
        seconds[second] += bytes as u64;
        self.payload.bytes += bytes as u64;
    }

    fn lose(&mut self, lost: &Lost) {
        let Payload { bytes, took_us, .. } = self.payload;
        let kind = lost.end().outcome(Progress::Answering).kind();
        let after_ms = took_us / 1_000;
        self.cut_short =
            Some(format!("the connection ended (`{kind}`) after {after_ms} ms and {bytes} bytes"));
    }
}
