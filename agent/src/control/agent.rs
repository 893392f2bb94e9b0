//! The agent: what it is, what it trusts, and whether it takes an order.

use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ringfence_contract::id::{BootId, OrderId, RunId};
use ringfence_contract::name::AgentName;
use ringfence_contract::order::{self, Ask, Order, OrderError, PublicKey, Refusal, RefusalWhy};
use ringfence_contract::reply::{Hello, Listener, write_refusal};
use ringfence_contract::wall_clock::now_ms;
use serde::Deserialize;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::families::families;
use super::replays::{REPLAYS_HELD, ReplayError, Replays};
use super::settings::AgentSettings;
use crate::answer::{Answerer, Hold, Ring};
use crate::call::{Means, MeansError, MeansSettings};
use crate::perform::{Limits, Vantage};

/// An agent in one life of it.
pub struct Agent {
    pub(super) vantage: Arc<Vantage>,
    pub(super) stop: CancellationToken,
    name: AgentName,
    boot: BootId,
    trust: Vec<PublicKey>,
    allow: Vec<String>,
    bound: Vec<IpAddr>,
    limits: Limits,
    listeners: Vec<Listener>,
    answerer: Arc<Answerer>,
    replays: Mutex<Replays>,
    orders: Arc<Semaphore>,
    tasks: TaskTracker,
    draining: AtomicBool,
}

/// What became of an order's text.
#[derive(Debug)]
pub enum Taken {
    /// It is carried out: the lines of its reply, each with its newline, until the channel ends. An order that turns
    /// out not to be possible ends in a refusal line instead of an end.
    Lines(mpsc::Receiver<String>),
    /// A trusted runner's, and refused: the refusal line, with its newline.
    Refused(String),
    /// Not signed by a trusted key, or no order at all.
    Stranger,
}

/// How long an order that was told to stop may take to hand over what it has.
const HAND_OVER_WITHIN: Duration = Duration::from_secs(1);

/// How many lines of a reply may wait for their reader.
const LINES_WAITING: usize = 64;

impl Agent {
    /// An agent that answers on these listeners, in a new life.
    ///
    /// # Errors
    ///
    /// [`MeansError`], when it cannot call with these settings.
    pub fn new(settings: AgentSettings, listeners: Vec<Listener>) -> Result<Arc<Self>, MeansError> {
        let boot = BootId::random();
        let ring = Ring::new(settings.receipts_held);
        let answerer = Answerer::new(settings.name.clone(), boot, settings.proxies, ring);
        let allow = settings.policy.texts();
        let bound = listeners.iter().map(|listener| listener.address.ip());
        let bound = bound.chain(settings.sources.iter().copied()).collect();
        let means = Means::new(MeansSettings {
            admit: Arc::new(settings.policy),
            resolver: settings.resolver,
            sources: settings.sources,
            ca: settings.ca,
        })?;
        let limits = settings.limits;
        Ok(Arc::new(Self {
            vantage: Arc::new(Vantage::new(means, listeners.clone(), limits)),
            stop: CancellationToken::new(),
            name: settings.name,
            boot,
            trust: settings.trust,
            allow,
            bound,
            limits,
            listeners,
            answerer: Arc::new(answerer),
            replays: Mutex::new(Replays::new(REPLAYS_HELD)),
            orders: Arc::new(Semaphore::new(limits.orders_at_once.max(1) as usize)),
            tasks: TaskTracker::new(),
            draining: AtomicBool::new(false),
        }))
    }

    /// An agent without listeners: the vantage of the program it is embedded in.
    ///
    /// # Errors
    ///
    /// [`MeansError`], when it cannot call with these settings.
    pub fn embedded(settings: AgentSettings) -> Result<Arc<Self>, MeansError> {
        Self::new(settings, Vec::new())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &AgentName {
        &self.name
    }

    /// Which life of it this is.
    #[must_use]
    pub fn boot(&self) -> BootId {
        self.boot
    }

    /// The one who answers calls for it.
    #[must_use]
    pub fn answerer(&self) -> &Arc<Answerer> {
        &self.answerer
    }

    /// How much it takes on.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Takes an order, or says why not. What is taken is carried out by a task of its own: call this inside a Tokio
    /// runtime. Dropping the lines ends the order.
    #[must_use]
    pub fn take(self: &Arc<Self>, text: &str) -> Taken {
        let now_ms = now_ms();
        let order = match order::open(text, &self.trust, &self.name, now_ms) {
            Ok(order) => order,
            Err(OrderError::NotOrder | OrderError::Untrusted) => return Taken::Stranger,
            Err(OrderError::Refused(refusal)) => return refused(read_id(text), &refusal),
        };
        let id = order.id;
        let permit = match self.look_at(&order, now_ms) {
            Ok(permit) => permit,
            Err((why, detail)) => return refused(Some(id), &Refusal { why, detail, clock_ms: now_ms }),
        };
        tracing::debug!(order = %id, run = %order.run.id, "an order is taken");
        let (sender, lines) = mpsc::channel(LINES_WAITING);
        let agent = Arc::clone(self);
        self.tasks.spawn(async move {
            agent.carry_out(order, now_ms, sender).await;
            drop(permit);
        });
        Taken::Lines(lines)
    }

    /// Takes no new orders from now on.
    pub fn begin_drain(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.tasks.close();
    }

    /// Whether the agent is shutting down.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        self.draining.load(Ordering::Relaxed)
    }

    /// Takes no new orders, and waits for those under way. What has not ended when the grace is over hands over what
    /// it has; its unfinished calls come back as not sent, out of time.
    pub async fn drain(&self, grace: Duration) {
        self.begin_drain();
        if tokio::time::timeout(grace, self.tasks.wait()).await.is_ok() {
            return;
        }
        self.stop.cancel();
        if tokio::time::timeout(HAND_OVER_WITHIN, self.tasks.wait()).await.is_err() {
            tracing::warn!(orders = self.tasks.len(), "orders are still under way, and are dropped");
        }
    }

    /// Who the agent is and what it can do, as it tells this run.
    pub(super) fn hello(&self, run: RunId) -> Hello {
        Hello {
            agent: self.name.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            boot: self.boot,
            clock_ms: now_ms(),
            dropped: self.answerer.dropped(run),
            families: families(&self.bound),
            listeners: self.listeners.clone(),
            allow: self.allow.clone(),
            calls_per_order: self.limits.calls_per_order,
            calls_at_once: self.limits.calls_at_once,
        }
    }

    /// What depends on the agent's own state: this life of it, its limits, what it has taken before.
    fn look_at(&self, order: &Order, now_ms: u64) -> Result<OwnedSemaphorePermit, (RefusalWhy, String)> {
        if self.is_draining() {
            return Err((RefusalWhy::Draining, "the agent is shutting down".to_owned()));
        }
        self.look_at_boot(order)?;
        self.look_at_size(&order.ask)?;
        let permit = Arc::clone(&self.orders).try_acquire_owned().map_err(|_| {
            let detail =
                format!("{} orders are being carried out, no more are taken", self.limits.orders_at_once);
            (RefusalWhy::OverLimit, detail)
        })?;
        let mut replays = self.replays.lock().unwrap_or_else(PoisonError::into_inner);
        replays.take(order.id, order.expires_ms, now_ms).map_err(|error| match error {
            ReplayError::Replayed => (RefusalWhy::Replayed, error.to_string()),
            ReplayError::Full(_) => (RefusalWhy::OverLimit, error.to_string()),
        })?;
        drop(replays);
        if self.answerer.announce(&order.run, matches!(order.ask, Ask::Hello)) == Hold::OtherKey {
            let detail = format!("run `{}` is known with another key, which is kept", order.run.id);
            return Err((RefusalWhy::UnknownWords, detail));
        }
        Ok(permit)
    }

    fn look_at_boot(&self, order: &Order) -> Result<(), (RefusalWhy, String)> {
        let detail = match (order.boot, &order.ask) {
            (None, Ask::Hello) => return Ok(()),
            (Some(boot), _) if boot == self.boot => return Ok(()),
            (None, _) => {
                "the order does not say for which life of the agent it is: say hello first".to_owned()
            }
            (Some(boot), _) => {
                format!("the order is for life `{boot}` of the agent, which has restarted: say hello again")
            }
        };
        Err((RefusalWhy::Restarted, detail))
    }

    fn look_at_size(&self, ask: &Ask) -> Result<(), (RefusalWhy, String)> {
        let over = |detail| (RefusalWhy::OverLimit, detail);
        match ask {
            Ask::Place(place) => self.vantage.check(place).map_err(|error| over(error.to_string())),
            Ask::Measure(measure) => {
                self.vantage.check_measure(measure).map_err(|error| over(error.to_string()))
            }
            Ask::Download(download) => {
                self.vantage.check_download(download).map_err(|error| over(error.to_string()))
            }
            Ask::Receipts(calls) if calls.len() > self.limits.receipts_per_order as usize => {
                Err(over(format!(
                    "the order asks for the receipts of {} calls, at most {} are shown in one: split it",
                    calls.len(),
                    self.limits.receipts_per_order
                )))
            }
            Ask::Hello | Ask::Relay(_) | Ask::Receipts(_) => Ok(()),
        }
    }
}

fn refused(order: Option<OrderId>, refusal: &Refusal) -> Taken {
    tracing::info!(why = %refusal.why, detail = %refusal.detail, "an order is refused");
    Taken::Refused(write_refusal(order, refusal))
}

/// The id of an order whose signature is good and whose words are refused, where it can be read: whoever sorts replies
/// of several orders needs it.
fn read_id(text: &str) -> Option<OrderId> {
    #[derive(Deserialize)]
    struct Named {
        id: OrderId,
    }
    let words = text.splitn(3, ' ').nth(2)?;
    serde_json::from_str::<Named>(words.trim_end()).ok().map(|named| named.id)
}
