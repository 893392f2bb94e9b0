//! Reading a run record back: the JSON report is the record itself.

use serde::Deserialize;

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
/// [`ReadError`], when the text is no record, or one of another schema version. The version is looked at first, so that
/// a newer record is never taken for a broken one.
pub fn read(text: &str) -> Result<RunRecord, ReadError> {
    let versioned: Versioned = serde_json::from_str(text).map_err(ReadError::NotRecord)?;
    if versioned.schema_version != u64::from(SCHEMA_VERSION) {
        return Err(ReadError::UnknownVersion { found: versioned.schema_version });
    }
    serde_json::from_str(text).map_err(ReadError::NotRecord)
}
