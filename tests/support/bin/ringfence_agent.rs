//! The agent's `main` again, built for the tests of this package.

fn main() -> std::process::ExitCode {
    ringfence_agent::cli::main()
}
