//! The Python of the tests, with the packages from PyPI that `tests/run` installs.

use std::path::Path;

/// The interpreter's path.
pub fn python() -> String {
    let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/python/bin/python");
    assert!(python.exists(), "`tests/run` makes {}", python.display());
    python.display().to_string()
}
