//! The program: everything it does is a command of [`keyward::cli`].

use std::process::ExitCode;

// It takes the place of the C library's allocator, which keeps what a crowd once needed
// (`docs/decisions/memory.md`).
#[cfg(feature = "jemalloc")]
use tikv_jemalloc_sys as _;

fn main() -> ExitCode {
    keyward::cli::run()
}
