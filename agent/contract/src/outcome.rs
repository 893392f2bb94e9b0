//! What one call came to: a closed set, so that every judgement over it is an exhaustive match.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::fingerprint::Basis;
use crate::id::BootId;
use crate::name::AgentName;
use crate::receipt::SeenSource;
pub use crate::told::{SealFlaw, Told, ToldKind};
use crate::words;

/// What one call came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "facts", rename_all = "kebab-case")]
pub enum Outcome {
    /// A sealed answer of the expected agent.
    Answered(Answered),
    /// A sealed answer of another agent.
    Misanswered(Answered),
    /// A refusal in the platform's own words.
    Forbidden(Forbidden),
    /// Any other answer: HTTP that bears no seal, or bytes that are no sealed answer.
    Unsealed(Unsealed),
    /// A reset in answer to SYN, or a port unreachable for a datagram's port: somebody said no at once.
    Refused,
    /// The connection ended before an answer.
    Reset(Reset),
    /// The network said it could not deliver.
    Unreachable(Unreachable),
    /// Nothing came in this phase's time.
    TimedOut(Phase),
    /// The name has no address to call.
    Unresolved(Unresolved),
    /// The TLS handshake failed, or the certificate was not good and the call required it to be.
    TlsFailed(TlsFailed),
    /// The vantage could not send.
    NotSent(NotSent),
}

impl Outcome {
    /// The kind alone.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Answered(_) => OutcomeKind::Answered,
            Self::Misanswered(_) => OutcomeKind::Misanswered,
            Self::Forbidden(_) => OutcomeKind::Forbidden,
            Self::Unsealed(_) => OutcomeKind::Unsealed,
            Self::Refused => OutcomeKind::Refused,
            Self::Reset(_) => OutcomeKind::Reset,
            Self::Unreachable(_) => OutcomeKind::Unreachable,
            Self::TimedOut(_) => OutcomeKind::TimedOut,
            Self::Unresolved(_) => OutcomeKind::Unresolved,
            Self::TlsFailed(_) => OutcomeKind::TlsFailed,
            Self::NotSent(_) => OutcomeKind::NotSent,
        }
    }
}

words! {
    /// The kind of an [`Outcome`], without its facts.
    OutcomeKind {
        /// [`Outcome::Answered`].
        Answered = "answered",
        /// [`Outcome::Misanswered`].
        Misanswered = "misanswered",
        /// [`Outcome::Forbidden`].
        Forbidden = "forbidden",
        /// [`Outcome::Unsealed`].
        Unsealed = "unsealed",
        /// [`Outcome::Refused`].
        Refused = "refused",
        /// [`Outcome::Reset`].
        Reset = "reset",
        /// [`Outcome::Unreachable`].
        Unreachable = "unreachable",
        /// [`Outcome::TimedOut`].
        TimedOut = "timed-out",
        /// [`Outcome::Unresolved`].
        Unresolved = "unresolved",
        /// [`Outcome::TlsFailed`].
        TlsFailed = "tls-failed",
        /// [`Outcome::NotSent`].
        NotSent = "not-sent",
    }
}

words! {
    /// A part of a call's life.
    Phase {
        /// Asking the resolver.
        Resolve = "resolve",
        /// SYN to SYN-ACK.
        Connect = "connect",
        /// The TLS handshake.
        Tls = "tls",
        /// From the request sent to the first byte of its answer.
        FirstByte = "first-byte",
        /// From the first byte of the answer to its last.
        Transfer = "transfer",
    }
}

words! {
    /// What ICMP (RFC 792, RFC 4443) or the local stack said could not be reached.
    Unreachable {
        /// No route to the network, said by a router on the way.
        Net = "net",
        /// The host does not answer its neighbours, or a router says so.
        Host = "host",
        /// Nothing listens on the port; for TCP this only comes from a filter that answers with ICMP.
        Port = "port",
        /// A filter refuses and says so (RFC 1812 section 5.2.7.1, RFC 4443 section 3.1 code 1). Linux's error queue tells it.
        AdminProhibited = "admin-prohibited",
    }
}

words! {
    /// How a connection ended early.
    Reset {
        /// A reset while the handshake was still going on.
        DuringTls = "during-tls",
        /// A reset after the request, before any answer.
        BeforeAnswer = "before-answer",
        /// A reset inside the answer.
        MidAnswer = "mid-answer",
        /// An orderly close where the handshake should have been.
        ClosedDuringTls = "closed-during-tls",
        /// An orderly close where the answer should have been.
        ClosedBeforeAnswer = "closed-before-answer",
        /// An orderly close inside the answer.
        ClosedMidAnswer = "closed-mid-answer",
        /// HTTP/2 took the request back (RFC 9113 sections 6.4, 6.8), which may have been taken up, and HTTP/1.1 is not spoken.
        TakenBack = "taken-back",
    }
}

impl Reset {
    /// The phase it happened in.
    #[must_use]
    pub fn phase(self) -> Phase {
        match self {
            Self::DuringTls | Self::ClosedDuringTls => Phase::Tls,
            Self::BeforeAnswer | Self::ClosedBeforeAnswer | Self::TakenBack => Phase::FirstByte,
            Self::MidAnswer | Self::ClosedMidAnswer => Phase::Transfer,
        }
    }
}

/// A sealed answer came back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Who answered.
    pub agent: AgentName,
    /// In which life: that of an instance that said hello, or of another.
    pub boot: BootId,
    /// Where the call came from, as the answering agent saw it.
    pub seen: SeenSource,
    /// The number of the receipt it wrote, from 1; 0 for a measured call, which leaves none.
    pub receipt: u64,
}

/// The platform refused, and said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forbidden {
    /// The name of the fingerprint.
    pub fingerprint: String,
    /// What the fingerprint rests on: a text in a body alone may be quoted by anybody.
    pub by: Basis,
    /// The HTTP status.
    pub status: u16,
    /// The caller's address as the platform saw it, where it says so.
    pub saw: Option<IpAddr>,
}

/// An answer that bears no good seal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsealed {
    /// The HTTP status; none where the bytes are not HTTP.
    pub status: Option<u16>,
    /// The `Server` header.
    pub server: Option<String>,
    /// The `Location` header. It is never followed.
    pub location: Option<String>,
    /// The first [`Unsealed::BODY_MAX_BYTES`] of the body, with what is not text replaced.
    pub body: String,
    /// What is wrong with the seal, where the answer claims to have one.
    pub flaw: Option<SealFlaw>,
    /// What the answer says of itself, where a row of the tables knows it.
    pub told: Option<Told>,
}

impl Unsealed {
    /// How much of a body is kept as evidence, in bytes.
    pub const BODY_MAX_BYTES: usize = 256;
}

/// The name has no address to call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unresolved {
    /// Why.
    pub why: UnresolvedWhy,
    /// The DNS response code as the registry names it (`NXDOMAIN`, `SERVFAIL`; RFC 6895), where one came.
    pub rcode: Option<String>,
    /// The resolver that said so; all that were asked, comma-separated, where none answered.
    pub resolver: String,
}

words! {
    /// Why a name has no address.
    UnresolvedWhy {
        /// The name does not exist (RFC 2308).
        NoSuchName = "no-such-name",
        /// The name exists, but has no record in the call's family (RFC 2308 section 2.2).
        NoRecords = "no-records",
        /// The resolver failed (SERVFAIL, REFUSED and their kin).
        ResolverFailed = "resolver-failed",
        /// The resolver did not answer, or could not be reached.
        ResolverSilent = "resolver-silent",
        /// There is no resolver to ask.
        NoResolver = "no-resolver",
    }
}

impl UnresolvedWhy {
    /// Whether the answer says that the name has no address, as opposed to nobody having said anything.
    #[must_use]
    pub fn is_said(self) -> bool {
        matches!(self, Self::NoSuchName | Self::NoRecords)
    }
}

/// The TLS handshake failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TlsFailed {
    /// Why.
    pub why: TlsFailedWhy,
    /// The error in the TLS library's words.
    pub detail: String,
}

words! {
    /// Why a TLS handshake failed.
    TlsFailedWhy {
        /// The certificate's time is over.
        Expired = "expired",
        /// The certificate's time has not come.
        NotYetValid = "not-yet-valid",
        /// The certificate is for other names.
        WrongName = "wrong-name",
        /// Nobody trusted issued it, or it is not the pinned one.
        Untrusted = "untrusted",
        /// Something else about the certificate.
        BadCertificate = "bad-certificate",
        /// The peer ended the handshake with an alert (RFC 8446 section 6).
        Alert = "alert",
        /// What came was not TLS, or broke its rules.
        Handshake = "handshake",
        /// A limit of Ringfence's TLS: the peer speaks none of its versions, cipher suites, curves or signatures, or has a
        /// key or certificate that it cannot verify.
        Unsupported = "unsupported",
    }
}

/// The vantage could not send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotSent {
    /// Why.
    pub why: NotSentWhy,
    /// What exactly, for the reader.
    pub detail: String,
}

words! {
    /// Why a vantage could not send.
    NotSentWhy {
        /// The vantage has no route there.
        NoRoute = "no-route",
        /// The vantage has no address in the call's family.
        NoFamily = "no-family",
        /// The vantage's own policy does not allow the address.
        NotAllowed = "not-allowed",
        /// A local firewall or security module refused the send.
        NotPermitted = "not-permitted",
        /// The vantage ran out of file descriptors, ports or memory.
        NoResources = "no-resources",
        /// The source address it was told to use is not its own.
        BadSource = "bad-source",
        /// The vantage has no listener of the kind it was asked to call.
        NoListener = "no-listener",
        /// The order ended before the call's turn.
        OutOfTime = "out-of-time",
        /// The call was to look the name up, and no more.
        LookedUp = "looked-up",
        /// Something in the vantage itself broke; the detail says what.
        Broken = "broken",
    }
}
