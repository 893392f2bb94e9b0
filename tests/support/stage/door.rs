//! What stands before a target, as data: whom it answers what. Nothing here does anything.

use std::net::IpAddr;
use std::time::Duration;

use super::frames::Frame;
use super::papers::Paper;
use super::{ADMITTED, FRONT};

/// What stands at an address: a front end, a beacon, a filter.
#[derive(Debug, Clone)]
pub struct Door {
    pub(super) ip: IpAddr,
    pub(super) layer: Layer,
    pub(super) clauses: Vec<Clause>,
}

/// What a door speaks.
#[derive(Debug, Clone)]
pub(super) enum Layer {
    /// HTTP/1.1 in the clear.
    Http,
    /// HTTP over TLS, in the versions it offers; the first paper whose network the caller is in.
    Https { alpn: Vec<&'static str>, papers: Vec<(&'static str, Paper)> },
    /// Bytes: connections are handed on as they are.
    Lines,
}

/// One clause of a door. The first whose *when* holds decides.
#[derive(Debug, Clone)]
pub struct Clause {
    pub(super) when: When,
    pub(super) then: Then,
}

/// When a clause holds.
#[derive(Debug, Clone)]
pub enum When {
    /// Always.
    Always,
    /// The caller's address lies in this network.
    From(&'static str),
    /// A header's value contains this text, whatever the case of letters.
    Says(&'static str, &'static str),
    /// A header's value begins with this text.
    Begins(&'static str, &'static str),
    /// A header is there at all.
    Bears(&'static str),
    /// The first address that a header names lies in this network: the door believes its callers.
    Believes(&'static str, &'static str),
    /// The host asked for begins so.
    Host(&'static str),
    /// The path, as it was sent, begins so.
    Path(&'static str),
    /// HTTP/2 is spoken.
    Http2,
    /// It is at most this connection of its caller, counted from 1.
    First(u32),
    /// It is each connection of its caller whose number this divides.
    Each(u32),
    /// More requests than this were handed on by now.
    After(u32),
    /// All of these hold.
    All(Vec<When>),
    /// This does not hold.
    Not(Box<When>),
}

/// What a door does with a request.
#[derive(Debug, Clone)]
pub enum Then {
    /// Hands it on to an agent.
    Pass(Passing),
    /// Says this.
    Say(Reply),
    /// Says these bytes, over HTTP/1.1 or as they are, and ends so.
    Raw(Vec<u8>, End),
    /// Says these bytes again and again, after a first time, until the caller goes away.
    Forever(Vec<u8>, Vec<u8>),
    /// Plays these frames to the first request of an HTTP/2 connection. Such a clause sees the caller and the number of
    /// the connection, and no headers; over HTTP/1.1 it is passed over.
    Frames(Vec<Frame>),
    /// Ends without a word: over HTTP/2 the stream, with `INTERNAL_ERROR`, as nginx does.
    Close,
    /// Resets the connection.
    Reset,
    /// Keeps the connection and says nothing.
    Hang,
    /// Does something else, after this time: an app that has to start first.
    Late(Duration, Box<Then>),
    /// Ends an agent's process at once, as a crash would, and then the connection.
    Kill(&'static str),
    /// Answers in an agent's name, with a run key that was stolen from an order.
    Forge(&'static str),
}

/// How bytes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// In order.
    Close,
    /// With a reset.
    Reset,
    /// Not at all.
    Hang,
}

/// How a request is handed on.
#[derive(Debug, Clone)]
pub struct Passing {
    pub(super) to: &'static str,
    /// Headers that are written anew: `{caller}` stands for the caller's address.
    pub(super) saying: Vec<(&'static str, &'static str)>,
    /// The most bytes of the answer that come back; then nothing does.
    pub(super) at_most: Option<usize>,
    /// Whether the first answer is given to everybody who asks later.
    pub(super) cached: bool,
    /// Whether the run's key is read from orders that pass.
    pub(super) steals: bool,
}

impl Passing {
    /// Hands it on to this agent, and says who called in `X-Forwarded-For`.
    #[must_use]
    pub fn to(agent: &'static str) -> Self {
        let saying = vec![("X-Forwarded-For", "{caller}")];
        Self { to: agent, saying, at_most: None, cached: false, steals: false }
    }

    /// The same, saying who called in these headers instead.
    #[must_use]
    pub fn saying(self, headers: &[(&'static str, &'static str)]) -> Self {
        Self { saying: headers.to_vec(), ..self }
    }

    /// The same, losing all but the first bytes of an answer.
    #[must_use]
    pub fn at_most(self, bytes: usize) -> Self {
        Self { at_most: Some(bytes), ..self }
    }

    /// The same, giving the first answer to all who ask later.
    #[must_use]
    pub fn cached(self) -> Self {
        Self { cached: true, ..self }
    }

    /// The same, reading the run's key from orders that pass.
    #[must_use]
    pub fn stealing(self) -> Self {
        Self { steals: true, ..self }
    }
}

/// An answer of a door's own. In headers and body `{caller}` stands for the caller's address, `{host}` for the host it
/// asked for, and `{pool}` for one of 198.51.100.1 to .9, another for each connection.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) status: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    /// An answer with this status line, `403 Forbidden`, and this body.
    #[must_use]
    pub fn new(status: &str, body: impl AsRef<[u8]>) -> Self {
        Self { status: status.to_owned(), headers: Vec::new(), body: body.as_ref().to_vec() }
    }

    /// The same with a header; called again with the same name, with two of them.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl Door {
    /// A front end in the clear, without clauses.
    #[must_use]
    pub fn http() -> Self {
        Self::of(Layer::Http)
    }

    /// A front end over TLS that speaks HTTP/1.1 alone.
    #[must_use]
    pub fn https() -> Self {
        Self::of(Layer::Https { alpn: vec!["http/1.1"], papers: vec![("0.0.0.0/0", Paper::Good)] })
    }

    /// A front end over TLS that likes HTTP/2 best.
    #[must_use]
    pub fn http2() -> Self {
        let papers = vec![("0.0.0.0/0", Paper::Good)];
        Self::of(Layer::Https { alpn: vec!["h2", "http/1.1"], papers })
    }

    /// A way to a bare TCP listener.
    #[must_use]
    pub fn lines() -> Self {
        Self::of(Layer::Lines)
    }

    fn of(layer: Layer) -> Self {
        Self { ip: FRONT.parse().expect("an address"), layer, clauses: Vec::new() }
    }

    /// The same elsewhere; always on the port of the first door.
    ///
    /// # Panics
    ///
    /// When it is no address.
    #[must_use]
    pub fn at(self, ip: &str) -> Self {
        Self { ip: ip.parse().expect("an address"), ..self }
    }

    /// The same with a further clause.
    #[must_use]
    pub fn when(mut self, when: When, then: Then) -> Self {
        self.clauses.push(Clause { when, then });
        self
    }

    /// The same, handing on to the app's agent whoever is of the admitted network.
    #[must_use]
    pub fn admitting(self) -> Self {
        self.when(When::From(ADMITTED), Then::Pass(Passing::to("app")))
    }

    /// The same, doing this with whoever is left.
    #[must_use]
    pub fn others(self, then: Then) -> Self {
        self.when(When::Always, then)
    }

    /// The same, showing callers from a network this paper, before those it shows already.
    ///
    /// # Panics
    ///
    /// When it speaks no TLS.
    #[must_use]
    pub fn showing(mut self, from: &'static str, paper: Paper) -> Self {
        let Layer::Https { papers, .. } = &mut self.layer else { panic!("a door that speaks TLS") };
        papers.insert(0, (from, paper));
        self
    }
}
