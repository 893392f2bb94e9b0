//! The closed sets of words a scenario may use, each once: for the reader, for its messages and for the JSON Schema.

use ringfence_contract::address::Family;
use ringfence_contract::call::Method;
use ringfence_contract::measure::Connection;
use ringfence_contract::outcome::OutcomeKind;
use schemars::{Schema, SchemaGenerator, json_schema};

use super::defaults;
use super::model::{Expect, SelfCalls, Spoofing, WitnessBy, WitnessPort};
use super::resolves::Resolves;
use super::throughput::RateUnit;

/// What `expect:` may say.
pub(super) const EXPECT: &[(&str, Expect)] = &[("allow", Expect::Allow), ("deny", Expect::Deny)];

/// What `otherwise:` may say.
pub(super) const OTHERWISE: &[(&str, Option<Expect>)] = &[("deny", Some(Expect::Deny)), ("untested", None)];

/// What `families:` may list.
pub(super) const FAMILIES: &[(&str, Family)] = &[("ipv4", Family::Ipv4), ("ipv6", Family::Ipv6)];

/// Who answers at an endpoint, as a scenario says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AnswersWord {
    /// The owning agent.
    Agent,
    /// The platform itself.
    Platform,
}

/// What `answers:` may say.
pub(super) const ANSWERS: &[(&str, AnswersWord)] =
    &[("agent", AnswersWord::Agent), ("platform", AnswersWord::Platform)];

/// What `method:` may say.
pub(super) const METHODS: &[(&str, Method)] = &[
    ("GET", Method::Get),
    ("POST", Method::Post),
    ("PUT", Method::Put),
    ("PATCH", Method::Patch),
    ("DELETE", Method::Delete),
    ("OPTIONS", Method::Options),
];

/// What `self:` may say.
pub(super) const SELF: &[(&str, SelfCalls)] =
    &[("false", SelfCalls::Excluded), ("true", SelfCalls::Included), ("only", SelfCalls::Only)];

/// What `witness:` may say.
pub(super) const WITNESS: &[(&str, WitnessBy)] =
    &[("allowed", WitnessBy::Allowed), ("self", WitnessBy::TargetItself)];

/// What `witness-port:` may say.
pub(super) const WITNESS_PORT: &[(&str, WitnessPort)] =
    &[("same", WitnessPort::Same), ("any", WitnessPort::Any)];

/// What `spoof:` may say.
pub(super) const SPOOF: &[(&str, Spoofing)] = &[("true", Spoofing::Tried), ("false", Spoofing::Left)];

/// What `resolves:` may say instead of a list.
pub(super) const RESOLVES: &[(&str, Resolves)] =
    &[("private", Resolves::Private), ("public", Resolves::Public)];

/// What `connection:` may say.
pub(super) const CONNECTIONS: &[(&str, Connection)] =
    &[("new", Connection::New), ("reuse", Connection::Reuse)];

/// What `plaintext:` may say.
pub(super) const TRUTH: &[(&str, bool)] = &[("true", true), ("false", false)];

/// What `by:` may list: the outcomes that can be a denial.
pub(super) const DENIALS: &[(&str, OutcomeKind)] = &[
    ("forbidden", OutcomeKind::Forbidden),
    ("refused", OutcomeKind::Refused),
    ("reset", OutcomeKind::Reset),
    ("unreachable", OutcomeKind::Unreachable),
    ("timed-out", OutcomeKind::TimedOut),
    ("unresolved", OutcomeKind::Unresolved),
];

/// The word a zone may list instead of a network.
pub(super) const SERVICE_ENDPOINT: &str = "service-endpoint";

/// The words of a set.
pub(super) fn texts<T>(words: &'static [(&'static str, T)]) -> impl Iterator<Item = &'static str> + Clone {
    words.iter().map(|(text, _)| *text)
}

/// Where an integer is wanted, an input that holds one will do as well.
fn integer(min: u32, max: u32) -> Schema {
    json_schema!({ "anyOf": [{ "type": "integer", "minimum": min, "maximum": max }, input()] })
}

fn input() -> Schema {
    json_schema!({ "type": "string", "pattern": "\\$\\{" })
}

fn one_of<T>(words: &'static [(&'static str, T)]) -> Schema {
    json_schema!({ "anyOf": [{ "enum": texts(words).collect::<Vec<_>>() }, input()] })
}

fn list_of<T>(words: &'static [(&'static str, T)]) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": one_of(words) })
}

pub(super) fn expect_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(EXPECT)
}

pub(super) fn otherwise_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(OTHERWISE)
}

pub(super) fn families_schema(_generator: &mut SchemaGenerator) -> Schema {
    list_of(FAMILIES)
}

pub(super) fn answers_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(ANSWERS)
}

pub(super) fn method_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(METHODS)
}

pub(super) fn witness_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(WITNESS)
}

pub(super) fn witness_port_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(WITNESS_PORT)
}

pub(super) fn resolves_schema(_generator: &mut SchemaGenerator) -> Schema {
    let word = json_schema!({ "enum": texts(RESOLVES).collect::<Vec<_>>() });
    let network = json_schema!({ "type": "string", "pattern": "^[0-9a-fA-F:.]+(/[0-9]{1,3})?$|\\$\\{" });
    let networks = json_schema!({ "type": "array", "minItems": 1, "items": network });
    let listed = json_schema!({ "type": "array", "minItems": 1, "maxItems": 1, "items": word });
    json_schema!({ "anyOf": [word, network, networks, listed] })
}

pub(super) fn denials_schema(_generator: &mut SchemaGenerator) -> Schema {
    list_of(DENIALS)
}

pub(super) fn self_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "boolean" }, { "const": "only" }, input()] })
}

pub(super) fn truth_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "anyOf": [{ "type": "boolean" }, input()] })
}

pub(super) fn scalar_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": ["string", "number", "boolean"] })
}

pub(super) fn status_schema(_generator: &mut SchemaGenerator) -> Schema {
    let one = integer(100, 599);
    json_schema!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
}

pub(super) fn statuses_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "minItems": 1, "items": integer(100, 599) })
}

pub(super) fn attempts_schema(_generator: &mut SchemaGenerator) -> Schema {
    integer(1, defaults::ATTEMPTS_MAX)
}

pub(super) fn retry_schema(_generator: &mut SchemaGenerator) -> Schema {
    integer(0, defaults::RETRIES_MAX)
}

pub(super) fn duration_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?(ms|s)$|\\$\\{" })
}

pub(super) fn patterns_schema(_generator: &mut SchemaGenerator) -> Schema {
    let one = json_schema!({ "type": "string" });
    json_schema!({ "anyOf": [one, { "type": "array", "minItems": 1, "items": one }] })
}

pub(super) fn samples_schema(_generator: &mut SchemaGenerator) -> Schema {
    integer(1, defaults::SAMPLES_MAX)
}

pub(super) fn cold_schema(_generator: &mut SchemaGenerator) -> Schema {
    integer(0, defaults::COLD_MAX)
}

pub(super) fn connection_schema(_generator: &mut SchemaGenerator) -> Schema {
    one_of(CONNECTIONS)
}

pub(super) fn rate_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+/s$|\\$\\{" })
}

pub(super) fn throughput_schema(_generator: &mut SchemaGenerator) -> Schema {
    let units = RateUnit::ALL.map(|unit| unit.name).join("|");
    json_schema!({ "type": "string", "pattern": format!("^[0-9]+(\\.[0-9]{{1,3}})? ?({units})$|\\$\\{{") })
}

pub(super) fn time_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,3})?(us|ms|s)$|\\$\\{" })
}

pub(super) fn percent_schema(_generator: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]{1,3})?%$|\\$\\{" })
}
