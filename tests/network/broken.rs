//! Every entry of the catalogue, tried on a network of its own, and the score.
//!
//! `RINGFENCE_ENTRY` names one entry, or several by a part of their names; `RINGFENCE_SHOW` shows what the runner says.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_tests::catalogue::{Entry, entries};
use ringfence_tests::topology::Topology;

use super::PROGRAMS;
use super::score::{Score, score, table};

/// How many networks are up at once.
const AT_ONCE: usize = 4;

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn every_entry_of_the_catalogue_is_caught_with_the_right_edge_and_reason() {
    let wanted = std::env::var("RINGFENCE_ENTRY").unwrap_or_default();
    let entries: Vec<Entry> = entries().into_iter().filter(|entry| entry.name.contains(&wanted)).collect();
    assert!(!entries.is_empty(), "no entry's name contains `{wanted}`");
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some((place, entry)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|place| Some((place, entries.get(place)?)))
                {
                    let score = std::panic::catch_unwind(|| run(entry)).unwrap_or_else(|_| Score {
                        missed: vec!["the network could not be raised or run: see above".to_owned()],
                        ..Score::default()
                    });
                    eprintln!("{:32} {}", entry.name, score.word());
                    done.lock().expect("no panic while it is held").push((place, score));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic while it was held");
    done.sort_by_key(|(place, _)| *place);
    let scores: Vec<(&Entry, Score)> =
        done.into_iter().map(|(place, score)| (&entries[place], score)).collect();
    eprintln!("\n{}", table(&scores));
    assert!(scores.iter().all(|(_, score)| score.holds()), "the table above says what did not hold");
}

/// One entry, from a fresh network to its score.
fn run(entry: &Entry) -> Score {
    let mut topology = Topology::raise(PROGRAMS, &entry.does);
    let run = topology.verify(&[]);
    let Some(record) = &run.record else { panic!("{}: no record: {}", entry.name, run.said) };
    let score = score(record, entry);
    if std::env::var_os("RINGFENCE_SHOW").is_some() {
        eprintln!("{}\n{}", entry.name, run.said);
    }
    score
}
