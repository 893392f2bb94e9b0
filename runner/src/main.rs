//! `ringfence`: wiring only.

fn main() -> std::process::ExitCode {
    ringfence::cli::main()
}
