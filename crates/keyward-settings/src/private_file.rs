//! Files that hold secrets: who else can read them.

use std::path::Path;

/// Whether others than the owner of a file and its group can read it, or replace what it says. A
/// file that is not there lies open to no other user.
pub fn is_open_to_everybody(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        const OTHERS: u32 = 0o006;
        let metadata = std::fs::metadata(path);
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & OTHERS != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// What is wrong with such a file, and how to mend it.
pub fn how_to_close(path: &Path) -> String {
    let path = path.display();
    format!(
        "everybody on this machine can read {path}: `chmod o= {path}` mends that; in a container, \
         mount it with the mode 0400 for the user that runs keyward"
    )
}
