//! Waits until a given instant, to some ten microseconds. The runtime's own timers go by whole milliseconds.

use std::io;
use std::time::{Duration, Instant};

/// Waits for one instant after another. It belongs to the runtime it is made in.
#[cfg(target_os = "linux")]
#[derive(Debug)]
pub struct Alarm {
    timer: std::os::fd::OwnedFd,
    /// The same timer as the runtime sees it. What is read like a pipe may be waited for like one.
    rings: tokio::net::unix::pipe::Receiver,
}

#[cfg(target_os = "linux")]
impl Alarm {
    /// An alarm (timerfd, `timerfd_create(2)`). Call it inside a Tokio runtime.
    ///
    /// # Errors
    ///
    /// When the system gives no more file descriptors.
    pub fn new() -> io::Result<Self> {
        use rustix::time::{TimerfdClockId, TimerfdFlags, timerfd_create};

        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        let rings = tokio::net::unix::pipe::Receiver::from_owned_fd_unchecked(timer.try_clone()?)?;
        Ok(Self { timer, rings })
    }

    /// Waits until then; not at all if that has passed.
    ///
    /// # Errors
    ///
    /// When the system refuses to set the timer, which it does not where it gave one.
    pub async fn until(&self, then: Instant) -> io::Result<()> {
        let wait = then.saturating_duration_since(Instant::now());
        if wait.is_zero() {
            return Ok(());
        }
        self.set(wait)?;
        loop {
            self.rings.readable().await?;
            match self.rings.try_read(&mut [0; 8]) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                rung => return rung.map(|_| ()),
            }
        }
    }

    fn set(&self, wait: Duration) -> io::Result<()> {
        use rustix::time::{Itimerspec, TimerfdTimerFlags, Timespec, timerfd_settime};

        let it_value = Timespec::try_from(wait).map_err(|_| io::ErrorKind::InvalidInput)?;
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &Itimerspec { it_interval, it_value })?;
        Ok(())
    }
}

/// Waits for one instant after another, as finely as the runtime does.
#[cfg(not(target_os = "linux"))]
#[derive(Debug)]
pub struct Alarm;

#[cfg(not(target_os = "linux"))]
impl Alarm {
    /// An alarm.
    ///
    /// # Errors
    ///
    /// Never.
    pub fn new() -> io::Result<Self> {
        Ok(Self)
    }

    /// Waits until then; not at all if that has passed.
    ///
    /// # Errors
    ///
    /// Never.
    pub async fn until(&self, then: Instant) -> io::Result<()> {
        tokio::time::sleep_until(then.into()).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_does_not_ring_early_and_one_that_has_passed_rings_at_once() {
        let alarm = Alarm::new().expect("an alarm");
        let start = Instant::now();
        for wait in [300, 1_700, 0, 40].map(Duration::from_micros) {
            let then = Instant::now() + wait;
            alarm.until(then).await.expect("it rings");
            assert!(Instant::now() >= then);
        }
        alarm.until(start).await.expect("it has passed");
    }
}
