//! Orders as lines on one stream, replies as lines on another: for an agent that is run as a command.
//!
//! Replies of several orders are interleaved line by line; every line names its order. Whoever is at the other end
//! started the agent, so even what no trusted key signed gets an answer that says so.

use std::io;
use std::sync::Arc;

use ringfence_contract::order::{Refusal, RefusalWhy};
use ringfence_contract::reply::write_refusal;
use ringfence_contract::wall_clock::now_ms;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::control::{Agent, Taken};

/// How many lines may wait to be written.
const LINES_WAITING: usize = 64;

/// Why lines are no longer served.
#[derive(Debug, thiserror::Error)]
pub enum LinesError {
    /// Orders cannot be read.
    #[error("orders cannot be read")]
    Read(#[source] io::Error),
    /// Replies cannot be written.
    #[error("replies cannot be written")]
    Write(#[source] io::Error),
}

enum Read {
    Order(Vec<u8>),
    TooLong,
    End,
}

/// Takes one order a line until the lines end or `stop` is cancelled, and returns when every reply is written. A reader of the
/// replies that has gone away is no error.
///
/// # Errors
///
/// [`LinesError`], when a stream fails.
pub async fn serve_lines<R, W>(
    agent: &Arc<Agent>,
    orders: R,
    replies: W,
    stop: &CancellationToken,
) -> Result<(), LinesError>
where
    R: AsyncBufRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let (sender, lines) = mpsc::channel(LINES_WAITING);
    let reading = read(agent, orders, sender, stop);
    let writing = write(replies, lines);
    let (read, written) = tokio::join!(reading, writing);
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(LinesError::Write(error)),
        Ok(()) => read.map_err(LinesError::Read),
    }
}

async fn read<R: AsyncBufRead + Unpin>(
    agent: &Arc<Agent>,
    mut orders: R,
    replies: mpsc::Sender<String>,
    stop: &CancellationToken,
) -> io::Result<()> {
    let limit = agent.limits().order_bytes;
    let passing = TaskTracker::new();
    let ended = loop {
        let read = tokio::select! {
            biased;
            () = stop.cancelled() => break Ok(()),
            () = replies.closed() => break Ok(()),
            read = read_line(&mut orders, limit) => read,
        };
        let reply = match read {
            Ok(Read::Order(line)) if line.iter().all(u8::is_ascii_whitespace) => continue,
            Ok(Read::Order(line)) => take(agent, &line, &passing, &replies),
            Ok(Read::TooLong) => {
                Some(refusal(RefusalWhy::OverLimit, &format!("an order is longer than {limit} bytes")))
            }
            Ok(Read::End) => break Ok(()),
            Err(error) => break Err(error),
        };
        if let Some(reply) = reply
            && replies.send(reply).await.is_err()
        {
            break Ok(());
        }
    };
    passing.close();
    passing.wait().await;
    ended
}

/// Takes one order; returns what is to be said at once.
fn take(
    agent: &Arc<Agent>,
    line: &[u8],
    passing: &TaskTracker,
    replies: &mpsc::Sender<String>,
) -> Option<String> {
    let taken = std::str::from_utf8(line).map_or(Taken::Stranger, |text| agent.take(text));
    match taken {
        Taken::Lines(lines) => {
            passing.spawn(pass(lines, replies.clone()));
            None
        }
        Taken::Refused(line) => Some(line),
        Taken::Stranger => Some(refusal(
            RefusalWhy::UnknownWords,
            "not signed by a trusted key: compare the runner's public key with the agent's `--trust` (or RINGFENCE_TRUST)",
        )),
    }
}

async fn pass(mut lines: mpsc::Receiver<String>, replies: mpsc::Sender<String>) {
    while let Some(line) = lines.recv().await {
        if replies.send(line).await.is_err() {
            return;
        }
    }
}

async fn write<W: AsyncWrite + Unpin>(mut replies: W, mut lines: mpsc::Receiver<String>) -> io::Result<()> {
    while let Some(line) = lines.recv().await {
        replies.write_all(line.as_bytes()).await?;
        replies.flush().await?;
    }
    Ok(())
}

/// The next line, without holding more than `limit` bytes of it.
async fn read_line<R: AsyncBufRead + Unpin>(orders: &mut R, limit: usize) -> io::Result<Read> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let part = orders.fill_buf().await?;
        if part.is_empty() {
            let nothing = line.is_empty() && !too_long;
            return Ok(if nothing { Read::End } else { finish(line, too_long) });
        }
        let end = part.iter().position(|byte| *byte == b'\n');
        let length = end.unwrap_or(part.len());
        if line.len() + length > limit {
            too_long = true;
            line.clear();
        }
        if !too_long {
            line.extend(part.iter().take(length));
        }
        orders.consume(end.map_or(length, |end| end + 1));
        if end.is_some() {
            return Ok(finish(line, too_long));
        }
    }
}

fn finish(line: Vec<u8>, too_long: bool) -> Read {
    if too_long { Read::TooLong } else { Read::Order(line) }
}

fn refusal(why: RefusalWhy, detail: &str) -> String {
    write_refusal(None, &Refusal { why, detail: detail.to_owned(), clock_ms: now_ms() })
}
