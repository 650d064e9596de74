//! How packages are linked (`docs/decisions/release-build.md`).

use std::env;

fn main() {
    println!("cargo::rerun-if-changed=src/build.rs");
    let is = |name: &str, value: &str| env::var(name).is_ok_and(|is| is == value);
    // The profile `shipping` alone optimises for size, and has the linker that Rust brings along.
    let is_shipped = is("OPT_LEVEL", "s");
    if is_shipped && is("TARGET", "x86_64-unknown-linux-gnu") {
        // One copy of functions that are the same, and relocations in the short form.
        println!("cargo::rustc-link-arg-bins=-Wl,--icf=all");
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
