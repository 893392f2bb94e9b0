//! What a scenario leaves out: endpoints and targets that need an input which is optional and has no value.

use std::fmt;

use indexmap::IndexMap;
use serde::Serialize;

use super::fault::Fault;
use super::inputs::Value;
use super::mistake::Mistake;
use super::shape::InputShape;
use super::text::{Node, Scalar};
use super::words::{self, TRUTH};

/// An endpoint that the scenario names, and that is not called: an input that it needs was not given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// What the endpoint is called: `agent/endpoint`, or the target's name.
    pub endpoint: String,
    /// The input that it needs.
    pub input: String,
}

/// As a notice says it.
impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` was not tried: give the input `{}`", self.endpoint, self.input)
    }
}

/// Whether an input may be left without a value.
pub(super) fn is_optional(input: &InputShape, faults: &mut Vec<Fault>) -> bool {
    let Some(word) = &input.optional else { return false };
    let Some((_, optional)) = TRUTH.iter().find(|(text, _)| *text == word.text) else {
        let mistake = Mistake::Word { key: "optional", text: word.text.clone() };
        let known = words::texts(TRUTH).collect::<Vec<_>>().join("` or `");
        faults.push(Fault::at(word.span.clone(), mistake).help(format!("write `{known}`")));
        return true;
    };
    if let (true, Some(default)) = (*optional, &input.default) {
        let fault = Fault::at(word.span.clone(), Mistake::OptionalWithDefault).label("may have no value");
        let fault = fault.and(default.span.clone(), "always has one");
        faults.push(fault.help("remove one of the two"));
    }
    *optional
}

/// Takes out every endpoint and target that needs an optional input without a value.
pub(super) fn leave_out(root: &mut Node, values: &IndexMap<String, Value>) -> Vec<LeftOut> {
    let mut left_out = Vec::new();
    if !values.values().any(|value| *value == Value::Left) {
        return left_out;
    }
    let Some(agents) = part(root, "agents") else { return left_out };
    if let Node::Map(agents, _) = agents {
        for (agent, body) in agents {
            if let Some(endpoints) = part(body, "endpoints") {
                let full = |endpoint: &str| format!("{}/{endpoint}", agent.text);
                take_out(endpoints, values, full, &mut left_out);
            }
        }
    }
    if let Some(targets) = part(root, "targets") {
        take_out(targets, values, str::to_owned, &mut left_out);
    }
    left_out
}

/// What stands under a key.
fn part<'n>(node: &'n mut Node, key: &str) -> Option<&'n mut Node> {
    let Node::Map(entries, _) = node else { return None };
    entries.iter_mut().find(|(name, _)| name.text == key).map(|(_, value)| value)
}

fn take_out(
    named: &mut Node,
    values: &IndexMap<String, Value>,
    full: impl Fn(&str) -> String,
    left_out: &mut Vec<LeftOut>,
) {
    let Node::Map(entries, _) = named else { return };
    entries.retain(|(name, body)| {
        let needed = needed(body, values);
        left_out.extend(needed.map(|input| LeftOut { endpoint: full(&name.text), input: input.to_owned() }));
        needed.is_none()
    });
}

/// The first input in a part of the file that was left without a value.
fn needed<'n>(node: &'n Node, values: &IndexMap<String, Value>) -> Option<&'n str> {
    match node {
        Node::Nothing(_) => None,
        Node::Scalar(scalar) => inputs_in(scalar).find(|name| values.get(*name) == Some(&Value::Left)),
        Node::List(items, _) => items.iter().find_map(|item| needed(item, values)),
        Node::Map(entries, _) => entries.iter().find_map(|(_, value)| needed(value, values)),
    }
}

/// The inputs that stand in a value. `$$` stands for a `$`, and begins none.
fn inputs_in(scalar: &Scalar) -> impl Iterator<Item = &str> {
    let mut rest = scalar.text.as_str();
    std::iter::from_fn(move || {
        loop {
            let (_, after) = rest.split_once('$')?;
            if let Some(after) = after.strip_prefix('$') {
                rest = after;
            } else if let Some((name, after)) =
                after.strip_prefix('{').and_then(|after| after.split_once('}'))
            {
                rest = after;
                return Some(name);
            } else {
                rest = after;
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::{Inputs, LoadError, Scenario, Source, read};

    const TEXT: &str = r#"
name: optional
inputs: { stamp: { optional: true }, other: { optional: true } }
agents:
  app:
    control: "https://192.0.2.1"
    endpoints: { site: "https://app.test", six: { url: "https://app.test", connect: "${stamp}" } }
  out: { control: local, beacons: ["https://b.test", six] }
targets:
  six: { url: "https://app.test", connect: "${stamp}" }
  price: "https://app.test/$$stamp"
rules:
  - { name: no, from: out, to: [app/*, price], expect: deny }
  - { name: neither, from: app, to: [six, "s?x"], expect: deny }
otherwise: untested
"#;

    fn load(text: &str, given: &[&str]) -> Result<Scenario, LoadError> {
        let mut inputs = Inputs::new();
        for value in given {
            inputs.set(value).expect("NAME=VALUE");
        }
        read(Source::new("t.yaml", text), Path::new(""), &inputs)
    }

    fn scenario(given: &[&str]) -> Scenario {
        load(TEXT, given).unwrap_or_else(|error| panic!("{}", error.render(100)))
    }

    fn names(scenario: &Scenario) -> Vec<&str> {
        scenario.endpoints.iter().map(|endpoint| endpoint.name.as_str()).collect()
    }

    #[test]
    fn what_needs_an_input_that_was_not_given_is_left_out_and_told() {
        for given in [&[][..], &["stamp="]] {
            let scenario = scenario(given);
            assert_eq!(names(&scenario), ["app/site", "price"], "{given:?}");
            let told: Vec<String> = scenario.left_out.iter().map(ToString::to_string).collect();
            let of = |endpoint: &str| format!("`{endpoint}` was not tried: give the input `stamp`");
            assert_eq!(told, [of("app/six"), of("six")]);
            assert_eq!(scenario.agents[1].beacons.len(), 1);
            let cells: Vec<usize> = scenario.rules.iter().map(|rule| scenario.cells(rule).count()).collect();
            assert_eq!(cells, [2, 0]);
        }
        let whole = scenario(&["stamp=2001:db8::7"]);
        assert_eq!(names(&whole), ["app/site", "app/six", "six", "price"]);
        assert_eq!((whole.left_out.len(), whole.agents[1].beacons.len()), (0, 2));
    }

    #[test]
    fn only_endpoints_and_targets_can_be_left_out() {
        let text = TEXT.replace("https://192.0.2.1", "https://${other}");
        let said = load(&text, &[]).expect_err("a control route cannot be left out").render(100);
        assert!(said.contains("optional input `other` has no value"), "{said}");
        assert!(load(&text, &["other=192.0.2.1"]).is_ok());
    }
}
