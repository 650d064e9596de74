//! Keyward itself, as a test starts it: on a free port, in a folder of its own, with a clock that
//! the test can turn.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use keyward::jobs::outbox::Outbox;
use keyward::jobs::webhooks::WebhookSender;
use keyward_actions::App;
use keyward_actions::start::{self, Migrations};
use keyward_actions::user::{self, NewAccount};
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::user::{EmailAddress, NewPassword, UserName};
use keyward_core::flows::permit::Administrator;
use keyward_settings::{Environment, Settings};

use keyward::views::Views;
use keyward::web;
use tempfile::TempDir;
use tokio::sync::{oneshot, watch};

use super::authority::Authority;
use super::backends::{At, Behind};
use super::client::Client;
use super::clock::TestClock;
use super::log;
use super::person::{PASSWORD, Person};
use super::process;
use super::statements::{self, Heard};

/// A running server. It ends when this is dropped.
pub struct Server {
    /// `http://localhost:PORT`, as browsers name it.
    pub base: String,
    /// What the server runs on, for what no page shows.
    pub app: App,
    /// The server's clock.
    pub clock: Arc<TestClock>,
    /// The database behind the server.
    pub database: Behind,
    quiet: watch::Receiver<u64>,
    folder: TempDir,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts a server with the settings of somebody who decided nothing.
    pub async fn start(at: At) -> Self {
        Self::with(at, &[]).await
    }

    /// Starts a server with these settings, values as TOML writes them: `("totp.sync", "false")`.
    pub async fn with(at: At, settings: &[(&str, &str)]) -> Self {
        Self::serving(at, settings, false, Behind::url).await
    }

    /// Starts a server that reaches its database by another address than its own.
    pub async fn reaching(
        at: At,
        settings: &[(&str, &str)],
        address: impl FnOnce(&Behind) -> String,
    ) -> Self {
        Self::serving(at, settings, false, address).await
    }

    /// Starts a server that speaks HTTPS, with `certificate.pem` and `key.pem` in its folder.
    pub async fn over_tls(at: At) -> Self {
        Self::over_tls_with(at, &[]).await
    }

    /// The same with these settings.
    pub async fn over_tls_with(at: At, settings: &[(&str, &str)]) -> Self {
        Self::serving(at, settings, true, Behind::url).await
    }

    async fn serving(
        at: At,
        settings: &[(&str, &str)],
        tls: bool,
        address: impl FnOnce(&Behind) -> String,
    ) -> Self {
        log::watch();
        statements::begin();
        let folder = tempfile::Builder::new()
            .prefix("keyward-server-")
            .tempdir()
            .expect("a temporary folder can be made");
        let scheme = if tls { "https" } else { "http" };
        let base = format!("{scheme}://localhost:{}", process::free_port());
        let database = at.new_database(folder.path());
        let mut settings = settings.to_vec();
        let [certificate, key] =
            ["certificate.pem", "key.pem"].map(|name| folder.path().join(name));
        let values = [&certificate, &key].map(|path| format!("\"{}\"", path.display()));
        if tls {
            Authority::trusted().certify(&certificate, &key);
            settings.push(("server.tls.certificate", &values[0]));
            settings.push(("server.tls.key", &values[1]));
        }
        let file = settings_file(folder.path(), &base, &address(&database), &settings);
        let settings = load(&file);
        let clock = Arc::new(TestClock::default());
        let (stop, stopped) = oneshot::channel();
        let (opened, app) = oneshot::channel();
        let thread = {
            let clock = clock.clone();
            thread::spawn(move || serve(settings, clock, opened, stopped))
        };
        let (app, quiet) = app.await.expect("the server starts");
        Self {
            base,
            app,
            quiet,
            clock,
            database,
            folder,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Another server on the same database, under the same master key and the same clock.
    pub async fn sibling(&self) -> Sibling {
        let base = format!("http://localhost:{}", process::free_port());
        let port = |base: &str| base.rsplit(':').next().unwrap_or_default().to_owned();
        let text = fs::read_to_string(self.folder().join("keyward.toml")).expect("the settings");
        let file = self.folder().join("sibling.toml");
        let text = text.replace(&port(&self.base), &port(&base));
        fs::write(&file, text).expect("the folder is ours");
        let settings = load(&file);
        let (stop, stopped) = oneshot::channel();
        let (opened, app) = oneshot::channel();
        let clock = self.clock.clone();
        let thread = thread::spawn(move || serve(settings, clock, opened, stopped));
        app.await.expect("the server starts");
        Sibling {
            base,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// The folder with the settings, the database and the master key.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The statements that this server runs for a request. It is made until two in turn are heard
    /// alike: what a job asks now and then is in one of them alone.
    ///
    /// # Panics
    /// On PostgreSQL, whose connections are listened to by the program itself.
    pub async fn hears_statements(&self, request: impl AsyncFn()) -> Vec<String> {
        let Behind::Sqlite(file) = &self.database else {
            panic!("an embedded database was asked for");
        };
        let mut before = None;
        for _ in 0..20 {
            let heard = Heard::of(file);
            request().await;
            let statements = heard.statements();
            if before.as_ref() == Some(&statements) {
                return statements;
            }
            before = Some(statements);
        }
        panic!("each request was heard otherwise: {before:?}");
    }

    /// A browser that nobody is signed in at.
    pub fn browser(&self) -> Client {
        Client::new(&self.base)
    }

    /// The path of a fresh set-up link, as `serve` prints it while there is no superuser.
    pub async fn setup_link(&self) -> String {
        let token = start::issue_setup_link(&self.app)
            .await
            .expect("a database");
        let token = token.expect("there is no superuser yet");
        format!("/setup?token={}", token.expose().as_str())
    }

    /// A user of this name with everybody's password and no device.
    pub async fn user(&self, name: &str) -> Person {
        self.create(name, None, false).await
    }

    /// The same with the right to open the console.
    pub async fn superuser(&self, name: &str) -> Person {
        self.create(name, None, true).await
    }

    /// A user whom mail reaches there.
    pub async fn reachable(&self, name: &str, address: &str) -> Person {
        self.create(name, Some(address), false).await
    }

    /// A superuser whom mail reaches there.
    pub async fn reachable_superuser(&self, name: &str, address: &str) -> Person {
        self.create(name, Some(address), true).await
    }

    /// An administrator sets somebody's password, to the one that everybody has.
    pub async fn sets_password(&self, name: &str) {
        let administrator = Administrator::at_command_line();
        let user = user::find_by_name(&self.app, &administrator, name).await;
        let user = user.expect("a database").expect("a user");
        let password = NewPassword::parse(PASSWORD.into(), &user.name).expect("good");
        let set = user::set_password(&self.app, &administrator, user.id, password);
        set.await.expect("the password is set");
    }

    /// How often mails were tried, all together.
    pub fn tries(&self) -> i64 {
        self.database
            .number("SELECT CAST(COALESCE(SUM(tries), 0) AS BIGINT) FROM outbox")
    }

    /// Waits until mails were tried this often, and each try came to its end.
    pub async fn tried(&self, times: i64) {
        let tries = "SELECT CAST(COALESCE(SUM(tries), 0) AS BIGINT) FROM outbox";
        self.until(tries, times).await;
        self.until("SELECT COUNT(*) FROM outbox WHERE lease IS NOT NULL", 0)
            .await;
    }

    /// Waits until everything that is due now was sent, and what must not be sent had its chance: a
    /// look of the outbox that begins from now on has found nothing.
    pub async fn quiet(&self) {
        let mut looks = self.quiet.clone();
        // One may be under way.
        let enough = *looks.borrow() + 2;
        let quiet = looks.wait_for(|looks| *looks >= enough).await;
        drop(quiet.expect("the outbox runs"));
    }

    /// Waits until a statement gives this number.
    pub async fn until(&self, statement: &str, number: i64) {
        let start = std::time::Instant::now();
        while self.database.number(statement) != number {
            let found = self.database.number(statement);
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "{statement}: {found}, not {number}"
            );
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    }

    /// Somebody whom the server does not know.
    pub fn stranger(&self, name: &str) -> Person {
        Person::new(name, &self.base, self.clock.clone())
    }

    /// How the events of this kind ended, oldest first: `done`, or the reason of a refusal.
    pub fn trail(&self, kind: &str) -> Vec<String> {
        self.database.lines(&format!(
            "SELECT COALESCE(refusal, 'done') AS line FROM events WHERE kind = '{kind}' \
             ORDER BY id"
        ))
    }

    /// How many times this was done, by the audit trail.
    pub fn events(&self, kind: &str) -> i64 {
        self.count(kind, "refusal IS NULL")
    }

    /// How many times this was refused for this reason, by the audit trail: in events of their own,
    /// and by the numbers beside them.
    pub fn refusals(&self, kind: &str, reason: &str) -> i64 {
        let again = self.database.number(&format!(
            "SELECT CAST(COALESCE(SUM(times), 0) AS BIGINT) FROM event_repeats WHERE event_id IN \
             (SELECT id FROM events WHERE kind = '{kind}' AND refusal = '{reason}')"
        ));
        self.written(kind, reason) + again
    }

    /// How many events say that this was refused for this reason.
    pub fn written(&self, kind: &str, reason: &str) -> i64 {
        self.count(kind, &format!("refusal = '{reason}'"))
    }

    fn count(&self, kind: &str, condition: &str) -> i64 {
        let wanted = format!("kind = '{kind}' AND {condition}");
        self.database
            .number(&format!("SELECT COUNT(*) FROM events WHERE {wanted}"))
    }

    async fn create(&self, name: &str, email: Option<&str>, is_superuser: bool) -> Person {
        let account_name = UserName::parse(name).expect("a name");
        let account = NewAccount {
            password: Some(NewPassword::parse(PASSWORD.into(), &account_name).expect("good")),
            name: account_name,
            display_name: None,
            email: email.map(|text| EmailAddress::parse(text).expect("an address")),
            is_superuser,
            groups: Vec::new(),
        };
        user::create(&self.app, &Administrator::at_command_line(), account)
            .await
            .expect("the name is free");
        self.stranger(name)
    }
}

/// A second server; it ends when this is dropped.
pub struct Sibling {
    /// Its address.
    pub base: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Sibling {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server panicked");
            let panics = log::panics();
            assert!(panics.is_empty() || thread::panicking(), "{panics:?}");
        }
    }
}

fn settings_file(folder: &Path, base: &str, database: &str, settings: &[(&str, &str)]) -> PathBuf {
    let port = base.rsplit(':').next().unwrap_or_default();
    let mut lines = vec![
        format!("server.listen = \"127.0.0.1:{port}\""),
        format!("server.public_url = \"{base}\""),
        "server.workers = 1".to_owned(),
        // A machine that is busy is no client that dawdles, and no database that does not answer.
        "server.body_timeout = \"10m\"".to_owned(),
        "database.wait = \"2m\"".to_owned(),
        "database.connect_timeout = \"2m\"".to_owned(),
        "database.statement_timeout = \"2m\"".to_owned(),
        "database.lock_timeout = \"2m\"".to_owned(),
        format!("database.url = \"{database}\""),
        format!(
            "secrets.master_key_file = \"{}\"",
            folder.join("master.key").display()
        ),
    ];
    for (key, value) in settings {
        lines.retain(|line| !line.starts_with(&format!("{key} =")));
        lines.push(format!("{key} = {value}"));
    }
    let file = folder.join("keyward.toml");
    fs::write(&file, lines.join("\n")).expect("the folder is ours");
    // Passwords of databases stand in it.
    fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("it is ours");
    file
}

/// The settings of this file. A password is checked with a tenth of the memory that settings may go
/// down to, unless they say how much: it was a quarter of what all tests computed.
fn load(file: &Path) -> Settings {
    let mut settings = Settings::load(Some(file), Environment::empty()).expect("good settings");
    let text = fs::read_to_string(file).expect("the file was read");
    if !text.contains("passwords.memory") {
        settings.passwords.memory = 2_048;
    }
    settings
}

/// The server's thread, from opening the database to the last answer.
fn serve(
    settings: Settings,
    clock: Arc<TestClock>,
    opened: oneshot::Sender<(App, watch::Receiver<u64>)>,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    runtime.block_on(async {
        let entropy = Arc::new(SystemEntropy);
        let app = App::open(settings, Migrations::Apply, clock, entropy)
            .await
            .unwrap_or_else(|problem| panic!("{problem:?}"));
        let views = Views::new().expect("languages are sound");
        let server = web::Server::bind(app.clone(), views.clone()).expect("the port is free");
        let handle = server.handle();
        let outbox = Outbox::new(app.clone(), views);
        let quiet = outbox.quiet();
        tokio::spawn(async move { outbox.run(std::future::pending()).await });
        let sinks = keyward_actions::siem::open(&app).await;
        for sink in sinks.expect("sinks that can be used") {
            let run = keyward::jobs::siem::run(app.clone(), sink, std::future::pending());
            tokio::spawn(run);
        }
        let ends = keyward::jobs::session_ends::run(app.clone(), std::future::pending());
        tokio::spawn(ends);
        let webhooks = WebhookSender::new(app.clone());
        tokio::spawn(async move { webhooks.run(std::future::pending()).await });
        let _ = opened.send((app, quiet));
        tokio::spawn(async move {
            let _ = stopped.await;
            handle.stop(false).await;
        });
        server.run().await.expect("the server runs");
    });
}
