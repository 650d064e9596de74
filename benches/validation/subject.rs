//! The servers that are measured, each with its keys.

use std::cell::RefCell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use actix_web::web::{self, Data};
use actix_web::{HttpResponse, HttpServer};
use keyward_actions::App;
use keyward_actions::start::Migrations;
use keyward_actions::validation::{self, NewClientKey};
use keyward_core::clock::{SystemClock, SystemEntropy};
use keyward_core::domain::validation_client::ValidationClientSettings;
use keyward_core::flows::permit::Administrator;
use keyward_core::protocols::yubico::{PublicId, SlotSecret, modhex};
use keyward_settings::{Environment, Settings};
use secrecy::ExposeSecret as _;
use tempfile::TempDir;

use super::alone::Synced;
use super::caller::Caller;
use keyward_test_support::command::Serving;
use keyward_test_support::postgres::Postgres;
use keyward_test_support::soft_yubikey::SoftYubikey;
use keyward_test_support::yubiserver::Yubiserver;

/// Keys of each server: at 32 callers each has eight of its own.
const KEYS: u8 = 255;
const KEYS_EACH: usize = 7;

const ANY_PORT: (&str, u16) = ("127.0.0.1", 0);
/// What looks like an answer to callers.
const OK: &str = "status=OK\r\n\r\n";

/// A running server.
pub struct Subject {
    /// What it is called in the table.
    pub name: &'static str,
    address: String,
    api_key: Vec<u8>,
    keeps: bool,
    process: u32,
    keys: RefCell<Vec<SoftYubikey>>,
    _running: Box<dyn std::any::Any>,
}

impl Subject {
    /// Debian's C server on its own SQLite.
    pub fn yubiserver() -> Self {
        let keys = keys();
        let running = Yubiserver::start(&keys.iter().collect::<Vec<_>>());
        let url = running.url();
        Self {
            name: "yubiserver",
            address: host(&url),
            api_key: data_encoding::BASE64
                .decode(running.api_key_base64().as_bytes())
                .expect("base64"),
            keeps: false,
            process: running.daemon(),
            keys: RefCell::new(keys),
            _running: Box::new(running),
        }
    }

    /// Keyward on SQLite, over kept connections.
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/keyward.db", folder.path().display());
        Self::keyward("Keyward, SQLite", folder, &url, true, Box::new(()))
    }

    /// The same over a new connection for each request.
    pub fn sqlite_anew() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite://{}/keyward.db", folder.path().display());
        Self::keyward("  anew", folder, &url, false, Box::new(()))
    }

    /// Keyward on PostgreSQL, over kept connections.
    pub fn postgres() -> Self {
        let postgres = Postgres::durable();
        let folder = tempfile::tempdir().expect("a folder");
        let database = postgres.database();
        let url = database.url.clone();
        Self::keyward(
            "Keyward, PostgreSQL",
            folder,
            &url,
            true,
            Box::new((database, postgres)),
        )
    }

    /// No server at all: whatever it is asked, it syncs 4 KiB to the disk and answers `OK`. One
    /// caller cannot be answered faster by anybody who syncs each answer.
    pub fn nothing_but_the_sync() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind(ANY_PORT).expect("a port is free");
        let address = listener.local_addr().expect("an address");
        let path = folder.path().join("synced");
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                answer_all(connection.expect("a caller"), &Synced::new(&path));
            }
        });
        Self::of_this_process("nothing but the sync", address, folder)
    }

    /// The same as a handler of our framework.
    pub fn framework_and_sync() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = Data::new(Synced::new(&folder.path().join("synced")));
        let app = move || {
            let answer = async |file: Data<Synced>| {
                file.sync();
                HttpResponse::Ok().body(OK)
            };
            actix_web::App::new()
                .app_data(Data::clone(&file))
                .route("/wsapi/2.0/verify", web::get().to(answer))
        };
        let (bound, address) = mpsc::channel();
        std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let server = HttpServer::new(app).workers(2).bind(ANY_PORT);
                let server = server.expect("a port is free");
                bound.send(server.addrs()[0]).expect("somebody waits");
                server.run().await.expect("the server runs");
            });
        });
        let address = address.recv().expect("the server starts");
        Self::of_this_process("framework and sync", address, folder)
    }

    fn of_this_process(name: &'static str, address: SocketAddr, folder: TempDir) -> Self {
        Self {
            name,
            address: address.to_string(),
            api_key: vec![7; 20],
            keeps: true,
            process: std::process::id(),
            keys: RefCell::new(keys()),
            _running: Box::new(folder),
        }
    }

    fn keyward(
        name: &'static str,
        folder: TempDir,
        url: &str,
        keeps: bool,
        database: Box<dyn std::any::Any>,
    ) -> Self {
        let text = format!(
            "database.url = \"{url}\"\nsecrets.master_key_file = \"{}/master.key\"\n",
            folder.path().display()
        );
        fs::write(folder.path().join("keyward.toml"), text).expect("the folder is ours");
        let keys = keys();
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let api_key = runtime.block_on(prepare(folder.path(), &keys));
        drop(runtime);
        let running = Serving::start(folder.path(), &[("KEYWARD_SERVER__WORKERS", "2")]);
        Self {
            name,
            address: format!("127.0.0.1:{}", running.port),
            api_key,
            keeps,
            process: running.id(),
            keys: RefCell::new(keys),
            // The server goes before what it runs on.
            _running: Box::new((running, database, folder)),
        }
    }

    /// So many callers, each with keys of its own.
    pub fn callers(&self, count: usize) -> Vec<Caller> {
        let mut keys = self.keys.borrow_mut();
        (0..count)
            .map(|_| {
                let from = keys.len() - KEYS_EACH;
                let own = keys.split_off(from);
                Caller::new(&self.address, &self.api_key, self.keeps, own)
            })
            .collect()
    }

    /// Takes the keys of callers back, as far as they have come.
    pub fn take_back(&self, callers: Vec<Caller>) {
        let keys = callers.into_iter().flat_map(Caller::into_keys);
        self.keys.borrow_mut().extend(keys);
    }

    /// The processor time of the server's process so far, user and system. PostgreSQL's own is not
    /// in it.
    pub fn cpu(&self) -> Duration {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process)).expect("it runs");
        let (_, after) = stat.rsplit_once(')').expect("a name");
        let fields: Vec<&str> = after.split_whitespace().collect();
        let ticks = |at: usize| fields[at].parse::<u64>().expect("a number");
        // Linux counts in hundredths of a second for everybody who asks.
        Duration::from_millis((ticks(11) + ticks(12)) * 10)
    }

    /// What the server's process holds in memory, in KiB.
    pub fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process));
        let status = status.expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.expect("a number").parse().expect("a number")
    }
}

/// Answers each piece that a caller sends, which is a question.
fn answer_all(mut connection: TcpStream, file: &Synced) {
    connection.set_nodelay(true).expect("a socket");
    let mut question = [0; 4096];
    while connection.read(&mut question).is_ok_and(|read| read > 0) {
        file.sync();
        let answer = format!("HTTP/1.1 200 OK\r\n\r\n{OK}");
        connection.write_all(answer.as_bytes()).expect("a caller");
    }
}

fn host(url: &str) -> String {
    url.split('/').nth(2).expect("a host").to_owned()
}

fn keys() -> Vec<SoftYubikey> {
    (0..KEYS)
        .map(|number| {
            let public_id = modhex::encode(&[0, 0, 0, 0, 1, number]);
            SoftYubikey::new(&public_id, [number; 6], [number; 16])
        })
        .collect()
}

/// Fills the database, and gives back the key of the client with the number 1.
async fn prepare(folder: &Path, keys: &[SoftYubikey]) -> Vec<u8> {
    let settings = Settings::load(Some(&folder.join("keyward.toml")), Environment::empty());
    let settings = settings.expect("good settings");
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let app = App::open(settings, Migrations::Apply, clock, entropy);
    let app = app.await.expect("a database");
    let administrator = Administrator::at_command_line();
    for key in keys {
        let public_id = PublicId::parse(&key.public_id).expect("a public id");
        let secret = SlotSecret::new(key.private_id, key.secret);
        let held = validation::hold_otp_key(&app, &administrator, public_id, &secret, None, "");
        held.await.expect("a new key");
    }
    let settings = ValidationClientSettings::default();
    let added =
        validation::add_client(&app, &administrator, None, settings, NewClientKey::Generate);
    let (_, api_key) = added.await.expect("a client");
    data_encoding::BASE64
        .decode(api_key.expose_secret().as_bytes())
        .expect("base64")
}
