//! One entry of an agent's allow list, read from text and written back.
//!
//! ```text
//! entry   = what [ ":" ports ]          a network in IPv6 with ports is written in brackets
//! what    = network | name | "*." name | "any"
//! ports   = port [ "-" port ]
//! ```
//!
//! This file must not know which addresses are guarded.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use ipnet::IpNet;
use ringfence_contract::address::Host;

/// One entry of an allow list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub(super) what: What,
    first_port: u16,
    last_port: u16,
}

/// What an entry admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum What {
    /// Addresses.
    Network(IpNet),
    /// What exactly this name resolves to.
    Name(String),
    /// What any name below this one, at any depth, resolves to.
    Below(String),
    /// Everything that is not guarded.
    Any,
}

/// Why a text is no entry of an allow list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// It is empty.
    #[error("an allow entry is empty")]
    Empty,
    /// The part behind the colon is no port or range of ports.
    #[error(
        "`{text}` has no port or range of ports behind its colon: write `443` or `8080-8090`, 1 to 65535"
    )]
    Ports {
        /// The whole entry.
        text: String,
    },
    /// The network has bits set behind its prefix.
    #[error("`{text}` has bits set behind its prefix: write `{meant}`, or the address alone for one host")]
    HostBits {
        /// The whole entry.
        text: String,
        /// The network without them.
        meant: IpNet,
    },
    /// An IPv6 network with something behind it that is not in brackets.
    #[error("`{text}` mixes an IPv6 network and a port: put the network in brackets, `[fd00::/8]:443`")]
    Brackets {
        /// The whole entry.
        text: String,
    },
    /// Neither a network nor a name.
    #[error(
        "`{text}` is neither a network (`10.0.0.0/16`), nor a host name (`app.example.net`, `*.example.net`), nor `any`"
    )]
    What {
        /// The whole entry.
        text: String,
    },
}

impl Entry {
    /// An entry for a whole network, on every port.
    #[must_use]
    pub fn network(network: IpNet) -> Self {
        Self { what: What::Network(network.trunc()), first_port: 0, last_port: u16::MAX }
    }

    /// An entry for everything that is not guarded, on every port.
    #[must_use]
    pub fn any() -> Self {
        Self { what: What::Any, first_port: 0, last_port: u16::MAX }
    }

    /// Whether the entry is about this port.
    pub(super) fn has_port(&self, port: u16) -> bool {
        (self.first_port..=self.last_port).contains(&port)
    }

    /// Whether the entry is a name that this host bears.
    pub(super) fn names(&self, host: &Host) -> bool {
        match (&self.what, host) {
            (What::Name(name), Host::Name(host)) => name == host,
            (What::Below(parent), Host::Name(host)) => {
                host.strip_suffix(parent.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
            }
            _ => false,
        }
    }
}

impl FromStr for Entry {
    type Err = EntryError;

    fn from_str(text: &str) -> Result<Self, EntryError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(EntryError::Empty);
        }
        let (what, ports) = split(text)?;
        let (first_port, last_port) = match ports {
            Some(ports) => read_ports(ports).ok_or_else(|| EntryError::Ports { text: text.to_owned() })?,
            None => (0, u16::MAX),
        };
        Ok(Self { what: read_what(what, text)?, first_port, last_port })
    }
}

fn split(text: &str) -> Result<(&str, Option<&str>), EntryError> {
    if let Some(rest) = text.strip_prefix('[') {
        let (what, behind) =
            rest.split_once(']').ok_or_else(|| EntryError::What { text: text.to_owned() })?;
        return match behind.strip_prefix(':') {
            Some(ports) => Ok((what, Some(ports))),
            None if behind.is_empty() => Ok((what, None)),
            None => Err(EntryError::Ports { text: text.to_owned() }),
        };
    }
    match text.matches(':').count() {
        0 => Ok((text, None)),
        1 => Ok(text.split_once(':').map_or((text, None), |(what, ports)| (what, Some(ports)))),
        _ if read_network(text).is_some() => Ok((text, None)),
        _ => Err(EntryError::Brackets { text: text.to_owned() }),
    }
}

fn read_ports(text: &str) -> Option<(u16, u16)> {
    let port = |text: &str| text.trim().parse::<u16>().ok().filter(|port| *port > 0);
    let (first, last) = match text.split_once('-') {
        Some((first, last)) => (port(first)?, port(last)?),
        None => (port(text)?, port(text)?),
    };
    (first <= last).then_some((first, last))
}

fn read_network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

fn read_what(what: &str, text: &str) -> Result<What, EntryError> {
    if what.eq_ignore_ascii_case("any") {
        return Ok(What::Any);
    }
    if let Some(network) = read_network(what) {
        let meant = network.trunc();
        if meant != network {
            return Err(EntryError::HostBits { text: text.to_owned(), meant });
        }
        return Ok(What::Network(network));
    }
    let name = what.trim_end_matches('.').to_ascii_lowercase();
    let (below, bare) = name.strip_prefix("*.").map_or((false, name.as_str()), |bare| (true, bare));
    if !is_name(bare) {
        return Err(EntryError::What { text: text.to_owned() });
    }
    Ok(if below { What::Below(bare.to_owned()) } else { What::Name(bare.to_owned()) })
}

/// A host name (RFC 1123 section 2.1), and none that a URL would read as a number: such a host never stays a name.
fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let number = last.bytes().all(|b| b.is_ascii_digit()) || last.starts_with("0x");
    text.len() <= 253 && text.split('.').all(label) && !number
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = match (self.first_port, self.last_port) {
            (0, u16::MAX) => String::new(),
            (first, last) if first == last => format!(":{first}"),
            (first, last) => format!(":{first}-{last}"),
        };
        match &self.what {
            What::Network(network @ IpNet::V6(_)) if !ports.is_empty() => write!(f, "[{network}]{ports}"),
            What::Network(network) => write!(f, "{network}{ports}"),
            What::Name(name) => write!(f, "{name}{ports}"),
            What::Below(name) => write!(f, "*.{name}{ports}"),
            What::Any => write!(f, "any{ports}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_read_and_written_back() {
        for (text, written) in [
            ("10.0.0.0/16", "10.0.0.0/16"),
            ("10.0.0.0/16:443", "10.0.0.0/16:443"),
            ("10.0.1.4:8080-8090", "10.0.1.4/32:8080-8090"),
            ("[fd00::/8]:443", "[fd00::/8]:443"),
            ("[fd00::/8]", "fd00::/8"),
            ("::1", "::1/128"),
            ("App.Example.Net.", "app.example.net"),
            ("*.azurewebsites.net:443", "*.azurewebsites.net:443"),
            ("any", "any"),
            ("ANY:443", "any:443"),
            (" localhost ", "localhost"),
        ] {
            assert_eq!(
                text.parse::<Entry>().map(|entry| entry.to_string()),
                Ok(written.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_entry_is_refused_with_its_text_and_the_next_step() {
        for (text, part) in [
            ("", "empty"),
            ("10.0.0.5/16", "write `10.0.0.0/16`"),
            ("10.0.0.0/33", "neither a network"),
            ("10.0.0.1:0", "no port"),
            ("10.0.0.1:90-80", "no port"),
            ("10.0.0.1:", "no port"),
            ("host:https", "no port"),
            ("fd00::/8:443", "in brackets"),
            ("[fd00::/8", "neither a network"),
            ("[fd00::/8]443", "no port"),
            ("https://host", "no port"),
            ("*", "neither a network"),
            ("a..b", "neither a network"),
            ("2852039166", "neither a network"),
            ("0xA9FEA9FE", "neither a network"),
            ("*.*.net", "neither a network"),
            ("a b", "neither a network"),
        ] {
            let error = text.parse::<Entry>().expect_err(text).to_string();
            assert!(error.contains(part), "{text}: {error}");
        }
    }

    #[test]
    fn a_star_stands_for_one_label_or_more_and_never_for_none() {
        let entry: Entry = "*.example.net".parse().expect("an entry");
        let names = |host: &str| entry.names(&Host::Name(host.to_owned()));
        assert!(names("a.example.net") && names("a.scm.example.net"));
        assert!(!names("example.net") && !names("badexample.net") && !names(".example.net"));
    }
}
