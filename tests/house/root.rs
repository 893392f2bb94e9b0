//! What a visitor sees first: the visible root is exactly what was laid out.

use std::collections::BTreeSet;

/// What may stand in the root.
const LAID_OUT: [&str; 7] =
    ["Cargo.lock", "Cargo.toml", "README.md", "agent", "runner", "scenarios", "tests"];

/// What must.
const NEEDED: [&str; 7] = LAID_OUT;

/// Complains of whatever else stands in the root, and of what is missing from it.
pub(super) fn complaints(paths: &[&str]) -> Vec<String> {
    let entries: BTreeSet<&str> = paths.iter().filter_map(|path| path.split('/').next()).collect();
    let is_known =
        |entry: &&&str| LAID_OUT.contains(entry) || entry.starts_with('.') || entry.starts_with("LICENSE");
    let extra = entries.iter().filter(|entry| !is_known(entry));
    let extra = extra.map(|entry| format!("{entry}: does not belong in the root"));
    let missing = NEEDED.iter().filter(|entry| !entries.contains(*entry));
    extra.chain(missing.map(|entry| format!("{entry}: is missing from the root"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_what_was_laid_out_and_nothing_else() {
        let good = [
            "Cargo.toml",
            "Cargo.lock",
            "agent/src/lib.rs",
            "runner/x",
            "tests/y",
            "scenarios/z",
            "README.md",
            ".gitignore",
            "LICENSE-MIT",
        ];
        assert_eq!(complaints(&good), [""; 0]);
        let extra = [&good[..], &["docs/design.md"]].concat();
        assert_eq!(complaints(&extra), ["docs: does not belong in the root"]);
        assert_eq!(complaints(&good[1..]), ["Cargo.toml: is missing from the root"]);
    }
}
