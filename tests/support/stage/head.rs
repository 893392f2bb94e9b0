//! The head of a request, and what a clause asks of it.

use std::net::IpAddr;

use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::door::{Clause, Then, When};

/// The longest head that a door reads, in bytes: agents send some kilobytes at most.
const HEAD_MAX_BYTES: usize = 256 * 1024;

/// A request's head.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) headers: Vec<(String, String)>,
}

/// Everything that clauses look at.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) caller: IpAddr,
    /// Which connection of its caller this is, from 1.
    pub(super) connection: u32,
    /// How many requests the stage's doors have handed on.
    pub(super) passed: u32,
    pub(super) http2: bool,
    /// None before a request's head is known.
    pub(super) head: Option<Head>,
}

impl Head {
    /// Reads a head; none if the caller goes away first.
    pub(super) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Self> {
        let mut bytes = Vec::new();
        while !bytes.ends_with(b"\r\n\r\n") {
            // A byte at a time, so that nothing of the body is read: the streams below are buffered.
            bytes.push(stream.read_u8().await.ok()?);
            if bytes.len() > HEAD_MAX_BYTES {
                return None;
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        let mut lines = text.trim_end().lines();
        let mut words = lines.next()?.split(' ');
        let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
        let field = |line: &str| line.split_once(':').map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
        Some(Self { method, path, headers: lines.filter_map(field).collect() })
    }

    /// The value of a header, whatever the case of its name.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// How many bytes of a body follow.
    pub(super) fn body_bytes(&self) -> usize {
        self.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0)
    }
}

impl Asked {
    /// What is done: the first clause that holds. Nothing said of it means to close.
    pub(super) fn decide(&self, clauses: &[Clause]) -> Then {
        let holding = |clause: &&Clause| !matches!(clause.then, Then::Frames(_)) && self.meets(&clause.when);
        clauses.iter().find(holding).map_or(Then::Close, |clause| clause.then.clone())
    }

    /// The frames that are played to the caller, if the first clause that holds of it without its headers has some.
    pub(super) fn frames(&self, clauses: &[Clause]) -> Option<Vec<super::Frame>> {
        let holding = clauses.iter().find(|clause| self.meets(&clause.when));
        match holding.map(|clause| &clause.then) {
            Some(Then::Frames(frames)) => Some(frames.clone()),
            _ => None,
        }
    }

    /// Text of a reply with its placeholders filled in.
    pub(super) fn filled(&self, text: &str) -> String {
        let pool = format!("198.51.100.{}", self.connection % 9 + 1);
        let host = self.head.as_ref().and_then(|head| head.header("host")).unwrap_or_default();
        text.replace("{caller}", &self.caller.to_string()).replace("{pool}", &pool).replace("{host}", host)
    }

    /// The same of a body; one that is no text stays as it is.
    pub(super) fn filled_bytes(&self, bytes: &[u8]) -> Vec<u8> {
        std::str::from_utf8(bytes).map_or_else(|_| bytes.to_vec(), |text| self.filled(text).into_bytes())
    }

    fn meets(&self, when: &When) -> bool {
        let header = |name| self.head.as_ref().and_then(|head| head.header(name));
        let lower = |text: &str| text.to_ascii_lowercase();
        match when {
            When::Always => true,
            When::From(network) => lies_in(self.caller, network),
            When::Says(name, part) => header(name).is_some_and(|value| lower(value).contains(&lower(part))),
            When::Begins(name, part) => header(name).is_some_and(|value| value.starts_with(part)),
            When::Bears(name) => header(name).is_some(),
            When::Believes(name, network) => {
                header(name).and_then(first_address).is_some_and(|address| lies_in(address, network))
            }
            When::Host(begin) => header("host").is_some_and(|host| lower(host).starts_with(&lower(begin))),
            When::Path(begin) => self.head.as_ref().is_some_and(|head| head.path.starts_with(begin)),
            When::Http2 => self.http2,
            When::First(last) => self.connection <= *last,
            When::Each(number) => self.connection.is_multiple_of(*number),
            When::After(passed) => self.passed > *passed,
            When::All(all) => all.iter().all(|when| self.meets(when)),
            When::Not(when) => !self.meets(when),
        }
    }
}

fn lies_in(address: IpAddr, network: &str) -> bool {
    network.parse::<IpNet>().expect("a network").contains(&address)
}

/// The first address in a header's value: alone, in a list, or as `for=` says it (RFC 7239 section 4).
fn first_address(value: &str) -> Option<IpAddr> {
    let first = value.split([',', ';']).next()?.trim();
    let node = first.strip_prefix("for=").unwrap_or(first).trim_matches(['"', '[', ']']);
    node.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_every_form_that_a_proxy_reads() {
        for value in ["10.0.0.4", "10.0.0.4, 192.0.2.1", "for=10.0.0.4;by=x", "for=\"10.0.0.4\""] {
            assert_eq!(first_address(value), "10.0.0.4".parse().ok(), "{value}");
        }
        assert_eq!(first_address("unknown"), None);
    }
}
