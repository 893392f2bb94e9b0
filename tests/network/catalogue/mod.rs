//! What can be wrong with a private network, and the edges it must turn, each for its reason. What an entry expects is
//! what is true of the network it makes, not what some program says of it.

mod answers;
mod doors;
mod names;
mod paths;
mod restrictions;
mod vantages;

use ringfence_lab::{Expected, NameTurn, Turn};

use crate::topology::{Change, Place};

/// Something that is wrong with the network.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What it is called.
    pub name: &'static str,
    /// What has gone wrong, in a clause without a full stop.
    pub what: &'static str,
    /// Makes it so.
    pub does: Change,
    /// The edges it must turn; the first turn that names an edge counts, and every other edge must pass.
    pub turns: &'static [Turn],
    /// The edges whose claims about names it must turn.
    pub names: &'static [NameTurn],
    /// The edges that chance decides, since the change falls in the middle of the run: they may come to anything.
    pub chance: &'static [&'static str],
}

impl Entry {
    /// What a run over the changed network must come to.
    #[must_use]
    pub fn expected(&self) -> Expected<'_> {
        Expected { turns: self.turns, names: self.names, chance: self.chance }
    }
}

/// Nothing changed: what the entries are written over.
const SOUND: Entry = Entry { name: "", what: "", does: |_| (), turns: &[], names: &[], chance: &[] };

/// All of them.
#[must_use]
pub fn entries() -> Vec<Entry> {
    [
        restrictions::ENTRIES,
        doors::ENTRIES,
        answers::ENTRIES,
        names::ENTRIES,
        paths::ENTRIES,
        vantages::ENTRIES,
    ]
    .concat()
}
