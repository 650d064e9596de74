//! Debian's `yubiserver`, a real validation service, in a folder and on a port of its own.
//!
//! Its faults: it never checks the request's signature, and binds every interface.

use std::fs::{self, Permissions};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::process::{self, Process};
use super::soft_yubikey::SoftYubikey;

const EMPTY_DATABASE: &str = "/etc/yubiserver/yubiserver.sqlite.init";
const SECRET: &str = "ABCDEFGHIJKLMNOPQRST";

/// Stands for the daemon, which leaves its process group: reads its id from the log that it
/// writes, ends when it ended, and ends it when told to end.
const KEEPER: &str = r#"
cd "$1" || exit
yubiserver -d keys.sqlite -p "$2" -l daemon.log || exit
until daemon=$(sed -n "s/.*starting:$2://p" daemon.log) && [ -n "$daemon" ]; do sleep 0.02; done
trap 'kill "$daemon"; exit' TERM
while [ -e "/proc/$daemon" ]; do sleep 1 & wait $!; done
echo gone
"#;

/// A running server; it stops when this is dropped.
pub struct Yubiserver {
    port: u16,
    process: Process,
}

impl Yubiserver {
    /// Starts a server that knows these keys and one client.
    pub fn start(keys: &[&SoftYubikey]) -> Self {
        let folder = process::folder("yubiserver");
        let database = folder.join("keys.sqlite");
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
        for (path, mode) in [(&folder, 0o777), (&database, 0o666)] {
            fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
        }
        let port = process::free_port();
        let (place, number) = (folder.display().to_string(), port.to_string());
        let keeper = ["/bin/sh", "-c", KEEPER, "keeper", &place, &number];
        let process = Process::start(folder, "TERM", &keeper);
        process.wait_for("yubiserver", |process| {
            assert!(!process.log().contains("gone"), "yubiserver ended at once");
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { port, process }
    }

    /// It as the value of the setting `yubikey.services`.
    pub fn as_setting(&self) -> String {
        format!("[{}]", self.as_table())
    }

    /// It as one table of that setting, beside others.
    pub fn as_table(&self) -> String {
        format!(
            "{{ name = \"yubiserver\", urls = [\"{}\"], client_id = {}, api_key = \"{}\" }}",
            self.url(),
            self.client_id(),
            self.api_key_base64()
        )
    }

    /// Its verify address.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/wsapi/2.0/verify", self.port)
    }

    /// The id of the process that answers.
    pub fn daemon(&self) -> u32 {
        let log = fs::read_to_string(self.process.folder().join("daemon.log"));
        let log = log.expect("it writes its id there");
        let id = log.lines().find_map(|line| {
            let (_, after) = line.split_once("starting:")?;
            after.split(':').nth(1)?.trim().parse().ok()
        });
        id.expect("its id")
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

fn administer(database: &Path, arguments: &[&str]) {
    let mut command = Command::new("yubiserver-admin");
    process::run(command.arg("-b").arg(database).args(arguments));
}
