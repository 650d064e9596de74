//! A real mail server, aiosmtpd, whose messages a test reads as their receivers would.

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};

use super::authority::Authority;
use super::process::{self, Process};

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
    process: Process,
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

/// The Python of the tests, with the packages that `tests/run` installs.
pub fn python() -> PathBuf {
    let python = crate::repository().join("target/python/bin/python");
    assert!(python.exists(), "`tests/run` installs {}", python.display());
    python
}

/// Reads messages with Python's own reader of mail, which is independent of whatever wrote them.
const READER: &str = r#"
import email, email.policy, json, sys
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        message = email.message_from_binary_file(file, policy=email.policy.default)
    part = lambda kind: message.get_body((kind,)).get_content()
    fields = {"to": message["X-Recipient"], "subject": message["Subject"]}
    print(json.dumps({**fields, "text": part("plain"), "html": part("html")}))
"#;

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
        let folder = process::folder("mailbox");
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.join(name));
        Authority::trusted().certify(&certificate, &key);
        fs::write(folder.join("ca.pem"), Authority::trusted().pem()).expect("the folder is ours");
        Self::in_folder(folder, port, mode)
    }

    /// Starts a server whose certificate signed itself, for this name; a certificate of an
    /// authority where `is_authority`.
    pub fn signing_itself(mode: Mode, name: &str, is_authority: bool) -> Self {
        let folder = process::folder("mailbox");
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
        self.process.folder().join("token")
    }

    /// From now on turns everybody away, at the greeting (`closed`) or when they name the sender
    /// (`unwanted`), until [`Mailbox::opens`].
    pub fn shuts(&self, how: &str) {
        fs::write(self.process.folder().join(how), "").expect("the folder is ours");
    }

    /// Takes mail again.
    pub fn opens(&self) {
        for how in ["closed", "unwanted"] {
            let _ = fs::remove_file(self.process.folder().join(how));
        }
    }

    fn in_folder(folder: PathBuf, port: u16, mode: Mode) -> Self {
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| folder.join(name));
        let script = crate::repository().join("tests/support/smtp_server.py");
        let mode_name = match mode {
            Mode::Plain => "plain",
            Mode::StartTls => "starttls",
            Mode::Tls => "tls",
            Mode::Utf8 => "utf8",
            Mode::XOAuth2 => "xoauth2",
        };
        let command = [
            python().display().to_string(),
            script.display().to_string(),
            port.to_string(),
            folder.display().to_string(),
            mode_name.to_owned(),
            certificate.display().to_string(),
            key.display().to_string(),
        ];
        let process = Process::start(folder, "TERM", &command);
        process.wait_for("the mail server", |_| {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            mode,
            process,
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
        let ca = self.process.folder().join("ca.pem");
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
        let path = self.process.folder().join("other.pem");
        let other = Authority::named("Authority of nobody").pem();
        fs::write(&path, other).expect("the folder is ours");
        path
    }

    fn files(&self) -> BTreeSet<PathBuf> {
        let entries = fs::read_dir(self.process.folder()).expect("the folder is there");
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
                self.process.log()
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
        let mut command = std::process::Command::new(python());
        let read = process::run(command.args(["-c", READER]).args(&files));
        let parts = read.lines().map(|line| {
            let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
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
