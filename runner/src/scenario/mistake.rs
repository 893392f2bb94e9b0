//! Every mistake a scenario can have, in words. It must not know where a mistake stands or how it is drawn.

use ringfence_contract::address::{AddressError, Family};
use ringfence_contract::call::PinError;
use ringfence_contract::name::NameError;
use ringfence_contract::spoof::SpoofError;
use ringfence_contract::transport::Transport;

use super::model::Expect;

/// One mistake in a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Mistake {
    // The text.
    #[error("the file is not YAML: {detail}")]
    NotYaml { detail: String },
    #[error("the file holds more than one YAML document")]
    SeveralDocuments,
    #[error("the file is too big or too deep with its aliases expanded")]
    TooManyNodes,

    // The shape.
    #[error("the file is empty")]
    EmptyFile,
    #[error("{what} is {found} where {expected} is expected")]
    WrongKind { what: String, expected: &'static str, found: &'static str },
    #[error("key given twice: `{key}`")]
    RepeatedKey { key: String },
    #[error("unknown key in {what}: `{key}`")]
    UnknownKey { key: String, what: String },
    #[error("{what} has no `{key}`")]
    MissingKey { key: &'static str, what: String },
    #[error("{what} is an empty list")]
    EmptyList { what: String },

    // Inputs.
    #[error("unknown input: `{name}`")]
    UnknownInput { name: String },
    #[error("an input begins with `${{` and is not closed")]
    InputUnclosed,
    #[error("not a name for an input: `{name}`")]
    InputName { name: String },
    #[error("input `{name}` has no value")]
    InputWithoutValue { name: String },
    #[error("optional input `{name}` has no value")]
    OptionalInput { name: String },
    #[error("`optional: true` beside a `default`")]
    OptionalWithDefault,
    #[error("{origin} gives a value to an unknown input: `{name}`")]
    UnusedValue { name: String, origin: String },

    // Single values.
    #[error(transparent)]
    Name(NameError),
    #[error("a name is empty")]
    EmptyText,
    #[error("not an address to call: {0}")]
    Address(AddressError),
    #[error("not a network: `{text}`")]
    Network { text: String },
    #[error("the network has bits set behind its prefix: `{text}`")]
    HostBits { text: String },
    #[error("not an IP address: `{text}`")]
    Ip { text: String },
    #[error("not a pin: `{text}`")]
    Pin { text: String, reason: PinError },
    #[error("unknown word for `{key}`: `{text}`")]
    Word { key: &'static str, text: String },
    #[error("`{key}` is not a whole number from {min} to {max}: `{text}`")]
    Number { key: &'static str, min: u32, max: u32, text: String },
    #[error("`{key}` is not a duration with a unit: `{text}`")]
    Duration { key: &'static str, text: String },
    #[error("`{key}` is not from {min} to {max}: `{text}`")]
    DurationRange { key: &'static str, min: &'static str, max: String, text: String },
    #[error("`{key}` is not a number of calls a second, 1/s to {max}/s: `{text}`")]
    Rate { key: &'static str, max: u32, text: String },
    #[error("`at-least` is not a rate with a unit: `{text}`")]
    Throughput { text: String },
    #[error("`at-least` is not from 1kB/s to 2GB/s: `{text}`")]
    ThroughputRange { text: String },
    #[error("`{key}` is not a part of all calls, 0% to 100%: `{text}`")]
    Percent { key: &'static str, text: String },
    #[error("the CA file cannot be read: `{path}`: {reason}")]
    CaUnreadable { path: String, reason: String },
    #[error("the CA file holds no PEM certificate: `{path}`")]
    CaNotPem { path: String },
    #[error("the CA file is larger than {limit} bytes: `{path}`")]
    CaTooLarge { path: String, limit: u64 },

    // Agents and endpoints.
    #[error("a scenario without agents has no place to call from")]
    NoAgents,
    #[error("unknown zone: `{name}`")]
    UnknownZone { name: String },
    #[error("two agents have `control: local`")]
    SecondLocal,
    #[error("`{agent}` has `control: local`, and the runner answers no calls")]
    LocalAnswers { agent: String },
    #[error("`control` has none of `url`, `relay` and `exec`")]
    ControlWithoutWay,
    #[error("`control` has both `exec` and `{key}`")]
    ControlExecAnd { key: &'static str },
    #[error("orders travel by http or https, not by {0}")]
    ControlTransport(Transport),
    #[error("the run key would cross a plain link")]
    Plaintext,
    #[error("unknown agent: `{name}`")]
    UnknownAgent { name: String },
    #[error("the relays lead in a circle: {circle}")]
    RelayCircle { circle: String },
    #[error("nothing says where the relay finds `{agent}`")]
    RelayWithoutWay { agent: String },
    #[error("`ca` and `pin` exclude each other")]
    TwoTrusts,
    #[error("`{key}` means nothing for {transport}")]
    KeyForTransport { key: &'static str, transport: Transport },
    #[error("`statuses` means nothing where the agent answers")]
    StatusesOfAgent,
    #[error("`answers: agent` on a target, which no agent owns")]
    TargetAnswers,
    #[error("a platform's own answer is told by its HTTP status, and {0} has none")]
    PlatformTransport(Transport),
    #[error("a beacon over udp shows nothing: no answer has to come")]
    BeaconUdp,
    #[error("both `beacon` and `beacons`")]
    BeaconAndBeacons,
    #[error("neither a URL nor an endpoint: `{name}`")]
    UnknownBeacon { name: String },
    #[error("`{endpoint}` is an endpoint of `{agent}` itself, and shows nothing about its way out")]
    BeaconOfItself { agent: String, endpoint: String },
    #[error("`{agent}` may not reach its own beacon `{endpoint}`")]
    BeaconDenied { agent: String, endpoint: String },
    #[error("`resolves` on an address, which is not resolved: {endpoint}")]
    ResolvesNothing { endpoint: String },
    #[error("`{word}` says where a caller comes from, not what a name resolves to")]
    ResolvesToCaller { word: &'static str },
    #[error("`{word}` in a list of networks")]
    ResolvesWordInList { word: String },
    #[error("`resolves` lists no network of a family that is called: {endpoint}")]
    ResolvesOtherFamily { endpoint: String },
    #[error("the address is {has}, so it cannot be called in {wants}")]
    FamilyOfAddress { has: Family, wants: Family },

    // Rules.
    #[error("`{name}` is the name of the rule that `otherwise` stands for")]
    ReservedRuleName { name: String },
    #[error("two rules have the same name: `{name}`")]
    RuleNameTwice { name: String },
    #[error("no {of} is called that: `{pattern}`")]
    NothingMatches { of: &'static str, pattern: String },
    #[error("`{key}` means nothing with `expect: {expect}`")]
    OnlyWith { key: &'static str, expect: Expect },
    #[error("`rate` and `interval` say the same thing twice")]
    RateAndInterval,
    #[error("`{key}` of {samples} samples: it takes {needed} or more")]
    TooFewSamples { key: &'static str, samples: u32, needed: u32 },
    #[error("{samples} samples take {takes_s} s, one edge is measured for {limit_s} s at most")]
    MeasuredTooLong { samples: u32, takes_s: u64, limit_s: u32 },
    #[error(
        "no measured call fits one order: {cold} cold ones and the timeouts of a call take all of its time"
    )]
    NoRoomToMeasure { cold: u32 },
    #[error("no download of {lasts_ms} ms fits one order: the timeouts of a call take the rest of its time")]
    NoRoomToDownload { lasts_ms: u32 },
    #[error("nobody sends bytes at `{endpoint}`: {why}")]
    NoDownload { endpoint: String, why: &'static str },
    #[error("the rule covers no edge")]
    NoEdge,
    #[error("two rules expect different things of one edge: {edge}")]
    Conflict { edge: String },
    #[error("two rules cover one edge with different settings: {edge}")]
    Ambiguous { edge: String },
    #[error("`witness: self` on an endpoint that the platform answers: {endpoint}")]
    WitnessOfPlatform { endpoint: String },
    #[error("`witness: self` on an endpoint that another vantage may reach: {endpoint}")]
    WitnessNotNeeded { endpoint: String },
    #[error("{agents} agents by {endpoints} endpoints are more than {limit} edges")]
    TooManyEdges { agents: usize, endpoints: usize, limit: usize },
    #[error("a status alone does not show who refused")]
    FingerprintTooWide,
    #[error("`header-contains` without `header`")]
    HeaderContains,
    #[error("{reason}: `{text}`")]
    SpoofHeader { text: String, reason: SpoofError },
    #[error("more than {limit} {what}")]
    TooMany { what: &'static str, limit: usize },
}
