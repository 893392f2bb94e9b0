//! What the targets wrote down: asked for at the end, of every agent that owns an endpoint.

use std::sync::Arc;

use ringfence_contract::id::CallId;
use ringfence_contract::receipt::ReceiptPage;
use tokio::task::JoinSet;

use super::correspond::Correspondent;
use super::observe::{Attempt, FurtherWitness, ReceiptBook, Unasked, UnaskedWhy, interrupted};
use super::phases::Phases;
use super::progress::Stage;
use crate::plan::WitnessTarget;

/// The most receipts asked for in one order: what has come is read while more is written.
const RECEIPTS_PER_ORDER: usize = 1_024;

/// How many such orders an agent has at once.
const ORDERS_AT_ONCE: usize = 4;

impl Phases<'_> {
    /// Asks every agent that owns an endpoint what reached it.
    pub(super) async fn receipts(
        &self,
        reach: &[Vec<Attempt>],
        witnesses: (&[&[Attempt]], &[FurtherWitness]),
    ) -> Vec<Result<ReceiptBook, Unasked>> {
        let calls = self.calls_by_owner(reach, witnesses);
        self.begin(Stage::Receipts, calls.iter().flatten().count());
        let broken = || Unasked::new(UnaskedWhy::Broken, "the task that asked for these receipts panicked");
        // Whoever owns no endpoint has nothing to show.
        let empty = |calls: &Option<Vec<CallId>>| match calls {
            Some(_) => Err(broken()),
            None => Ok(ReceiptBook::default()),
        };
        let mut books: Vec<Result<ReceiptBook, Unasked>> = calls.iter().map(empty).collect();
        let mut asked = JoinSet::new();
        for (index, calls) in calls.into_iter().enumerate() {
            let Some(calls) = calls else { continue };
            let (agent, cancel) = (Arc::clone(&self.agents[index]), self.cancel.clone());
            asked.spawn(async move {
                let book = tokio::select! {
                    book = book(&agent, &calls) => book,
                    () = cancel.cancelled() => Err(interrupted()),
                };
                (index, book)
            });
        }
        while let Some(ended) = asked.join_next().await {
            self.done(Stage::Receipts, 1);
            if let Ok((index, book)) = ended {
                books[index] = book;
            }
        }
        books
    }

    /// The calls that could have reached each agent: none where it owns no endpoint that was called.
    fn calls_by_owner(
        &self,
        reach: &[Vec<Attempt>],
        (witnesses, further): (&[&[Attempt]], &[FurtherWitness]),
    ) -> Vec<Option<Vec<CallId>>> {
        let mut calls: Vec<Option<Vec<CallId>>> = vec![None; self.agents.len()];
        let mut note = |endpoint, attempts: &[Attempt]| {
            if let Some(owner) = self.scenario.endpoint(endpoint).owner {
                let calls = calls[owner.0].get_or_insert_default();
                calls.extend(attempts.iter().map(|attempt| attempt.call));
            }
        };
        for (edge, attempts) in self.plan.edges.iter().zip(reach) {
            note(edge.endpoint, attempts);
        }
        let further =
            further.iter().flat_map(|one| [(&one.witness, &one.before), (&one.witness, &one.after)]);
        let planned = witnesses.iter().flat_map(|side| self.plan.witnesses.iter().zip(*side));
        for (witness, attempt) in planned.chain(further) {
            if let WitnessTarget::Endpoint(endpoint) = witness.to {
                note(endpoint, std::slice::from_ref(attempt));
            }
        }
        calls
    }
}

/// The whole of an agent's receipts for these calls.
async fn book(agent: &Arc<Correspondent>, calls: &[CallId]) -> Result<ReceiptBook, Unasked> {
    let dropped_at_hello = agent.greeting().await?.hello.dropped;
    let mut book = ReceiptBook::default();
    for calls in calls.chunks(RECEIPTS_PER_ORDER * ORDERS_AT_ONCE) {
        // Whoever did not answer once is not asked for more: each order may take its whole time.
        for page in pages_at_once(agent, calls).await {
            match page {
                Ok(page) => book.add(page, dropped_at_hello),
                Err(unasked) if unasked.why == UnaskedWhy::Restarted => {
                    return Ok(ReceiptBook { restarted: true, ..book });
                }
                Err(unasked) => return Err(unasked),
            }
        }
    }
    Ok(book)
}

impl ReceiptBook {
    fn add(&mut self, page: ReceiptPage, dropped_at_hello: u64) {
        self.wrapped |= page.dropped > dropped_at_hello;
        self.unfinished = page.unfinished;
        self.found.extend(page.found.into_iter().map(|receipt| (receipt.call, Box::new(receipt))));
    }
}

/// What the ring says of these calls, in orders that are under way together; the pages are in their order.
async fn pages_at_once(agent: &Arc<Correspondent>, calls: &[CallId]) -> Vec<Result<ReceiptPage, Unasked>> {
    let mut asked = JoinSet::new();
    for (place, calls) in calls.chunks(RECEIPTS_PER_ORDER).map(<[CallId]>::to_vec).enumerate() {
        let agent = Arc::clone(agent);
        asked.spawn(async move { (place, agent.receipts(calls).await) });
    }
    let mut pages = asked.join_all().await;
    pages.sort_by_key(|(place, _)| *place);
    pages.into_iter().map(|(_, page)| page).collect()
}
