//! Every entry of the catalogue, tried on a network of its own, and the score.
//!
//! `RINGFENCE_ENTRY` names one entry, or several by a part of their names; `RINGFENCE_SHOW` shows what the runner says.

use std::io::Write;
use std::panic::catch_unwind;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_lab::{Score, score};
use ringfence_tests::catalogue::{Entry, entries};
use ringfence_tests::topology::Topology;

use super::score::table;
use super::{PROGRAMS, alone};

/// How many networks are up at once.
const AT_ONCE: usize = 4;

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn every_entry_of_the_catalogue_is_caught_with_the_right_edge_and_reason() {
    let wanted = std::env::var_os("RINGFENCE_ENTRY").unwrap_or_default();
    let wanted = wanted.to_str().expect("a part of an entry's name");
    let entries: Vec<Entry> = entries().into_iter().filter(|entry| entry.name.contains(wanted)).collect();
    assert!(!entries.is_empty(), "no entry's name contains `{wanted}`");
    let _alone = alone();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    let work = || {
        while let Some((place, entry)) = take(&next, &entries) {
            let score = try_entry(entry);
            done.lock().expect("no panic while it is held").push((place, score));
        }
    };
    std::thread::scope(|scope| (0..AT_ONCE).for_each(|_| drop(scope.spawn(work))));
    let mut done = done.into_inner().expect("no panic while it was held");
    done.sort_by_key(|(place, _)| *place);
    let scores: Vec<(&Entry, Score)> =
        done.into_iter().map(|(place, score)| (&entries[place], score)).collect();
    show(&table(&scores));
    assert!(scores.iter().all(|(_, score)| score.holds()), "the table above says what did not hold");
}

fn take<'e>(next: &AtomicUsize, entries: &'e [Entry]) -> Option<(usize, &'e Entry)> {
    let place = next.fetch_add(1, Ordering::Relaxed);
    Some((place, entries.get(place)?))
}

/// One entry, from a fresh network to its score. A network that cannot be raised misses everything.
fn try_entry(entry: &Entry) -> Score {
    let score = catch_unwind(|| verify(entry)).unwrap_or_else(|_| Score {
        missed: vec!["the network could not be raised or verified: see above".to_owned()],
        ..Score::default()
    });
    show(&format!("{:32} {}", entry.name, score.word()));
    score
}

fn verify(entry: &Entry) -> Score {
    let mut topology = Topology::raise(PROGRAMS, &entry.does);
    let run = topology.verify(&[]);
    if std::env::var_os("RINGFENCE_SHOW").is_some() {
        show(&run.said);
    }
    let Some(record) = &run.record else { panic!("{}: no record: {}", entry.name, run.said) };
    score(record, entry.expected())
}

/// Shown whether or not the test's output is captured: the score is what it is run for.
fn show(text: &str) {
    writeln!(std::io::stderr(), "{text}").expect("standard error can be written to");
}
