//! How busy the machine is that this program runs on, looked at between calls.
//!
//! What a call takes has the machine's own part in it. How large that is cannot be told, but whether others want its
//! processors can.

use std::time::{Duration, Instant};

/// How long one look is good for. A look is a read of some 30 bytes, which takes a few microseconds.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// The machine, and when it was last looked at.
#[derive(Debug)]
pub(super) struct Machine {
    counts: Option<Counts>,
    processors: u32,
    looked: Option<(Instant, Option<u32>)>,
}

impl Machine {
    pub(super) fn new() -> Self {
        let processors =
            std::thread::available_parallelism().map_or(1, |count| u32::try_from(count.get()).unwrap_or(1));
        Self { counts: Counts::open(), processors, looked: None }
    }

    /// How many other threads want a processor, in thousandths of one for each processor; none where the system does not tell.
    pub(super) fn crowd(&mut self) -> Option<u32> {
        match self.looked {
            Some((at, crowd)) if at.elapsed() < LOOK_EVERY => crowd,
            _ => {
                let others = self.counts.as_ref().and_then(Counts::runnable).map(|all| all.saturating_sub(1));
                let crowd = others.map(|others| others.saturating_mul(1_000) / self.processors.max(1));
                self.looked = Some((Instant::now(), crowd));
                crowd
            }
        }
    }
}

/// Where Linux says how many threads run or want to, `proc_loadavg(5)`: `0.20 0.18 0.12 1/80 11206`, the fourth field's
/// first number. Whoever reads it runs, and is one of them.
#[cfg(target_os = "linux")]
#[derive(Debug)]
struct Counts(std::fs::File);

#[cfg(target_os = "linux")]
impl Counts {
    fn open() -> Option<Self> {
        std::fs::File::open("/proc/loadavg").ok().map(Self)
    }

    fn runnable(&self) -> Option<u32> {
        use std::os::unix::fs::FileExt;

        let mut text = [0; 128];
        let length = self.0.read_at(&mut text, 0).ok()?;
        let text = std::str::from_utf8(text.get(..length)?).ok()?;
        text.split(' ').nth(3)?.split_once('/')?.0.parse().ok()
    }
}

#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
struct Counts;

#[cfg(not(target_os = "linux"))]
impl Counts {
    fn open() -> Option<Self> {
        None
    }

    fn runnable(&self) -> Option<u32> {
        None
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn whoever_looks_runs_and_does_not_count() {
        let counts = Counts::open().expect("Linux tells");
        assert!(counts.runnable().is_some_and(|all| all >= 1));
        assert!(Machine::new().crowd().is_some());
    }
}
