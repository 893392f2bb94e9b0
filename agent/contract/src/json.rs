//! How values become words: compact JSON. The one place that knows it cannot fail for what this crate says.

use serde::Serialize;

/// A value as one line of JSON.
pub(crate) fn write(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what this crate says is made of plain values and text keys")
}
