//! The run key, and the codes it makes: HMAC-SHA-256 (RFC 2104, FIPS 180-4) over calls, answers and result lines.
//!
//! Every code is over a purpose, so that none can be passed off for another, and every part is of fixed length or
//! comes last, so that no two messages are the same bytes.

use std::fmt;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::download::Portion;
use crate::id::{BootId, CallId, OrderId, RunId, random_bytes};
use crate::json;
use crate::name::AgentName;
use crate::receipt::SeenSource;

/// The secret of one run: made by the runner, handed to agents inside their orders, forgotten after.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunKey([u8; 32]);

/// A text that is no run key. It is not shown: it may be a secret all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a run key is 64 hex digits")]
pub struct RunKeyError;

impl RunKey {
    /// A fresh one.
    #[must_use]
    pub fn random() -> Self {
        Self(random_bytes())
    }

    fn code(&self, purpose: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(purpose);
        for part in parts {
            mac.update(part);
        }
        mac
    }

    fn seal(&self, purpose: &[u8], parts: &[&[u8]]) -> String {
        HEXLOWER.encode(&self.code(purpose, parts).finalize().into_bytes())
    }

    fn fits(&self, purpose: &[u8], parts: &[&[u8]], seal: &str) -> bool {
        fits(self.code(purpose, parts), seal)
    }
}

/// Whether a seal is this code. They are compared in constant time, and as bytes.
fn fits(code: Hmac<Sha256>, seal: &str) -> bool {
    HEXLOWER.decode(seal.as_bytes()).is_ok_and(|seal| code.verify_slice(&seal).is_ok())
}

impl fmt::Debug for RunKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RunKey(not shown)")
    }
}

impl TryFrom<String> for RunKey {
    type Error = RunKeyError;

    fn try_from(mut text: String) -> Result<Self, RunKeyError> {
        let bytes = HEXLOWER.decode(text.as_bytes()).map_err(|_| RunKeyError);
        text.zeroize();
        <[u8; 32]>::try_from(bytes?).map(Self).map_err(|_| RunKeyError)
    }
}

impl From<RunKey> for String {
    fn from(key: RunKey) -> Self {
        HEXLOWER.encode(&key.0)
    }
}

const CALL: &[u8] = b"ringfence call 1\0";
const MEASURED_CALL: &[u8] = b"ringfence measured call 1\0";
const DOWNLOAD: &[u8] = b"ringfence download 1\0";
const ANSWER: &[u8] = b"ringfence answer 1\0";
const LINE: &[u8] = b"ringfence line 1\0";

/// What a call is placed for. It is under the call's seal, so that no kind can be made another on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To see who reaches whom: the target writes a receipt.
    Reach,
    /// To see how long it takes, one of thousands: the target answers and writes no receipt, since so many would push
    /// those out of its ring that others need. A measured call is therefore no evidence of who reached whom.
    Measure,
    /// To see how fast bytes come: the target's answer goes on with a payload, at most this much of it. Answered over HTTP
    /// only, once, without a receipt, and by the one agent that it is sealed for: whoever overhears it gets none from others.
    Download(Portion),
}

impl Purpose {
    /// The code over a call of this purpose; over that of a download, for this agent.
    fn code(self, key: &RunKey, (run, call): (RunId, CallId), to: Option<&AgentName>) -> Hmac<Sha256> {
        let (run, call) = (run.as_bytes(), call.as_bytes());
        match self {
            Self::Reach => key.code(CALL, &[run, call]),
            Self::Measure => key.code(MEASURED_CALL, &[run, call]),
            Self::Download(portion) => {
                let to = to.map_or("", AgentName::as_str).as_bytes();
                key.code(DOWNLOAD, &[run, call, &written(portion), to])
            }
        }
    }

    /// What its tokens begin with.
    fn head(self) -> String {
        match self {
            Self::Reach => "1".to_owned(),
            Self::Measure => "m".to_owned(),
            Self::Download(portion) => format!("d{}", HEXLOWER.encode(&written(portion))),
        }
    }

    fn of_head(head: &str) -> Option<Self> {
        match head {
            "1" => Some(Self::Reach),
            "m" => Some(Self::Measure),
            _ => {
                let bytes = HEXLOWER.decode(head.strip_prefix('d')?.as_bytes()).ok()?;
                read_portion(&bytes).map(Self::Download)
            }
        }
    }
}

/// A portion as a token has it: its milliseconds in 4 bytes, its bytes in 8, the highest first.
fn written(portion: Portion) -> [u8; PORTION_BYTES] {
    let mut all = [0; PORTION_BYTES];
    let (ms, bytes) = all.split_at_mut(4);
    ms.copy_from_slice(&portion.lasts_ms.to_be_bytes());
    bytes.copy_from_slice(&portion.bytes.to_be_bytes());
    all
}

fn read_portion(bytes: &[u8]) -> Option<Portion> {
    let (ms, bytes) = bytes.split_at_checked(4)?;
    let (ms, bytes) = (ms.try_into().ok()?, bytes.try_into().ok()?);
    Some(Portion { lasts_ms: u32::from_be_bytes(ms), bytes: u64::from_be_bytes(bytes) })
}

/// A sealed call: what an agent answers. As text, `1.<run>.<call>.<seal>`, with an `m` in front where it is measured, and
/// with `d<portion>` where it asks for a download: the value of the [`CALL_HEADER`](crate::CALL_HEADER) header, or, but
/// for a download, a TCP line or UDP datagram with a newline behind it. `to` is the agent that a download is asked of; other
/// calls are whoever's they reach.
#[must_use]
pub fn token(key: &RunKey, (run, call): (RunId, CallId), purpose: Purpose, to: Option<&AgentName>) -> String {
    let seal = HEXLOWER.encode(&purpose.code(key, (run, call), to).finalize().into_bytes());
    format!("{}.{run}.{call}.{seal}", purpose.head())
}

/// The token of a call that is placed to see who reaches whom.
#[must_use]
pub fn call_token(key: &RunKey, run: RunId, call: CallId) -> String {
    token(key, (run, call), Purpose::Reach, None)
}

/// A call as it came in, its seal not yet looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnverifiedCall {
    /// The run it claims to be of: says which key to try.
    pub run: RunId,
    /// What it claims to be placed for.
    pub purpose: Purpose,
    call: CallId,
    seal: String,
}

/// The length of a call token in bytes: version, two identifiers, a code, three dots.
pub const CALL_TOKEN_BYTES: usize = 1 + 32 + 32 + 64 + 3;

/// The length of a portion in bytes; in a token, twice as many digits.
const PORTION_BYTES: usize = 4 + 8;

impl UnverifiedCall {
    /// Reads a token's form. `None` where it has not that form.
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        if token.len() > CALL_TOKEN_BYTES + 2 * PORTION_BYTES {
            return None;
        }
        let mut parts = token.split('.');
        let (head, run, call, seal) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let purpose = Purpose::of_head(head)?;
        Some(Self { run: run.parse().ok()?, purpose, call: call.parse().ok()?, seal: seal.to_owned() })
    }

    /// The call's identifier, if the seal is good for its run and its purpose, and, of a download, for this agent.
    #[must_use]
    pub fn verify(&self, key: &RunKey, me: &AgentName) -> Option<CallId> {
        let code = self.purpose.code(key, (self.run, self.call), Some(me));
        fits(code, &self.seal).then_some(self.call)
    }
}

/// What an agent answers to a sealed call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Which call this answers.
    pub call: CallId,
    /// Who answers.
    pub agent: AgentName,
    /// In which life.
    pub boot: BootId,
    /// The number of the receipt written for it, from 1; 0 in the answer to a measured call or a download, which leave
    /// none.
    pub receipt: u64,
    /// Where the call came from.
    pub seen: SeenSource,
    /// When it came, by the agent's clock, in milliseconds since the Unix epoch.
    pub at_ms: u64,
    /// Why no payload follows, in the answer to a download that the agent does not give; none in every other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What every sealed answer begins with.
pub const ANSWER_PREFIX: &str = "ringfence-answer/1 ";

/// The longest sealed answer, in bytes: fits one datagram on any path (RFC 8200 section 5: 1,280 less headers).
pub const ANSWER_MAX_BYTES: usize = 1_200;

/// Why bytes that came back are no good answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// They do not claim to be one.
    #[error("not a sealed answer")]
    NotAnswer,
    /// They claim to be one and end in the middle.
    #[error("a sealed answer that was cut off")]
    Truncated,
    /// The code does not fit the words.
    #[error("an answer with a false seal")]
    Forged,
    /// A good seal over the answer to another call.
    #[error("an answer to another call")]
    Replayed,
}

/// Seals an answer: one line with a newline at its end, at most [`ANSWER_MAX_BYTES`].
#[must_use]
pub fn seal_answer(key: &RunKey, answer: &Answer) -> String {
    let words = json::write(answer);
    let seal = key.seal(ANSWER, &[words.as_bytes()]);
    format!("{ANSWER_PREFIX}{seal} {words}\n")
}

/// Reads the answer to `call`.
///
/// # Errors
///
/// [`AnswerError`], when the bytes are not a whole, well sealed answer to this very call.
pub fn open_answer(key: &RunKey, call: CallId, bytes: &[u8]) -> Result<Answer, AnswerError> {
    let text = std::str::from_utf8(bytes).map_err(|_| AnswerError::NotAnswer)?;
    let Some(sealed) = text.strip_prefix(ANSWER_PREFIX) else {
        let cut = !text.is_empty() && ANSWER_PREFIX.starts_with(text);
        return Err(if cut { AnswerError::Truncated } else { AnswerError::NotAnswer });
    };
    let (seal, words) =
        sealed.strip_suffix('\n').and_then(|line| line.split_once(' ')).ok_or(AnswerError::Truncated)?;
    if !key.fits(ANSWER, &[words.as_bytes()], seal) {
        return Err(AnswerError::Forged);
    }
    let answer: Answer = serde_json::from_str(words).map_err(|_| AnswerError::Forged)?;
    if answer.call == call { Ok(answer) } else { Err(AnswerError::Replayed) }
}

/// The code over one result line: bound to its order and its place in the reply.
#[must_use]
pub(crate) fn line_seal(key: &RunKey, order: OrderId, number: u32, words: &str) -> String {
    key.seal(LINE, &[order.as_bytes(), &number.to_be_bytes(), words.as_bytes()])
}

/// Whether a result line's code is good.
#[must_use]
pub(crate) fn line_fits(key: &RunKey, order: OrderId, number: u32, words: &str, seal: &str) -> bool {
    key.fits(LINE, &[order.as_bytes(), &number.to_be_bytes(), words.as_bytes()], seal)
}
