//! Where a call goes: transport, host, port and path, written as a URL.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::transport::Transport;

/// An address family. A call is made in exactly one, and says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// Internet Protocol version 4.
    Ipv4,
    /// Internet Protocol version 6.
    Ipv6,
}

impl Family {
    /// The family of an address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The family as scenarios and reports write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A host as it is written in a URL: a name to resolve, or an address.
///
/// Numbers in disguise are read as a browser reads them (WHATWG URL, "IPv4 parser"): `2852039166`, `0xA9FEA9FE` and
/// `0251.0376.0251.0376` are all the address 169.254.169.254, and become an [`Host::Ip`] here, where a policy can
/// see them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Host {
    /// A name that has to be resolved, in lower case and without a trailing dot.
    Name(String),
    /// An address.
    Ip(IpAddr),
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Ip(IpAddr::V4(address)) => write!(f, "{address}"),
            Self::Ip(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Why a text is no address a call could go to. The text itself is not repeated: the place that has it points at it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text is not a URL at all.
    #[error("not a URL: {0}")]
    NotUrl(String),
    /// The scheme is none that a call can travel by.
    #[error("scheme `{0}` is not one of `http`, `https`, `tcp`, `udp`")]
    Scheme(String),
    /// There is no host in it.
    #[error("no host in it")]
    NoHost,
    /// The transport has no port of its own and the text names none.
    #[error("`{0}` needs a port")]
    NoPort(Transport),
    /// A user name or password: secrets do not belong in an address.
    #[error("user name or password in it: an address ends up in reports")]
    Credentials,
    /// A path, query or fragment where the transport has none.
    #[error("`{0}` takes no path, query or fragment")]
    Path(Transport),
    /// A fragment: it stays with the client and is never sent (RFC 9110 section 7.1).
    #[error("fragment (`#`) in it, which is never sent")]
    Fragment,
    /// A character that a request line cannot carry: a URL is called as it is written.
    #[error("`{}` in it, which no request can carry as it is", .0.to_string().escape_debug().to_string().replace("\\\\", "\\"))]
    Character(char),
}

/// One way in to something: `https://host/path`, `tcp://host:port`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Address {
    /// How the call travels.
    pub transport: Transport,
    /// Whom it goes to.
    pub host: Host,
    /// Whether a name was written with a trailing dot: then no search domain makes another name of it.
    pub absolute: bool,
    /// The port, 1 to 65535 (0 is refused when the call is placed).
    pub port: u16,
    /// Path and query, byte for byte as written and sent; `/` where none is written, empty for TCP and UDP.
    pub path: String,
}

impl Address {
    /// `host:port` without the port where it is the scheme's own: what an HTTP `Host` header carries (RFC 9110
    /// section 7.2).
    #[must_use]
    pub fn authority(&self) -> String {
        match self.port_written() {
            None => self.host.to_string(),
            Some(port) => format!("{}:{port}", self.host),
        }
    }

    /// The port, where it is not the scheme's own.
    fn port_written(&self) -> Option<u16> {
        (self.transport.default_port() != Some(self.port)).then_some(self.port)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let Written { way_in, path } = split(text)?;
        let url = Url::parse(way_in).map_err(|error| AddressError::NotUrl(error.to_string()))?;
        let scheme = || AddressError::Scheme(url.scheme().to_owned());
        let transport = Transport::of_scheme(url.scheme()).ok_or_else(scheme)?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::Credentials);
        }
        let written = url.host_str().ok_or(AddressError::NoHost)?;
        let host = read_host(written)?;
        let absolute = matches!(host, Host::Name(_)) && written.ends_with('.');
        let port = url.port_or_known_default().ok_or(AddressError::NoPort(transport))?;
        if !transport.is_http() {
            return match path {
                "" | "/" => Ok(Self { transport, host, absolute, port, path: String::new() }),
                _ => Err(AddressError::Path(transport)),
            };
        }
        if path.contains('#') {
            return Err(AddressError::Fragment);
        }
        if let Some(odd) = path.chars().find(|c| !is_sendable(*c)) {
            return Err(AddressError::Character(odd));
        }
        // A target begins with a slash (RFC 9112 section 3.2.1).
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Self { transport, host, absolute, port, path: format!("{slash}{path}") })
    }
}

/// An address as it is written: scheme, host and port; then path, query and fragment.
struct Written<'a> {
    way_in: &'a str,
    path: &'a str,
}

/// Splits an address where its path begins. The `url` crate reads the part before; it would tidy what comes behind
/// (WHATWG URL, "path state": dot segments are resolved, backslashes turned, spaces encoded), and another URL would be called.
fn split(text: &str) -> Result<Written<'_>, AddressError> {
    let Some((scheme, rest)) = text.split_once("://") else {
        // The crate has the words for what this is instead.
        let why = Url::parse(text).map_or_else(|error| error.to_string(), |_| "no `://` in it".to_owned());
        return Err(AddressError::NotUrl(why));
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if let Some(odd) = authority.chars().find(|c| c.is_whitespace() || c.is_control() || *c == '\\') {
        return Err(AddressError::Character(odd));
    }
    if authority.is_empty() {
        return Err(AddressError::NoHost);
    }
    let (way_in, _) = text.split_at(scheme.len() + "://".len() + end);
    Ok(Written { way_in, path })
}

/// Whether a request line carries the character as it is: what RFC 3986 has in a path or a query, and what servers are
/// known to take beside it. The rest would have to be percent-encoded, which is for the writer to do.
fn is_sendable(c: char) -> bool {
    c.is_ascii_graphic() && !matches!(c, '"' | '<' | '>' | '`' | '^' | '{' | '}' | '#')
}

/// Reads a host the way browsers do, for every scheme: the `url` crate does so only for the schemes it calls special.
fn read_host(text: &str) -> Result<Host, AddressError> {
    match url::Host::parse(text).map_err(|error| AddressError::NotUrl(error.to_string()))? {
        url::Host::Domain(name) => match name.trim_end_matches('.') {
            "" => Err(AddressError::NoHost),
            name => Ok(Host::Name(name.to_ascii_lowercase())),
        },
        url::Host::Ipv4(address) => Ok(Host::Ip(IpAddr::V4(address))),
        url::Host::Ipv6(address) => Ok(Host::Ip(IpAddr::V6(address))),
    }
}

impl TryFrom<String> for Address {
    type Error = AddressError;

    fn try_from(text: String) -> Result<Self, AddressError> {
        text.parse()
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.to_string()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dot = if self.absolute { "." } else { "" };
        let port = self.port_written().map_or_else(String::new, |port| format!(":{port}"));
        let path = if self.path == "/" { "" } else { &self.path };
        write!(f, "{}://{}{dot}{port}{path}", self.transport, self.host)
    }
}

/// The IPv4 address that an IPv6 address carries inside, if it is one of the forms that do.
///
/// Known forms: v4-mapped `::ffff:0:0/96` and v4-compatible `::/96` (RFC 4291 section 2.5.5), IPv4-translated
/// `::ffff:0:0:0/96` (RFC 2765 section 2.1), NAT64 `64:ff9b::/96` (RFC 6052) and `64:ff9b:1::/48` (RFC 8215), 6to4
/// `2002::/16` (RFC 3056), Teredo `2001::/32` with the client's address inverted (RFC 4380 section 4), and ISATAP
/// `…:0:5efe:a.b.c.d` (RFC 5214 section 6.1).
#[must_use]
pub fn embedded_ipv4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let embedded = |high: u16, low: u16| Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
    match address.segments() {
        // `::` and `::1` are addresses of their own, not compatible forms of 0.0.0.0 and 0.0.0.1.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        [0, 0, 0, 0, 0, 0 | 0xffff, high, low]
        | [0, 0, 0, 0, 0xffff, 0, high, low]
        | [0x64, 0xff9b, 0, 0, 0, 0, high, low]
        | [0x64, 0xff9b, 1, _, _, _, high, low]
        | [0x2002, high, low, ..]
        | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => embedded(high, low),
        [0x2001, 0, _, _, _, _, high, low] => embedded(!high, !low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written_back() {
        for (text, written) in [
            ("https://app-1.example.test", "https://app-1.example.test"),
            ("https://APP-1.example.test:8443/a?b=c", "https://app-1.example.test:8443/a?b=c"),
            ("https://APP-1.example.test.:8443/a?b=c", "https://app-1.example.test.:8443/a?b=c"),
            ("https://app-1.example.test./", "https://app-1.example.test."),
            ("http://10.0.0.4:8080", "http://10.0.0.4:8080"),
            ("tcp://[::1]:9000", "tcp://[::1]:9000"),
            ("udp://host.test:53", "udp://host.test:53"),
            ("http://2852039166/", "http://169.254.169.254"),
            ("tcp://0xA9FEA9FE:80", "tcp://169.254.169.254:80"),
            ("http://x?a=b", "http://x/?a=b"),
            ("https://BÜCHER.example/", "https://xn--bcher-kva.example"),
        ] {
            assert_eq!(text.parse::<Address>().map(|a| a.to_string()), Ok(written.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_path_is_kept_as_it_is_written() {
        for path in [
            "/public/%2e%2e/admin",
            "/public/../admin",
            "/./a//b/",
            "//admin",
            "/a;/..;/b",
            "/%C0%AF%zz%",
            "/public\\..\\admin",
            "/A%2fb?q=[a]&r='|~!$*",
            "/?",
            "/a??b=/../c",
        ] {
            let text = format!("https://x.test:8443{path}");
            let address = text.parse::<Address>().expect(path);
            assert_eq!(
                (address.path.as_str(), address.to_string()),
                (path, text),
                "what is shown is what is called"
            );
        }
    }

    #[test]
    fn what_no_request_line_carries_is_refused() {
        for (text, why) in [
            ("http://x/a b", AddressError::Character(' ')),
            ("http://x/a\tb", AddressError::Character('\t')),
            ("http://x/a\nb", AddressError::Character('\n')),
            ("http://x/ä", AddressError::Character('ä')),
            ("http://x/?q=<a>", AddressError::Character('<')),
            ("http://x/ ", AddressError::Character(' ')),
            ("http://x\\admin", AddressError::Character('\\')),
            ("http://x\ty/", AddressError::Character('\t')),
            ("http://x/#part", AddressError::Fragment),
            ("http://x#part", AddressError::Fragment),
            ("tcp://x:1#part", AddressError::Path(Transport::Tcp)),
            ("http:///x", AddressError::NoHost),
            ("http:x", AddressError::NotUrl("no `://` in it".to_owned())),
        ] {
            assert_eq!(text.parse::<Address>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_by_name() {
        let why = |text: &str| text.parse::<Address>().expect_err(text).to_string();
        assert!(why("ftp://x").contains("`ftp`"));
        assert!(why("tcp://x").contains("needs a port"));
        assert!(why("http://u:p@x").contains("password"));
        assert!(why("tcp://x:1/path").contains("no path"));
        assert!(why("nonsense").contains("not a URL"));
    }

    #[test]
    fn disguised_ipv4_addresses_are_found() {
        for text in [
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "::ffff:0:a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "::a9fe:a9fe",
            "2001:0:1:2:3:4:5601:5601",
            "fe80::5efe:a9fe:a9fe",
        ] {
            let found = embedded_ipv4(text.parse().expect("an address"));
            assert_eq!(found, Some(Ipv4Addr::new(169, 254, 169, 254)), "{text}");
        }
        for text in ["::1", "::", "2001:db8::1", "fd00::1"] {
            assert_eq!(embedded_ipv4(text.parse().expect("an address")), None, "{text}");
        }
    }
}
