//! How long a file may be, and how it opens.

use super::product::lines_before_tests;

/// The most lines a source file holds before its tests.
const LINES_MAX: usize = 300;

/// Complains of a file that is too long.
pub(super) fn too_long(path: &str, text: &str) -> Option<String> {
    let lines = lines_before_tests(text).len();
    (lines > LINES_MAX)
        .then(|| format!("{path}: {lines} lines before its tests, at most {LINES_MAX} are allowed"))
}

/// Complains of a file that does not open with `//!`.
pub(super) fn opens_without_docs(path: &str, text: &str) -> Option<String> {
    let first = text.lines().next().unwrap_or_default();
    let says = first.strip_prefix("//!").is_some_and(|rest| !rest.trim().is_empty());
    (!says).then(|| format!("{path}: does not open with `//!` and what it is for"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_complained_of_but_not_for_its_tests() {
        let long = "x\n".repeat(LINES_MAX + 1);
        assert!(too_long("a.rs", &long).is_some_and(|said| said.contains("301 lines")));
        let tested = format!("{}#[cfg(test)]\nmod tests {{\n{long}}}\n", "x\n".repeat(LINES_MAX));
        assert_eq!(too_long("a.rs", &tested), None);
    }

    #[test]
    fn a_file_without_its_purpose_is_complained_of() {
        assert!(opens_without_docs("a.rs", "use std::fmt;\n").is_some());
        assert!(opens_without_docs("a.rs", "//!\nuse std::fmt;\n").is_some());
        assert!(opens_without_docs("a.rs", "").is_some());
        assert!(opens_without_docs("a.rs", "//! One.\n").is_none());
    }
}
