//! What one call saw, as its caller wrote it down.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::call::Pin;
use crate::id::CallId;
use crate::outcome::Outcome;
use crate::words;

/// What one call saw. A run may have millions: what not every call has is held apart, and what many have alike can be shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Which call.
    pub call: CallId,
    /// When it was placed, by the vantage's clock, in milliseconds since the Unix epoch.
    pub started_ms: u64,
    /// What it came to.
    pub outcome: Outcome,
    /// How long each phase took.
    pub phases: Phases,
    /// The one address it was made to, where it got as far as having one.
    pub remote: Option<SocketAddr>,
    /// The address it was made from.
    pub local: Option<SocketAddr>,
    /// What the resolver said, where one was asked.
    pub resolution: Option<Box<Resolution>>,
    /// What the peer's certificate said, where there was one.
    pub tls: Option<Arc<TlsFacts>>,
    /// The final HTTP status, as soon as it came, whatever happened to the rest of the head or to the body.
    pub status: Option<u16>,
    /// Why the request was asked again, where it was. What the sample says then is what the last asking saw.
    pub again: Option<Again>,
    /// The limit of this program's own that cut the answer short, where one did.
    pub limit: Option<OwnLimit>,
}

words! {
    /// Why a request was asked again, at the same address and within the time of one call. HTTP/2 has ways to say nothing
    /// about a request that HTTP/1.1 has not; and some doors open for who brings their cookie. Which protocol the last asking
    /// spoke is in [`TlsFacts::alpn`].
    Again {
        /// The server was leaving and had not taken the request up (GOAWAY, RFC 9113 section 6.8): asked on a new connection.
        Goaway = "goaway",
        /// The server did not take the request up (`REFUSED_STREAM`, RFC 9113 section 8.7), or takes none: asked on a new
        /// connection.
        RefusedStream = "refused-stream",
        /// The server wants HTTP/1.1 (`HTTP_1_1_REQUIRED`, RFC 9113 section 7): asked over HTTP/1.1.
        Http11Required = "http-1-1-required",
        /// The server ended the request without an answer (`RST_STREAM`): asked over HTTP/1.1.
        StreamReset = "stream-reset",
        /// The HTTP/2 connection ended without an answer: asked over HTTP/1.1.
        ConnectionEnded = "connection-ended",
        /// A browser's call was refused with a cookie (RFC 6265): asked with it, as a browser that loads the page again.
        Cookie = "cookie",
    }
}

words! {
    /// A limit of the calling program's own that an answer met. What came before it is told all the same.
    OwnLimit {
        /// The head has more bytes or fields than are read, or breaks a rule that the calling program's HTTP library holds to:
        /// only its status counts.
        Head = "head",
        /// The body is longer than is read ([`BODY_READ_BYTES`](crate::fingerprint::BODY_READ_BYTES)).
        BodyBytes = "body-bytes",
        /// The answer was not at its end when its time was: the head decides, and the rest was not waited for.
        Time = "time",
        /// The body is in a content coding that cannot be undone here: what it says is unknown.
        Coding = "coding",
    }
}

/// How long each phase took, in microseconds, up to 71 minutes. A phase that did not take place, or did not end, is absent,
/// never 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Phases {
    /// Asking the resolver.
    pub resolve_us: Option<u32>,
    /// SYN to SYN-ACK.
    pub connect_us: Option<u32>,
    /// Which clock told that.
    pub connect_clock: Option<Clock>,
    /// The TLS handshake.
    pub tls_us: Option<u32>,
    /// From the request to the first byte of the answer.
    pub first_byte_us: Option<u32>,
    /// Which clock told that. The program told the other phases.
    pub first_byte_clock: Option<Clock>,
    /// From the first byte of the answer to the last.
    pub transfer_us: Option<u32>,
    /// From the start of the call to its end, whatever the end was.
    pub total_us: Option<u32>,
}

words! {
    /// Who looked at the clock.
    Clock {
        /// The kernel, when the packets went out and came in.
        Kernel = "kernel",
        /// The program, before it asked the kernel and after it was told: with its own wait for a processor.
        Program = "program",
    }
}

/// What the resolver said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// The resolver that answered or failed, as `address:port`; all that were asked, comma-separated, where none did;
    /// `hosts file` where that had the name.
    pub resolver: String,
    /// The name asked for.
    pub name: String,
    /// The addresses in the call's family, in the order of their value.
    pub addresses: Vec<IpAddr>,
    /// The aliases on the way (CNAME targets), in order.
    pub cnames: Vec<String>,
    /// The response code: `NOERROR`, `NXDOMAIN`, …; none where no answer came.
    pub rcode: Option<String>,
    /// How long it took, in microseconds.
    pub took_us: u64,
}

/// What the TLS handshake agreed and the peer's certificate said.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct TlsFacts {
    /// The version, as the library names it: `TLSv1_3`.
    pub version: Option<String>,
    /// The protocol agreed by ALPN: `h2`, `http/1.1`.
    pub alpn: Option<String>,
    /// The SHA-256 of the peer's certificate, for pinning.
    pub pin: Option<Pin>,
    /// What is wrong with the certificate, where the call went on in spite of it.
    pub certificate_error: Option<String>,
}
