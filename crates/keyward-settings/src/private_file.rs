//! Files that hold secrets, and folders that hold such files: who else can read and enter them.

use std::path::Path;

/// Whether others than the owner of a file and its group can read it, or replace what it says. A
/// file that is not there lies open to no other user.
pub fn is_open_to_everybody(path: &Path) -> bool {
    grants_others(path, 0o006)
}

/// Whether others than the owner of a folder and its group can enter it, or add, remove and replace
/// files in it.
pub fn can_be_entered_by_everybody(folder: &Path) -> bool {
    grants_others(folder, 0o003)
}

fn grants_others(path: &Path, rights: u32) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::fs::metadata(path);
        metadata.is_ok_and(|metadata| metadata.permissions().mode() & rights != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = (path, rights);
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
