//! What a scenario file says, before anything in it is looked up: the first of the three stages (shape, meaning, matrix).
//!
//! Each shape names its keys once; the reader, the did-you-mean and the JSON Schema all come from that. This file must
//! not know what any value means.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::shape_macro::shape;
use super::shape_rules::{FingerprintShape, RuleShape, SpoofHeaderShape, TimeoutsShape};
use super::text::Scalar;
use super::words;

impl JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Text".into()
    }

    fn json_schema(_generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

/// Named things, in the order of the file.
#[derive(Debug, Clone)]
pub(super) struct Named<T>(pub(super) Vec<(Scalar, T)>);

impl<T> Default for Named<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: JsonSchema> JsonSchema for Named<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        format!("Named{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "object", "additionalProperties": generator.subschema_for::<T>() })
    }
}

shape! {
    /// A Ringfence scenario: who may reach whom. `${name}` in any value stands for the input of that name, `$$` for `$`.
    ScenarioFile {
        /// What reports call the scenario.
        name ("name"): Scalar,
        /// Values that differ from one deployment to the next, given with `--set NAME=VALUE` or `--inputs FILE`.
        #[schemars(default, schema_with = "inputs_schema")]
        #[expect(dead_code, reason = "read before the shape, which only sees that they are well written")]
        inputs ("inputs"): Named<InputShape>,
        /// Named sets of networks: where a caller's address is expected to lie. Each is a list of CIDRs or addresses;
        /// `service-endpoint` stands for `fd00::/8`, what App Service's front end shows for a caller that comes through
        /// a service endpoint.
        #[schemars(default)]
        zones ("zones"): Named<Vec<Scalar>>,
        /// The agents. Each is a vantage that calls are made from, and may own endpoints that it answers on.
        agents ("agents"): Named<AgentShape>,
        /// Endpoints that belong to no agent: the platform answers there.
        #[schemars(default)]
        targets ("targets"): Named<WayShape>,
        /// The matrix: who is allowed to reach what, and who is denied.
        rules ("rules"): Vec<RuleShape>,
        /// What holds of an edge that no rule names: `deny` (the default), or `untested`.
        #[schemars(default, schema_with = "words::otherwise_schema")]
        otherwise ("otherwise"): Option<Scalar>,
        /// The families endpoints are called in where they do not say. Default: ipv4.
        #[schemars(default, schema_with = "words::families_schema")]
        families ("families"): Option<Vec<Scalar>>,
        /// How long each phase of a call may take.
        #[schemars(default, with = "TimeoutsShape")]
        timeouts ("timeouts"): Option<TimeoutsShape>,
        /// How further platforms say that they refused, looked at before those known by heart.
        #[schemars(default)]
        fingerprints ("fingerprints"): Vec<FingerprintShape>,
        /// Refusals that are no denial of the network: a challenge, a login, a rule about the request. Looked at before those
        /// known by heart.
        #[schemars(default)]
        not_denials ("not-denials"): Vec<FingerprintShape>,
        /// Answers of the caller's own side of the way: a proxy, a sidecar, an egress firewall, a captive portal. Looked at
        /// before those known by heart.
        #[schemars(default)]
        callers_side ("callers-side"): Vec<FingerprintShape>,
        /// Headers that forged calls have beside those known by heart, or in place of one of them.
        #[schemars(default)]
        spoof_headers ("spoof-headers"): Vec<SpoofHeaderShape>,
    }
}

/// An input may be declared by its name alone.
fn inputs_schema(generator: &mut SchemaGenerator) -> Schema {
    let input = generator.subschema_for::<InputShape>();
    json_schema!({ "type": "object", "additionalProperties": { "anyOf": [input, { "type": "null" }] } })
}

shape! {
    /// A value that differs from one deployment to the next.
    InputShape {
        /// What it is, for whoever has to find it.
        #[schemars(default, with = "Scalar")]
        description ("description"): Option<Scalar>,
        /// Its value where none is given. Without a default a value has to be given.
        #[schemars(default, schema_with = "words::scalar_schema")]
        default ("default"): Option<Scalar>,
        /// `true` where it need not be given. Endpoints and targets that need it are left out then, and reports say so.
        #[schemars(default, schema_with = "words::truth_schema")]
        optional ("optional"): Option<Scalar>,
    }
}

shape! {
    /// A program on a VM or in an app that answers calls and places them.
    AgentShape {
        /// The zone its calls are expected to come from. Without one, any source address will do.
        #[schemars(default, with = "Scalar")]
        zone ("zone"): Option<Scalar>,
        /// How orders get to it: `local`, a URL, or a map.
        control ("control"): ControlShape,
        /// Its ways in.
        #[schemars(default)]
        endpoints ("endpoints"): Named<WayShape>,
        /// The one thing that this vantage can always reach: short for `beacons` with one entry.
        #[schemars(default, with = "BeaconShape")]
        beacon ("beacon"): Option<WayShape>,
        /// What this vantage can always reach, to show that it can send: URLs, endpoints of the scenario, or maps.
        #[schemars(default, with = "Vec<BeaconShape>")]
        beacons ("beacons"): Vec<WayShape>,
    }
}

/// How orders get to an agent.
#[derive(Debug, Clone)]
pub(super) enum ControlShape {
    /// One word: `local` or a URL.
    Word(Scalar),
    /// A map.
    Map(Box<ControlMap>),
}

impl JsonSchema for ControlShape {
    fn schema_name() -> Cow<'static, str> {
        "Control".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let map = generator.subschema_for::<ControlMap>();
        json_schema!({ "anyOf": [{ "const": "local" }, { "type": "string", "pattern": "://|\\$\\{" }, map] })
    }
}

shape! {
    /// How orders get to an agent, in full: `url`, `relay` or `exec`.
    #[derive(Default)]
    ControlMap {
        /// The URL of a listener of the agent: https, or http on a loopback address.
        #[schemars(default, with = "Scalar")]
        url ("url"): Option<Scalar>,
        /// The agent that passes orders on. Without `url` they go to the first http or https endpoint that the agent
        /// itself answers.
        #[schemars(default, with = "Scalar")]
        relay ("relay"): Option<Scalar>,
        /// A program and its arguments: orders go over its standard input and output.
        #[schemars(default, with = "Vec<Scalar>")]
        exec ("exec"): Option<Vec<Scalar>>,
        /// Connect to this address instead of to what the host of the URL resolves to.
        #[schemars(default, with = "Scalar")]
        connect ("connect"): Option<Scalar>,
        /// A PEM file, relative to the scenario: certificates to trust besides the platform's.
        #[schemars(default, with = "Scalar")]
        ca ("ca"): Option<Scalar>,
        /// The SHA-256 of the one certificate to trust.
        #[schemars(default, with = "Scalar")]
        pin ("pin"): Option<Scalar>,
        /// `true` lets orders, and the run key in them, cross a link in the clear.
        #[schemars(default, schema_with = "words::truth_schema")]
        plaintext ("plaintext"): Option<Scalar>,
    }
}

/// One way in to something: a URL, or a map in full.
#[derive(Debug, Clone)]
pub(super) struct WayShape(pub(super) WayMap);

impl JsonSchema for WayShape {
    fn schema_name() -> Cow<'static, str> {
        "Endpoint".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<WayMap>()] })
    }
}

shape! {
    /// One way in to something, in full.
    WayMap {
        /// `http://`, `https://`, `tcp://` or `udp://`.
        url ("url"): Scalar,
        /// Connect to this address instead of to what the host of the URL resolves to.
        #[schemars(default, with = "Scalar")]
        connect ("connect"): Option<Scalar>,
        /// Who answers: `agent` (with a sealed answer; the default of an agent's endpoint) or `platform`.
        #[schemars(default, schema_with = "words::answers_schema")]
        answers ("answers"): Option<Scalar>,
        /// The HTTP statuses that count as reached, where the platform answers. Default: any that is no
        /// denial and not 404, 502, 503 or 504.
        #[schemars(default, schema_with = "words::statuses_schema")]
        statuses ("statuses"): Option<Vec<Scalar>>,
        /// The HTTP method. Default: GET.
        #[schemars(default, schema_with = "words::method_schema")]
        method ("method"): Option<Scalar>,
        /// The families it is called in, each an edge of its own.
        #[schemars(default, schema_with = "words::families_schema")]
        families ("families"): Option<Vec<Scalar>>,
        /// What its name has to resolve to, from every vantage: networks, `private` or `public`. A case of its own.
        #[schemars(default, schema_with = "words::resolves_schema")]
        resolves ("resolves"): Option<Vec<Scalar>>,
        /// A PEM file, relative to the scenario: certificates to trust besides the platform's.
        #[schemars(default, with = "Scalar")]
        ca ("ca"): Option<Scalar>,
        /// The SHA-256 of the one certificate to trust.
        #[schemars(default, with = "Scalar")]
        pin ("pin"): Option<Scalar>,
    }
}

/// A beacon as the schema describes it; it is read as a [`WayShape`] with fewer keys.
#[derive(Debug)]
pub(super) struct BeaconShape;

impl JsonSchema for BeaconShape {
    fn schema_name() -> Cow<'static, str> {
        "Beacon".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "string" }, generator.subschema_for::<BeaconMap>()] })
    }
}

shape! {
    /// Something a vantage can always reach, in full.
    #[expect(dead_code, reason = "says the keys and the schema; a beacon is read as a way in with fewer keys")]
    BeaconMap {
        /// `http://`, `https://` or `tcp://`.
        url ("url"): Scalar,
        /// Connect to this address instead of to what the host of the URL resolves to.
        #[schemars(default, with = "Scalar")]
        connect ("connect"): Option<Scalar>,
        /// The HTTP method. Default: GET.
        #[schemars(default, schema_with = "words::method_schema")]
        method ("method"): Option<Scalar>,
        /// A PEM file, relative to the scenario: certificates to trust besides the platform's.
        #[schemars(default, with = "Scalar")]
        ca ("ca"): Option<Scalar>,
        /// The SHA-256 of the one certificate to trust.
        #[schemars(default, with = "Scalar")]
        pin ("pin"): Option<Scalar>,
    }
}
