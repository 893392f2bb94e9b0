//! What of a source file goes into the product: everything but tests and comments.
//!
//! Read line by line, as rustfmt leaves it; it is no parser, and need not be one.

/// The lines of a file before its tests: up to an inline `#[cfg(test)]` module, without the declarations of test files.
pub(super) fn lines_before_tests(text: &str) -> Vec<&str> {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    let mut place = 0;
    while place < lines.len() {
        if lines[place].trim() != "#[cfg(test)]" {
            kept.push(lines[place]);
            place += 1;
            continue;
        }
        match lines.get(place + 1).map(|next| next.trim_end()) {
            Some(next) if next.starts_with("mod ") && next.ends_with('{') => break,
            _ => place += 2,
        }
    }
    kept
}

/// The product's code: the lines before the tests, without comments.
pub(super) fn code(text: &str) -> String {
    let lines = lines_before_tests(text).into_iter();
    let code = lines.map(|line| {
        let comment = line.trim_start().starts_with("//");
        if comment { "" } else { line.split(" // ").next().unwrap_or(line) }
    });
    code.collect::<Vec<_>>().join("\n")
}

/// The files that a file declares for tests alone: `#[cfg(test)]` above `mod name;`.
pub(super) fn test_only_files(path: &str, text: &str) -> Vec<String> {
    let Some((folder, file)) = path.rsplit_once('/') else { return Vec::new() };
    let inside = match file {
        "mod.rs" | "lib.rs" | "main.rs" => folder.to_owned(),
        other => format!("{folder}/{}", other.trim_end_matches(".rs")),
    };
    let lines: Vec<&str> = text.lines().collect();
    let declared = lines.windows(2).filter(|pair| pair[0].trim() == "#[cfg(test)]").filter_map(|pair| {
        let name = pair[1].trim().strip_suffix(';')?;
        name.rsplit_once("mod ").map(|(_, name)| name.to_owned())
    });
    declared.flat_map(|name| [format!("{inside}/{name}.rs"), format!("{inside}/{name}/mod.rs")]).collect()
}

/// The words of a code text: identifiers and keywords, in order.
pub(super) fn words(code: &str) -> impl Iterator<Item = &str> {
    code.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "//! docs\nmod a;\n#[cfg(test)]\nmod b;\n#[cfg(test)]\npub(crate) mod c;\nfn f() {} // crate::cli\n\
                        // crate::cli\n#[cfg(test)]\nmod tests {\n    use crate::cli;\n}\n";

    #[test]
    fn tests_and_comments_are_no_product() {
        assert_eq!(code(FILE), "\nmod a;\nfn f() {}\n");
        assert_eq!(lines_before_tests(FILE).len(), 4);
    }

    #[test]
    fn files_declared_for_tests_are_found_where_they_lie() {
        let door = test_only_files("runner/src/judge/mod.rs", FILE);
        assert!(door.contains(&"runner/src/judge/b.rs".to_owned()));
        assert!(door.contains(&"runner/src/judge/c/mod.rs".to_owned()));
        assert!(!door.iter().any(|path| path.contains("/a.rs")));
        assert!(
            test_only_files("runner/src/judge/deny.rs", FILE)
                .contains(&"runner/src/judge/deny/b.rs".to_owned())
        );
    }
}
