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
        /// Over how long these calls are spread evenly, with a unit. Default: 100ms.
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
        /// At which port a vantage has to show that it can send, where the endpoint stays silent: `same` (the default), that
        /// of the endpoint, or `any`, which is weaker.
        #[schemars(default, schema_with = "words::witness_port_schema")]
        witness_port ("witness-port"): Option<Scalar>,
        /// Whether further calls over each HTTP edge say, in the headers of proxies, that they come from an admitted address.
        /// Default: true.
        #[schemars(default, schema_with = "words::truth_schema")]
        spoof ("spoof"): Option<Scalar>,
        /// What the names of its endpoints have to resolve to for these vantages, whatever the endpoints say: networks,
        /// `private` or `public`.
        #[schemars(default, schema_with = "words::resolves_schema")]
        resolves ("resolves"): Option<Vec<Scalar>>,
        /// Has the calls of each edge measured, and says how fast they have to be. Each budget is a case of its own.
        #[schemars(default, with = "LatencyShape")]
        latency ("latency"): Option<LatencyShape>,
        /// Has bytes sent over each edge and counted, and says how fast they have to come.
        #[schemars(default, with = "ThroughputShape")]
        throughput ("throughput"): Option<ThroughputShape>,
    }
}

shape! {
    /// How fast bytes have to come over an edge, from the target to the caller.
    ThroughputShape {
        /// The least that has to come, with its unit: `50MB/s`, `400Mbit/s`.
        #[schemars(schema_with = "words::throughput_schema")]
        at_least ("at-least"): Scalar,
        /// For how long they are counted: from 1s to 30s. Default: 5s.
        #[schemars(default, schema_with = "words::time_schema")]
        lasts ("for"): Option<Scalar>,
    }
}

shape! {
    /// How an edge is measured, and its budgets: how long calls may take, from their intended start to their end
    /// (`50ms`, `1.5ms`, `250us`, `2s`), and how many may be lost.
    LatencyShape {
        /// How many calls are measured. Default: 100.
        #[schemars(default, schema_with = "words::samples_schema")]
        samples ("samples"): Option<Scalar>,
        /// How many of them start in a second: `20/s`. Default: 50/s.
        #[schemars(default, schema_with = "words::rate_schema")]
        rate ("rate"): Option<Scalar>,
        /// Instead of a rate, the time from one start to the next: `50ms`.
        #[schemars(default, schema_with = "words::time_schema")]
        interval ("interval"): Option<Scalar>,
        /// How many calls are placed first and shown apart. Default: 3.
        #[schemars(default, schema_with = "words::cold_schema")]
        cold ("cold"): Option<Scalar>,
        /// `new` (the default) or `reuse`: whether each call has a connection of its own.
        #[schemars(default, schema_with = "words::connection_schema")]
        connection ("connection"): Option<Scalar>,
        /// What half of the calls may take.
        #[schemars(default, schema_with = "words::time_schema")]
        p50 ("p50"): Option<Scalar>,
        /// What 90 % of the calls may take.
        #[schemars(default, schema_with = "words::time_schema")]
        p90 ("p90"): Option<Scalar>,
        /// What 95 % of the calls may take.
        #[schemars(default, schema_with = "words::time_schema")]
        p95 ("p95"): Option<Scalar>,
        /// What 99 % of the calls may take; needs 100 samples.
        #[schemars(default, schema_with = "words::time_schema")]
        p99 ("p99"): Option<Scalar>,
        /// What 99.9 % of the calls may take; needs 1,000 samples.
        #[schemars(default, schema_with = "words::time_schema")]
        p99_9 ("p99.9"): Option<Scalar>,
        /// What the calls may take in the mean.
        #[schemars(default, schema_with = "words::time_schema")]
        mean ("mean"): Option<Scalar>,
        /// What any of the calls may take.
        #[schemars(default, schema_with = "words::time_schema")]
        max ("max"): Option<Scalar>,
        /// How many of the calls may be lost: `1%`, `0.5%`.
        #[schemars(default, schema_with = "words::percent_schema")]
        loss ("loss"): Option<Scalar>,
    }
}

impl LatencyShape {
    /// Every value that is written.
    pub(super) fn written(&self) -> impl Iterator<Item = &Scalar> {
        let Self { samples, rate, interval, cold, connection, p50, p90, p95, p99, p99_9, mean, max, loss } =
            self;
        [samples, rate, interval, cold, connection, p50, p90, p95, p99, p99_9, mean, max, loss]
            .into_iter()
            .flatten()
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
    /// A header that forged calls have as well.
    SpoofHeaderShape {
        /// Its name.
        name ("name"): Scalar,
        /// Its value. Without one, the address that the call says it comes from.
        #[schemars(default, with = "Scalar")]
        value ("value"): Option<Scalar>,
    }
}

shape! {
    /// What an answer in somebody's own words looks like. Every part that is given must hold.
    FingerprintShape {
        /// Who or what it is, as reports name it.
        name ("name"): Scalar,
        /// The HTTP statuses, 100 to 599: one or several. Without any, every status will do; a refusal needs one.
        #[schemars(default, schema_with = "words::status_schema")]
        status ("status"): Option<Vec<Scalar>>,
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
