//! Files in, sources out: read whole, of bounded size, as UTF-8. It must not know what is in them.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::fault::LoadError;
use super::source::Source;

/// The largest file that is read, in bytes: 4 MiB, ten times a scenario of 1,000 agents and 1,000 targets.
const FILE_MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Reads a file as text. A byte order mark is left out.
pub(super) fn read(path: &Path) -> Result<Source, LoadError> {
    let shown = path.display().to_string();
    let unreadable = |source| LoadError::Unreadable { path: shown.clone(), source };
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX_BYTES {
        return Err(LoadError::TooLarge { path: shown, limit: FILE_MAX_BYTES });
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source::new(shown, text.strip_prefix('\u{feff}').unwrap_or(&text))),
        Err(error) => Err(LoadError::NotText { path: shown, at: error.utf8_error().valid_up_to() }),
    }
}
