//! Reports into files, each whole or not at all.
//!
//! Every form that was asked for is attempted even if another failed, and every failure is told. A report goes to its file
//! as it is made: none is ever held in memory.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::thread;

use super::{json, junit};
use crate::tally::RunRecord;

/// A form of report that goes into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The run record, as JSON.
    Json,
    /// `JUnit` XML.
    Junit,
}

impl Form {
    /// The form's name, as the command line has it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Junit => "junit",
        }
    }

    /// Writes a report of this form, as it is made.
    ///
    /// # Errors
    ///
    /// What the writer says.
    pub fn write(self, record: &RunRecord, to: impl Write) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(BUFFER_BYTES, to);
        match self {
            Self::Json => json(record, &mut writer)?,
            Self::Junit => junit(record, &mut writer)?,
        }
        writer.flush()
    }
}

/// How much of a report goes to its file at once.
const BUFFER_BYTES: usize = 64 * 1_024;

/// A report that is wanted, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// In which form.
    pub form: Form,
    /// In which file. What stands there is replaced.
    pub path: PathBuf,
}

/// A report that could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write the {} report: `{}`", form.as_str(), path.display())]
pub struct WriteError {
    /// In which form.
    pub form: Form,
    /// To which file.
    pub path: PathBuf,
    /// Why.
    #[source]
    pub source: io::Error,
}

/// Tries whether every wanted report can be written where it is to go, and leaves nothing there.
///
/// # Errors
///
/// [`WriteError`], for the first that cannot.
pub fn try_out(wanted: &[Wanted]) -> Result<(), WriteError> {
    wanted.iter().try_for_each(|Wanted { form, path }| {
        try_place(path).map_err(|source| WriteError { form: *form, path: path.clone(), source })
    })
}

/// What is no file (a pipe, a device) is not touched: to open it may be what its reader waits for.
fn try_place(path: &Path) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match fs::metadata(&path) {
        Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
        Ok(found) if !found.is_file() => Ok(()),
        _ => beside(folder_of(&path)).map(drop),
    }
}

/// Writes every wanted report, side by side; returns what could not be written, in the order it was wanted.
///
/// # Panics
///
/// When a report does.
#[must_use]
pub fn write(record: &RunRecord, wanted: &[Wanted]) -> Vec<WriteError> {
    thread::scope(|scope| {
        let start = |wanted| scope.spawn(move || write_whole(record, wanted));
        let writing: Vec<_> = wanted.iter().map(start).collect();
        let failed = wanted.iter().zip(writing).filter_map(|(wanted, writing)| {
            let written = writing.join().unwrap_or_else(|panic| resume_unwind(panic));
            let source = written.err()?;
            Some(WriteError { form: wanted.form, path: wanted.path.clone(), source })
        });
        failed.collect()
    })
}

/// Writes a file so that nobody ever sees half of it: beside its place first, then into it.
fn write_whole(record: &RunRecord, Wanted { form, path }: &Wanted) -> io::Result<()> {
    // A link is followed, and what is no file (a pipe, `/dev/stdout`) is written to, not replaced.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    if fs::metadata(&path).is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        return form.write(record, fs::OpenOptions::new().write(true).open(&path)?);
    }
    let file = beside(folder_of(&path))?;
    form.write(record, file.as_file())?;
    file.as_file().sync_all()?;
    file.persist(&path).map(|_file| ()).map_err(|error| error.error)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A temporary file that others may read once it is in place, as far as the user's mask lets them.
fn beside(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".ringfence-report-");
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(mode);
    builder.tempfile_in(folder)
}
