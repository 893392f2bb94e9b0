//! What comes back for an order: lines, each sealed and numbered, the last of them saying how many there were.
//!
//! As text: `<order> <number> <seal> <words>` and a newline, numbers from 0. A reply without its [`Line::End`] was cut
//! off, and a reader is told so. A refusal is one line, `refused <order> <words>`: an agent that refuses has not taken the
//! run key, so it cannot seal, and a refusal never makes a verdict better than inconclusive.

use serde::{Deserialize, Serialize};

use crate::address::Family;
use crate::download::Downloaded;
use crate::id::{BootId, OrderId};
use crate::json;
use crate::measure::Measured;
use crate::name::AgentName;
use crate::order::Refusal;
use crate::receipt::ReceiptPage;
use crate::sample::Sample;
use crate::seal::{RunKey, line_fits, line_seal};
use crate::transport::Transport;

/// One line of a reply.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "line", content = "words", rename_all = "kebab-case")]
pub enum Line {
    /// Who the agent is and what it can do.
    Hello(Box<Hello>),
    /// What one call saw.
    Sample(Box<Sample>),
    /// What all calls of a measurement saw.
    Measured(Box<Measured>),
    /// What came of a download.
    Downloaded(Box<Downloaded>),
    /// What the ring of receipts says.
    Receipts(ReceiptPage),
    /// What the addressee of a relayed order replied, as it came.
    Relayed(String),
    /// The end: how many lines came before this one.
    End(u32),
}

/// Who an agent is and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its name.
    pub agent: AgentName,
    /// The version of the program.
    pub version: String,
    /// Which life of it speaks.
    pub boot: BootId,
    /// Its clock, in milliseconds since the Unix epoch.
    pub clock_ms: u64,
    /// How many receipts it has dropped of this run's time, or could not write in this life: see [`ReceiptPage`].
    pub dropped: u64,
    /// The families it has addresses in.
    pub families: Vec<Family>,
    /// What it answers on.
    pub listeners: Vec<Listener>,
    /// What it may call, as its operator wrote it.
    pub allow: Vec<String>,
    /// The most calls it takes in one order.
    pub calls_per_order: u32,
    /// The most calls it places at once; what comes above waits its turn.
    pub calls_at_once: u32,
}

/// Something an agent answers on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listener {
    /// How.
    pub transport: Transport,
    /// Where, as the agent itself sees it.
    pub address: std::net::SocketAddr,
}

/// Writes the lines of one reply, in order.
#[derive(Debug)]
pub struct ReplyWriter {
    key: RunKey,
    order: OrderId,
    next: u32,
}

impl ReplyWriter {
    /// A reply to this order, sealed with its run's key.
    #[must_use]
    pub fn new(key: RunKey, order: OrderId) -> Self {
        Self { key, order, next: 0 }
    }

    /// The next line, with its newline.
    #[must_use]
    pub fn line(&mut self, line: &Line) -> String {
        let words = json::write(line);
        let number = self.next;
        self.next += 1;
        let seal = line_seal(&self.key, self.order, number, &words);
        format!("{} {number} {seal} {words}\n", self.order)
    }

    /// The last line. Nothing can be written after it.
    #[must_use]
    pub fn end(mut self) -> String {
        let before = self.next;
        self.line(&Line::End(before))
    }
}

/// Writes a refusal: one line, with its newline. The order is named where it could be read.
#[must_use]
pub fn write_refusal(order: Option<OrderId>, refusal: &Refusal) -> String {
    let words = json::write(refusal);
    let order = order.map_or_else(|| "-".to_owned(), |order| order.to_string());
    format!("refused {order} {words}\n")
}

/// Why a reply is not one, or not a whole one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplyError {
    /// The agent refused, and says why.
    #[error("the agent refused the order: {0}")]
    Refused(Refusal),
    /// A line has not the form of one.
    #[error("line {0} of the reply is no result line")]
    NotLine(u32),
    /// A line's seal does not fit its words, its order or its place.
    #[error("line {0} of the reply is not sealed for this order and place")]
    FalseSeal(u32),
    /// The reply ends before its end.
    #[error("the reply was cut off after {0} lines")]
    CutOff(u32),
    /// Something stands behind the end.
    #[error("the reply goes on behind its end")]
    TooLong,
}

/// Reads the lines of one reply as they come. Feed it whole lines; ask it at the end whether that was the end.
#[derive(Debug)]
pub struct ReplyReader {
    key: RunKey,
    order: OrderId,
    next: u32,
    ended: bool,
}

impl ReplyReader {
    /// A reader of the reply to this order.
    #[must_use]
    pub fn new(key: RunKey, order: OrderId) -> Self {
        Self { key, order, next: 0, ended: false }
    }

    /// Reads one line. The end itself is kept; everything before it is returned.
    ///
    /// # Errors
    ///
    /// [`ReplyError`], when the line is a refusal, is not sealed for this order and place, or stands behind the end.
    pub fn read(&mut self, text: &str) -> Result<Option<Line>, ReplyError> {
        let number = self.next;
        if let Some(refused) = text.strip_prefix("refused ") {
            let words = refused.split_once(' ').map_or("", |(_, words)| words);
            let refusal = serde_json::from_str(words.trim_end()).map_err(|_| ReplyError::NotLine(number))?;
            return Err(ReplyError::Refused(refusal));
        }
        if self.ended {
            return Err(ReplyError::TooLong);
        }
        let mut parts = text.trim_end_matches('\n').splitn(4, ' ');
        let (Some(_order), Some(_number), Some(seal), Some(words)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(ReplyError::NotLine(number));
        };
        if !line_fits(&self.key, self.order, number, words, seal) {
            return Err(ReplyError::FalseSeal(number));
        }
        self.next += 1;
        match serde_json::from_str(words).map_err(|_| ReplyError::NotLine(number))? {
            Line::End(before) if before == number => {
                self.ended = true;
                Ok(None)
            }
            Line::End(_) => Err(ReplyError::CutOff(number)),
            line => Ok(Some(line)),
        }
    }

    /// Whether the end has come.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Nothing more comes.
    ///
    /// # Errors
    ///
    /// [`ReplyError::CutOff`], when the end had not come.
    pub fn finish(self) -> Result<(), ReplyError> {
        if self.ended { Ok(()) } else { Err(ReplyError::CutOff(self.next)) }
    }
}

/// Reads a whole reply at once.
///
/// # Errors
///
/// [`ReplyError`], as [`ReplyReader::read`] and [`ReplyReader::finish`] give it. What was read before is lost: use the
/// reader where part of a reply is worth having.
pub fn read_reply(key: &RunKey, order: OrderId, text: &str) -> Result<Vec<Line>, ReplyError> {
    let mut reader = ReplyReader::new(key.clone(), order);
    let mut lines = Vec::new();
    for text in text.split_inclusive('\n') {
        lines.extend(reader.read(text)?);
    }
    reader.finish().map(|()| lines)
}

/// The order a reply line belongs to, for whoever has to sort lines of several replies. `None` in a refusal of an
/// order that could not be read.
#[must_use]
pub fn line_order(text: &str) -> Option<OrderId> {
    text.strip_prefix("refused ").unwrap_or(text).split(' ').next()?.parse().ok()
}
