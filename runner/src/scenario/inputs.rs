//! Inputs: values given for a scenario's `${name}`s, and their putting in. It must not know what the values are for.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;

use indexmap::IndexMap;

use super::fault::{Fault, LoadError};
use super::mistake::Mistake;
use super::optional::{self, LeftOut};
use super::shape::{InputShape, Named};
use super::text::{Known, Node, Scalar};
use super::{file, shape_reader, suggest, text};

/// Values given for a scenario's inputs. The one given later wins.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    given: IndexMap<String, Given>,
}

#[derive(Debug, Clone)]
struct Given {
    value: String,
    origin: Origin,
}

/// Where a value comes from.
#[derive(Debug, Clone)]
enum Origin {
    /// It was given for this scenario.
    Setting(String),
    /// It stands in a file, which other scenarios may share.
    File(String),
}

/// A value of a file that the scenario has no input for, though one of nearly that name was not given. A file may be shared, so
/// that others have the input; or the name is a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The name in the file.
    pub name: String,
    /// The file.
    pub file: String,
    /// The input of nearly that name.
    pub near: String,
}

/// As a note says it.
impl fmt::Display for Stray {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, file, near } = self;
        write!(
            f,
            "`{file}` gives a value to `{name}`, which is no input of this scenario: did you mean `{near}`?"
        )
    }
}

/// Why `--set` cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SetError {
    /// There is no `=` in it.
    #[error("`--set` takes NAME=VALUE: `{0}`")]
    NoEquals(String),
    /// There is nothing before the `=`.
    #[error("`--set` names no input: `{0}`")]
    NoName(String),
}

impl Inputs {
    /// No values.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives one value, as `--set NAME=VALUE` does. The value is all behind the first `=`, and may be empty.
    ///
    /// # Errors
    ///
    /// [`SetError`], when the text has no `=` or no name before it.
    pub fn set(&mut self, text: &str) -> Result<(), SetError> {
        let (name, value) = text.split_once('=').ok_or_else(|| SetError::NoEquals(text.to_owned()))?;
        if name.is_empty() {
            return Err(SetError::NoName(text.to_owned()));
        }
        self.insert(name, value, "`--set`");
        Ok(())
    }

    /// Gives one value. The origin says where it comes from, for a message.
    pub fn insert(&mut self, name: impl Into<String>, value: impl Into<String>, origin: impl Into<String>) {
        let given = Given { value: value.into(), origin: Origin::Setting(origin.into()) };
        self.given.insert(name.into(), given);
    }

    /// Gives the values of a file, as `--inputs FILE` does: a YAML (or JSON) map of names to single values.
    ///
    /// # Errors
    ///
    /// [`LoadError`], when the file cannot be read or is no such map. Every mistake of the file is in it.
    pub fn read_file(&mut self, path: &Path) -> Result<(), LoadError> {
        let source = file::read(path)?;
        let mut faults = Vec::new();
        let values = match text::read(&source) {
            Ok(root) => shape_reader::read_values(root, &mut faults),
            Err(fault) => return Err(LoadError::mistakes(source, vec![fault])),
        };
        if !faults.is_empty() {
            return Err(LoadError::mistakes(source, faults));
        }
        for (name, value) in values.0 {
            let given = Given { value: value.text, origin: Origin::File(source.path.clone()) };
            self.given.insert(name.text, given);
        }
        Ok(())
    }
}

/// Puts the inputs into every scalar but those of `inputs:` itself, and leaves out what an optional one has no value for.
/// Faults: inputs without a value, values without an input, names nobody declared. What a file has beside is no fault.
pub(super) fn put_in(root: &mut Node, given: &Inputs, faults: &mut Vec<Fault>) -> (Vec<LeftOut>, Vec<Stray>) {
    let declared = shape_reader::read_inputs(root);
    let strays = strays(&declared, given);
    let values = values(&declared, (given, &strays), faults);
    let left_out = optional::leave_out(root, &values);
    let mut filling = Filling { values, faults, reported: HashSet::new() };
    let Node::Map(entries, _) = root else { return (left_out, strays) };
    for (_, node) in entries.iter_mut().filter(|(key, _)| key.text != "inputs") {
        filling.node(node);
    }
    (left_out, strays)
}

/// The values of files that may be meant for an input that has none.
fn strays(declared: &Named<InputShape>, given: &Inputs) -> Vec<Stray> {
    let known = |name: &str| declared.0.iter().any(|(known, _)| known.text == name);
    let without = || {
        declared.0.iter().map(|(name, _)| name.text.as_str()).filter(|name| !given.given.contains_key(*name))
    };
    let stray = |(name, given): (&String, &Given)| match &given.origin {
        Origin::File(file) if !known(name) => {
            let near = suggest::closest(name, without())?.to_owned();
            Some(Stray { name: name.clone(), file: file.clone(), near })
        }
        Origin::File(_) | Origin::Setting(_) => None,
    };
    given.given.iter().filter_map(stray).collect()
}

/// What stands for an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// This text.
    Text(String),
    /// Nothing, and that has been reported.
    Missing,
    /// Nothing, and that is fine: what needs it is left out.
    Left,
}

/// The value of each declared input.
fn values(
    declared: &Named<InputShape>,
    (given, strays): (&Inputs, &[Stray]),
    faults: &mut Vec<Fault>,
) -> IndexMap<String, Value> {
    let mut values = IndexMap::new();
    for (name, input) in &declared.0 {
        let optional = optional::is_optional(input, faults);
        let text = given.given.get(&name.text).map(|given| &given.value);
        let text = text.or(input.default.as_ref().map(|default| &default.text));
        let value = match text {
            // A variable of a pipeline that nobody set is an empty one.
            Some(text) if text.is_empty() && optional => Value::Left,
            None if optional => Value::Left,
            Some(text) => Value::Text(text.clone()),
            None => Value::Missing,
        };
        if !name.text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')) {
            let mistake = Mistake::InputName { name: name.text.clone() };
            faults.push(Fault::at(name.span.clone(), mistake).help("use letters, digits, `_` and `-`"));
        } else if value == Value::Missing {
            let mistake = Mistake::InputWithoutValue { name: name.text.clone() };
            let help = match strays.iter().find(|stray| stray.near == name.text) {
                Some(Stray { name, file, near }) => format!("`{file}` has `{name}`: did you mean `{near}`?"),
                None => format!("give --set {}=... or --inputs FILE", name.text),
            };
            let label = input.description.as_ref().map_or("declared here", |text| text.text.as_str());
            faults.push(Fault::at(name.span.clone(), mistake).label(label).help(help));
        }
        values.insert(name.text.clone(), value);
    }
    for (name, given) in given.given.iter().filter(|(name, _)| !values.contains_key(*name)) {
        let Origin::Setting(origin) = &given.origin else { continue };
        let mistake = Mistake::UnusedValue { name: name.clone(), origin: origin.clone() };
        let help = if values.is_empty() {
            "the scenario declares no inputs; declare it under `inputs:`".to_owned()
        } else {
            suggest::hint(name, values.keys().map(String::as_str))
        };
        faults.push(Fault::nowhere(mistake).help(help));
    }
    values
}

struct Filling<'f> {
    values: IndexMap<String, Value>,
    faults: &'f mut Vec<Fault>,
    reported: HashSet<String>,
}

impl Filling<'_> {
    fn node(&mut self, node: &mut Node) {
        match node {
            Node::Nothing(_) => {}
            Node::Scalar(scalar) => self.scalar(scalar),
            Node::List(items, _) => items.iter_mut().for_each(|item| self.node(item)),
            Node::Map(entries, _) => entries.iter_mut().for_each(|(_, value)| self.node(value)),
        }
    }

    fn scalar(&mut self, scalar: &mut Scalar) {
        if !scalar.text.contains('$') {
            return;
        }
        match fill(&scalar.text, &self.values) {
            Ok(Some(text)) => scalar.text = text,
            Ok(None) => scalar.known = Known::Reported,
            Err(mistake) => {
                scalar.known = Known::Reported;
                self.report(scalar, mistake);
            }
        }
    }

    fn report(&mut self, scalar: &Scalar, mistake: Mistake) {
        let help = match &mistake {
            Mistake::UnknownInput { name } if !self.reported.insert(name.clone()) => return,
            Mistake::UnknownInput { .. } if self.values.is_empty() => {
                "declare it under `inputs:`, or write `$$` for a `$`".to_owned()
            }
            Mistake::UnknownInput { name } => suggest::hint(name, self.values.keys().map(String::as_str)),
            Mistake::OptionalInput { name } => {
                format!(
                    "only an endpoint or a target can be left out: give `{name}` a value or a default, or use it there alone"
                )
            }
            _ => "close it with `}`, or write `$$` for a `$`".to_owned(),
        };
        self.faults.push(Fault::at(scalar.span.clone(), mistake).help(help));
    }
}

/// The text with its inputs put in; none where one of them has no value, which has been reported.
fn fill(text: &str, values: &IndexMap<String, Value>) -> Result<Option<String>, Mistake> {
    let mut filled = String::with_capacity(text.len());
    let mut known = true;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        if let Some(after) = after.strip_prefix('$') {
            filled.push('$');
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (name, after) = after.split_once('}').ok_or(Mistake::InputUnclosed)?;
            match values.get(name) {
                Some(Value::Text(text)) => filled.push_str(text),
                Some(Value::Missing) => known = false,
                Some(Value::Left) => return Err(Mistake::OptionalInput { name: name.to_owned() }),
                None => return Err(Mistake::UnknownInput { name: name.to_owned() }),
            }
            rest = after;
        } else {
            filled.push('$');
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(known.then_some(filled))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_are_read_from_left_to_right() {
        let values = IndexMap::from([
            ("a".to_owned(), Value::Text("1".to_owned())),
            ("b".to_owned(), Value::Text("${a}".to_owned())),
            ("none".to_owned(), Value::Missing),
            ("left".to_owned(), Value::Left),
        ]);
        for (text, filled) in [
            ("x${a}y${a}", Ok(Some("x1y1"))),
            ("$${a}", Ok(Some("${a}"))),
            ("$$${a}", Ok(Some("$1"))),
            ("$a $", Ok(Some("$a $"))),
            ("${b}", Ok(Some("${a}"))),
            ("${none}", Ok(None)),
            ("x${left}", Err(Mistake::OptionalInput { name: "left".to_owned() })),
            ("${a", Err(Mistake::InputUnclosed)),
            ("${c}", Err(Mistake::UnknownInput { name: "c".to_owned() })),
        ] {
            assert_eq!(fill(text, &values), filled.map(|text| text.map(str::to_owned)), "{text}");
        }
    }

    #[test]
    fn the_value_given_later_wins() {
        let mut inputs = Inputs::new();
        inputs.set("a=1").unwrap();
        inputs.set("a=b=c").unwrap();
        assert_eq!(inputs.given["a"].value, "b=c");
        assert_eq!(inputs.set("a"), Err(SetError::NoEquals("a".to_owned())));
        assert_eq!(inputs.set("=a"), Err(SetError::NoName("=a".to_owned())));
    }
}
