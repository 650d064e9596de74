//! The program: everything it does is a command of [`keyward::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    keyward::cli::run()
}
