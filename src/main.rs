//! The `cartwright` binary: parse, dispatch, exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    cartwright::cli::main()
}
