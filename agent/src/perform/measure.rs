//! Measures: one call placed again and again at its intended times, on a thread that does nothing else.
//!
//! This file must not know whether the order should have been taken, or how the figures travel back.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ringfence_contract::call::Call;
use ringfence_contract::measure::{Connection, Measure, Measured};
use ringfence_contract::order::Run;
use tokio::sync::Semaphore;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

use super::ledger::Ledger;
use super::machine::Machine;
use super::vantage::Vantage;
use crate::call::Kept;
use crate::clock::Alarm;

/// The most calls of one measurement under way at once. Of a target that stalls for half a second, a thousand calls a
/// second pile up 500. What comes above starts late; that shows as lag, and counts in the totals.
pub const CALLS_OVERLAPPING: usize = 512;

/// A measurement, and when it has to be done.
#[derive(Debug)]
pub struct Course {
    /// The run its calls belong to.
    pub run: Run,
    /// What is measured.
    pub measure: Measure,
    /// When the order ends: calls that have not ended by then count as not sent.
    pub ends: tokio::time::Instant,
    /// Ends it early: the agent shuts down.
    pub stop: CancellationToken,
}

impl Vantage {
    /// Measures. Ends with the last call, or the order, or [`Measure::LASTS_MAX_MS`] after its start; dropping it ends it too.
    pub async fn measure(self: &Arc<Self>, course: Course) -> Measured {
        let stop = course.stop.child_token();
        let _dropped = stop.clone().drop_guard();
        let measure = course.measure.clone();
        let stage = Stage {
            vantage: Arc::clone(self),
            ledger: Mutex::new(Ledger::open(&course.measure)),
            run: course.run,
            measure: course.measure,
        };
        let ends = course.ends.into_std().min(Instant::now() + Duration::from_millis(Measure::LASTS_MAX_MS));
        // A thread of its own: what else the agent does must not be in the way of its clock.
        let played = tokio::task::spawn_blocking(move || play(&Arc::new(stage), ends, &stop)).await;
        match played {
            Ok(Ok(measured)) => measured,
            Ok(Err(error)) => {
                tracing::error!(%error, "a measurement could not begin");
                Ledger::open(&measure).close()
            }
            Err(error) => {
                tracing::error!(%error, "a measurement ended in a panic");
                Ledger::open(&measure).close()
            }
        }
    }
}

/// What the calls of a measurement share.
struct Stage {
    vantage: Arc<Vantage>,
    run: Run,
    measure: Measure,
    ledger: Mutex<Ledger>,
}

impl Stage {
    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes call `number`, counted from 0.
    async fn call(&self, kept: &mut Kept, number: u32, intended: Instant, waited: Duration) {
        let _leave = self.vantage.leave().await;
        self.ledger().start(number, intended.elapsed());
        let pattern = &self.measure.call;
        let call = Call { id: pattern.id.numbered(number + 1), ..pattern.clone() };
        let means = self.vantage.means();
        let seen = kept.measure(means, &self.run, &self.measure.fingerprints, &call).await;
        self.ledger().end(number, seen, intended.elapsed(), waited);
    }
}

/// The intended times.
struct Beat {
    alarm: Alarm,
    began: Instant,
    interval: Duration,
}

impl Beat {
    fn intended(&self, number: u32) -> Instant {
        self.began + self.interval * number
    }
}

fn play(stage: &Arc<Stage>, ends: Instant, stop: &CancellationToken) -> std::io::Result<Measured> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let interval = Duration::from_micros(stage.measure.interval_us.into());
        let delay = Duration::from_millis(stage.measure.call.start_after_ms.into());
        let beat = Beat { alarm: Alarm::new()?, began: Instant::now() + delay, interval };
        let playing = async {
            beat.alarm.until(beat.began).await?;
            stage.ledger().begin();
            match stage.measure.connection {
                Connection::New => overlap(stage, &beat).await,
                Connection::Reuse => queue(stage, &beat).await,
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => Ok(()),
            () = tokio::time::sleep_until(ends.into()) => Ok(()),
            played = playing => played,
        }
    })?;
    let measured = stage.ledger().close();
    Ok(measured)
}

/// Each call on a connection of its own, however many of those before it are still under way.
async fn overlap(stage: &Arc<Stage>, beat: &Beat) -> std::io::Result<()> {
    let room = Arc::new(Semaphore::new(CALLS_OVERLAPPING));
    let (mut calls, mut machine) = (JoinSet::new(), Machine::new());
    for number in 0..stage.measure.calls() {
        let intended = beat.intended(number);
        beat.alarm.until(intended).await?;
        // Before the call: what it sets going on this machine is none of the others.
        stage.ledger().wake(number, intended.elapsed(), machine.crowd());
        let place = Arc::clone(&room).acquire_owned().await;
        let stage = Arc::clone(stage);
        calls.spawn(async move {
            stage.call(&mut Kept::default(), number, intended, Duration::ZERO).await;
            drop(place);
        });
        // It starts now, and not when all that is late has been set up.
        tokio::task::yield_now().await;
        while let Some(ended) = calls.try_join_next() {
            look_at(&ended);
        }
    }
    while let Some(ended) = calls.join_next().await {
        look_at(&ended);
    }
    Ok(())
}

/// One call after the other on one connection.
async fn queue(stage: &Stage, beat: &Beat) -> std::io::Result<()> {
    let (mut kept, mut machine) = (Kept::default(), Machine::new());
    for number in 0..stage.measure.calls() {
        let intended = beat.intended(number);
        let waited = intended.elapsed();
        beat.alarm.until(intended).await?;
        let late = intended.elapsed().saturating_sub(waited);
        stage.ledger().wake(number, late, machine.crowd());
        stage.call(&mut kept, number, intended, waited).await;
    }
    Ok(())
}

fn look_at(ended: &Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a measured call ended in a panic");
    }
}
