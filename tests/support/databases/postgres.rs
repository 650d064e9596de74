//! A PostgreSQL of our own: one server a test process, one database a test, TLS only.

use std::collections::VecDeque;
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

use super::process::{self, Process};
use super::small_disk::on_small_disk;

/// Without a password and without TLS nobody comes in, so a test that connects proves both.
const WHO_MAY_CONNECT: &str = "hostssl all all 127.0.0.1/32 scram-sha-256\n";
/// The user of every connection.
pub const USER: &str = "keyward";
/// How many databases whose tests are over may be there.
const MOST_LEFT: usize = 16;
/// The password of every connection.
pub const PASSWORD: &str = "correct-horse";

/// The server of this test process.
pub struct Postgres {
    process: Process,
    port: u16,
    databases: AtomicUsize,
    left: Arc<Mutex<VecDeque<String>>>,
}

/// One empty database. Some time after its test it is removed: all of them together would take ten
/// gigabytes.
pub struct Database {
    /// The address with `sslmode=verify-full` and our authority's certificate.
    pub url: String,
    /// The address without parameters, for tests that ask for TLS in other ways.
    pub bare_url: String,
    left: Arc<Mutex<VecDeque<String>>>,
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.name().to_owned();
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.push_back(name);
    }
}

impl Postgres {
    /// Starts the server the first time, and gives the same one ever after.
    pub fn shared() -> &'static Postgres {
        static SERVER: OnceLock<Postgres> = OnceLock::new();
        SERVER.get_or_init(|| Postgres::start(false, None, 300))
    }

    /// Starts one that syncs what it commits, as one that people use does.
    pub fn durable() -> Self {
        Self::start(true, None, 300)
    }

    /// Starts one whose disk has so many MiB, of which it needs about fifty for itself.
    pub fn on_small_disk(mebibytes: u32) -> Self {
        Self::start(true, Some(mebibytes), 300)
    }

    /// Starts one that takes so many connections.
    pub fn with_connections(most: u32) -> Self {
        Self::start(false, None, most)
    }

    fn start(is_durable: bool, mebibytes: Option<u32>, connections: u32) -> Self {
        let folder = process::folder("postgres");
        let data = folder.join("data");
        let words = folder.join("password");
        fs::write(&words, PASSWORD).expect("the folder is ours");
        if let Some(owner) = other_user() {
            process::run(
                Command::new("install")
                    .args(["-d", "-m", "700", "-o", owner])
                    .arg(&data),
            );
        }
        process::run(&mut as_server(&[
            program("initdb").as_os_str(),
            "--no-sync".as_ref(),
            "--encoding=UTF8".as_ref(),
            "--locale=C".as_ref(),
            "--auth=scram-sha-256".as_ref(),
            "--username".as_ref(),
            USER.as_ref(),
            "--pwfile".as_ref(),
            words.as_os_str(),
            "--pgdata".as_ref(),
            data.as_os_str(),
        ]));
        certify(&folder, &data);
        fs::write(data.join("pg_hba.conf"), WHO_MAY_CONNECT).expect("the data folder is there");
        let port = process::free_port();
        let on = if is_durable { "on" } else { "off" };
        let settings = [
            "listen_addresses=127.0.0.1".to_owned(),
            format!("port={port}"),
            "unix_socket_directories=".to_owned(),
            format!("max_connections={connections}"),
            "shared_buffers=32MB".to_owned(),
            // Nobody reads the log again, and a whole database is written for each test.
            "wal_level=minimal".to_owned(),
            "max_wal_senders=0".to_owned(),
            "max_wal_size=128MB".to_owned(),
            "ssl=on".to_owned(),
            // Nothing of a test outlives the run.
            format!("fsync={on}"),
            format!("full_page_writes={on}"),
            "log_min_messages=fatal".to_owned(),
        ];
        let mut command = Vec::new();
        let place = match mebibytes {
            None => data,
            Some(mebibytes) => {
                let disk = folder.join("disk");
                fs::create_dir(&disk).expect("the folder is ours");
                command.extend(on_small_disk(&disk, mebibytes, Some(&data)));
                disk
            }
        };
        command.extend(prefix());
        command.push(program("postgres").into_os_string());
        command.extend(["-D".into(), place.into_os_string()]);
        for setting in settings {
            command.extend(["-c".into(), setting.into()]);
        }
        if mebibytes.is_some() {
            // Else the log takes what there is before anything else does.
            command.extend(["-c", "max_wal_size=32MB", "-c", "min_wal_size=32MB"].map(Into::into));
        }
        let process = Process::start(folder, "INT", &command);
        let started = Self {
            process,
            port,
            databases: AtomicUsize::new(0),
            left: Arc::default(),
        };
        started.process.wait_for("PostgreSQL", |_| {
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
            started.answers().then_some(())
        });
        started
    }

    /// Whether it takes questions.
    fn answers(&self) -> bool {
        let asked = self.psql("postgres", "SELECT 1").output();
        asked.is_ok_and(|output| output.status.success())
    }

    /// Fills its disk, to the last byte.
    pub fn fill_disk(&self) {
        // The largest pieces first.
        for (name, size) in [("filling", "1M"), ("filling-2", "512")] {
            let fill = format!(
                "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; dd if=/dev/zero of={name} bs={size} status=none 2>&1 || true'"
            );
            self.query("postgres", &fill);
        }
    }

    /// Takes away what filled it.
    pub fn free_disk(&self) {
        let free = "COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; rm -f filling filling-2'";
        self.query("postgres", free);
    }

    /// A new, empty database.
    pub fn database(&self) -> Database {
        let name = format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.query("postgres", &format!("CREATE DATABASE {name}"));
        self.remove_what_is_left();
        let bare_url = format!(
            "postgres://{USER}:{PASSWORD}@localhost:{}/{name}",
            self.port
        );
        Database {
            url: format!(
                "{bare_url}?sslmode=verify-full&sslrootcert={}",
                self.authority().display()
            ),
            bare_url,
            left: Arc::clone(&self.left),
        }
    }

    /// Removes databases whose tests are over. One that something is still connected to stays for the
    /// next time.
    fn remove_what_is_left(&self) {
        let take = || {
            let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
            (left.len() > MOST_LEFT).then(|| left.drain(..MOST_LEFT / 2).collect::<Vec<_>>())
        };
        let Some(names) = take() else {
            return;
        };
        let mut remove = self.psql("postgres", "SELECT 1");
        for name in &names {
            remove.arg("-c").arg(format!("DROP DATABASE {name}"));
        }
        // What stays is said on its own lines, and is none of the test's business.
        let _ = remove.args(["-v", "ON_ERROR_STOP=0"]).output();
        let there = self.query("postgres", "SELECT datname FROM pg_database");
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        left.extend(
            names
                .into_iter()
                .filter(|name| there.lines().any(|line| line == name)),
        );
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Stops all its processes where they stand (`STOP`), or lets them go on (`CONT`).
    pub fn signal(&self, signal: &str) {
        let file = self.process.folder().join("data/postmaster.pid");
        let text = fs::read_to_string(file).expect("it runs");
        let main = text.lines().next().expect("its number").to_owned();
        let children = format!("/proc/{main}/task/{main}/children");
        let children = fs::read_to_string(children).unwrap_or_default();
        for number in std::iter::once(main.as_str()).chain(children.split_whitespace()) {
            // One that has just ended needs no signal.
            let _ = Command::new("kill").args(["-s", signal, number]).status();
        }
    }

    /// The certificate of the authority that signed the server's.
    pub fn authority(&self) -> PathBuf {
        self.process.folder().join("authority.pem")
    }

    /// Runs one statement and gives back the rows, a line each, columns parted by `|`.
    pub fn query(&self, database: &str, statement: &str) -> String {
        process::run(&mut self.psql(database, statement))
    }

    /// What statements give; `None` where they failed.
    pub fn attempt(&self, database: &str, statements: &str) -> Option<String> {
        let done = self.psql(database, statements).output().ok()?;
        let said = String::from_utf8(done.stdout).ok()?;
        done.status.success().then_some(said)
    }

    fn psql(&self, database: &str, statement: &str) -> Command {
        let mut command = Command::new("psql");
        command
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c"])
            .arg(statement)
            .arg(format!(
                "host=127.0.0.1 port={} user={USER} dbname={database} sslmode=require",
                self.port
            ))
            .env("PGPASSWORD", PASSWORD);
        command
    }
}

impl Database {
    /// The address of this database by another port of this machine.
    pub fn url_by(&self, port: u16) -> String {
        let own = self.bare_url.split("localhost:").nth(1).unwrap_or_default();
        let own = own.split('/').next().unwrap_or_default();
        self.url
            .replacen(&format!("localhost:{own}"), &format!("localhost:{port}"), 1)
    }

    /// Runs one statement in this database, as [`Postgres::query`] does.
    pub fn query(&self, statement: &str) -> String {
        Postgres::shared().query(self.name(), statement)
    }

    /// What it is called.
    pub fn name(&self) -> &str {
        self.bare_url.rsplit('/').next().unwrap_or_default()
    }
}

/// An authority of our own, and the server's certificate for `localhost` signed by it.
fn certify(folder: &Path, data: &Path) {
    let mut authority = CertificateParams::default();
    // Two certificates of one name look like one that signed itself.
    authority
        .distinguished_name
        .push(DnType::CommonName, "Authority of the tests");
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().expect("a key can be made");
    let authority = CertifiedIssuer::self_signed(authority, key).expect("it signs itself");
    let key = KeyPair::generate().expect("a key can be made");
    let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let certificate = CertificateParams::new(names)
        .and_then(|params| params.signed_by(&key, &authority))
        .expect("the authority signs");
    fs::write(folder.join("authority.pem"), authority.pem()).expect("the folder is ours");
    fs::write(data.join("server.crt"), certificate.pem()).expect("the data folder is there");
    // PostgreSQL wants its key readable by itself alone, so it is the one that writes it.
    let made = folder.join("server.key");
    fs::write(&made, key.serialize_pem()).expect("the folder is ours");
    process::run(&mut as_server(&[
        "install".as_ref(),
        "-m".as_ref(),
        "600".as_ref(),
        made.as_os_str(),
        data.join("server.key").as_os_str(),
    ]));
}

/// PostgreSQL refuses to run as root; then it runs as the user that Debian made for it.
fn other_user() -> Option<&'static str> {
    static ROOT: OnceLock<bool> = OnceLock::new();
    let root = ROOT.get_or_init(|| process::run(Command::new("id").arg("-u")).trim() == "0");
    root.then_some("postgres")
}

/// What stands before a program that refuses to run as root.
pub fn prefix() -> Vec<std::ffi::OsString> {
    other_user().map_or_else(Vec::new, |user| {
        // Unlike `runuser` it becomes the program, so that the id stays the one to stop.
        ["setpriv", "--clear-groups"]
            .map(Into::into)
            .into_iter()
            .chain([
                format!("--reuid={user}").into(),
                format!("--regid={user}").into(),
            ])
            .collect()
    })
}

fn as_server(command: &[&std::ffi::OsStr]) -> Command {
    let mut words = prefix();
    words.extend(command.iter().map(Into::into));
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).current_dir("/");
    command
}

/// Debian keeps the server's programs out of the path, in a folder a version.
fn program(name: &str) -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|version| version.path().join("bin").join(name))
        .filter(|path| path.exists())
        .collect();
    versions.sort();
    versions.pop().unwrap_or_else(|| PathBuf::from(name))
}
