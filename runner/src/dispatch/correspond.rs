//! Everything the runner says to one agent: each order signed in the agent's own time, for this life of it, once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::call::Call;
use ringfence_contract::download::{Download, Downloaded};
use ringfence_contract::id::CallId;
use ringfence_contract::measure::{Measure, Measured};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{Ask, ControlAddress, Place, RefusalWhy, Relay};
use ringfence_contract::receipt::ReceiptPage;
use ringfence_contract::reply::{Line, ReplyError};
use ringfence_contract::sample::Sample;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use super::observe::{Greeting, Unasked, UnaskedWhy, interrupted};
use super::obstacle::{obstacle, silent};
use super::route::{ControlRoute, Letter};
use super::signet::{Life, Signet};

/// How long an agent may take to show its receipts.
const RECEIPTS_WITHIN: Duration = Duration::from_secs(20);

/// What is left for the way there and back, beside the time that the order itself takes.
const WAY_MARGIN: Duration = Duration::from_secs(10);

/// One agent, as the runner talks to it.
pub(super) struct Correspondent {
    pub(super) name: AgentName,
    pub(super) signet: Arc<Signet>,
    pub(super) route: Box<dyn ControlRoute>,
    pub(super) greeting: OnceCell<Result<Greeting, Unasked>>,
    /// As many calls as the agent places at once.
    places: OnceCell<Semaphore>,
}

impl Correspondent {
    pub(super) fn new(name: AgentName, signet: Arc<Signet>, route: Box<dyn ControlRoute>) -> Self {
        Self { name, signet, route, greeting: OnceCell::new(), places: OnceCell::new() }
    }

    pub(super) fn name(&self) -> &AgentName {
        &self.name
    }

    pub(super) fn describe(&self) -> String {
        self.route.describe()
    }

    /// Who the agent is, if that is known by now.
    pub(super) fn known_greeting(&self) -> Option<&Result<Greeting, Unasked>> {
        self.greeting.get()
    }

    /// Has these calls placed, and returns what was seen of each, as much as was heard until it is cancelled. A call
    /// without a sample was not asked, or not told of: the second value says why.
    pub(super) async fn place(
        &self,
        calls: Vec<Call>,
        cancel: &CancellationToken,
    ) -> (HashMap<CallId, Sample>, Unasked) {
        let greeting = match cancel.run_until_cancelled(self.greeting()).await {
            Some(Ok(greeting)) => greeting,
            Some(Err(unasked)) => return (HashMap::new(), unasked),
            None => return (HashMap::new(), interrupted()),
        };
        // An order with more calls than the agent places at once would end before the turn of its last.
        let most = greeting.hello.calls_at_once.min(greeting.hello.calls_per_order).max(1) as usize;
        let (mut samples, mut why) = (HashMap::new(), silent());
        for part in calls.chunks(most) {
            let (seen, unseen) = self.place_order(greeting, part.to_vec(), cancel).await;
            if seen.len() < part.len() {
                why = unseen;
            }
            samples.extend(seen);
        }
        (samples, why)
    }

    /// One order of calls, no more than the agent places at once.
    async fn place_order(
        &self,
        greeting: &Greeting,
        calls: Vec<Call>,
        cancel: &CancellationToken,
    ) -> (HashMap<CallId, Sample>, Unasked) {
        let Some(_held) = cancel.run_until_cancelled(self.room(greeting, calls.len())).await else {
            return (HashMap::new(), interrupted());
        };
        let longest_ms =
            calls.iter().map(|call| call.start_after_ms + call.timeouts.total_ms()).max().unwrap_or(0);
        let within = Duration::from_millis(u64::from(longest_ms)) + WAY_MARGIN;
        let ask = Ask::Place(Place { calls, fingerprints: self.signet.fingerprints.clone() });
        let letter = self.write(greeting, ask, within);
        let delivered = tokio::select! {
            delivered = self.route.deliver(&letter, within + WAY_MARGIN) => delivered,
            () = cancel.cancelled() => Err(interrupted()),
        };
        let (lines, error) = self.signet.read(&letter);
        let samples = lines.into_iter().filter_map(|line| match line {
            Line::Sample(sample) => Some((sample.call, *sample)),
            _ => None,
        });
        let why = delivered.err().or_else(|| error.as_ref().map(obstacle)).unwrap_or_else(silent);
        (samples.collect(), why)
    }

    /// Has a call measured. Its order is one that fits: whoever measures longer splits it.
    pub(super) async fn measure(
        &self,
        measure: Measure,
        cancel: &CancellationToken,
    ) -> Result<Measured, Unasked> {
        let (call, takes) = (measure.call.id, Duration::from_millis(measure.lasts_ms()));
        let found = |line| match line {
            Line::Measured(measured) if measured.call == call => Some(*measured),
            _ => None,
        };
        self.ask_for(Ask::Measure(Box::new(measure)), takes, cancel, found).await
    }

    /// Has bytes asked for and counted.
    pub(super) async fn download(
        &self,
        download: Download,
        cancel: &CancellationToken,
    ) -> Result<Downloaded, Unasked> {
        let (call, takes) = (download.call.id, Duration::from_millis(download.takes_ms()));
        let found = |line| match line {
            Line::Downloaded(downloaded) if downloaded.sample.call == call => Some(*downloaded),
            _ => None,
        };
        self.ask_for(Ask::Download(Box::new(download)), takes, cancel, found).await
    }

    /// Has done what takes this long, and returns the one line that tells of it.
    async fn ask_for<T>(
        &self,
        ask: Ask,
        takes: Duration,
        cancel: &CancellationToken,
        found: impl FnMut(Line) -> Option<T>,
    ) -> Result<T, Unasked> {
        let greeting = self.greeting().await?;
        let within = takes + WAY_MARGIN;
        let letter = self.write(greeting, ask, within);
        let delivered = tokio::select! {
            delivered = self.route.deliver(&letter, within + WAY_MARGIN) => delivered,
            () = cancel.cancelled() => Err(interrupted()),
        };
        let (lines, error) = self.signet.read(&letter);
        let why = || delivered.err().or_else(|| error.as_ref().map(obstacle)).unwrap_or_else(silent);
        lines.into_iter().find_map(found).ok_or_else(why)
    }

    /// An order for the life of the agent that said this hello.
    fn write(&self, greeting: &Greeting, ask: Ask, within: Duration) -> Letter {
        let life = Life { boot: Some(greeting.hello.boot), ahead_ms: greeting.clock_ahead_ms, within };
        self.signet.write(&self.name, ask, life)
    }

    /// Waits until the agent has room for so many calls.
    async fn room(&self, greeting: &Greeting, calls: usize) -> SemaphorePermit<'_> {
        let at_once = greeting.hello.calls_at_once.max(1);
        let places = self.places.get_or_init(|| async { Semaphore::new(at_once as usize) }).await;
        let wanted = u32::try_from(calls).unwrap_or(u32::MAX).min(at_once);
        places.acquire_many(wanted).await.expect("the semaphore is never closed")
    }

    /// Asks for the receipts of these calls.
    pub(super) async fn receipts(&self, calls: Vec<CallId>) -> Result<ReceiptPage, Unasked> {
        let greeting = self.greeting().await?;
        let boot = greeting.hello.boot;
        let letter = self.write(greeting, Ask::Receipts(calls), RECEIPTS_WITHIN);
        self.route.deliver(&letter, RECEIPTS_WITHIN + WAY_MARGIN).await?;
        let (lines, error) = self.signet.read(&letter);
        if let Some(error) = error {
            return Err(obstacle(&error));
        }
        let mut whole: Option<ReceiptPage> = None;
        for line in lines {
            if let Line::Receipts(page) = line {
                let whole = whole.get_or_insert(ReceiptPage { found: Vec::new(), ..page.clone() });
                whole.dropped = whole.dropped.max(page.dropped);
                whole.found.extend(page.found);
                whole.unfinished = page.unfinished;
            }
        }
        let none = || Unasked::new(UnaskedWhy::NotTrusted, "the reply holds no page of receipts");
        whole.filter(|page| page.boot == boot).ok_or_else(none)
    }

    /// Has an order for another agent passed on, and returns that agent's reply.
    pub(super) async fn pass_on(
        &self,
        to: &ControlAddress,
        order: &str,
        within: Duration,
    ) -> Result<String, Unasked> {
        let behind = |unasked: Unasked| Unasked {
            detail: format!("{}: {}", self.name, unasked.detail).into(),
            ..unasked
        };
        let greeting = self.greeting().await.map_err(behind)?;
        let timeout_ms = u32::try_from(within.as_millis()).unwrap_or(u32::MAX);
        let ask = Ask::Relay(Relay { to: to.clone(), order: order.to_owned(), timeout_ms });
        let letter = self.write(greeting, ask, within);
        self.route.deliver(&letter, within + WAY_MARGIN).await.map_err(behind)?;
        let (lines, error) = self.signet.read(&letter);
        let relayed = lines.into_iter().find_map(|line| match line {
            Line::Relayed(text) => Some(text),
            _ => None,
        });
        match (relayed, error) {
            (Some(text), None) => Ok(text),
            (_, Some(ReplyError::Refused(refusal))) => {
                let why = match refusal.why {
                    RefusalWhy::RelayFailed => UnaskedWhy::NoRoute,
                    _ => UnaskedWhy::Refused,
                };
                Err(behind(Unasked::new(why, refusal.to_string())))
            }
            (_, Some(error)) => Err(behind(obstacle(&error))),
            (None, None) => {
                Err(behind(Unasked::new(UnaskedWhy::NotTrusted, "the relay passed no reply back")))
            }
        }
    }
}
