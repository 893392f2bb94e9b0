//! What is left of a request that has no response, or no whole one: what the HTTP library says, and what came all the same.

use http::HeaderMap;
use ringfence_contract::outcome::{Outcome, Phase};

use super::classify::Head;
use super::exchange::Protocol;
use super::odd_head::{Began, began};
use super::socket_error::{End, Progress};
use super::tap::Overheard;

/// Why there is no response, or no whole one.
#[derive(Debug)]
pub(super) struct Lost {
    /// What the HTTP library says; none where the time was over first.
    pub(super) error: Option<hyper::Error>,
    /// What was overheard on the connection.
    pub(super) overheard: Overheard,
    /// What was spoken on it.
    pub(super) protocol: Protocol,
}

impl Lost {
    /// What came of an answer.
    pub(super) fn came(&self) -> Began<'_> {
        let told = self.overheard.told;
        match (self.protocol, told.status) {
            (Protocol::Http1, _) => began(&self.overheard.first),
            (Protocol::Http2, _) if told.is_odd => Began::NoHttp,
            (Protocol::Http2, _) if !told.began => Began::Nothing,
            (Protocol::Http2, None) => Began::NoStatus,
            (Protocol::Http2, Some(status)) => Began::Head(Head { status, headers: HeaderMap::new() }, b""),
        }
    }

    /// How the connection ended. Where nothing ended it, the peer cancelled the one request on it: a reset.
    pub(super) fn end(&self) -> End {
        self.overheard.end.clone().unwrap_or(End::Reset)
    }

    /// What it comes to for a call that had got this far.
    pub(super) fn outcome(&self, progress: Progress) -> Outcome {
        match (&self.error, progress) {
            (Some(_), _) => self.end().outcome(progress),
            (None, Progress::Answering) => Outcome::TimedOut(Phase::Transfer),
            (None, _) => Outcome::TimedOut(Phase::FirstByte),
        }
    }

    /// Whether the HTTP library, and nobody else, made an end of the answer.
    pub(super) fn is_not_taken(&self) -> bool {
        let Overheard { told, end, .. } = &self.overheard;
        self.error.as_ref().is_some_and(|error| match self.protocol {
            Protocol::Http1 => error.is_parse(),
            Protocol::Http2 => end.is_none() && told.reset.is_none() && told.goaway.is_none(),
        })
    }

    /// Whether an HTTP/1.1 request met a server that speaks HTTP/2, whatever was agreed on: it begins with SETTINGS, type 4
    /// in the fourth byte (RFC 9113 sections 3.4 and 4.1).
    pub(super) fn is_other_protocol(&self) -> bool {
        self.protocol == Protocol::Http1
            && self.overheard.first.get(..4).is_some_and(|head| head[0] == 0 && head[3] == 4)
    }
}
