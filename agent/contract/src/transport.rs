//! How a call travels, and what that means: a table, a row a transport. Whoever asks what a transport can do asks here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a call travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Transport {
    /// HTTP/1.1 in the clear.
    Http,
    /// HTTP/1.1 or, by ALPN, HTTP/2 over TLS.
    Https,
    /// One sealed line over a TCP connection.
    Tcp,
    /// One sealed datagram.
    Udp,
}

/// What is below a call: what filters on the way see of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Carrier {
    /// TCP: a connection is made first.
    Tcp,
    /// UDP: a datagram is sent, and nothing takes it before it is answered.
    Udp,
}

/// How an agent answers a call that it does not know: as if nothing of Ringfence's were there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToStrangers {
    /// With a plain `404`.
    NotFound,
    /// It closes the connection without a word.
    Close,
    /// Not at all.
    Nothing,
}

/// A row of the table.
struct Row {
    scheme: &'static str,
    /// The port where an address names none.
    port: Option<u16>,
    carrier: Carrier,
    is_http: bool,
    is_tls: bool,
    to_strangers: ToStrangers,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 4] = [Self::Http, Self::Https, Self::Tcp, Self::Udp];

    const fn row(self) -> Row {
        let http = Row {
            scheme: "http",
            port: Some(80),
            carrier: Carrier::Tcp,
            is_http: true,
            is_tls: false,
            to_strangers: ToStrangers::NotFound,
        };
        let raw = Row { port: None, is_http: false, ..http };
        match self {
            Self::Http => http,
            Self::Https => Row { scheme: "https", port: Some(443), is_tls: true, ..http },
            Self::Tcp => Row { scheme: "tcp", to_strangers: ToStrangers::Close, ..raw },
            Self::Udp => {
                Row { scheme: "udp", carrier: Carrier::Udp, to_strangers: ToStrangers::Nothing, ..raw }
            }
        }
    }

    /// The transport of a URL scheme.
    #[must_use]
    pub fn of_scheme(scheme: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str() == scheme)
    }

    /// The URL scheme.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        self.row().scheme
    }

    /// The port where an address names none; none where each address has to name one.
    #[must_use]
    pub fn default_port(self) -> Option<u16> {
        self.row().port
    }

    /// What is below it.
    #[must_use]
    pub fn carrier(self) -> Carrier {
        self.row().carrier
    }

    /// Whether it carries HTTP requests: it has statuses, headers and paths.
    #[must_use]
    pub fn is_http(self) -> bool {
        self.row().is_http
    }

    /// Whether a certificate shows who answers.
    #[must_use]
    pub fn is_tls(self) -> bool {
        self.row().is_tls
    }

    /// Whether it carries HTTP in the clear: whatever is on the way may have answered.
    #[must_use]
    pub fn is_plain_http(self) -> bool {
        self.is_http() && !self.is_tls()
    }

    /// Whether a connection is made before anything is sent.
    #[must_use]
    pub fn connects(self) -> bool {
        self.carrier() == Carrier::Tcp
    }

    /// Whether a connection that was taken is all that a service of unknown speech shows.
    #[must_use]
    pub fn shows_by_connecting(self) -> bool {
        self.connects() && !self.is_http()
    }

    /// How an agent answers a call that it does not know.
    #[must_use]
    pub fn to_strangers(self) -> ToStrangers {
        self.row().to_strangers
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Display for Carrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_transport_is_found_by_its_scheme_and_answers_for_itself() {
        for (scheme, transport, port, http, tls, connects, raw) in [
            ("http", Transport::Http, Some(80), true, false, true, false),
            ("https", Transport::Https, Some(443), true, true, true, false),
            ("tcp", Transport::Tcp, None, false, false, true, true),
            ("udp", Transport::Udp, None, false, false, false, false),
        ] {
            assert_eq!(Transport::of_scheme(scheme), Some(transport));
            assert_eq!((transport.to_string().as_str(), transport.default_port()), (scheme, port));
            let told = (transport.is_http(), transport.is_tls(), transport.connects());
            assert_eq!((told, transport.shows_by_connecting()), ((http, tls, connects), raw), "{scheme}");
        }
        assert_eq!(Transport::of_scheme("ftp"), None);
    }
}
