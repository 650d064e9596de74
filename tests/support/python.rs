//! The Python of the tests, with the packages from PyPI that `tests/run` installs.

/// The interpreter's path.
pub fn python() -> String {
    let python = crate::repository().join("target/python/bin/python");
    assert!(python.exists(), "`tests/run` makes {}", python.display());
    python.display().to_string()
}
