//! The catalogue of what can be wrong with a private network, tried on a real one, and the score.
//!
//! This file must not know what a network is made of. See `tests/README.md` for how to run one entry alone.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use ringfence_tests::network::catalogue::entries;
use ringfence_tests::network::score::{Score, score, table};
use ringfence_tests::network::{Change, Entry, Topology};
use ringfence_tests::programs::Programs;

const PROGRAMS: Programs = Programs {
    runner: env!("CARGO_BIN_EXE_ringfence-under-test"),
    agent: env!("CARGO_BIN_EXE_ringfence-agent-under-test"),
};

/// How many networks are up at once.
const AT_ONCE: usize = 4;

/// Nothing is wrong.
const SOUND: Change = |_| ();

/// How often the sound network is verified.
const SOUND_RUNS: usize = 20;

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
fn the_sound_network_passes_twenty_times_in_a_row() {
    let mut topology = Topology::raise(PROGRAMS, &SOUND);
    for number in 0..SOUND_RUNS {
        let run = topology.verify(&[]);
        assert_eq!(run.code, 0, "run {number}: {}", run.said);
    }
}

#[test]
#[ignore = "needs network namespaces: run as root with `-- --include-ignored`"]
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
