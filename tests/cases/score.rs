//! Running a table of entries, and what is wrong with them in one go.

use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

use crate::PROGRAMS;
use crate::entry::Entry;

/// How many entries run at once in all tables together. Most of an entry's time is waiting.
const AT_ONCE: usize = 6;

static RUNNING: Mutex<usize> = Mutex::new(0);
static DONE: Condvar = Condvar::new();

/// Runs every entry of a table to its end, and fails with all that is wrong.
pub(crate) fn play(tables: &[&[Entry]]) {
    let wanted = std::env::var_os("RINGFENCE_CASE").unwrap_or_default();
    let wanted = wanted.to_str().expect("a part of an entry's name");
    let entries: Vec<&Entry> =
        tables.iter().copied().flatten().filter(|entry| entry.name.contains(wanted)).collect();
    let next = AtomicUsize::new(0);
    let mut wrong: Vec<&str> = std::thread::scope(|scope| {
        let workers = (0..AT_ONCE.min(entries.len())).map(|_| scope.spawn(|| play_some(&entries, &next)));
        let workers: Vec<_> = workers.collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("a worker catches panics")).collect()
    });
    wrong.sort_unstable();
    assert!(
        wrong.is_empty(),
        "{} of {} entries end wrong:\n  {}\n",
        wrong.len(),
        entries.len(),
        wrong.join("\n  ")
    );
}

/// Runs entries as long as there are some; the names of those that end wrong.
fn play_some(entries: &[&Entry], next: &AtomicUsize) -> Vec<&'static str> {
    let taken = std::iter::from_fn(|| entries.get(next.fetch_add(1, Ordering::Relaxed)));
    taken.filter(|entry| !is_right(entry)).map(|entry| entry.name).collect()
}

/// Runs one entry, and prints it where it is wrong.
fn is_right(entry: &Entry) -> bool {
    let ended = in_turn(|| catch_unwind(AssertUnwindSafe(|| (entry.play)().run(PROGRAMS))));
    let Ok(ended) = ended else {
        say(&format!("WRONG {}: its stage could not be set up\n", entry.name));
        return false;
    };
    let complaints = entry.want.complaints(&ended);
    let shows = std::env::var_os("RINGFENCE_SHOW").is_some();
    match (complaints.as_slice(), shows) {
        ([], false) => say(&format!("right {}\n", entry.name)),
        ([], true) => say(&format!("right {}\n{}\n", entry.name, ended.text)),
        (wrong, _) => say(&format!("WRONG {}\n  {}\n{}\n", entry.name, wrong.join("\n  "), ended.text)),
    }
    complaints.is_empty()
}

/// Waits until fewer than [`AT_ONCE`] entries run.
fn in_turn<T>(work: impl FnOnce() -> T) -> T {
    let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut running =
        DONE.wait_while(running, |running| *running >= AT_ONCE).unwrap_or_else(PoisonError::into_inner);
    *running += 1;
    drop(running);
    let done = work();
    *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
    DONE.notify_one();
    done
}

fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).expect("standard output takes text");
}
