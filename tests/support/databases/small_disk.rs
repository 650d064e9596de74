//! A disk with little room for one program, which a test fills and frees. Nobody else sees it: it is
//! mounted in a name space of that program's own, which needs no rights but on systems that allow
//! nobody such a name space.

use std::ffi::OsString;
use std::path::Path;
use std::process::Command;

use super::process;

/// What stands before a program (with its arguments) so that it has a disk of so many MiB at
/// `folder`, which must be there. What is in `template` is there at its start.
pub fn on_small_disk(folder: &Path, mebibytes: u32, template: Option<&Path>) -> Vec<OsString> {
    const MOUNT: &str = r#"
        disk=$1 size=$2 template=$3
        shift 3
        mount -t tmpfs -o "size=$size" tmpfs "$disk" || exit
        chmod 700 "$disk" || exit
        [ -z "$template" ] || cp -a "$template/." "$disk/" || exit
        exec "$@""#;
    let is_root = process::run(Command::new("id").arg("-u")).trim() == "0";
    let apart: &[&str] = match is_root {
        true => &["unshare", "--mount"],
        false => &[
            "unshare",
            "--user",
            "--map-current-user",
            "--keep-caps",
            "--mount",
        ],
    };
    let mut words: Vec<OsString> = apart.iter().map(Into::into).collect();
    words.extend(["/bin/sh", "-c", MOUNT, "mount"].map(Into::into));
    words.push(folder.into());
    words.push(format!("{mebibytes}m").into());
    words.push(template.map(Into::into).unwrap_or_default());
    words
}

/// Fills the disk that a running program has at `folder`, to the last byte.
pub fn fill(program: u32, folder: &Path) {
    let place = seen_by(program, folder);
    // Large pieces first, then small ones.
    for (name, size) in [("filling", "1M"), ("filling-2", "512")] {
        let _ = Command::new("dd")
            .args(["if=/dev/zero", &format!("bs={size}"), "status=none"])
            .arg(format!("of={}", place.join(name).display()))
            .stderr(std::process::Stdio::null())
            .status();
    }
}

/// Takes away what [`fill`] wrote.
pub fn free(program: u32, folder: &Path) {
    let place = seen_by(program, folder);
    for name in ["filling", "filling-2"] {
        std::fs::remove_file(place.join(name)).expect("it was filled");
    }
}

fn seen_by(program: u32, folder: &Path) -> std::path::PathBuf {
    let root = format!("/proc/{program}/root");
    Path::new(&root).join(folder.strip_prefix("/").unwrap_or(folder))
}
