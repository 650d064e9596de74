//! Debian's `yubiserver`, a real validation service, in a folder and on a port of its own.
//!
//! Its faults: it never checks the request's signature, and binds every interface.

use std::fs::{self, Permissions};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use tempfile::TempDir;

use super::soft_yubikey::SoftYubikey;

const EMPTY_DATABASE: &str = "/etc/yubiserver/yubiserver.sqlite.init";
const SECRET: &str = "ABCDEFGHIJKLMNOPQRST";

/// A running server; it stops when this is dropped.
pub struct Yubiserver {
    port: u16,
    process: String,
    _folder: TempDir,
}

impl Yubiserver {
    /// Starts a server that knows these keys and one client.
    pub fn start(keys: &[&SoftYubikey]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let database = folder.path().join("keys.sqlite");
        fs::copy(EMPTY_DATABASE, &database).expect("yubiserver is installed");
        administer(&database, &["-p", "-a", "keyward", SECRET]);
        for (number, key) in keys.iter().enumerate() {
            let name = format!("key{number}");
            let private_id = data_encoding::HEXLOWER.encode(&key.private_id);
            let secret = data_encoding::HEXLOWER.encode(&key.secret);
            let arguments = ["-y", "-a", &name, &key.public_id, &private_id, &secret];
            administer(&database, &arguments);
        }
        // It becomes its own user before it opens anything.
        for (path, mode) in [(folder.path(), 0o777), (&database, 0o666)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
        }
        for attempt in 0..10 {
            let log = folder.path().join(format!("log{attempt}"));
            let port = free_port();
            if let Some(process) = launch(&database, port, &log) {
                return Self {
                    port,
                    process,
                    _folder: folder,
                };
            }
        }
        panic!("yubiserver does not start");
    }

    /// Its verify address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/wsapi/2.0/verify", self.port)
    }

    /// The client that it knows.
    pub fn client_id(&self) -> u64 {
        1
    }

    /// That client's key.
    pub fn api_key_base64(&self) -> String {
        data_encoding::BASE64.encode(SECRET.as_bytes())
    }
}

impl Drop for Yubiserver {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-9", &self.process]).status();
    }
}

fn administer(database: &Path, arguments: &[&str]) {
    let done = Command::new("yubiserver-admin")
        .arg("-b")
        .arg(database)
        .args(arguments)
        .output()
        .expect("yubiserver-admin is installed");
    assert!(done.status.success(), "{done:?}");
}

/// Starts the daemon and gives its process id, or nothing where somebody else took the port.
fn launch(database: &Path, port: u16, log: &PathBuf) -> Option<String> {
    Command::new("yubiserver")
        .arg("-d")
        .arg(database)
        .args(["-p", &port.to_string(), "-l"])
        .arg(log)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .expect("yubiserver is installed");
    // The daemon is a grandchild; its log is the only place that names it.
    let started = format!("starting:{port}:");
    for _ in 0..500 {
        sleep(Duration::from_millis(10));
        let text = fs::read_to_string(log).unwrap_or_default();
        let process = text.split(&started).nth(1).and_then(|rest| {
            let (process, _) = rest.split_once('\n')?;
            Some(process.to_owned())
        });
        if let Some(process) = process {
            if !Path::new("/proc").join(&process).exists() {
                return None;
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Some(process);
            }
        }
    }
    None
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("an address").port()
}
