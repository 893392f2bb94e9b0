//! How the programs are built to be shipped. An override of a package's profile drops the profile's own `strip`, so where the
//! package is one of ours, a program of it would be shipped with all its symbols.

/// Complains of each override of our own packages that does not strip.
pub(super) fn complaints(manifest: &str) -> Vec<String> {
    let ours = |line: &&str| line.starts_with("ringfence") && line.contains("opt-level");
    let unstripped = manifest.lines().filter(ours).filter(|line| !line.contains("strip = \"symbols\""));
    unstripped.map(|line| format!("Cargo.toml: `{line}` is shipped with its symbols")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_that_does_not_strip_is_complained_of() {
        let manifest = "ringfence = { path = \"runner\" }\nringfence-agent = { opt-level = 2 }\nurl = { opt-level = \"s\" }\n";
        assert_eq!(
            complaints(manifest),
            ["Cargo.toml: `ringfence-agent = { opt-level = 2 }` is shipped with its symbols"]
        );
        assert_eq!(complaints("ringfence-agent = { opt-level = 2, strip = \"symbols\" }"), [""; 0]);
    }
}
