//! Reading a run record back: the JSON report is the record itself.

use serde::Deserialize;

use super::gather::summary;
use super::record::{RunRecord, SCHEMA_VERSION};

/// Why a text is no run record that this program can read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is not JSON, or not a run record.
    #[error("not a run record")]
    NotRecord(#[source] serde_json::Error),
    /// It is a run record of another shape.
    #[error("run record of schema version `{found}`, this program reads version `{SCHEMA_VERSION}`")]
    UnknownVersion {
        /// The version it says it has.
        found: u64,
    },
    /// Its counts are not those of its edges: a report drawn from it would contradict itself.
    #[error("run record contradicts itself: its summary or a verdict is not what its edges say")]
    Contradicts,
}

/// The one thing that every version of the record has.
#[derive(Deserialize)]
struct Versioned {
    schema_version: u64,
}

/// Reads a run record from its JSON.
///
/// # Errors
///
/// [`ReadError`], when the text is no record, one of another schema version, or one that contradicts itself. The version is
/// looked at first, so that a newer record is never taken for a broken one.
pub fn read(text: &str) -> Result<RunRecord, ReadError> {
    let versioned: Versioned = serde_json::from_str(text).map_err(ReadError::NotRecord)?;
    if versioned.schema_version != u64::from(SCHEMA_VERSION) {
        return Err(ReadError::UnknownVersion { found: versioned.schema_version });
    }
    let record: RunRecord = serde_json::from_str(text).map_err(ReadError::NotRecord)?;
    if is_consistent(&record) { Ok(record) } else { Err(ReadError::Contradicts) }
}

fn is_consistent(record: &RunRecord) -> bool {
    let verdicts = record.edges.iter().all(|edge| edge.verdict == edge.judged.reason.verdict());
    let mut claims = record.edges.iter().flat_map(|edge| &edge.claims);
    let verdicts = verdicts && claims.all(|claim| claim.verdict == claim.judged.reason.verdict());
    let rules = record.edges.iter().all(|edge| edge.rule < record.scenario.rules.len());
    verdicts && rules && summary(record.summary.possible, &record.edges) == record.summary
}
