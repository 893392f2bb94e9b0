//! Restrictions that are not what they should be.

use ringfence::judge::Reason as R;

use super::Entry;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        name: "restrictions-removed",
        what: "the last restriction of app 1's site was removed, and so everybody is let in",
        does: |layout| layout.site("app-1").open(),
        turns: &[("denied > app-1/site app-1/post app-1/path", R::Leak)],
    },
    Entry {
        name: "scm-open",
        what: "the SCM site of app 1 has a list of its own, and it is empty",
        does: |layout| layout.site("app-1 scm").open(),
        turns: &[("denied > app-1/scm", R::PathOpen)],
    },
];
