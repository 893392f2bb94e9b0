//! Names that say nothing: modules that collect what belongs nowhere, types that could be anything.

use super::product::{code, words};

const MODULES: [&str; 7] = ["common", "util", "utils", "helpers", "types", "errors", "imp"];

const TYPES: [&str; 8] = ["Test", "Check", "Result", "Data", "Info", "Manager", "Util", "Helper"];

/// Complains of a file or folder that is named for nothing.
pub(super) fn banned_module(path: &str) -> Option<String> {
    let parts = path.trim_end_matches(".rs").split('/');
    let name = parts.into_iter().find(|part| MODULES.contains(part))?;
    Some(format!("{path}: `{name}` is no name for a module"))
}

/// Complains of every type outside tests that is named for nothing, and of inline modules too.
pub(super) fn banned_types(path: &str, text: &str) -> Vec<String> {
    let code = code(text);
    // What an implementation says of a trait's own type was named by whoever wrote the trait.
    let given =
        |line: &&str| line.starts_with(' ') && line.trim_start().starts_with("type ") && line.contains('=');
    let ours: Vec<&str> = code.lines().filter(|line| !given(line)).collect();
    let code = ours.join("\n");
    let all: Vec<&str> = words(&code).collect();
    let named = all.windows(2).filter_map(|pair| match pair[0] {
        "struct" | "enum" | "union" | "type" | "trait" if TYPES.contains(&pair[1]) => Some(("type", pair[1])),
        "mod" if MODULES.contains(&pair[1]) => Some(("module", pair[1])),
        _ => None,
    });
    named.map(|(what, name)| format!("{path}: `{name}` is no name for a {what}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_say_nothing_are_complained_of() {
        assert!(banned_module("runner/src/util/mod.rs").is_some());
        assert!(banned_module("agent/src/call/helpers.rs").is_some());
        for bad in [
            "pub struct Data;",
            "enum Check {}",
            "pub(crate) type Result<T> = T;",
            "mod common {",
            "trait Info {}",
            "trait Body {\n    type Data;\n}",
        ] {
            assert_eq!(banned_types("a.rs", bad).len(), 1, "{bad}");
        }
    }

    #[test]
    fn names_that_say_something_are_not() {
        assert!(banned_module("runner/src/scenario/model.rs").is_none());
        for good in [
            "struct TlsFacts;",
            "fn check() -> Result<(), CheckError> {}",
            "// struct Data",
            "use std::io::Result;",
            "impl Body for Payload {\n    type Data = Bytes;\n}",
        ] {
            assert_eq!(banned_types("a.rs", good), [""; 0], "{good}");
        }
    }
}
