//! Carries out an order that was taken, and writes its reply line by line.
//!
//! This file must not know whether the order should have been taken.

use std::time::Duration;

use ringfence_contract::id::{CallId, OrderId, RunId};
use ringfence_contract::order::{Ask, Order, Place, Refusal, RefusalWhy, Relay, Run};
use ringfence_contract::receipt::ReceiptPage;
use ringfence_contract::reply::{Line, ReplyWriter, write_refusal};
use tokio::sync::mpsc;
use tokio::time::Instant;

use ringfence_contract::wall_clock::now_ms;

use super::agent::Agent;
use crate::call::{PostError, post};
use crate::perform::{Course, Fetch, OverLimit, Work};

/// How many receipts one line shows: some 300 bytes each, and at most 1,024 unfinished connections of some 80, so a line
/// stays below 256 KiB.
const RECEIPTS_PER_LINE: usize = 500;

/// How many samples may wait to be written.
const SAMPLES_WAITING: usize = 64;

/// Where the lines of a reply go. Nobody being there any more ends the order.
struct Reply {
    writer: ReplyWriter,
    lines: mpsc::Sender<String>,
}

/// Nobody takes the reply any more.
struct Gone;

impl Reply {
    async fn line(&mut self, line: &Line) -> Result<(), Gone> {
        let text = self.writer.line(line);
        self.lines.send(text).await.map_err(|_| Gone)
    }

    async fn end(self) -> Result<(), Gone> {
        self.lines.send(self.writer.end()).await.map_err(|_| Gone)
    }

    async fn refuse(self, order: OrderId, refusal: &Refusal) -> Result<(), Gone> {
        self.lines.send(write_refusal(Some(order), refusal)).await.map_err(|_| Gone)
    }
}

impl Agent {
    /// Carries out an order taken at `taken_ms`.
    pub(super) async fn carry_out(&self, order: Order, taken_ms: u64, lines: mpsc::Sender<String>) {
        let Order { id, expires_ms, run, ask, .. } = order;
        let ends = Instant::now() + Duration::from_millis(expires_ms.saturating_sub(taken_ms));
        let reader = lines.clone();
        let reply = Reply { writer: ReplyWriter::new(run.key.clone(), id), lines };
        let carried = async {
            match ask {
                Ask::Hello => self.greet(run.id, reply).await,
                Ask::Place(place) => self.place(run, place, ends, reply).await,
                Ask::Measure(measure) => {
                    self.measure(id, Course { run, measure: *measure, ends, stop: self.stop.clone() }, reply)
                        .await
                }
                Ask::Download(download) => {
                    self.fetch(id, Fetch { run, download: *download, ends, stop: self.stop.clone() }, reply)
                        .await
                }
                Ask::Receipts(calls) => self.show(run.id, &calls, reply).await,
                Ask::Relay(relay) => self.relay(id, &relay, ends, reply).await,
            }
        };
        // Calls under way are dropped as soon as nobody is there, not only when the next of them ends.
        let sent = tokio::select! {
            biased;
            sent = carried => sent,
            () = reader.closed() => Err(Gone),
        };
        if let Err(Gone) = sent {
            tracing::debug!(order = %id, "nobody takes the reply any more");
        }
    }

    async fn greet(&self, run: RunId, mut reply: Reply) -> Result<(), Gone> {
        reply.line(&Line::Hello(Box::new(self.hello(run)))).await?;
        reply.end().await
    }

    async fn place(&self, run: Run, place: Place, ends: Instant, mut reply: Reply) -> Result<(), Gone> {
        let (sender, mut samples) = mpsc::channel(SAMPLES_WAITING);
        let work = Work { run, place, ends, stop: self.stop.clone() };
        let performing = self.vantage.perform(work, sender);
        let writing = async move {
            while let Some(sample) = samples.recv().await {
                reply.line(&Line::Sample(Box::new(sample))).await?;
            }
            reply.end().await
        };
        let ((), written) = tokio::join!(performing, writing);
        written
    }

    async fn measure(&self, id: OrderId, course: Course, mut reply: Reply) -> Result<(), Gone> {
        let _claim = match self.vantage.claim(&course.measure.call.to) {
            Ok(claim) => claim,
            Err(over) => return reply.refuse(id, &over_limit(&over)).await,
        };
        let measured = self.vantage.measure(course).await;
        reply.line(&Line::Measured(Box::new(measured))).await?;
        reply.end().await
    }

    async fn fetch(&self, id: OrderId, fetch: Fetch, mut reply: Reply) -> Result<(), Gone> {
        let _claim = match self.vantage.claim(&fetch.download.call.to) {
            Ok(claim) => claim,
            Err(over) => return reply.refuse(id, &over_limit(&over)).await,
        };
        let downloaded = self.vantage.fetch(fetch).await;
        reply.line(&Line::Downloaded(Box::new(downloaded))).await?;
        reply.end().await
    }

    async fn show(&self, run: RunId, calls: &[CallId], mut reply: Reply) -> Result<(), Gone> {
        let ReceiptPage { boot, dropped, found, unfinished } = self.answerer().page(run, calls);
        // One line even where nothing is found: it says how many receipts are gone.
        let mut parts = found.chunks(RECEIPTS_PER_LINE).map(<[_]>::to_vec);
        let first = parts.next().unwrap_or_default();
        for found in std::iter::once(first).chain(parts) {
            let page = ReceiptPage { boot, dropped, found, unfinished: unfinished.clone() };
            reply.line(&Line::Receipts(page)).await?;
        }
        reply.end().await
    }

    async fn relay(&self, id: OrderId, relay: &Relay, ends: Instant, mut reply: Reply) -> Result<(), Gone> {
        let asked = Duration::from_millis(u64::from(relay.timeout_ms));
        let within = asked.min(ends.saturating_duration_since(Instant::now()));
        let posted = tokio::select! {
            biased;
            () = self.stop.cancelled() => Err((RefusalWhy::Draining, "the relay is shutting down".to_owned())),
            posted = post(self.vantage.means(), &relay.to, &relay.order, within) => posted.map_err(|error| why(&error)),
        };
        match posted {
            Ok(text) => {
                reply.line(&Line::Relayed(text)).await?;
                reply.end().await
            }
            Err((why, detail)) => reply.refuse(id, &Refusal { why, detail, clock_ms: now_ms() }).await,
        }
    }
}

fn over_limit(over: &OverLimit) -> Refusal {
    Refusal { why: RefusalWhy::OverLimit, detail: over.to_string(), clock_ms: now_ms() }
}

fn why(error: &PostError) -> (RefusalWhy, String) {
    let why = match error {
        PostError::NotAllowed(_) => RefusalWhy::NotAllowed,
        _ => RefusalWhy::RelayFailed,
    };
    (why, chain(error))
}

/// An error and its sources in one line: a refusal travels as text.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
