//! What an answer comes to: pure functions of the bytes that came back.

use std::net::{IpAddr, SocketAddr};

use ringfence_contract::call::Call;
use ringfence_contract::fingerprint::{BODY_READ_BYTES, Fingerprint, Says};
use ringfence_contract::kept;
use ringfence_contract::order::Run;
use ringfence_contract::outcome::{Answered, Forbidden, Outcome, Reset, SealFlaw, Told, ToldKind, Unsealed};
use ringfence_contract::seal::{Answer, AnswerError, Purpose, open_answer, token};

use http::HeaderMap;

/// What an answer is held against.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attempt<'a> {
    pub(super) run: &'a Run,
    pub(super) fingerprints: &'a [Fingerprint],
    pub(super) call: &'a Call,
    pub(super) purpose: Purpose,
}

impl Attempt<'_> {
    /// The sealed call, as it goes over the wire.
    pub(super) fn token(&self) -> String {
        let call = (self.run.id, self.call.id);
        token(&self.run.key, call, self.purpose, self.call.expects.as_ref())
    }
}

/// The status of a refusal (RFC 9110 section 15.5.4).
const FORBIDDEN: u16 = 403;

/// How much of a header is kept as evidence, in bytes.
const HEADER_MAX_BYTES: usize = 1_024;

/// The head of an HTTP response.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) headers: HeaderMap,
}

impl Head {
    /// All values of a header, with what is not text replaced.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let lines = self.headers.get_all(name).iter();
        lines.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
    }

    /// The first value of a header, as evidence.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        let value = self.headers.get(name)?.as_bytes();
        let value = value.get(..HEADER_MAX_BYTES).unwrap_or(value);
        Some(String::from_utf8_lossy(value).into_owned())
    }
}

/// What a whole answer comes to: sealed, or a refusal in a platform's own words, or anything else.
pub(super) fn classify(attempt: &Attempt<'_>, head: Option<&Head>, body: &[u8]) -> Outcome {
    match opened(attempt, body) {
        Ok(outcome) => outcome,
        Err(error) => {
            head.and_then(|head| forbidden(attempt.fingerprints, head, body)).unwrap_or_else(|| {
                let told = head.and_then(|head| told(attempt.fingerprints, head, body));
                Outcome::Unsealed(Unsealed { told, ..unsealed(head, body, flaw(error)) })
            })
        }
    }
}

/// What an answer comes to that `end` cut short. What did come may be enough: where no agent is expected, its head is.
pub(super) fn classify_part(
    attempt: &Attempt<'_>,
    head: Option<&Head>,
    body: &[u8],
    end: Outcome,
) -> Outcome {
    let error = match opened(attempt, body) {
        Ok(outcome) => return outcome,
        Err(error) => error,
    };
    if let Some(forbidden) = head.and_then(|head| forbidden(attempt.fingerprints, head, body)) {
        return forbidden;
    }
    if head.is_some() && attempt.call.expects.is_none() {
        return Outcome::Unsealed(unsealed(head, body, flaw(error)));
    }
    match (error, &end) {
        (AnswerError::Truncated, Outcome::Reset(Reset::ClosedMidAnswer)) => {
            Outcome::Unsealed(unsealed(head, body, Some(SealFlaw::Truncated)))
        }
        _ => end,
    }
}

/// A sealed answer to this call, by the agent that is expected or by another.
pub(super) fn opened(attempt: &Attempt<'_>, body: &[u8]) -> Result<Outcome, AnswerError> {
    let Answer { agent, boot, seen, receipt, .. } = open_answer(&attempt.run.key, attempt.call.id, body)?;
    let is_expected = attempt.call.expects.as_ref() == Some(&agent);
    let answered = Answered { agent, boot, seen, receipt };
    Ok(if is_expected { Outcome::Answered(answered) } else { Outcome::Misanswered(answered) })
}

/// An answer that bears no good seal.
pub(super) fn unsealed(head: Option<&Head>, body: &[u8], flaw: Option<SealFlaw>) -> Unsealed {
    let header = |name| head.and_then(|head| head.first(name));
    Unsealed {
        status: head.map(|head| head.status),
        server: header("server"),
        location: header("location"),
        body: excerpt(body),
        flaw,
        told: None,
    }
}

/// What is wrong with the seal, where there seems to be one.
pub(super) fn flaw(error: AnswerError) -> Option<SealFlaw> {
    match error {
        AnswerError::NotAnswer => None,
        AnswerError::Truncated => Some(SealFlaw::Truncated),
        AnswerError::Forged => Some(SealFlaw::Forged),
        AnswerError::Replayed => Some(SealFlaw::Replayed),
    }
}

/// The first fingerprint that fits.
fn recognised<'f>(fingerprints: &'f [Fingerprint], head: &Head, body: &[u8]) -> Option<&'f Fingerprint> {
    let body = String::from_utf8_lossy(body.get(..BODY_READ_BYTES).unwrap_or(body));
    fingerprints.iter().find(|row| row.matches(head.status, |name| head.all(name), &body))
}

/// The refusal in a platform's own words, if the answer is one.
pub(super) fn forbidden(fingerprints: &[Fingerprint], head: &Head, body: &[u8]) -> Option<Outcome> {
    let row = recognised(fingerprints, head, body).filter(|row| row.says == Says::Refused)?;
    if is_kept(head) {
        return None;
    }
    let values = row.header.as_deref().map(|name| head.all(name).join(",")).unwrap_or_default();
    let mut named = values.split(',').filter_map(read_address);
    let saw = named.next();
    // A platform saw its caller at one address: a refusal that names two is not all its own.
    if named.any(|other| Some(other) != saw) {
        return None;
    }
    let fingerprint = row.name.clone();
    Some(Outcome::Forbidden(Forbidden { fingerprint, by: row.by, status: head.status, saw }))
}

/// What an answer says of itself that is no such refusal.
fn told(fingerprints: &[Fingerprint], head: &Head, body: &[u8]) -> Option<Told> {
    if is_kept(head) {
        return Some(Told { kind: ToldKind::NotADenial, name: "cached".to_owned() });
    }
    let row = recognised(fingerprints, head, body)?;
    row.says.told().map(|kind| Told { kind, name: row.name.clone() })
}

/// Whether it is a refusal that a cache kept: it was given to another call.
fn is_kept(head: &Head) -> bool {
    let lines = head.headers.iter();
    head.status == FORBIDDEN
        && kept::is_kept(lines.map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default())))
}

/// An address as front ends write it: bare, in brackets, with or without a port.
fn read_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    bare.parse::<IpAddr>().or_else(|_| with_port()).ok().map(|address| address.to_canonical())
}

/// The beginning of a body as text, at most [`Unsealed::BODY_MAX_BYTES`], cut between characters.
fn excerpt(body: &[u8]) -> String {
    let head = body.get(..Unsealed::BODY_MAX_BYTES).unwrap_or(body);
    let head = match std::str::from_utf8(head) {
        // The limit went through a character.
        Err(error) if error.error_len().is_none() && head.len() < body.len() => {
            head.get(..error.valid_up_to()).unwrap_or(head)
        }
        _ => head,
    };
    let mut text = String::from_utf8_lossy(head).into_owned();
    // What is not text was replaced by something longer.
    let mut end = text.len().min(Unsealed::BODY_MAX_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.truncate(end);
    text
}

#[cfg(test)]
#[path = "classify_tests.rs"]
mod tests;
