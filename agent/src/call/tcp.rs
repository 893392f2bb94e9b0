//! A call over plain TCP: the sealed call as one line, the answer as one line.

use std::pin::pin;
use std::time::Duration;

use ringfence_contract::outcome::{Outcome, Phase, Reset};
use ringfence_contract::seal::{ANSWER_MAX_BYTES, AnswerError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::aim::Way;
use super::classify::{Attempt, classify, classify_part, flaw, opened, unsealed};
use super::connect::connect;
use super::socket_error::{End, Progress};
use super::trail::{Timed, Trail, within};
use crate::clock::Stamped;

/// Opens a connection.
pub(super) async fn visit(attempt: &Attempt<'_>, way: Way, trail: &mut Trail) -> Result<Stamped, Outcome> {
    let limit = Duration::from_millis(attempt.call.timeouts.connect_ms.into());
    connect(way, limit, trail).await
}

/// Makes a call on the connection.
pub(super) async fn ask(
    stream: &mut Stamped,
    attempt: &Attempt<'_>,
    trail: &mut Trail,
) -> Result<Outcome, Outcome> {
    let timeouts = attempt.call.timeouts;
    let ms = |ms: u32| Duration::from_millis(ms.into());
    let line = format!("{}\n", attempt.token());
    let stamps = stream.stamps();
    let mut answer = Vec::with_capacity(2 * ANSWER_MAX_BYTES);
    let first = async {
        if let Some(stamps) = &stamps {
            stamps.ask();
        }
        // A peer may answer and close without reading: what it said counts, not that it did not listen.
        let written = stream.write_all(line.as_bytes()).await;
        match (read(stream, &mut answer).await, written) {
            (Err(_), Err(error)) if answer.is_empty() => Err(End::of(&error)),
            (read, _) => read,
        }
    };
    let (first, took) = within(ms(timeouts.first_byte_ms), Phase::FirstByte, pin!(first)).await?;
    first.map_err(|end| end.outcome(Progress::Waiting))?;
    let told = stamps.and_then(|stamps| {
        stamps.answered();
        stamps.took()
    });
    trail.took.first_byte = Some(Timed::by_kernel(told, took));
    let rest = async {
        while !is_whole(&answer) {
            read(stream, &mut answer).await?;
        }
        Ok::<(), End>(())
    };
    let rest = within(ms(timeouts.transfer_ms), Phase::Transfer, pin!(rest)).await;
    let end = match rest {
        Ok((Ok(()), took)) => {
            trail.took.transfer = Some(Timed::by_program(took));
            return Ok(classify(attempt, None, &answer));
        }
        Ok((Err(end), _)) => end.outcome(Progress::Answering),
        Err(timed_out) => timed_out,
    };
    Ok(cut(attempt, &answer, end))
}

/// What an answer comes to that has no end. Bytes that no sealed answer begins with are an answer all the same: here
/// the end of the connection is the end of the answer.
fn cut(attempt: &Attempt<'_>, answer: &[u8], end: Outcome) -> Outcome {
    let is_reset = end == Outcome::Reset(Reset::MidAnswer);
    match opened(attempt, answer) {
        Err(error @ AnswerError::NotAnswer) if !is_reset => {
            Outcome::Unsealed(unsealed(None, answer, flaw(error)))
        }
        _ => classify_part(attempt, None, answer, end),
    }
}

/// A line has come, or more than any answer is long.
fn is_whole(answer: &[u8]) -> bool {
    answer.ends_with(b"\n") || answer.len() > ANSWER_MAX_BYTES
}

/// Reads once: at least one byte, or the end.
async fn read(stream: &mut Stamped, into: &mut Vec<u8>) -> Result<(), End> {
    match stream.read_buf(into).await {
        Ok(0) => Err(End::Closed),
        Ok(_) => Ok(()),
        Err(error) => Err(End::of(&error)),
    }
}
