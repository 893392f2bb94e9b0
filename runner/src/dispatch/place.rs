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
use super::pending::{Pending, Tie, UnderWay};

/// The most calls in one order: a reply of some 100 KiB. While the agent places the calls of one, the order before is answered
/// and the next one written.
const CALLS_PER_ORDER: usize = 128;

/// Calls that start later than this go into a later order, in milliseconds: an order with its longest phases still ends
/// inside 60 s.
const ORDER_WINDOW_MS: u32 = 5_000;

/// A call, what it has to do with, and the vantage that is to place it.
pub(super) struct Errand {
    pub(super) vantage: Arc<Correspondent>,
    pub(super) tie: Tie,
    pub(super) call: Call,
}

/// When it is whose turn.
#[derive(Debug, Clone, Default)]
pub(super) struct Turn {
    /// A call waits until those are over that have an end in common with it.
    pub(super) behind: Arc<Pending>,
    /// The calls themselves, for others that wait for them.
    pub(super) own: Arc<Pending>,
}

struct Order {
    vantage: Arc<Correspondent>,
    ties: Vec<Tie>,
    calls: Vec<Call>,
}

/// Places every call when it is its turn, and returns what is known of each, in the order given. `done` hears of every few
/// that ended.
pub(super) async fn place_all(
    errands: Vec<Errand>,
    turn: Turn,
    cancel: &CancellationToken,
    done: impl Fn(usize),
) -> Vec<Attempt> {
    let ids: Vec<CallId> = errands.iter().map(|errand| errand.call.id).collect();
    let mut known: HashMap<CallId, Attempt> = HashMap::with_capacity(ids.len());
    let mut orders = JoinSet::new();
    for order in split(errands) {
        orders.spawn(carry_out(order, turn.clone(), cancel.clone()));
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

async fn carry_out(order: Order, turn: Turn, cancel: CancellationToken) -> Vec<Attempt> {
    let Order { vantage, ties, mut calls } = order;
    let under_way = UnderWay { pending: turn.own, ties };
    let ids: Vec<CallId> = calls.iter().map(|call| call.id).collect();
    let later_ms =
        calls.iter().map(|call| call.start_after_ms).min().unwrap_or(0) / ORDER_WINDOW_MS * ORDER_WINDOW_MS;
    for call in &mut calls {
        call.start_after_ms -= later_ms;
    }
    let later = Duration::from_millis(u64::from(later_ms));
    let its_turn = async {
        turn.behind.over(&under_way.ties).await;
        tokio::time::sleep(later).await;
    };
    let (mut samples, why) = match cancel.run_until_cancelled(its_turn).await {
        Some(()) => vantage.place(calls, &cancel).await,
        None => (HashMap::new(), interrupted()),
    };
    let attempt =
        |call| Attempt { call, sample: samples.remove(&call).map(Box::new).ok_or_else(|| why.clone()) };
    ids.into_iter().map(attempt).collect()
}

/// Orders: calls of one vantage that start in the same window, at most [`CALLS_PER_ORDER`] each. Calls that start together
/// are together, so that the replies of the first are read while the last are still under way.
fn split(mut errands: Vec<Errand>) -> Vec<Order> {
    errands.sort_by_key(|errand| errand.call.start_after_ms);
    let mut open: HashMap<(*const Correspondent, u32), usize> = HashMap::new();
    let mut orders: Vec<Order> = Vec::new();
    for Errand { vantage, tie, call } in errands {
        let key = (Arc::as_ptr(&vantage), call.start_after_ms / ORDER_WINDOW_MS);
        match open.get(&key) {
            Some(&at) if orders[at].calls.len() < CALLS_PER_ORDER => {
                orders[at].ties.push(tie);
                orders[at].calls.push(call);
            }
            _ => {
                open.insert(key, orders.len());
                orders.push(Order { vantage, ties: vec![tie], calls: vec![call] });
            }
        }
    }
    orders
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use ringfence_contract::address::{Address, Family};
    use ringfence_contract::call::Destination;
    use ringfence_contract::id::RunId;
    use ringfence_contract::order::{PrivateKey, Run};
    use ringfence_contract::seal::RunKey;

    use super::*;
    use crate::dispatch::opening::open_all;
    use crate::dispatch::signet::Signet;
    use crate::dispatch::{LocalSettings, LocalVantage};
    use crate::plan::{Witness, WitnessTarget};
    use crate::scenario::{self, AgentIndex, Expect, Inputs, Source};

    fn vantage() -> Arc<Correspondent> {
        let text = "name: one\nagents:\n  a: { control: local }\n  b: { control: \"https://192.0.2.1:8443\", endpoints: { in: \"tcp://192.0.2.1:7000\" } }\nrules:\n  - { name: one, from: a, to: b/in, expect: allow }\notherwise: untested\n";
        let scenario =
            scenario::read(Source::new("one.yaml", text.to_owned()), Path::new(""), &Inputs::new());
        let run = Run { id: RunId::random(), key: RunKey::random() };
        let signet = Signet { key: PrivateKey::random(), run, fingerprints: Vec::new() };
        let local = LocalVantage::new(LocalSettings::default()).expect("settings");
        open_all(&scenario.expect("a scenario"), &Arc::new(signet), &local).swap_remove(0)
    }

    #[test]
    fn calls_that_start_together_share_an_order() {
        let vantage = vantage();
        let to: Address = "tcp://192.0.2.1:7000".parse().expect("an address");
        let starts = |attempt: u32| 66 * (attempt % 3);
        let call = |attempt| Call {
            start_after_ms: starts(attempt),
            ..Call::new(Destination::Endpoint(to.clone().into()), Family::Ipv4)
        };
        let tie = Tie::of_witness(&Witness {
            vantage: AgentIndex(0),
            to: WitnessTarget::Beacon,
            family: Family::Ipv4,
            nth: 0,
            expect: Expect::Allow,
        });
        let errand = |attempt| Errand { vantage: Arc::clone(&vantage), tie, call: call(attempt) };
        let errands = (0..900).map(errand).collect();
        let sizes = |Order { calls, .. }: &Order| {
            let last = calls.last().map(|call| call.start_after_ms);
            (calls.len(), calls[0].start_after_ms, last)
        };
        let orders: Vec<_> = split(errands).iter().map(sizes).collect();
        assert_eq!(orders.len(), 900_usize.div_ceil(CALLS_PER_ORDER));
        assert_eq!(orders[0], (CALLS_PER_ORDER, 0, Some(0)), "{orders:?}");
        assert!(orders.is_sorted_by_key(|(_, first, _)| *first), "{orders:?}");
    }
}
