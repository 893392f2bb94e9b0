//! `ringfence-lab`: wiring only.

fn main() -> std::process::ExitCode {
    ringfence_lab::cli::main()
}
