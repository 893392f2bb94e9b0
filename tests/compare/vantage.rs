//! A program at a vantage, with the vantage's own resolver. It must not know which program.

use std::process::Command;

use ringfence_tests::topology::{Place, Topology, WORKERS};

use super::cells::PHASE;

/// Puts the vantage's own `resolv.conf` in place and becomes the program: `ip netns exec` has made its mounts private.
const BECOME: &str = r#"mount --bind "$0" /etc/resolv.conf && exec "$@""#;

/// Lets the front end call each worker once. A bridge may take a second until it forwards, and Ringfence greets its agents
/// meanwhile: whoever comes at once must not be blamed for it. Whether a worker answers is of no interest here.
pub(crate) fn settle(topology: &Topology) {
    let call = |worker| {
        let mut command = topology.command(Place::Front, "curl");
        command.args(["--silent", "--output", "/dev/null", "--max-time"]);
        command.args([&(2 * PHASE).to_string(), &format!("http://{worker}/live")]);
        command.spawn().expect("`ip` can be started")
    };
    for mut call in WORKERS.map(call) {
        call.wait().expect("a call ends");
    }
}

/// Writes down for every place whom it asks for names: once, and no longer than a phase takes.
pub(crate) fn write_resolvers(topology: &Topology) {
    for place in Place::HOSTS {
        let resolver = topology.resolver(place);
        let text = format!("nameserver {resolver}\noptions timeout:{PHASE} attempts:1\n");
        topology.bench().write(&file(place), &text);
    }
}

/// A program that is about to be started at a place. The process is the program's own.
pub(crate) fn at_vantage(topology: &Topology, place: Place, program: &str) -> Command {
    let mut command = topology.command(place, "sh");
    command.args(["-c", BECOME, &file(place), program]);
    command
}

fn file(place: Place) -> String {
    format!("resolv-{}.conf", place.label())
}
