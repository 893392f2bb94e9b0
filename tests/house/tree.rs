//! The files that git tracks, read once. It must not know any rule.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::product;

/// One tracked text file.
pub(super) struct File {
    /// Its path from the root, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Every tracked text file.
pub(super) struct Tree {
    pub(super) files: Vec<File>,
    test_only: HashSet<String>,
}

/// The workspace's root.
pub(super) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().expect("this crate lies in the workspace").to_owned()
}

impl Tree {
    pub(super) fn read() -> Self {
        let root = root();
        let listed =
            Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output().expect("git runs");
        assert!(listed.status.success(), "this is a git worktree");
        let listed = String::from_utf8(listed.stdout).expect("paths are UTF-8");
        let paths = listed.split('\0').filter(|path| !path.is_empty());
        // What is no text, or deleted but not yet committed, has no rules to follow.
        let read = |path: &str| {
            let text = std::fs::read_to_string(root.join(path)).ok()?;
            Some(File { path: path.to_owned(), text })
        };
        let files: Vec<File> = paths.filter_map(read).collect();
        let test_only =
            files.iter().flat_map(|file| product::test_only_files(&file.path, &file.text)).collect();
        Self { files, test_only }
    }

    /// Every Rust file.
    pub(super) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| is_rust(&file.path))
    }

    /// The Rust files of the programs and libraries, as opposed to those of tests and benchmarks.
    pub(super) fn sources(&self) -> impl Iterator<Item = &File> {
        self.rust().filter(|file| file.path.contains("/src/"))
    }

    /// Every document.
    pub(super) fn documents(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| is_document(&file.path))
    }

    /// Whether a source file is compiled for tests alone.
    pub(super) fn is_test_only(&self, path: &str) -> bool {
        let within = |folder: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.test_only.contains(path)
            || self.test_only.iter().any(|file| file.strip_suffix("/mod.rs").is_some_and(within))
    }
}

fn is_rust(path: &str) -> bool {
    has_extension(path, "rs")
}

/// Whether a file is a document for people: Markdown.
pub(super) fn is_document(path: &str) -> bool {
    has_extension(path, "md")
}

fn has_extension(path: &str, wanted: &str) -> bool {
    Path::new(path).extension().is_some_and(|extension| extension == wanted)
}
