//! The arguments, and what `--help` says of them.

use ringfence_contract::quantity::{read_thousandths, read_time};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use ipnet::IpNet;

use crate::judge::Tolerance;

/// Proves that a private network is private.
#[derive(Debug, Parser)]
#[command(name = "ringfence", bin_name = "ringfence", version, about, max_term_width = 110)]
#[command(after_help = "\
Exit codes: 0 every edge passed; 1 at least one edge failed; 2 the usage or the scenario is wrong; 3 nothing failed, \
but something is inconclusive; 4 nothing was selected; 5 a report could not be written; 130 interrupted.")]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a scenario, judge every edge, and report.
    Verify(Verify),
    /// Show what would run; nothing is sent.
    Plan(Plan),
    /// Ask every agent of a scenario who it is.
    Agents(Agents),
    /// Show what changed from one run to another; exits with 1 if something is worse.
    Compare(Compare),
    /// Make the key that signs orders, or print the public half of one.
    Keygen(Keygen),
    /// Print the JSON Schema of scenario files.
    Schema,
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(super) run: RunArguments,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
    #[command(flatten)]
    pub(super) local: LocalArguments,
    #[command(flatten)]
    pub(super) key: KeyArguments,
}

#[derive(Debug, Args)]
pub(super) struct ScenarioArguments {
    /// The scenario file.
    pub(super) scenario: PathBuf,
    /// A YAML or JSON file of input values, a map of names to values; may be repeated. Scenarios may share one: values that
    /// this one has no input for are left aside.
    #[arg(long, value_name = "FILE")]
    pub(super) inputs: Vec<PathBuf>,
    /// The value of one input; outranks `--inputs`; may be repeated.
    #[arg(long, value_name = "NAME=VALUE")]
    pub(super) set: Vec<String>,
}

/// How a scenario is run.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Only these edges: `FROM>TO` with globs, or `rule:NAME`; several with commas.
    #[arg(long, value_name = "EXPR")]
    pub(super) only: Option<String>,
    /// How long a connection may take, with its unit: `3.5s`, `800ms`. At most 10 s.
    #[arg(long, value_name = "DURATION", value_parser = duration)]
    pub(super) timeout: Option<Duration>,
    /// How many calls each denied edge gets, whatever its rule says. 1 to 1000.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) attempts: Option<u32>,
    /// Measure every allowed edge that was reached, by 100 calls at 50 a second where its rule does not say otherwise.
    #[arg(long)]
    pub(super) latency: bool,
    /// Fail if an edge passed only on a retry.
    #[arg(long)]
    pub(super) fail_on_flaky: bool,
    /// How to show progress, on standard error.
    #[arg(long, value_enum, default_value_t = ProgressStyle::Auto)]
    pub(super) progress: ProgressStyle,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ProgressStyle {
    /// On a terminal, a bar for each vantage; elsewhere nothing.
    Auto,
    /// One line a stage.
    Plain,
    /// Nothing.
    None,
}

/// Which reports are written, and what a run is held against.
#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Write a JUnit XML report. `-` is standard output: then the report for people goes to standard error.
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Write the run record as JSON. `-` is standard output, as for `--junit`.
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Say how sure the denials are: how large a share of calls could get in without one of these having done so. The JSON
    /// report has it for each edge.
    #[arg(long)]
    pub(super) confidence: bool,
    /// Say what changed since an older run, given as its run record; what is worse fails the run.
    #[arg(long, value_name = "FILE")]
    pub(super) baseline: Option<PathBuf>,
    /// How much slower than the baseline an edge may be: a share, a time, or both, as in `10%,200us`; above both is worse. By
    /// default `5%,100us`.
    #[arg(long, value_name = "TOLERANCE", requires = "baseline", value_parser = tolerance)]
    pub(super) baseline_tolerance: Option<Tolerance>,
}

/// How the runner itself calls, where a scenario has an agent with `control: local`.
#[derive(Debug, Args)]
pub(super) struct LocalArguments {
    /// Call from this address, at most one a family; for `control: local`.
    #[arg(long = "local-source", value_name = "IP", env = "RINGFENCE_SOURCE", value_delimiter = ',')]
    pub(super) sources: Vec<IpAddr>,
    /// Ask this DNS server instead of the system's; for `control: local`.
    #[arg(long = "local-resolver", value_name = "IP:PORT", env = "RINGFENCE_RESOLVER")]
    pub(super) resolver: Option<SocketAddr>,
    /// Trust these certificates (PEM) beside the platform's roots; for `control: local` and for control routes.
    #[arg(long = "local-ca", value_name = "FILE", env = "RINGFENCE_CA")]
    pub(super) ca: Option<PathBuf>,
    /// Allow calls into a guarded network (loopback, link-local, platform metadata); for `control: local`.
    #[arg(long = "local-allow", value_name = "CIDR", value_delimiter = ',')]
    pub(super) allow: Vec<IpNet>,
}

/// The key is never an argument: arguments can be read by every user of a machine.
#[derive(Debug, Args)]
pub(super) struct KeyArguments {
    /// The file of the private key that signs orders; only its owner may read it. Without it, `RINGFENCE_KEY` holds the key
    /// itself, or else `RINGFENCE_KEY_FILE` names its file.
    #[arg(long, value_name = "FILE")]
    pub(super) key_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Plan {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,
    /// Only these edges, as for `verify`.
    #[arg(long, value_name = "EXPR")]
    pub(super) only: Option<String>,
    /// Print the plan as JSON instead of a grid.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Agents {
    #[command(flatten)]
    pub(super) scenario: ScenarioArguments,
    #[command(flatten)]
    pub(super) local: LocalArguments,
    #[command(flatten)]
    pub(super) key: KeyArguments,
}

#[derive(Debug, Args)]
pub(super) struct Compare {
    /// The run record (`--json`) of the older run.
    pub(super) old: PathBuf,
    /// The run record of the newer run.
    pub(super) new: PathBuf,
    /// How much slower than the older run an edge may be, as for `verify --baseline-tolerance`.
    #[arg(long, value_name = "TOLERANCE", value_parser = tolerance)]
    pub(super) tolerance: Option<Tolerance>,
    /// Print the comparison as JSON.
    #[arg(long)]
    pub(super) json: bool,
}

#[derive(Debug, Args)]
pub(super) struct Keygen {
    /// Where to write the private key; an existing file is left alone.
    #[arg(long, value_name = "FILE", default_value = "ringfence.key")]
    pub(super) out: PathBuf,
    /// Print the public half of the key there is, and make none.
    #[arg(long, conflicts_with = "out")]
    pub(super) public: bool,
    #[command(flatten)]
    pub(super) key: KeyArguments,
}

/// Why an argument cannot be read.
#[derive(Debug, thiserror::Error)]
enum ArgumentError {
    #[error("`{0}` is no share: a number from 0 to 1000 and `%`, like `5%`")]
    Share(String),
    #[error("`{0}` is no tolerance: a share like `5%`, a time like `200us` or `1ms`, or both")]
    Tolerance(String),
    #[error("`{0}` is no duration: a number and its unit, like `3.5s` or `800ms`")]
    Duration(String),
}

/// A share in percent, a time, or both with a comma between them; what is not given is as by default.
fn tolerance(text: &str) -> Result<Tolerance, ArgumentError> {
    let mut tolerance = Tolerance::default();
    for part in text.split(',').map(str::trim) {
        if let Some(percent) = part.strip_suffix('%') {
            // A tenth of a percent is the finest share that counts.
            let permille =
                read_thousandths(percent.trim_end()).and_then(|part| u32::try_from(part / 100).ok());
            let permille = permille.filter(|permille| *permille <= 10_000);
            tolerance.permille = permille.ok_or_else(|| ArgumentError::Share(part.to_owned()))?;
        } else {
            let ns = read_time(part).and_then(|time| u64::try_from(time.as_nanos()).ok());
            tolerance.ns = ns.ok_or_else(|| ArgumentError::Tolerance(part.to_owned()))?;
        }
    }
    Ok(tolerance)
}

fn duration(text: &str) -> Result<Duration, ArgumentError> {
    read_time(text).ok_or_else(|| ArgumentError::Duration(text.to_owned()))
}

/// Prints help, a version, or what is wrong with the arguments.
pub(super) fn explain(error: &clap::Error) -> ExitCode {
    // A closed pipe is no failure of ours.
    drop(error.print());
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}
