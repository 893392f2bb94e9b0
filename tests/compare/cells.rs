//! The matrix as a user of other tools would write it down: for each edge what to ask, and what to expect on the sound
//! network. It must not know which tool asks.

use ringfence::scenario::Expect;
use ringfence::tally::EdgeRecord;
use ringfence_tests::topology::Place;

/// How long each phase of a call may take, in seconds: as in the scenario.
pub(crate) const PHASE: u32 = 4;

/// What these tools can be told to expect of an edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Expected {
    /// An HTTP answer with this status.
    Status(u16),
    /// The platform's refusal: a 403 that names the caller in `x-ms-forbidden-ip`.
    Forbidden,
    /// A TCP connection.
    Open,
    /// No connection.
    Closed,
    /// Nothing: none of these tools can ask whether a datagram arrived.
    Nothing,
}

/// An edge, what to ask, and what to expect.
#[derive(Debug)]
pub(crate) struct Cell {
    /// The edge of the matrix.
    pub(crate) edge: EdgeRecord,
    /// Where it is asked from.
    pub(crate) place: Place,
    /// What is asked for.
    pub(crate) url: String,
    /// What should come of it.
    pub(crate) expected: Expected,
    /// The address that the name must lead to, where the scenario claims one.
    pub(crate) leads_to: Option<&'static str>,
}

impl Cell {
    /// Writes an edge down.
    pub(crate) fn of(edge: EdgeRecord) -> Self {
        let place = Place::HOSTS.into_iter().find(|place| edge.vantage.as_str() == place.label());
        let place = place.expect("every vantage is a place");
        let address = if place == Place::Internet { "198.51.100.10" } else { "10.0.3.4" };
        Self {
            url: url(&edge),
            expected: expected(&edge, place),
            leads_to: (&*edge.endpoint == "app-3/site").then_some(address),
            place,
            edge,
        }
    }

    /// What the answer must say beside its status: an app that is well says so, in a word that all apps share.
    pub(crate) fn body(&self) -> Option<&'static str> {
        (self.expected == Expected::Status(200) && self.url.ends_with("/live")).then_some("ok")
    }

    /// How often it is asked: what is denied as often as by Ringfence, since any one that gets in is a leak.
    pub(crate) fn attempts(&self) -> usize {
        if self.edge.expect == Expect::Deny { 3 } else { 1 }
    }

    /// How long it may take, in seconds: until a connection stands, and in all.
    pub(crate) fn seconds(&self) -> (u32, u32) {
        let has_name = self.url.contains(".test");
        let resolve = if has_name { PHASE } else { 0 };
        let tls = if self.url.starts_with("https") { PHASE } else { 0 };
        let connecting = resolve + PHASE + tls;
        // A bare connection says nothing, and `curl` waits for the end of its time; an answer has two phases more.
        (connecting, if self.url.starts_with("tcp") { connecting + 1 } else { connecting + 2 * PHASE })
    }

    /// The method it is asked with.
    pub(crate) fn method(&self) -> &'static str {
        if self.edge.endpoint.ends_with("/post") { "POST" } else { "GET" }
    }

    /// The host and the port of its address.
    pub(crate) fn door(&self) -> String {
        let (scheme, rest) = self.url.split_once("://").expect("a scheme");
        let host = rest.split('/').next().unwrap_or_default();
        match (scheme, host.contains(':')) {
            ("https", false) => format!("{host}:443"),
            ("http", false) => format!("{host}:80"),
            _ => host.to_owned(),
        }
    }
}

/// An app answers anybody at `/live`; whatever has a path or a method of its own is asked for just that.
fn url(edge: &EdgeRecord) -> String {
    let address = edge.address.trim_end_matches('/');
    match edge.endpoint.rsplit('/').next() {
        Some("site" | "admin" | "bare" | "worker") => format!("{address}/live"),
        _ => address.to_owned(),
    }
}

fn expected(edge: &EdgeRecord, place: Place) -> Expected {
    let (_, endpoint) = edge.endpoint.split_once('/').expect("an agent and an endpoint");
    match (edge.expect, endpoint) {
        (_, "syslog") => Expected::Nothing,
        (Expect::Allow, "database") => Expected::Open,
        (Expect::Deny, "database" | "worker") => Expected::Closed,
        (Expect::Deny, "site") if &*edge.endpoint == "app-3/site" && place != Place::Internet => {
            Expected::Closed
        }
        (Expect::Deny, _) => Expected::Forbidden,
        (Expect::Allow, "scm") => Expected::Status(401),
        (Expect::Allow, "plain") => Expected::Status(301),
        // The app behind it has nothing there for a stranger, and says so.
        (Expect::Allow, "post" | "path") => Expected::Status(404),
        (Expect::Allow, _) => Expected::Status(200),
    }
}
