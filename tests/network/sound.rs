//! The sound network, again and again: nothing is wrong with it, and nothing is said of it.

use ringfence_tests::topology::{Change, Topology};

use super::PROGRAMS;

/// How often in a row.
const RUNS: usize = 20;

const SOUND: Change = |_| ();

/// One packet in twenty is lost, whichever way it goes; the control routes lose none.
const LOSSY: Change = |layout| layout.first("numgen random mod 100 < 5 drop");

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn the_sound_network_passes_twenty_times_in_a_row() {
    let mut topology = Topology::raise(PROGRAMS, &SOUND);
    for number in 0..RUNS {
        let run = topology.verify(&[]);
        assert_eq!(run.code, 0, "run {number}: {}", run.said);
    }
}

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn a_network_that_loses_one_packet_in_twenty_is_sound_all_the_same() {
    let mut topology = Topology::raise(PROGRAMS, &LOSSY);
    for number in 0..3 {
        let run = topology.verify(&[]);
        assert_eq!(run.code, 0, "run {number}: {}", run.said);
    }
}
