//! The sound network, again and again: nothing is wrong with it, and nothing is said of it.

use std::path::Path;

use ringfence_tests::topology::{Change, Place, Topology};

use super::{PROGRAMS, alone};

/// How often in a row.
const RUNS: usize = 20;

const SOUND: Change = |_| ();

/// One packet in twenty is lost, whichever way it goes; the control routes lose none.
const LOSSY: Change = |layout| layout.first("numgen random mod 100 < 5 drop");

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn the_sound_network_passes_twenty_times_in_a_row() {
    let _alone = alone();
    let mut topology = Topology::raise(PROGRAMS, &SOUND);
    for number in 0..RUNS {
        let run = topology.verify(&[]);
        assert_eq!(run.code, 0, "run {number}: {}", run.said);
    }
}

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn the_default_timeouts_do_as_well() {
    let _alone = alone();
    let mut topology = Topology::raise(PROGRAMS, &SOUND);
    let scenario = topology.bench().read("scenario.yaml");
    let lines: Vec<&str> = scenario.lines().filter(|line| !line.starts_with("timeouts:")).collect();
    assert_eq!(lines.len() + 1, scenario.lines().count(), "the scenario sets its timeouts in one line");
    topology.bench().write("scenario.yaml", &lines.join("\n"));
    let run = topology.verify(&[]);
    assert_eq!(run.code, 0, "{}", run.said);
}

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn two_networks_are_up_at_once_and_nothing_is_left_of_them() {
    let networks = [(); 2].map(|()| Topology::raise(PROGRAMS, &SOUND));
    let names = networks.iter().map(|network| network.space(Place::Front).name().to_owned());
    let traces: Vec<String> = names.map(|name| format!("/run/netns/{name}")).collect();
    let folders = networks.iter().map(|network| network.bench().path("").display().to_string());
    let traces: Vec<String> = folders.chain(traces).collect();
    assert!(traces.iter().all(|trace| Path::new(trace).exists()), "{traces:?}");
    drop(networks);
    assert!(!traces.iter().any(|trace| Path::new(trace).exists()), "{traces:?}");
}

#[test]
#[ignore = "needs network namespaces, nft, nginx and dnsmasq: run as root with `-- --include-ignored`"]
fn a_network_that_loses_one_packet_in_twenty_is_sound_all_the_same() {
    let _alone = alone();
    let mut topology = Topology::raise(PROGRAMS, &LOSSY);
    // A segment that is lost five times in a row comes after 6.2 s (Linux waits 200 ms at first, then twice as long each
    // time, RFC 6298), and three runs are some thousand exchanges.
    let scenario = topology.bench().read("scenario.yaml");
    let patient = scenario.replace(": 4s", ": 10s");
    assert_ne!(patient, scenario, "the scenario sets its timeouts to 4 s");
    topology.bench().write("scenario.yaml", &patient);
    for number in 0..3 {
        let run = topology.verify(&[]);
        assert_eq!(run.code, 0, "run {number}: {}", run.said);
    }
}
