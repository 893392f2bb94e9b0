//! The runner's `main` again, built for the tests of this package.

fn main() -> std::process::ExitCode {
    ringfence::cli::main()
}
