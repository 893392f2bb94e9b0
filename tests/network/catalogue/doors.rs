//! Other ways in to an app: its SCM site, its slots, its other ports, and its worker itself.

use ringfence::judge::Reason as R;

use super::{Entry, SOUND};
use crate::topology::{Serves, WORKERS};

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "scm-open",
        what: "the SCM site of app 1 has a list of its own, and it is empty",
        does: |layout| layout.site("app-1 scm").open(),
        turns: &[("denied > app-1/scm", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "scm-uses-main",
        what: "the SCM site of app 2 uses the main site's restrictions, and so lets app 1 in",
        does: |layout| layout.site("app-2 scm").admit("10.0.1.0/24"),
        turns: &[("app-1 > app-2/scm", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "staging-open",
        what: "the staging slot of app 1 has no restrictions",
        does: |layout| layout.site("app-1 staging").open(),
        turns: &[("denied > app-1/staging", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "plain-http-open",
        what: "nobody restricts app 1's port 80, which redirects whoever comes",
        does: |layout| layout.site("app-1 plain").open(),
        turns: &[("denied > app-1/plain", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "plain-http-served",
        what: "app 1 serves plain HTTP itself instead of redirecting it",
        does: |layout| layout.site("app-1 plain").serves = Serves::Status(200, "hello"),
        // In the clear a refusal is at most witnessed, and nobody is reached as the rule says.
        turns: &[("allowed > app-1/plain", R::WrongAnswer), ("denied > app-1/plain", R::NoTargetWitness)],
        ..SOUND
    },
    Entry {
        name: "plain-http-open-to-the-app",
        what: "app 1 is served on port 80 to everybody, by its worker",
        does: |layout| {
            layout.site("app-1 plain").open();
            layout.site("app-1 plain").serves = Serves::Worker(WORKERS[0]);
        },
        turns: &[("allowed > app-1/plain", R::WrongAgent), ("denied > app-1/plain", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "second-port-open",
        what: "the second port of app 1 has no restrictions",
        does: |layout| layout.site("app-1 admin").open(),
        turns: &[("denied > app-1/admin", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "bare-address-open",
        what: "whoever names no site gets app 1, past its restrictions",
        does: |layout| {
            layout.site("bare").serves = Serves::Worker(WORKERS[0]);
            layout.site("bare").open();
        },
        turns: &[("denied > app-1/bare", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "bare-address-answers",
        what: "whoever names no site is told that there is none, before anybody asks who he is",
        does: |layout| layout.site("bare").open(),
        turns: &[("denied > app-1/bare", R::PathOpen)],
        ..SOUND
    },
    Entry {
        name: "worker-exposed",
        what: "app 1's worker can be called directly, past the front end",
        does: |layout| layout.first("ip daddr 10.0.1.4 tcp dport 8080 accept"),
        turns: &[("denied > app-1/worker", R::Leak)],
        ..SOUND
    },
    Entry {
        name: "worker-exposed-to-one-subnet",
        what: "app 1's worker can be called from the test VM's subnet",
        does: |layout| layout.first("ip saddr 10.0.0.0/24 ip daddr 10.0.1.4 accept"),
        turns: &[("test-vm > app-1/worker", R::Leak)],
        ..SOUND
    },
];
