//! Declares the lab's arguments, and what `--help` says of them.

use clap::Parser;
use ringfence::cli::{ReportArguments, RunArguments};

/// Raise a seed topology on this machine's loopback addresses, and verify it.
#[derive(Debug, Parser)]
#[command(name = "ringfence-lab", bin_name = "cargo lab", version, max_term_width = 110)]
pub(super) struct Arguments {
    /// A shipped scenario's name, or a file with a scenario of that name; both shipped ones if left out.
    pub(super) scenario: Option<String>,
    /// Break the topology in this way first.
    #[arg(long = "break", value_name = "NAME", conflicts_with = "prove")]
    pub(super) broken: Option<String>,
    /// List the breaks and what each does.
    #[arg(long, conflicts_with_all = ["prove", "broken", "junit", "json", "baseline", "fail_on_flaky"])]
    pub(super) list_breaks: bool,
    /// Run the sound lab and then every break, and show that each turns exactly the edges it should.
    #[arg(long, conflicts_with_all = ["junit", "json", "baseline", "fail_on_flaky"])]
    pub(super) prove: bool,
    #[command(flatten)]
    pub(super) run: RunArguments,
    #[command(flatten)]
    pub(super) reports: ReportArguments,
}
