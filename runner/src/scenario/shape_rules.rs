//! The shape of rules, timeouts and fingerprints, beside [`super::shape`], which has the rest. This file must not know
//! what any value means.

use schemars::JsonSchema;

use super::shape_macro::shape;
use super::text::Scalar;
use super::words;

shape! {
    /// A line of the matrix.
    RuleShape {
        /// What reports call it; unique in the scenario.
        name ("name"): Scalar,
        /// The vantages it is about: names of agents, or patterns with `*` and `?`.
        #[schemars(schema_with = "words::patterns_schema")]
        from ("from"): Vec<Scalar>,
        /// The endpoints it is about: `agent/endpoint`, names of targets, or patterns with `*` and `?`.
        #[schemars(schema_with = "words::patterns_schema")]
        to ("to"): Vec<Scalar>,
        /// What is expected: `allow` or `deny`.
        #[schemars(schema_with = "words::expect_schema")]
        expect ("expect"): Scalar,
        /// How many calls each edge takes. Default: 3 for deny, 1 for allow.
        #[schemars(default, schema_with = "words::attempts_schema")]
        attempts ("attempts"): Option<Scalar>,
        /// Over how long these calls are spread evenly, with a unit. Default: 200ms.
        #[schemars(default, schema_with = "words::duration_schema")]
        window ("window"): Option<Scalar>,
        /// How often a failed allow edge is tried again. Default: 0.
        #[schemars(default, schema_with = "words::retry_schema")]
        retry ("retry"): Option<Scalar>,
        /// The outcomes that count as a denial. Default: any that is evidence of one.
        #[schemars(default, schema_with = "words::denials_schema")]
        by ("by"): Option<Vec<Scalar>>,
        /// The families it is about. Default: all of each endpoint's.
        #[schemars(default, schema_with = "words::families_schema")]
        families ("families"): Option<Vec<Scalar>>,
        /// An agent's calls to its own endpoints: `true` makes them edges of the rule, `only` makes the rule about
        /// nothing else. Default: false.
        #[schemars(default, schema_with = "words::self_schema")]
        self_calls ("self"): Option<Scalar>,
        /// `self` lets the target agent's own call to its listener show that a silent endpoint lives, where no rule
        /// admits anybody to it.
        #[schemars(default, schema_with = "words::witness_schema")]
        witness ("witness"): Option<Scalar>,
        /// What the names of its endpoints have to resolve to for these vantages, whatever the endpoints say: networks,
        /// `private` or `public`.
        #[schemars(default, schema_with = "words::resolves_schema")]
        resolves ("resolves"): Option<Vec<Scalar>>,
    }
}

shape! {
    /// How long each phase of a call may take, with a unit (`3.5s`, `500ms`), up to 10s each.
    TimeoutsShape {
        /// Until the resolver has answered. Default: 3s.
        #[schemars(default, schema_with = "words::duration_schema")]
        resolve ("resolve"): Option<Scalar>,
        /// Until the TCP connection stands. Default: 3.5s.
        #[schemars(default, schema_with = "words::duration_schema")]
        connect ("connect"): Option<Scalar>,
        /// Until the TLS handshake is done. Default: 3.5s.
        #[schemars(default, schema_with = "words::duration_schema")]
        tls ("tls"): Option<Scalar>,
        /// From the request to the first byte of the answer. Default: 3.5s.
        #[schemars(default, schema_with = "words::duration_schema")]
        first_byte ("first-byte"): Option<Scalar>,
        /// From the first byte to the last. Default: 3.5s.
        #[schemars(default, schema_with = "words::duration_schema")]
        transfer ("transfer"): Option<Scalar>,
    }
}

shape! {
    /// What a refusal in a platform's own words looks like. Every part that is given must hold.
    FingerprintShape {
        /// The platform, as reports name it.
        name ("name"): Scalar,
        /// The HTTP status, 100 to 599.
        #[schemars(schema_with = "words::status_schema")]
        status ("status"): Scalar,
        /// A response header that must be there.
        #[schemars(default, with = "Scalar")]
        header ("header"): Option<Scalar>,
        /// What that header's value must contain.
        #[schemars(default, with = "Scalar")]
        header_contains ("header-contains"): Option<Scalar>,
        /// What the first 16 KiB of the body must contain.
        #[schemars(default, with = "Scalar")]
        body_contains ("body-contains"): Option<Scalar>,
    }
}
