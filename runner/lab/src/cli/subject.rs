//! Finds what a command is about: the break by its name, and the scenarios with the seed that each describes.

use std::path::Path;

use ringfence::cli::Failure;
use ringfence::scenario::{self, Inputs, LoadError, Scenario, Source};

use crate::breaks::{BREAKS, Break};
use crate::raise::Lab;
use crate::topology::{SEEDS, Seed};

/// A seed, and the scenario that is run against it.
pub(super) struct Subject {
    pub(super) seed: &'static Seed,
    source: Source,
}

impl Subject {
    /// The shipped scenario of a seed.
    fn shipped(seed: &'static Seed) -> Self {
        Self { seed, source: Source::new(format!("scenarios/{}.yaml", seed.name), seed.scenario) }
    }

    /// The scenario, with the inputs that a raised lab gives it.
    pub(super) fn load(&self, lab: &Lab) -> Result<Scenario, LoadError> {
        let mut inputs = Inputs::new();
        for (name, value) in lab.inputs() {
            inputs.insert(name, value, "the lab");
        }
        let base = Path::new(&self.source.path).parent().unwrap_or(Path::new(""));
        scenario::read(self.source.clone(), base, &inputs)
    }
}

/// The break of this name.
pub(super) fn find_break(name: &str) -> Result<&'static Break, Failure> {
    BREAKS.iter().find(|broken| broken.name == name).ok_or_else(|| {
        let likeness = |broken: &&Break| strsim::jaro_winkler(broken.name, name);
        let near = BREAKS.iter().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let near = near.map(|broken| broken.name).unwrap_or_default();
        let wrong = format!(
            "no break is called `{name}`: did you mean `{near}`? `cargo lab --list-breaks` lists all"
        );
        Failure::Setting { setting: "--break", wrong }
    })
}

/// The scenario asked for, or every shipped one that the break belongs to.
pub(super) fn subjects(wanted: Option<&str>, broken: Option<&Break>) -> Result<Vec<Subject>, Failure> {
    let Some(wanted) = wanted else {
        let fits = |seed: &&Seed| broken.is_none_or(|broken| broken.seed == seed.name);
        return Ok(SEEDS.iter().filter(fits).map(Subject::shipped).collect());
    };
    let subject = match seed(wanted) {
        Some(seed) => Subject::shipped(seed),
        None => from_file(Path::new(wanted))?,
    };
    match broken.filter(|broken| broken.seed != subject.seed.name) {
        None => Ok(vec![subject]),
        Some(broken) => {
            let wrong =
                format!("`{}` is a break of `{}`, not of `{}`", broken.name, broken.seed, subject.seed.name);
            Err(Failure::Setting { setting: "--break", wrong })
        }
    }
}

fn seed(name: &str) -> Option<&'static Seed> {
    SEEDS.iter().find(|seed| seed.name == name)
}

/// A file's scenario, with the seed whose name it bears.
fn from_file(path: &Path) -> Result<Subject, Failure> {
    let (source, name) = scenario::name_of(path)?;
    let unknown = || {
        let seeds: Vec<&str> = SEEDS.iter().map(|seed| seed.name).collect();
        let wrong = format!(
            "`{}` is named `{name}`, and the lab has no such topology: its `name:` must be one of {}",
            path.display(),
            seeds.join(", ")
        );
        Failure::Setting { setting: "SCENARIO", wrong }
    };
    let seed = seed(&name).ok_or_else(unknown)?;
    Ok(Subject { seed, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a text into a file of a test's own, and looks for its seed.
    fn seed_of(text: &str) -> Result<&'static str, String> {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("mine.yaml");
        std::fs::write(&path, text).unwrap();
        from_file(&path).map(|subject| subject.seed.name).map_err(|failure| failure.to_string())
    }

    #[test]
    fn a_file_is_known_by_the_name_that_its_scenario_has_however_it_is_written() {
        for seed in SEEDS {
            let line = format!("name: {}\n", seed.name);
            assert!(seed.scenario.contains(&line), "{}", seed.name);
            let also = [
                format!("name: \"{}\"\n", seed.name),
                format!("name:   {}   # a copy\n", seed.name),
                format!("\"name\": '{}'\n", seed.name),
            ];
            for written in std::iter::once(&line).chain(&also) {
                assert_eq!(seed_of(&seed.scenario.replace(&line, written)), Ok(seed.name), "{written}");
            }
        }
    }

    #[test]
    fn a_file_of_another_name_is_told_which_names_there_are() {
        let (apps, functions) = (SEEDS[0].name, SEEDS[1].name);
        let mine = format!("# name: {functions}\nname: mine\n");
        let said = seed_of(&SEEDS[0].scenario.replace(&format!("name: {apps}\n"), &mine)).unwrap_err();
        assert!(said.contains("is named `mine`") && said.contains(functions), "{said}");
    }

    #[test]
    fn a_file_that_is_no_scenario_is_told_as_such_whatever_its_name() {
        let said = seed_of(&format!("name: {}\nagents: [\n", SEEDS[0].name)).unwrap_err();
        assert!(!said.contains("is named"), "{said}");
    }
}
