//! A call over plain TCP: the sealed call as one line, the answer as one line.

use std::time::Duration;

use ringfence_contract::outcome::{Outcome, Phase, Reset};
use ringfence_contract::seal::{ANSWER_MAX_BYTES, AnswerError, call_token};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::aim::Way;
use super::classify::{Attempt, classify, classify_part, flaw, opened, unsealed};
use super::connect::connect;
use super::socket_error::{End, Progress};
use super::trail::{Trail, within};

/// Places the call.
pub(super) async fn call(attempt: &Attempt<'_>, way: Way, trail: &mut Trail) -> Result<Outcome, Outcome> {
    let timeouts = attempt.call.timeouts;
    let ms = |ms: u32| Duration::from_millis(ms.into());
    let mut stream = connect(way, ms(timeouts.connect_ms), trail).await?;
    let token = format!("{}\n", call_token(&attempt.run.key, attempt.run.id, attempt.call.id));
    let mut answer = Vec::new();
    let ask = async {
        // A peer may answer and close without reading: what it said counts, not that it did not listen.
        let written = stream.write_all(token.as_bytes()).await;
        match (read(&mut stream, &mut answer).await, written) {
            (Err(_), Err(error)) if answer.is_empty() => Err(End::of(&error)),
            (read, _) => read,
        }
    };
    let (first, took_us) = within(ms(timeouts.first_byte_ms), Phase::FirstByte, ask).await?;
    first.map_err(|end| end.outcome(Progress::Waiting))?;
    trail.phases.first_byte_us = Some(took_us);
    let rest = async {
        while !is_whole(&answer) {
            read(&mut stream, &mut answer).await?;
        }
        Ok::<(), End>(())
    };
    let end = match within(ms(timeouts.transfer_ms), Phase::Transfer, rest).await {
        Ok((Ok(()), took_us)) => {
            trail.phases.transfer_us = Some(took_us);
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
async fn read(stream: &mut TcpStream, into: &mut Vec<u8>) -> Result<(), End> {
    let mut buffer = [0; 2 * ANSWER_MAX_BYTES];
    match stream.read(&mut buffer).await {
        Ok(0) => Err(End::Closed),
        Ok(count) => {
            into.extend(buffer.iter().take(count));
            Ok(())
        }
        Err(error) => Err(End::of(&error)),
    }
}
