//! One attempt on the wire, as it is ordered: where to, in which family, how long to wait, what to expect.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::address::{Address, Family};
use crate::id::CallId;
use crate::name::AgentName;
use crate::spoof::Spoof;
use crate::words;

/// One attempt on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Call {
    /// Fresh for every call.
    pub id: CallId,
    /// Where it goes.
    pub to: Destination,
    /// The agent whose sealed answer is the right one; none where the platform answers itself.
    pub expects: Option<AgentName>,
    /// The one family the call is made in.
    pub family: Family,
    /// Which of several addresses of a name to take: the `nth` modulo their number, in the order of their value.
    pub nth: u32,
    /// What a bad certificate does.
    pub certificates: Certificates,
    /// How long each phase may take.
    pub timeouts: Timeouts,
    /// How long after the order's start the call is placed, in milliseconds: attempts are spread over a window.
    pub start_after_ms: u32,
    /// What the call passes for. All but a look-up only over HTTP.
    pub guise: Guise,
    /// Where the call says that it comes from, in the headers with which proxies pass on a caller's address: a front end
    /// that believes its callers lets it in. Only over HTTP; none tells no lie.
    pub spoofs: Option<Spoof>,
}

impl Call {
    /// A call with a fresh identifier that asks for nothing beside its way: at once, to the first address, for a good
    /// certificate, within the default times. Whose answer is right is not said.
    #[must_use]
    pub fn new(to: Destination, family: Family) -> Self {
        Self {
            id: CallId::random(),
            to,
            expects: None,
            family,
            nth: 0,
            certificates: Certificates::Require,
            timeouts: Timeouts::default(),
            start_after_ms: 0,
            guise: Guise::Own,
            spoofs: None,
        }
    }
}

words! {
    /// What a call passes for.
    Guise {
        /// Itself: it bears the sealed call and this program's name.
        Own = "own",
        /// A person's browser: it bears nothing of Ringfence. A door that turns programs away may let browsers in.
        Browser = "browser",
        /// Itself, over HTTP/1.1 alone. A door may have rules for one version and not for the other.
        Http1 = "http1",
        /// A caller of a site that does not exist: connected and allowed as its own route says, under a made-up host. What a
        /// door says of that site shows what its answers are worth.
        MadeUpHost = "made-up-host",
        /// Nothing: the name is looked up, and nothing is sent to what it leads to.
        LookUp = "look-up",
    }
}

/// Where a call goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Destination {
    /// An endpoint of the scenario.
    Endpoint(Route),
    /// The agent's own listener behind this address, of the same transport and port, and on that address where it is not
    /// a name: shows that the listener lives, and nothing about the way to it.
    OwnListener(Address),
}

/// How an endpoint is reached and recognised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// What the scenario calls it.
    pub address: Address,
    /// Connect here instead of to what the host resolves to; the host still goes into SNI and `Host`.
    pub connect: Option<IpAddr>,
    /// The HTTP method; ignored for TCP and UDP.
    pub method: Method,
    /// What makes the endpoint's certificate good.
    pub trust: Trust,
}

/// The plain way to an address: by GET, where its name leads, trusting what the platform trusts.
impl From<Address> for Route {
    fn from(address: Address) -> Self {
        Self { address, connect: None, method: Method::Get, trust: Trust::Platform }
    }
}

/// The methods an endpoint can be called with. HEAD is not among them: its response has no body to answer in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// RFC 9110 section 9.3.1.
    #[default]
    Get,
    /// RFC 9110 section 9.3.3.
    Post,
    /// RFC 9110 section 9.3.4.
    Put,
    /// RFC 5789.
    Patch,
    /// RFC 9110 section 9.3.5.
    Delete,
    /// RFC 9110 section 9.3.7.
    Options,
}

impl Method {
    /// The method as the request line carries it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
        }
    }
}

/// What makes a peer's certificate good. The default is what the calling host trusts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Trust {
    /// The platform's roots, plus whatever CA file the calling agent was started with.
    #[default]
    Platform,
    /// The above, plus these certificates (PEM).
    Ca(String),
    /// Exactly the certificate with this fingerprint, whatever its name, date or issuer.
    Pin(Pin),
}

/// The SHA-256 of a certificate in DER form: 64 hex digits, with or without colons, in either case.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pin([u8; 32]);

/// A text that is no SHA-256 fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a pin is the SHA-256 of a certificate, `sha256:` and 64 hex digits")]
pub struct PinError;

impl Pin {
    /// The pin of a certificate's SHA-256 digest.
    #[must_use]
    pub fn new(digest: [u8; 32]) -> Self {
        Self(digest)
    }

    /// The digest itself.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl std::str::FromStr for Pin {
    type Err = PinError;

    fn from_str(text: &str) -> Result<Self, PinError> {
        let digits = text.strip_prefix("sha256:").unwrap_or(text).replace(':', "");
        let bytes = data_encoding::HEXLOWER_PERMISSIVE.decode(digits.as_bytes()).map_err(|_| PinError)?;
        <[u8; 32]>::try_from(bytes).map(Self).map_err(|_| PinError)
    }
}

impl TryFrom<String> for Pin {
    type Error = PinError;

    fn try_from(text: String) -> Result<Self, PinError> {
        text.parse()
    }
}

impl From<Pin> for String {
    fn from(pin: Pin) -> Self {
        format!("sha256:{}", data_encoding::HEXLOWER.encode(&pin.0))
    }
}

impl std::fmt::Debug for Pin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&String::from(*self))
    }
}

/// What a bad certificate does to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Certificates {
    /// It ends the call as `tls-failed`.
    Require,
    /// It is noted and the call goes on, so that a bad certificate cannot hide an open path. For deny calls.
    Note,
}

/// How long each phase may take, in milliseconds, 1 to [`Timeouts::PHASE_MAX_MS`] each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timeouts {
    /// Until the resolver has answered.
    pub resolve_ms: u32,
    /// Until the TCP connection stands.
    pub connect_ms: u32,
    /// Until the TLS handshake is done.
    pub tls_ms: u32,
    /// From the request to the first byte of the answer.
    pub first_byte_ms: u32,
    /// From the first byte to the last.
    pub transfer_ms: u32,
}

impl Timeouts {
    /// The same, with all the time there is for a server that took the connection: it may look a caller up, or start what
    /// stands behind it.
    #[must_use]
    pub fn patient(self) -> Self {
        Self { tls_ms: Self::PHASE_MAX_MS, first_byte_ms: Self::PHASE_MAX_MS, ..self }
    }

    /// The longest a single phase may take: five of them still end well inside an order's 60 s.
    pub const PHASE_MAX_MS: u32 = 10_000;

    /// All phases at their longest, in milliseconds.
    #[must_use]
    pub fn total_ms(&self) -> u32 {
        [self.resolve_ms, self.connect_ms, self.tls_ms, self.first_byte_ms, self.transfer_ms].iter().sum()
    }
}

impl Default for Timeouts {
    /// 3.5 s to connect: Linux sends a SYN at 0, 1 and 3 s (RFC 6298 section 2.1: an initial timeout of 1 s, doubled),
    /// so two of them may be lost. As long for the handshake and the first byte, which have TCP's retransmissions
    /// beneath them; 3 s for the resolver, App Service's own time per DNS server (`dnsRetryAttemptTimeout`).
    fn default() -> Self {
        Self { resolve_ms: 3_000, connect_ms: 3_500, tls_ms: 3_500, first_byte_ms: 3_500, transfer_ms: 3_500 }
    }
}
