//! The JSON Schema of a scenario file, drawn from its shape. It must not say what the shape does not.

use schemars::generate::SchemaSettings;

use super::shape::ScenarioFile;

/// The JSON Schema (draft 2020-12) of a scenario file, for editors. What only a scenario as a whole can show (unknown
/// names, rules in conflict) it cannot know: loading says that.
#[must_use]
pub fn schema() -> serde_json::Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<ScenarioFile>();
    schema.insert("title".to_owned(), "Ringfence scenario".into());
    schema.to_value()
}
