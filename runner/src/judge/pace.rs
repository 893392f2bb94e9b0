//! Whether an edge is slower than in an older run, over all that was measured of it: what looks slower is measured again.

use ringfence_contract::measure::Block;

use super::shift::{Shift, Terms, Unlike, is_clear, shifts};
use crate::dispatch::Measurement;

/// How often an edge is measured again, at most, until it is clear whether it is slower.
pub const AGAIN_MAX: usize = 3;

/// How the times of an edge compare with those of an older run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pace {
    /// They are about what they were.
    Same,
    /// They are longer, or shorter, by these percentiles. Where the edge was measured again, it was so twice.
    Shifted(Vec<Shift>),
    /// They looked longer once, by these percentiles, and could not be compared again.
    Unsure(Vec<Shift>),
    /// They could not be compared.
    Unlike(Unlike),
}

/// Compares two measurements of one edge.
///
/// A measurement that does not bear a comparison by itself, since its caller was busy, is joined to the next one. An edge is
/// slower where every measurement that bears one says so, and two do; where it was measured once, that one does.
#[must_use]
pub fn pace(old: &Measurement, new: &Measurement, terms: Terms) -> Pace {
    let clear: Vec<&Block> = old.rounds().filter(|round| is_clear(round)).flatten().collect();
    let before = if clear.is_empty() { old.rounds().flatten().collect() } else { clear };
    let (mut joined, mut risen, mut unlike) = (Vec::new(), Vec::new(), Unlike::TooFew);
    for round in new.rounds() {
        joined.extend(round);
        match shifts(&before, &joined, terms) {
            Err(why) => unlike = why,
            Ok(found) if found.iter().any(Shift::has_risen) => {
                risen.push(found);
                joined.clear();
            }
            Ok(found) if found.is_empty() => return Pace::Same,
            Ok(found) => return Pace::Shifted(found),
        }
    }
    let is_enough = risen.len() > 1 || new.again.is_empty();
    match risen.pop() {
        Some(found) if is_enough => Pace::Shifted(found),
        Some(found) => Pace::Unsure(found),
        None => Pace::Unlike(unlike),
    }
}

/// Whether an edge has to be measured again before a later run can be held against it: the caller's machine was too busy.
#[must_use]
pub fn is_unclear(measured: &Measurement) -> bool {
    measured.again.len() < AGAIN_MAX && !measured.blocks.is_empty() && !measured.rounds().any(is_clear)
}

/// Whether an edge has to be measured again before it is clear whether it is slower.
#[must_use]
pub fn is_in_doubt(old: &Measurement, new: &Measurement, terms: Terms) -> bool {
    let is_doubt = match pace(old, new, terms) {
        Pace::Shifted(found) => new.again.is_empty() && found.iter().any(Shift::has_risen),
        Pace::Unsure(_) | Pace::Unlike(Unlike::Busier) => true,
        Pace::Same | Pace::Unlike(Unlike::TooFew | Unlike::Calmer) => false,
    };
    is_doubt && new.again.len() < AGAIN_MAX
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Tolerance;
    use crate::judge::sample_run::{blocks, measured};

    const TERMS: Terms = Terms { tolerance: Tolerance { permille: 50, ns: 100_000 }, edges: 1 };

    /// Measurements of 200 calls that took so many milliseconds; 0 is one whose caller was too busy to tell.
    fn rounds(of: &[u64]) -> Measurement {
        let times = |ms: &u64| vec![ms * 1_000_000; 200];
        let busy = || {
            let mut blocks = blocks(&(1..=200).map(|place| place * 1_000_000).rev().collect::<Vec<_>>());
            for block in &mut blocks {
                *block = Block { crowd: Some(4_000), late_ns: 20_000_000, ..block.clone() };
                (0..10).for_each(|_| block.way.record(900_000_000));
            }
            blocks
        };
        let round = |ms: &u64| if *ms == 0 { busy() } else { blocks(&times(ms)) };
        let mut all: Vec<Vec<Block>> = of.iter().map(round).collect();
        let first = all.remove(0);
        Measurement { blocks: first, again: all, ..measured(&times(&of[0].max(1)), 0) }
    }

    #[test]
    fn an_edge_is_slower_where_it_is_so_twice_or_was_measured_once() {
        let old = rounds(&[10]);
        for (of, slower, in_doubt) in [
            (&[10][..], false, false),
            (&[13], true, true),
            (&[13, 13], true, false),
            (&[13, 10], false, false),
            (&[8], false, false),
            (&[0], false, true),
            (&[0, 0], false, true),
            (&[0, 13], false, true),
            (&[0, 13, 13], true, false),
            (&[13, 0], false, true),
            (&[13, 0, 13], true, false),
            (&[13, 0, 0, 0], false, false),
            (&[0, 0, 0, 0], false, false),
        ] {
            let new = rounds(of);
            let found = pace(&old, &new, TERMS);
            let is_slower = matches!(&found, Pace::Shifted(found) if found.iter().any(Shift::has_risen));
            assert_eq!((is_slower, is_in_doubt(&old, &new, TERMS)), (slower, in_doubt), "{of:?}: {found:?}");
        }
    }

    #[test]
    fn what_was_measured_again_for_an_older_baseline_counts_as_old() {
        let old = rounds(&[13, 13, 10]);
        assert_eq!(pace(&old, &rounds(&[13]), TERMS), Pace::Same);
    }
}
