//! How many calls are under way towards one address at once: a target must not fail for the load that we are.
//!
//! A call that is answered takes the target's time until it ends, so it holds a slot of the address's window and others
//! wait. A call that hears nothing takes nobody's time, and a thousand of them are to cost one timeout together: a slot
//! lapses by itself. This file must not know what is called or how.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as Queue, Notify};
use tokio::time::{Instant, timeout_at};

/// How many calls to one address hold a slot. A target that carries out as few as 100 calls in a second still answers the
/// last of 256 within the 5 s that a first byte may take.
const SLOTS: usize = 256;

/// How long a slot is held by a call that may never be answered. So 25,600 silent calls to one address start in a second,
/// more than a vantage starts: 4,000 in 0.2 s, 5 % of a connect timeout. An address further away than this is called by so
/// many more at once as start in a round trip.
const UNANSWERED: Duration = Duration::from_millis(10);

/// How long a slot is held from the connection on. What takes longer is more likely swallowed on its way than worked at,
/// and 512 such calls start in a second.
const CONNECTED: Duration = Duration::from_millis(500);

/// The windows of a vantage.
#[derive(Debug, Default)]
pub(super) struct Windows(Mutex<HashMap<IpAddr, Weak<Window>>>);

/// The calls under way towards one address.
#[derive(Debug, Default)]
struct Window {
    slots: Mutex<Slots>,
    /// Whoever waits for a slot, in the order they came.
    queue: Queue<()>,
    left: Notify,
}

/// A call's slot. It is left when this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    window: Arc<Window>,
    lapse: Lapse,
}

/// When a slot lapses, and whose it is.
type Lapse = (Instant, u64);

#[derive(Debug, Default)]
struct Slots {
    held: BTreeSet<Lapse>,
    last: u64,
}

impl Windows {
    /// Waits for a slot towards this address.
    pub(super) async fn enter(&self, remote: IpAddr) -> Slot {
        let window = self.towards(remote);
        let turn = window.queue.lock().await;
        let lapse = loop {
            let taken = window.slots().take(Instant::now());
            match taken {
                Ok(lapse) => break lapse,
                // A slot that was left since then ends this wait at once; one that lapses ends it in its time.
                Err(lapses) => drop(timeout_at(lapses, window.left.notified()).await),
            }
        };
        drop(turn);
        Slot { window, lapse }
    }

    fn towards(&self, remote: IpAddr) -> Arc<Window> {
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(window) = windows.get(&remote).and_then(Weak::upgrade) {
            return window;
        }
        // Windows without calls are let go of before more room is taken.
        if windows.len() == windows.capacity() {
            windows.retain(|_, window| window.strong_count() > 0);
        }
        let window = Arc::default();
        windows.insert(remote, Arc::downgrade(&window));
        window
    }
}

impl Window {
    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    /// The address answers. A slot that lapsed is held again, above the window if need be: the others wait longer.
    pub(super) fn connected(&mut self) {
        self.lapse = self.window.slots().renew(self.lapse, Instant::now());
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.window.slots().held.remove(&self.lapse);
        self.window.left.notify_one();
    }
}

impl Slots {
    /// Takes a slot, or says when the next one lapses.
    fn take(&mut self, now: Instant) -> Result<Lapse, Instant> {
        while let Some(first) = self.held.first().copied().filter(|(lapses, _)| *lapses <= now) {
            self.held.remove(&first);
        }
        if let Some((lapses, _)) = self.held.first().filter(|_| self.held.len() >= SLOTS) {
            return Err(*lapses);
        }
        self.last += 1;
        let lapse = (now + UNANSWERED, self.last);
        self.held.insert(lapse);
        Ok(lapse)
    }

    fn renew(&mut self, old: Lapse, now: Instant) -> Lapse {
        self.held.remove(&old);
        let lapse = (now + CONNECTED, old.1);
        self.held.insert(lapse);
        lapse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(now: Instant) -> (Slots, Vec<Lapse>) {
        let mut slots = Slots::default();
        let held = (0..SLOTS).map(|_| slots.take(now).expect("a slot")).collect();
        (slots, held)
    }

    #[test]
    fn calls_that_are_answered_hold_their_slots_and_others_wait() {
        let start = Instant::now();
        let (mut slots, held) = filled(start);
        assert_eq!(slots.take(start), Err(start + UNANSWERED));
        for lapse in &held {
            slots.renew(*lapse, start);
        }
        let later = start + UNANSWERED;
        assert_eq!(
            slots.take(later),
            Err(start + CONNECTED),
            "an answered call does not lapse like a silent one"
        );
    }

    #[test]
    fn a_late_answer_takes_its_slot_back_above_the_window() {
        let start = Instant::now();
        let (mut slots, held) = filled(start);
        let later = start + UNANSWERED;
        let next = (0..SLOTS).map(|_| slots.take(later).expect("the silent ones have lapsed")).count();
        slots.renew(held[0], later);
        assert_eq!(slots.held.len(), next + 1);
        assert!(slots.take(later).is_err());
    }

    #[test]
    fn a_thousand_dropped_edges_of_four_calls_start_within_a_tenth_of_a_connect_timeout() {
        let (mut slots, start) = (Slots::default(), Instant::now());
        let mut now = start;
        for _ in 0..4_000 {
            while let Err(lapses) = slots.take(now) {
                now = lapses;
            }
        }
        assert!(now - start <= Duration::from_millis(350), "{:?}", now - start);
    }

    #[tokio::test]
    async fn a_slot_that_is_left_or_lapses_is_given_to_who_waits() {
        let windows = Windows::default();
        let [near, far] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut held = Vec::new();
        for _ in 0..SLOTS {
            held.push(windows.enter(near).await);
        }
        // They are held longer than this test may take.
        let window = windows.towards(near);
        let late = Instant::now() + Duration::from_secs(3_600);
        for slot in &mut held {
            slot.lapse = window.slots().renew(slot.lapse, late);
        }
        let elsewhere = windows.enter(far).await;
        let (next, ()) = tokio::join!(windows.enter(near), async { drop(held.pop()) });
        // This one may be answered or not: it lapses, and the next gets in.
        let last = windows.enter(near).await;
        drop((next, last, elsewhere, held));
        assert!(window.slots().held.is_empty());
    }

    #[tokio::test]
    async fn windows_without_calls_are_let_go_of() {
        let windows = Windows::default();
        for last in 0..=u16::MAX {
            let [a, b] = last.to_be_bytes();
            drop(windows.enter(IpAddr::from([10, 0, a, b])).await);
        }
        assert!(windows.0.lock().expect("no panic").capacity() < 100);
    }
}
