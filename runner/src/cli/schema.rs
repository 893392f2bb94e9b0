//! `ringfence schema`: the JSON Schema of scenario files.

use super::failure::Failure;
use super::screen::Screen;
use crate::tally::exit;

pub(super) fn schema(screen: &Screen) -> Result<u8, Failure> {
    let text =
        serde_json::to_string_pretty(&crate::scenario::schema()).expect("a schema is made of plain values");
    screen.result(&format!("{text}\n"))?;
    Ok(exit::PASSED)
}
