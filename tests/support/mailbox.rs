//! A real mail server, aiosmtpd, whose messages a test reads as their receivers would.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::PathBuf;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use serde_json::{Value, json};

use super::authority::Authority;
use super::process::{self, Process};
use super::python::python;

/// How the server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// In the clear, without a password.
    Plain,
    /// TLS after `STARTTLS`, with a password.
    StartTls,
    /// TLS from the first byte.
    Tls,
    /// In the clear, for addresses in all letters.
    Utf8,
    /// TLS after `STARTTLS`, with an access token.
    XOAuth2,
}

/// A running mail server; it stops when this is dropped.
pub struct Mailbox {
    port: u16,
    mode: Mode,
    folder: PathBuf,
    /// It serves for as long as this is open.
    serving: BufReader<TcpStream>,
}

/// A message as it was received.
#[derive(Clone, Debug)]
pub struct Message {
    /// The receiver.
    pub to: String,
    /// Whether TLS protected it.
    pub secured: bool,
    /// All of it, as it travelled.
    pub raw: String,
    /// The subject, decoded.
    pub subject: String,
    /// The plain text, decoded.
    pub text: String,
    /// The HTML, decoded.
    pub html: String,
}

/// The one process behind all mailboxes of this test process.
struct MailServers {
    process: Process,
    port: u16,
}

impl MailServers {
    fn shared() -> &'static Self {
        static SHARED: LazyLock<MailServers> = LazyLock::new(MailServers::start);
        &SHARED
    }

    fn start() -> Self {
        let folder = process::folder("mail");
        let file = folder.join("port");
        let script = crate::repository().join("tests/support/smtp_server.py");
        let command = [PathBuf::from(python()), script, file.clone()];
        let process = Process::start(folder, "TERM", &command);
        let port = process.wait_for("the mail server", |_| {
            fs::read_to_string(&file).ok()?.parse().ok()
        });
        Self { process, port }
    }

    /// A folder of its own for a mailbox.
    fn folder(&self) -> PathBuf {
        static GIVEN: AtomicUsize = AtomicUsize::new(0);
        let number = GIVEN.fetch_add(1, Ordering::Relaxed);
        let folder = self.process.folder().join(number.to_string());
        fs::create_dir(&folder).expect("the folder is ours");
        folder
    }

    /// Asks for something; the answer is the line that comes back.
    fn ask(&self, request: &Value) -> (BufReader<TcpStream>, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream
            .write_all(format!("{request}\n").as_bytes())
            .expect("it reads");
        let mut stream = BufReader::new(stream);
        let mut line = String::new();
        stream.read_line(&mut line).expect("it answers");
        let answer = serde_json::from_str(&line);
        let answer = answer.unwrap_or_else(|_| panic!("{request}: {}", self.process.log()));
        (stream, answer)
    }
}

impl Mailbox {
    /// Starts a server that speaks in the clear.
    pub fn start() -> Self {
        Self::speaking(Mode::Plain)
    }

    /// Starts a server.
    pub fn speaking(mode: Mode) -> Self {
        Self::at(process::free_port(), mode)
    }

    /// Starts a server on this port.
    pub fn at(port: u16, mode: Mode) -> Self {
        let folder = MailServers::shared().folder();
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.join(name));
        Authority::trusted().certify(&certificate, &key);
        fs::write(folder.join("ca.pem"), Authority::trusted().pem()).expect("the folder is ours");
        Self::in_folder(folder, port, mode)
    }

    /// Starts a server whose certificate signed itself, for this name; a certificate of an
    /// authority where `is_authority`.
    pub fn signing_itself(mode: Mode, name: &str, is_authority: bool) -> Self {
        let folder = MailServers::shared().folder();
        let mut params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        params.distinguished_name.push(DnType::CommonName, name);
        if is_authority {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        }
        let pair = KeyPair::generate().expect("a key can be made");
        let certificate = params.self_signed(&pair).expect("it signs itself").pem();
        for (name, text) in [
            ("certificate.pem", &certificate),
            ("ca.pem", &certificate),
            ("key.pem", &pair.serialize_pem()),
        ] {
            fs::write(folder.join(name), text).expect("the folder is ours");
        }
        Self::in_folder(folder, process::free_port(), mode)
    }

    /// The file with the access token that the server takes.
    pub fn token_file(&self) -> PathBuf {
        self.folder.join("token")
    }

    /// From now on turns everybody away, at the greeting (`closed`) or when they name the sender
    /// (`unwanted`), until [`Mailbox::opens`].
    pub fn shuts(&self, how: &str) {
        fs::write(self.folder.join(how), "").expect("the folder is ours");
    }

    /// Takes mail again.
    pub fn opens(&self) {
        for how in ["closed", "unwanted"] {
            let _ = fs::remove_file(self.folder.join(how));
        }
    }

    fn in_folder(folder: PathBuf, port: u16, mode: Mode) -> Self {
        let mode_name = match mode {
            Mode::Plain => "plain",
            Mode::StartTls => "starttls",
            Mode::Tls => "tls",
            Mode::Utf8 => "utf8",
            Mode::XOAuth2 => "xoauth2",
        };
        let request = json!({"serve": port, "folder": folder, "mode": mode_name});
        let (serving, _) = MailServers::shared().ask(&request);
        Self {
            port,
            mode,
            folder,
            serving,
        }
    }

    /// The settings that send mail there, as TOML.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        let url = match self.mode {
            Mode::Plain | Mode::Utf8 => format!("smtp://127.0.0.1:{}?tls=none", self.port),
            Mode::XOAuth2 => format!("smtp://keyward@localhost:{}", self.port),
            Mode::StartTls => format!("smtp://keyward:hush@localhost:{}", self.port),
            Mode::Tls => format!("smtps://localhost:{}", self.port),
        };
        let ca = self.folder.join("ca.pem");
        vec![
            ("mail.transport", "\"smtp\"".to_owned()),
            ("mail.url", format!("\"{url}\"")),
            ("mail.ca", format!("\"{}\"", ca.display())),
            // Off where nobody says otherwise; what is tested with a mail server may need it.
            ("codes.email", "true".to_owned()),
        ]
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The file of an authority that signed nothing here.
    pub fn other_ca(&self) -> PathBuf {
        let path = self.folder.join("other.pem");
        let other = Authority::named("Authority of nobody").pem();
        fs::write(&path, other).expect("the folder is ours");
        path
    }

    fn files(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(&self.folder).expect("the folder is there");
        let paths = entries.map(|entry| entry.expect("an entry").path());
        paths
            .filter(|path| path.extension().is_some_and(|end| end == "eml"))
            .collect()
    }

    /// How many messages the server took so far.
    pub fn taken(&self) -> usize {
        self.files().len()
    }

    /// Waits until the server has taken this many messages, and reads all of them.
    pub async fn messages(&self, count: usize) -> Vec<Message> {
        let start = Instant::now();
        while self.taken() < count {
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "{} messages of {count} came: {}",
                self.taken(),
                MailServers::shared().process.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.read(self.files())
    }

    /// Reads the messages that the server took so far.
    pub fn now(&self) -> Vec<Message> {
        self.read(self.files())
    }

    /// Waits for the next message with these words in its subject.
    pub async fn about(&self, words: &str) -> Message {
        let start = Instant::now();
        loop {
            let messages = self.read(self.files());
            let subjects: Vec<String> = messages.iter().map(|one| one.subject.clone()).collect();
            if let Some(message) = messages
                .into_iter()
                .rfind(|one| one.subject.contains(words))
            {
                return message;
            }
            assert!(
                start.elapsed() < super::process::PATIENCE,
                "{words}: only {subjects:?} came"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    fn read(&self, files: BTreeSet<PathBuf>) -> Vec<Message> {
        if files.is_empty() {
            return Vec::new();
        }
        let (_, read) = MailServers::shared().ask(&json!({"read": files}));
        let parts = read.as_array().expect("messages").iter().map(|value| {
            ["to", "subject", "text", "html"]
                .map(|key| value[key].as_str().unwrap_or("").to_owned())
        });
        files
            .iter()
            .zip(parts)
            .map(|(file, [to, subject, text, html])| Message {
                to,
                subject,
                text,
                html,
                secured: file.to_string_lossy().ends_with("-tls.eml"),
                raw: fs::read_to_string(file).expect("a message"),
            })
            .collect()
    }
}

impl Drop for Mailbox {
    /// Ends when the server has ended too: its port is free, and nobody is spoken to any more.
    fn drop(&mut self) {
        let _ = self.serving.get_ref().shutdown(Shutdown::Write);
        let _ = self.serving.read(&mut [0]);
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Message {
    /// The path of the first link that begins with this one's beginning, as in `/recover/`.
    pub fn link(&self, base: &str, path: &str) -> String {
        let start = format!("{base}{path}");
        let link = self
            .text
            .split_whitespace()
            .find(|word| word.starts_with(&start));
        let link = link.unwrap_or_else(|| panic!("no {start} in: {}", self.text));
        assert!(
            self.html.contains(link),
            "the HTML has another link: {}",
            self.html
        );
        link[base.len()..].to_owned()
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> String {
        let start = format!("{}: ", name.to_lowercase());
        let line = self
            .raw
            .lines()
            .find(|line| line.to_lowercase().starts_with(&start));
        line.map(|line| line[start.len()..].trim().to_owned())
            .unwrap_or_default()
    }
}
