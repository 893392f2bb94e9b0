//! Splits the calls of one vantage into orders, and sends them all at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use ringfence_contract::call::Call;
use ringfence_contract::id::CallId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::correspond::Correspondent;
use super::observe::{Attempt, Unasked, UnaskedWhy, interrupted};

/// The most calls in one order: a reply of some 400 KiB, and no long wait for the slowest of too many.
const CALLS_PER_ORDER: usize = 512;

/// Calls that start later than this go into a later order, in milliseconds: an order with its longest phases still ends
/// inside 60 s.
const ORDER_WINDOW_MS: u32 = 5_000;

/// A call, and the vantage that is to place it.
pub(super) type Errand = (Arc<Correspondent>, Call);

/// Places every call, and returns what is known of each, in the order given. `done` hears of every few that ended.
pub(super) async fn place_all(
    errands: Vec<Errand>,
    cancel: &CancellationToken,
    done: impl Fn(usize),
) -> Vec<Attempt> {
    let ids: Vec<CallId> = errands.iter().map(|(_, call)| call.id).collect();
    let mut known: HashMap<CallId, Attempt> = HashMap::with_capacity(ids.len());
    let mut orders = JoinSet::new();
    for (vantage, calls) in split(errands) {
        orders.spawn(carry_out(vantage, calls, cancel.clone()));
    }
    while let Some(ended) = orders.join_next().await {
        // A panic takes its own order with it; its calls stay unknown.
        let Ok(attempts) = ended else { continue };
        done(attempts.len());
        known.extend(attempts.into_iter().map(|attempt| (attempt.call, attempt)));
    }
    let broken = || Unasked::new(UnaskedWhy::Broken, "the task that held this order panicked");
    let attempt = |call| known.remove(&call).unwrap_or_else(|| Attempt { call, sample: Err(broken()) });
    ids.into_iter().map(attempt).collect()
}

async fn carry_out(
    vantage: Arc<Correspondent>,
    mut calls: Vec<Call>,
    cancel: CancellationToken,
) -> Vec<Attempt> {
    let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    let later_ms =
        calls.iter().map(|call| call.start_after_ms).min().unwrap_or(0) / ORDER_WINDOW_MS * ORDER_WINDOW_MS;
    for call in &mut calls {
        call.start_after_ms -= later_ms;
    }
    let later = Duration::from_millis(u64::from(later_ms));
    let (mut samples, why) = match cancel.run_until_cancelled(tokio::time::sleep(later)).await {
        Some(()) => vantage.place(calls, &cancel).await,
        None => (HashMap::new(), interrupted()),
    };
    let attempt =
        |call| Attempt { call, sample: samples.remove(&call).map(Box::new).ok_or_else(|| why.clone()) };
    ids.into_iter().map(attempt).collect()
}

/// Orders: calls of one vantage that start in the same window, at most [`CALLS_PER_ORDER`] each.
fn split(errands: Vec<Errand>) -> Vec<(Arc<Correspondent>, Vec<Call>)> {
    let mut open: HashMap<(*const Correspondent, u32), usize> = HashMap::new();
    let mut orders: Vec<(Arc<Correspondent>, Vec<Call>)> = Vec::new();
    for (vantage, call) in errands {
        let key = (Arc::as_ptr(&vantage), call.start_after_ms / ORDER_WINDOW_MS);
        match open.get(&key) {
            Some(&at) if orders[at].1.len() < CALLS_PER_ORDER => orders[at].1.push(call),
            _ => {
                open.insert(key, orders.len());
                orders.push((vantage, vec![call]));
            }
        }
    }
    orders
}
