//! Reads the name of a scenario's file before its inputs have values.

use std::path::Path;

use super::fault::LoadError;
use super::source::Source;
use super::{file, shape_reader, text};

/// Reads a scenario's file and the name in it. The inputs need no values for that.
///
/// # Errors
///
/// [`LoadError`], when the file cannot be read or its shape is wrong. Every mistake of its shape is in it.
pub fn name_of(path: &Path) -> Result<(Source, String), LoadError> {
    let source = file::read(path)?;
    let root = match text::read(&source) {
        Ok(root) => root,
        Err(fault) => return Err(LoadError::mistakes(source, vec![fault])),
    };
    let mut faults = Vec::new();
    match shape_reader::read(root, &mut faults) {
        Some(shape) if faults.is_empty() => Ok((source, shape.name.text)),
        _ => Err(LoadError::mistakes(source, faults)),
    }
}
