//! Names that lead elsewhere, or nowhere.

use ringfence::judge::{ClaimReason as C, Reason as R};

use super::{Entry, SOUND};

const APP_3: &str = "host-record=app-3.privatelink.";

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "name-gone",
        what: "inside, app 2's name does not exist any more",
        does: |layout| layout.private_name("host-record=app-2.azure", None),
        turns: &[
            ("allowed > app-2/site", R::NameUnresolved),
            ("app-3 other peer > app-2/site", R::NotResolved),
        ],
        ..SOUND
    },
    Entry {
        name: "name-gone-outside",
        what: "outside, app 2's name does not exist: that refuses nobody",
        does: |layout| layout.public_name("host-record=app-2.azure", None),
        turns: &[("internet > app-2/site", R::NotResolved)],
        ..SOUND
    },
    Entry {
        name: "scm-record-missing",
        what: "the private zone has no record of app 1's SCM site",
        does: |layout| layout.private_name("host-record=app-1.scm", None),
        turns: &[
            ("test-vm > app-1/scm", R::NameUnresolved),
            ("app-2 app-3 other peer > app-1/scm", R::NotResolved),
        ],
        ..SOUND
    },
    Entry {
        name: "no-ipv6-record",
        what: "inside, app 1's name has no AAAA record",
        does: |layout| {
            let record = "host-record=app-1.azurewebsites.test,198.51.100.10";
            layout.private_name("host-record=app-1.azure", Some(record));
        },
        turns: &[
            ("allowed > app-1/site ipv6", R::NameUnresolved),
            ("app-3 other peer > app-1/site ipv6", R::NotResolved),
        ],
        ..SOUND
    },
    Entry {
        name: "private-zone-not-linked",
        what: "inside, app 3's name leads to its public side",
        does: |layout| {
            let record = "host-record=app-3.privatelink.azurewebsites.test,198.51.100.10";
            layout.private_name(APP_3, Some(record));
        },
        turns: &[("allowed > app-3/site", R::Blocked)],
        names: &[("test-vm app-1 app-2 other peer > app-3/site", C::ResolvedElsewhere)],
        ..SOUND
    },
    Entry {
        name: "private-record-missing",
        what: "the private zone is linked and has no record of app 3",
        does: |layout| layout.private_name(APP_3, None),
        turns: &[
            ("allowed > app-3/site", R::NameUnresolved),
            ("app-2 other peer > app-3/site", R::NotResolved),
        ],
        names: &[("test-vm app-1 app-2 other peer > app-3/site", C::NameUnresolved)],
        ..SOUND
    },
    Entry {
        name: "private-record-stale",
        what: "app 3's private record holds the address of an endpoint that was deleted",
        does: |layout| {
            let record = "host-record=app-3.privatelink.azurewebsites.test,10.0.3.99";
            layout.private_name(APP_3, Some(record));
        },
        turns: &[("allowed > app-3/site", R::Blocked), ("app-2 other peer > app-3/site", R::NoTargetWitness)],
        names: &[("test-vm app-1 app-2 other peer > app-3/site", C::ResolvedElsewhere)],
        ..SOUND
    },
    Entry {
        name: "private-address-published",
        what: "outside, app 3's name leads to its private address, which nobody reaches from there",
        does: |layout| {
            let record = "host-record=app-3.privatelink.azurewebsites.test,10.0.3.4";
            layout.public_name(APP_3, Some(record));
        },
        turns: &[("internet > app-3/site", R::DeniedWitnessed)],
        names: &[("internet > app-3/site", C::ResolvedElsewhere)],
        ..SOUND
    },
    Entry {
        name: "name-leads-to-nobody-outside",
        what: "outside, app 2's name leads to an address where nobody is: its silence refuses nobody",
        does: |layout| {
            let record = "host-record=app-2.azurewebsites.test,198.51.100.99";
            layout.public_name("host-record=app-2.azure", Some(record));
        },
        turns: &[("internet > app-2/site", R::OtherAddress)],
        ..SOUND
    },
    Entry {
        name: "name-of-another-site",
        what: "inside, app 2's name is an alias of a host that the front end does not know",
        does: |layout| {
            let record = "host-record=app-2.azurewebsites.test,10.0.3.4";
            layout.private_name("host-record=app-2.azure", Some(record));
        },
        turns: &[
            ("allowed > app-2/site", R::WrongAgent),
            ("other peer app-3 > app-2/site", R::NoTargetWitness),
        ],
        ..SOUND
    },
];
