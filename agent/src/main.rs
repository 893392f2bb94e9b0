//! `ringfence-agent`: wiring only.

fn main() -> std::process::ExitCode {
    ringfence_agent::cli::main()
}
