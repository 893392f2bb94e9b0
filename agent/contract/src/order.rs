//! What a runner asks of an agent: signed over its exact bytes, for one agent, for a short time, once.
//!
//! As text an order is one line: `ringfence/1 <signature> <words>`, the signature 128 hex digits of Ed25519 (RFC 8032)
//! over everything but itself, the words compact JSON. The runner holds the private key; agents hold public ones.

use std::fmt;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Serialize};

use crate::CONTRACT_VERSION;
use crate::address::Address;
use crate::call::{Call, Trust};
use crate::download::Download;
use crate::fingerprint::Fingerprint;
use crate::id::{BootId, CallId, OrderId, RunId};
use crate::json;
pub use crate::key::{KeyError, PrivateKey, PublicKey};
use crate::measure::Measure;
use crate::name::AgentName;
use crate::seal::RunKey;

/// The longest time between an order's issue and its expiry, in milliseconds: an order is done well inside 60 s, and
/// as much again is left for the way.
pub const ORDER_LIFE_MAX_MS: u64 = 120_000;

/// How far in an agent's future an order may have been issued, in milliseconds: clocks drift between two orders.
pub const ORDER_EARLY_MAX_MS: u64 = 5_000;

/// What a runner asks of one agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The one agent it is for.
    pub audience: AgentName,
    /// Taken at most once.
    pub id: OrderId,
    /// When it was issued, by the *agent's* clock, in milliseconds since the Unix epoch.
    pub issued_ms: u64,
    /// When it ends, by the agent's clock.
    pub expires_ms: u64,
    /// The life of the agent it is for; none only in a hello, which asks for it.
    pub boot: Option<BootId>,
    /// The run it belongs to.
    pub run: Run,
    /// What is asked.
    pub ask: Ask,
}

/// A run, as agents know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Run {
    /// Its name.
    pub id: RunId,
    /// Its key.
    pub key: RunKey,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Who are you, which version, what is the time, what can you do; and answer calls of this run from now on.
    Hello,
    /// Place these calls, all of them at once but for their `start_after_ms`.
    Place(Place),
    /// Place one call again and again, and say how long its phases took.
    Measure(Box<Measure>),
    /// Ask a target for bytes, and say how many came and when.
    Download(Box<Download>),
    /// Show the receipts for these calls.
    Receipts(Vec<CallId>),
    /// Pass this order on, as it is.
    Relay(Relay),
}

/// Calls to place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// The calls, at most the agent's batch limit.
    pub calls: Vec<Call>,
    /// How platforms say no, most telling first.
    pub fingerprints: Vec<Fingerprint>,
}

/// An order to pass on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Where its addressee takes orders.
    pub to: ControlAddress,
    /// The order as signed text.
    pub order: String,
    /// How long the addressee may take to answer in full, in milliseconds.
    pub timeout_ms: u32,
}

/// Where an agent takes orders, and how it is recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlAddress {
    /// `http` or `https`; the path is [`ORDER_PATH`](crate::ORDER_PATH) whatever it says.
    pub address: Address,
    /// Connect here instead of to what the host resolves to.
    pub connect: Option<std::net::IpAddr>,
    /// What makes its certificate good.
    pub trust: Trust,
}

fn signed_bytes(version: &str, words: &str) -> String {
    format!("ringfence order\0{version} {words}")
}

/// Signs an order: one line without its newline.
#[must_use]
pub fn sign(key: &PrivateKey, order: &Order) -> String {
    let version = CONTRACT_VERSION.to_string();
    let words = json::write(order);
    let signature = key.0.sign(signed_bytes(&version, &words).as_bytes());
    format!("ringfence/{version} {} {words}", HEXLOWER.encode(&signature.to_bytes()))
}

/// Why an order is not even listened to, or is refused. What a stranger sends is told apart from what a trusted
/// runner got wrong: strangers get no answer, the runner gets a reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// It has not the form of an order.
    #[error("not an order")]
    NotOrder,
    /// No trusted key has signed these bytes.
    #[error("not signed by a trusted key")]
    Untrusted,
    /// It is signed by a trusted key, and refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Reads a signed order. What depends on the agent's state (boot, replay) is for the agent to look at.
///
/// # Errors
///
/// [`OrderError::NotOrder`] and [`OrderError::Untrusted`] for strangers; [`OrderError::Refused`] for a trusted runner
/// that speaks another version, means another agent, or signed for another time.
pub fn open(text: &str, trusted: &[PublicKey], me: &AgentName, now_ms: u64) -> Result<Order, OrderError> {
    let (version, signature, words) = split(text).ok_or(OrderError::NotOrder)?;
    let signed = signed_bytes(version, words);
    let trusted = trusted.iter().any(|key| key.0.verify_strict(signed.as_bytes(), &signature).is_ok());
    if !trusted {
        return Err(OrderError::Untrusted);
    }
    let refuse = |why, detail: String| OrderError::Refused(Refusal { why, detail, clock_ms: now_ms });
    if version != CONTRACT_VERSION.to_string() {
        let detail = format!("the order speaks version {version}, this agent speaks {CONTRACT_VERSION}");
        return Err(refuse(RefusalWhy::UnknownVersion, detail));
    }
    let order: Order = serde_json::from_str(words)
        .map_err(|error| refuse(RefusalWhy::UnknownWords, format!("the order cannot be read: {error}")))?;
    if &order.audience != me {
        let detail = format!("the order is for `{}`, this agent is `{me}`", order.audience);
        return Err(refuse(RefusalWhy::WrongAudience, detail));
    }
    check_time(&order, now_ms).map_err(|(why, detail)| refuse(why, detail))?;
    Ok(order)
}

fn check_time(order: &Order, now_ms: u64) -> Result<(), (RefusalWhy, String)> {
    let life_ms = order.expires_ms.saturating_sub(order.issued_ms);
    if life_ms == 0 || life_ms > ORDER_LIFE_MAX_MS {
        let detail = format!("the order lives {life_ms} ms, at most {ORDER_LIFE_MAX_MS} ms are allowed");
        return Err((RefusalWhy::TooLongLived, detail));
    }
    if now_ms >= order.expires_ms {
        let late_ms = now_ms - order.expires_ms;
        return Err((RefusalWhy::Expired, format!("the order ended {late_ms} ms ago by this agent's clock")));
    }
    if order.issued_ms > now_ms + ORDER_EARLY_MAX_MS {
        let early_ms = order.issued_ms - now_ms;
        let detail = format!("the order will be issued {early_ms} ms from now by this agent's clock");
        return Err((RefusalWhy::NotYetValid, detail));
    }
    Ok(())
}

fn split(text: &str) -> Option<(&str, Signature, &str)> {
    let (version, rest) = text.trim_end_matches(['\r', '\n']).strip_prefix("ringfence/")?.split_once(' ')?;
    let (signature, words) = rest.split_once(' ')?;
    let is_number = !version.is_empty() && version.len() <= 9 && version.bytes().all(|b| b.is_ascii_digit());
    let signature: [u8; 64] = HEXLOWER.decode(signature.as_bytes()).ok()?.try_into().ok()?;
    is_number.then_some((version, Signature::from_bytes(&signature), words))
}

/// What an agent says to a trusted runner whose order it does not carry out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{why}: {detail}")]
pub struct Refusal {
    /// Why.
    pub why: RefusalWhy,
    /// What exactly, and the next step.
    pub detail: String,
    /// The agent's clock, in milliseconds since the Unix epoch, so that the runner can sign in the agent's time.
    pub clock_ms: u64,
}

/// Why an agent refuses a trusted order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefusalWhy {
    /// Another version of the contract.
    UnknownVersion,
    /// The right version, with words in it that this agent does not know.
    UnknownWords,
    /// It is for another agent.
    WrongAudience,
    /// Its time is over.
    Expired,
    /// Its time has not come.
    NotYetValid,
    /// It is good for longer than any order may be.
    TooLongLived,
    /// It was taken before.
    Replayed,
    /// It is for an earlier life of this agent.
    Restarted,
    /// It asks for more than a named limit allows.
    OverLimit,
    /// Its addressee may not be called by this agent's own policy.
    NotAllowed,
    /// Its addressee could not be reached by the relay.
    RelayFailed,
    /// The agent is shutting down.
    Draining,
}

impl fmt::Display for RefusalWhy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::UnknownVersion => "unknown-version",
            Self::UnknownWords => "unknown-words",
            Self::WrongAudience => "wrong-audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not-yet-valid",
            Self::TooLongLived => "too-long-lived",
            Self::Replayed => "replayed",
            Self::Restarted => "restarted",
            Self::OverLimit => "over-limit",
            Self::NotAllowed => "not-allowed",
            Self::RelayFailed => "relay-failed",
            Self::Draining => "draining",
        };
        f.pad(text)
    }
}
