//! The lab's `main` again, built for the tests of this package.

fn main() -> std::process::ExitCode {
    ringfence_lab::cli::main()
}
