//! What a process takes: its time from start to end, its processor time, its memory, as the kernel counts them (proc(5),
//! getrusage(2)). It must not know what the process is for.

use std::process::{Command, Output};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// What a process took that has ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Took {
    /// From its start until it had ended.
    pub(crate) wall: Duration,
    /// Processor time, its own and the kernel's for it.
    pub(crate) cpu: Duration,
}

/// Runs a program to its end, and says what it took.
pub(crate) fn run(command: &mut Command) -> (Output, Took) {
    let before = of_children();
    let began = Instant::now();
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    (output, Took { wall: began.elapsed(), cpu: of_children().saturating_sub(before) })
}

/// The processor time of all children that have ended and were waited for.
fn of_children() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts");
    [usage.user_time(), usage.system_time()].into_iter().map(duration).sum()
}

fn duration(time: nix::sys::time::TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.tv_sec() * 1_000_000 + time.tv_usec()).unwrap_or_default())
}

/// The processor time of a process that runs.
pub(crate) fn cpu_of(process: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).expect("a process that runs");
    // The command's name, in brackets, may hold anything; fields 14 and 15 are user and system time in ticks.
    let (_, fields) = stat.rsplit_once(") ").expect("fields behind the name");
    let ticks: u64 = fields.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    // USER_HZ is 100 on every Linux that this runs on (proc(5)): a tick is 10 ms.
    Duration::from_millis(ticks * 10)
}

/// The memory of a process that runs, in MiB: what is resident now (`VmRSS`), or was at most (`VmHWM`).
pub(crate) fn mib_of(process: u32, which: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process that runs");
    let line = status.lines().find_map(|line| line.strip_prefix(which)?.strip_prefix(':'));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kib.expect("a size in kB") / 1024.0
}

/// Whether a program is installed.
pub(crate) fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}
