//! The link itself: its devices and the thread that moves packets. What becomes of a packet, the lanes decide.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZero;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::thread::set_current_timer_slack;
use tun_rs::{DeviceBuilder, SyncDevice};

use super::conditions::Ways;
use super::lane::Lane;
use super::packet::Packet;
use crate::namespace::Namespace;

/// How many packets are under way at most, both ways together; more are lost, as in a router whose queue is full.
const UNDER_WAY: usize = 20_000;

/// How many packets are read from one end before what is due is delivered.
const AT_ONCE: usize = 64;

static LINKS: AtomicU32 = AtomicU32::new(0);

/// One end of a link.
#[derive(Debug, Clone, Copy)]
pub struct End<'a> {
    /// Where it is.
    pub namespace: &'a Namespace,
    /// Its addresses, of either family, with the length of their prefix: `10.80.0.1/30`, `fd80::1/126`.
    pub addresses: &'a [&'a str],
}

/// How many packets went one way so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Those that were, or will be, delivered.
    pub passed: u64,
    /// Those that were lost or vanished.
    pub lost: u64,
}

#[derive(Debug, Default)]
struct Ledger {
    passed: AtomicU64,
    lost: AtomicU64,
}

/// A link at work. Its devices are gone when this is dropped.
///
/// Routes over it are routes by way of the address at its other end: `left.ip("route add 10.3.0.0/24 via 10.80.0.2")`.
/// Multicast does not cross it, so that only what tests send is counted.
#[derive(Debug)]
pub struct Link {
    device: String,
    ledgers: Arc<[Ledger; 2]>,
    /// The thread ends when this is closed.
    stop: Option<UnixStream>,
    thread: Option<JoinHandle<()>>,
}

impl Link {
    /// Lays a link between two namespaces.
    ///
    /// # Panics
    ///
    /// When it cannot be laid: without root, without `/dev/net/tun`, with addresses that are none.
    #[must_use]
    pub fn between(left: End<'_>, right: End<'_>, ways: &Ways) -> Self {
        let device = format!("link{}", LINKS.fetch_add(1, Ordering::Relaxed));
        let devices = [left, right].map(|end| end.open(&device));
        let lanes = [Lane::new(&ways.there, ways.seed), Lane::new(&ways.back, !ways.seed)];
        let (stop, stopped) = UnixStream::pair().expect("a pair of sockets");
        let ledgers = Arc::<[Ledger; 2]>::default();
        let mover =
            Mover { devices, lanes, ledgers: Arc::clone(&ledgers), under_way: BinaryHeap::new(), taken: 0 };
        let thread = std::thread::Builder::new().name(device.clone()).spawn(move || mover.work(&stopped));
        Self { device, ledgers, stop: Some(stop), thread: Some(thread.expect("a thread")) }
    }

    /// What its device is called, at both ends.
    #[must_use]
    pub fn device(&self) -> &str {
        &self.device
    }

    /// How many packets went from left to right.
    #[must_use]
    pub fn there(&self) -> Counts {
        self.ledgers[0].counts()
    }

    /// How many packets went from right to left.
    #[must_use]
    pub fn back(&self) -> Counts {
        self.ledgers[1].counts()
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().is_none_or(|thread| thread.join().is_ok());
        assert!(ended || std::thread::panicking(), "the thread of `{}` panicked", self.device);
    }
}

impl End<'_> {
    /// Opens its device, which has no address that it was not given.
    fn open(self, device: &str) -> SyncDevice {
        let opened = self.namespace.inside(|| DeviceBuilder::new().name(device).enable(false).build_sync());
        let opened = opened.unwrap_or_else(|error| panic!("/dev/net/tun: {error}"));
        opened.set_nonblocking(true).expect("a device that does not wait");
        let mut batch = vec![format!("link set {device} addrgenmode none up")];
        for address in self.addresses {
            let nodad = if address.contains(':') { " nodad" } else { "" };
            batch.push(format!("address add {address} dev {device}{nodad}"));
        }
        self.namespace.ip(&batch.join("\n"));
        opened
    }
}

impl Ledger {
    fn counts(&self) -> Counts {
        Counts { passed: self.passed.load(Ordering::Relaxed), lost: self.lost.load(Ordering::Relaxed) }
    }
}

/// A packet under way. Those due at the same time keep their order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct UnderWay {
    due: Instant,
    number: u64,
    to: usize,
    bytes: Vec<u8>,
}

/// What the thread owns.
struct Mover {
    devices: [SyncDevice; 2],
    lanes: [Lane; 2],
    ledgers: Arc<[Ledger; 2]>,
    under_way: BinaryHeap<Reverse<UnderWay>>,
    taken: u64,
}

impl Mover {
    fn work(mut self, stopped: &UnixStream) {
        // By default the kernel may wake a thread 50 µs late to save wake-ups (prctl(2), PR_SET_TIMERSLACK).
        set_current_timer_slack(NonZero::new(1)).expect("a thread may set its own slack");
        loop {
            let next = self.deliver();
            let Some(ready) = self.wait(stopped, next) else { return };
            for from in [0, 1].into_iter().filter(|end| ready[*end]) {
                self.take(from);
            }
        }
    }

    /// Delivers what is due, and says how long it is until the next packet is.
    fn deliver(&mut self) -> Option<Duration> {
        loop {
            let now = Instant::now();
            let Reverse(first) = self.under_way.peek()?;
            if first.due > now {
                return Some(first.due - now);
            }
            let Reverse(packet) = self.under_way.pop()?;
            // A device that is down, or whose queue is full, loses it.
            drop(self.devices[packet.to].send(&packet.bytes));
        }
    }

    /// Waits for packets at either end, or until the next is due. `None` when there is nothing more to do.
    fn wait(&self, stopped: &UnixStream, next: Option<Duration>) -> Option<[bool; 2]> {
        let [left, right] = [&self.devices[0], &self.devices[1]].map(AsFd::as_fd);
        let mut watched = [
            PollFd::from_borrowed_fd(left, PollFlags::IN),
            PollFd::from_borrowed_fd(right, PollFlags::IN),
            PollFd::new(stopped, PollFlags::IN),
        ];
        let timeout = next.and_then(|next| Timespec::try_from(next).ok());
        match poll(&mut watched, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => panic!("waiting for packets: {error}"),
        }
        let seen = watched.map(|watched| watched.revents());
        // A device is in error when its namespace is gone.
        let over = !seen[2].is_empty() || seen.iter().any(|seen| seen.contains(PollFlags::ERR));
        (!over).then(|| [0, 1].map(|end| seen[end].contains(PollFlags::IN)))
    }

    /// Takes packets in at one end.
    fn take(&mut self, from: usize) {
        let mut buffer = vec![0; 65_536];
        for _ in 0..AT_ONCE {
            // Nothing more to read; or the device is gone, which the next wait says.
            let Ok(length) = self.devices[from].recv(&mut buffer) else { return };
            let now = Instant::now();
            let Some(packet) = Packet::read(&buffer[..length]).filter(|packet| !packet.is_multicast()) else {
                continue;
            };
            let room = self.under_way.len() < UNDER_WAY;
            let due = self.lanes[from].due(&packet, length, now).filter(|_| room);
            let ledger = &self.ledgers[from];
            let Some(due) = due else {
                ledger.lost.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            ledger.passed.fetch_add(1, Ordering::Relaxed);
            self.taken += 1;
            let bytes = buffer[..length].to_vec();
            self.under_way.push(Reverse(UnderWay { due, number: self.taken, to: 1 - from, bytes }));
        }
    }
}
