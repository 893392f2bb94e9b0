//! Splits the calls of one vantage into orders, and sends them all at once.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use ringfence_contract::call::Call;
use ringfence_contract::id::CallId;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::correspond::Correspondent;
use super::observe::{Attempt, Unasked, UnaskedWhy, interrupted};
use super::pending::{Pending, Tie, UnderWay};
use crate::plan::Role;

/// The most calls in one order: a reply of some 100 KiB. While the agent places the calls of one, the order before is answered
/// and the next one written.
const CALLS_PER_ORDER: usize = 128;

/// How many endpoints, next to each other in the scenario, share orders. An order waits for whatever any of its calls waits
/// for: were witnesses and edges of the same endpoints cut elsewhere, one would wait for the next through the whole scenario.
const ENDPOINTS_TOGETHER: usize = 64;

/// Calls that start later than this go into a later order, in milliseconds: an order with its longest phases still ends
/// inside 60 s.
const ORDER_WINDOW_MS: u32 = 5_000;

/// A call, what it has to do with, and the vantage that is to place it.
pub(super) struct Errand {
    pub(super) vantage: Arc<Correspondent>,
    pub(super) tie: Tie,
    /// What it is placed for, where that is not what its rule asks for.
    pub(super) role: Option<Box<Role>>,
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

impl Errand {
    fn id(&self) -> (CallId, Option<Box<Role>>) {
        (self.call.id, self.role.clone())
    }
}

struct Order {
    vantage: Arc<Correspondent>,
    ties: Vec<Tie>,
    roles: Vec<Option<Box<Role>>>,
    calls: Vec<Call>,
}

/// The calls of an order that is over. What waits for them may begin when this is dropped.
struct Ended {
    attempts: Vec<Attempt>,
    under_way: UnderWay,
}

/// Places every call when it is its turn, and returns what is known of each: those given first, in their order, and then the
/// further ones. `follow` hears of the calls of each order that ended, and names further calls, which are placed at once;
/// whatever waits for the first ones waits for those too.
pub(super) async fn place_all(
    errands: Vec<Errand>,
    turn: Turn,
    cancel: &CancellationToken,
    mut follow: impl FnMut(&[Attempt]) -> Vec<Errand>,
) -> Vec<Attempt> {
    let mut ids: Vec<(CallId, Option<Box<Role>>)> = errands.iter().map(Errand::id).collect();
    let mut known: HashMap<CallId, Attempt> = HashMap::with_capacity(ids.len());
    let mut orders = JoinSet::new();
    for order in split(errands) {
        orders.spawn(carry_out(order, turn.clone(), cancel.clone()));
    }
    let at_once = Turn { behind: Arc::default(), own: turn.own };
    while let Some(ended) = orders.join_next().await {
        // A panic takes its own order with it; its calls stay unknown.
        let Ok(Ended { attempts, under_way }) = ended else { continue };
        let further = follow(&attempts);
        known.extend(attempts.into_iter().map(|attempt| (attempt.call, attempt)));
        ids.extend(further.iter().map(Errand::id));
        at_once.own.begin(further.iter().map(|errand| errand.tie));
        for order in split(further) {
            orders.spawn(carry_out(order, at_once.clone(), cancel.clone()));
        }
        drop(under_way);
    }
    let broken = || Unasked::new(UnaskedWhy::Broken, "the task that held this order panicked");
    let attempt =
        |(call, role)| known.remove(&call).unwrap_or_else(|| Attempt { call, role, sample: Err(broken()) });
    ids.into_iter().map(attempt).collect()
}

async fn carry_out(order: Order, turn: Turn, cancel: CancellationToken) -> Ended {
    let Order { vantage, ties, roles, mut calls } = order;
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
    let attempt = |(call, role)| {
        let sample = samples.remove(&call).map(Box::new).ok_or_else(|| why.clone());
        Attempt { call, role, sample }
    };
    Ended { attempts: ids.into_iter().zip(roles).map(attempt).collect(), under_way }
}

/// Orders: calls of one vantage that start in the same window, at most [`CALLS_PER_ORDER`] each. Those to endpoints that stand
/// together are together, and where they are few, those to the next ones as well.
fn split(errands: Vec<Errand>) -> Vec<Order> {
    let mut groups: IndexMap<(*const Correspondent, u32, Option<usize>), Vec<Errand>> = IndexMap::new();
    for errand in errands {
        let block = errand.tie.endpoint().map(|endpoint| endpoint.0 / ENDPOINTS_TOGETHER);
        let window = errand.call.start_after_ms / ORDER_WINDOW_MS;
        groups.entry((Arc::as_ptr(&errand.vantage), window, block)).or_default().push(errand);
    }
    let mut few: IndexMap<(*const Correspondent, u32), Vec<Errand>> = IndexMap::new();
    let mut orders = Vec::new();
    for ((vantage, window, _), group) in groups {
        let gathered = few.entry((vantage, window)).or_default();
        gathered.extend(group);
        if gathered.len() >= ENDPOINTS_TOGETHER {
            orders.extend(cut(std::mem::take(gathered)));
        }
    }
    orders.extend(few.into_values().flat_map(cut));
    orders
}

/// As few orders as will do, all of one size.
fn cut(mut errands: Vec<Errand>) -> Vec<Order> {
    let count = errands.len().div_ceil(CALLS_PER_ORDER);
    let mut orders = Vec::with_capacity(count);
    for left in (1..=count).rev() {
        let rest = errands.split_off(errands.len().div_ceil(left));
        orders.extend(Order::of(std::mem::replace(&mut errands, rest)));
    }
    orders
}

impl Order {
    /// The calls of one vantage; none without any.
    fn of(errands: Vec<Errand>) -> Option<Self> {
        let vantage = Arc::clone(&errands.first()?.vantage);
        let (mut ties, mut roles, mut calls) = (Vec::new(), Vec::new(), Vec::new());
        for errand in errands {
            ties.push(errand.tie);
            roles.push(errand.role);
            calls.push(errand.call);
        }
        Some(Self { vantage, ties, roles, calls })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
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
    use crate::scenario::{self, AgentIndex, EndpointIndex, Expect, Inputs, Source};

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
    fn orders_to_the_same_endpoints_are_cut_at_the_same_places() {
        let vantage = vantage();
        let address: Address = "tcp://192.0.2.1:7000".parse().expect("an address");
        let errand = |endpoint, start_after_ms| {
            let to = WitnessTarget::Endpoint(EndpointIndex(endpoint));
            let (family, expect) = (Family::Ipv4, Expect::Allow);
            let witness = Witness { vantage: AgentIndex(0), to, family, nth: 0, expect };
            let call = Call::new(Destination::Endpoint(address.clone().into()), family);
            let call = Call { start_after_ms, ..call };
            Errand { vantage: Arc::clone(&vantage), tie: Tie::of_witness(&witness), role: None, call }
        };
        let block = |tie: &Tie| tie.endpoint().map(|endpoint| endpoint.0 / ENDPOINTS_TOGETHER);
        // One call out of the row, and then some to each endpoint or to one in ten; a few start much later.
        for (starts, step, most_blocks, count) in [
            (&[0, 33, 66][..], 1, 1, 14),
            (&[0, 33, 66, 66, 66], 1, 1, 21),
            (&[0], 1, 1, 7),
            (&[0, 66, ORDER_WINDOW_MS], 1, 1, 15),
            (&[0], 10, 7, 1),
        ] {
            let all = |endpoint| starts.iter().map(move |start| errand(endpoint, *start));
            let errands: Vec<Errand> =
                [errand(390, 0)].into_iter().chain((0..448).step_by(step).flat_map(all)).collect();
            let ids = |calls: &[Call]| calls.iter().map(|call| call.id).collect::<Vec<_>>();
            let given: HashSet<CallId> = errands.iter().map(|errand| errand.call.id).collect();
            let orders = split(errands);
            let placed: Vec<CallId> = orders.iter().flat_map(|order| ids(&order.calls)).collect();
            assert_eq!((placed.len(), placed.into_iter().collect()), (given.len(), given));
            for Order { ties, calls, .. } in &orders {
                let blocks: HashSet<Option<usize>> = ties.iter().map(block).collect();
                let windows: HashSet<u32> =
                    calls.iter().map(|call| call.start_after_ms / ORDER_WINDOW_MS).collect();
                assert!(blocks.len() <= most_blocks && windows.len() == 1, "{starts:?}: {blocks:?}");
                assert!(calls.len() <= CALLS_PER_ORDER && calls.len() == ties.len(), "{}", calls.len());
            }
            assert_eq!(orders.len(), count, "{starts:?}");
        }
    }
}
