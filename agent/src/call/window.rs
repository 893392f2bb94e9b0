//! How many calls are under way towards one address at once: a target must not fail for the load that we are.
//!
//! A call that is answered takes the target's time until it ends, so it holds a slot of the address's window and others
//! wait. A call that hears nothing takes nobody's time, and a thousand of them are to cost one timeout together: its
//! slot lapses. This file must not know what is called or how.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::{Mutex as Queue, Notify};
use tokio::time::{Instant, sleep, timeout_at};

/// How many calls to one address hold a slot. A target that carries out as few as 100 calls in a second still answers the
/// last of 256 within the 5 s that a first byte may take.
const SLOTS: usize = 256;

/// How long a call that was sent holds its slot and hears nothing. So 51,200 silent calls to one address start in a second,
/// more than a vantage starts. An address further away than this is called by so many more at once as start in a round trip.
const UNANSWERED: Duration = Duration::from_millis(5);

/// How long a connected call holds its slot while no call to the address is answered: what waits then is more likely
/// swallowed on its way than worked at, and 512 such calls start in a second.
const UNHEARD: Duration = Duration::from_millis(500);

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
    held: Held,
}

/// What a call holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    /// A slot, from before the first packet on.
    Sent,
    /// None any more: nothing was heard.
    Lapsed,
    /// A slot, of a connection since then with this number.
    Connected(Instant, u64),
}

#[derive(Debug, Default)]
struct Slots {
    sent: usize,
    /// Since when calls are connected, and their numbers.
    connected: BTreeSet<(Instant, u64)>,
    /// When a call was last answered.
    answered: Option<Instant>,
    last: u64,
}

/// What became of the wish for a slot.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Slot,
    /// There is none until one is left, or one lapses at this time.
    NoneUntil(Instant),
    /// There is none until one is left.
    None,
}

impl Windows {
    /// Waits for a slot towards this address.
    pub(super) async fn enter(&self, remote: IpAddr) -> Slot {
        let window = self.towards(remote);
        let turn = window.queue.lock().await;
        loop {
            let taken = window.slots().take(Instant::now());
            // A slot that was left since then ends this wait at once.
            match taken {
                Taken::Slot => break,
                Taken::NoneUntil(unheard) => drop(timeout_at(unheard, window.left.notified()).await),
                Taken::None => window.left.notified().await,
            }
        }
        drop(turn);
        Slot { window, held: Held::Sent }
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
    /// Waits for the first that is heard of the address. The slot lapses if that takes long: only here, where what has come
    /// is looked at first, so that a caller that is late itself does not take its target for silent.
    pub(super) async fn until_heard<T>(&mut self, mut work: Pin<&mut impl Future<Output = T>>) -> T {
        tokio::select! {
            biased;
            heard = work.as_mut() => return heard,
            () = sleep(UNANSWERED) => self.hold(Slots::leave),
        }
        work.await
    }

    /// The address answers. A slot that lapsed is held again, above the window if need be: the others wait longer.
    pub(super) fn connected(&mut self) {
        self.hold(|slots, held| slots.connect(held, Instant::now()));
    }

    /// The call was answered, in whatever way: the address is at work, if slowly.
    pub(super) fn answered(self) {
        self.window.slots().answered = Some(Instant::now());
    }

    fn hold(&mut self, change: impl FnOnce(&mut Slots, Held) -> Held) {
        self.held = change(&mut self.window.slots(), self.held);
        self.window.left.notify_one();
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.hold(Slots::leave);
    }
}

impl Slots {
    fn take(&mut self, now: Instant) -> Taken {
        let unheard =
            |slots: &Self| slots.connected.first().map(|first| (*first, slots.unheard_until(first.0)));
        while let Some((first, _)) = unheard(self).filter(|(_, until)| *until <= now) {
            self.connected.remove(&first);
        }
        if self.sent + self.connected.len() >= SLOTS {
            return unheard(self).map_or(Taken::None, |(_, until)| Taken::NoneUntil(until));
        }
        self.sent += 1;
        Taken::Slot
    }

    fn connect(&mut self, held: Held, now: Instant) -> Held {
        self.leave(held);
        self.last += 1;
        self.connected.insert((now, self.last));
        Held::Connected(now, self.last)
    }

    fn leave(&mut self, held: Held) -> Held {
        match held {
            Held::Sent => self.sent -= 1,
            Held::Lapsed => {}
            // It may be gone, where nothing was heard for long.
            Held::Connected(since, number) => drop(self.connected.remove(&(since, number))),
        }
        Held::Lapsed
    }

    fn unheard_until(&self, since: Instant) -> Instant {
        self.answered.map_or(since, |answered| answered.max(since)) + UNHEARD
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
