//! What must be in no tracked file: the paths of somebody's machine, and registries other than the public one.

/// The public registry, as a lock file names it.
const PUBLIC: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Folders that only somebody's machine has. In two pieces, so that this file is not complained of.
const MACHINE: [&str; 5] = [
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("/private/", "var/"),
];

/// What such a folder may be after all: App Service mounts its storage there ("Configure a custom container for Azure
/// App Service", persistent shared storage).
const PLATFORM: [&str; 2] = [concat!("/ho", "me/site/"), concat!("/ho", "me/LogFiles")];

/// Registries other than the public one, wherever they are named.
const REGISTRY: [&str; 2] = [concat!("spar", "se+"), concat!("regis", "try+")];

/// Settings that point a build somewhere else; in a TOML file alone, since elsewhere they are ordinary words.
const SETTINGS: [&str; 3] =
    [concat!("replace", "-with"), concat!("[sour", "ce."), concat!("[regis", "tries")];

/// Complains of every such line.
pub(super) fn complaints(path: &str, text: &str) -> Vec<String> {
    let lines = text.lines().enumerate().filter_map(|(place, line)| Some((place + 1, leak(path, line)?)));
    lines.map(|(line, found)| format!("{path}:{line}: names `{found}`")).collect()
}

fn leak(path: &str, line: &str) -> Option<&'static str> {
    let line = line.replace(PUBLIC, "");
    let begins = |folder: &&str| line.match_indices(*folder).any(|(at, _)| begins_path(&line, at));
    let machine = MACHINE.into_iter().find(begins);
    let registry = || REGISTRY.into_iter().find(|registry| line.contains(registry));
    let is_toml = path.rsplit('.').next() == Some("toml");
    let setting = || SETTINGS.into_iter().find(|setting| is_toml && line.contains(setting));
    machine.or_else(registry).or_else(setting)
}

/// Whether a folder's name at a place is where an absolute path begins, and none that a platform has.
fn begins_path(line: &str, at: usize) -> bool {
    let (before, rest) = line.split_at(at);
    let inside = before.ends_with(|c: char| c.is_alphanumeric() || "_-.}*/".contains(c));
    !inside && !PLATFORM.iter().any(|known| rest.starts_with(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_a_machine_are_complained_of() {
        for folder in MACHINE {
            assert_eq!(complaints("a.md", &format!("fine\nsee `{folder}me/x`\n")).len(), 1, "{folder}");
        }
        assert_eq!(complaints("a.md", concat!("https://example.test/ro", "ot/ agent/wo", "rk/x")), [""; 0]);
        assert_eq!(complaints("a.md", concat!("unpack into /ho", "me/site/wwwroot")), [""; 0]);
    }

    #[test]
    fn registries_other_than_the_public_one_are_complained_of() {
        for registry in REGISTRY {
            let line = format!("source = \"{registry}https://mirror.test/\"");
            assert_eq!(complaints("Cargo.lock", &line).len(), 1, "{registry}");
        }
        for setting in SETTINGS {
            assert_eq!(complaints(".cargo/config.toml", setting).len(), 1, "{setting}");
            assert_eq!(complaints("runner/src/cli/mod.rs", setting), [""; 0], "{setting}");
        }
        assert_eq!(complaints("Cargo.lock", &format!("source = \"{PUBLIC}\"")), [""; 0]);
    }
}
