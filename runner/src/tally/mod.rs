//! Judged edges in, [`RunRecord`] out: names, counts and lines put where every report finds them.
//!
//! This room must not judge, and must not know what any report looks like.

mod record;

pub use record::{
    AgentRecord, AttemptRecord, EdgeRecord, RuleRecord, RunRecord, SCHEMA_VERSION, ScenarioRecord, Summary,
    WitnessRecord,
};
