//! Other work on this machine that comes and goes: on each processor a program that does nothing but run, for a while.

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often it is looked whether the load is to change.
const TICK: Duration = Duration::from_millis(20);

/// The load, until it is dropped.
pub(crate) struct Load {
    ended: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Load {
    /// On as many processors as there are, each now busy and now not, for a time of its own: half of them are for some
    /// hundred milliseconds, so that it changes within a measurement, the others for seconds, so that it does from one to the
    /// next.
    pub(crate) fn begin() -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let ended = Arc::new(AtomicBool::new(false));
        let threads = (0..processors).map(|place| {
            let ended = Arc::clone(&ended);
            std::thread::spawn(move || come_and_go(&ended, place as u64 + 1))
        });
        Self { threads: threads.collect(), ended }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| drop(thread.join()));
    }
}

fn come_and_go(ended: &AtomicBool, seed: u64) {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
    let mut random = u64::from(now.subsec_nanos()) * 2 + seed;
    // Lehmer's generator (multiplier 48,271, modulus 2^31 - 1): any sequence without a pattern will do.
    let mut next = |below: u64| {
        random = random.max(1) * 48_271 % 0x7fff_ffff;
        random % below
    };
    while !ended.load(Ordering::Relaxed) {
        let spinning = (next(2) == 0).then(Spinning::begin);
        let lasts_ms = if next(2) == 0 { 100 + next(900) } else { 1_000 + next(9_000) };
        let until = Instant::now() + Duration::from_millis(lasts_ms);
        while Instant::now() < until && !ended.load(Ordering::Relaxed) {
            std::thread::park_timeout(TICK);
        }
        drop(spinning);
    }
}

struct Spinning(Child);

impl Spinning {
    fn begin() -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "while :; do :; done"]).stdin(Stdio::null());
        Self(shell.spawn().expect("a shell"))
    }
}

impl Drop for Spinning {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}
