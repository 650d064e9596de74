//! Debian's `rsyslog`, as a log server that speaks TLS or bare TCP: it writes what it made of each message.

use std::fs;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::authority::Authority;
use super::process::{self, Process};

/// A running log server; it stops when this is dropped.
pub struct Rsyslog {
    process: Process,
}

/// A message as the log server read it.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its facility and severity: `13.6`.
    pub priority: String,
    /// What it says it is about.
    pub message_id: String,
    /// Its structured data.
    pub data: String,
    /// Its text.
    pub text: String,
}

impl Received {
    /// The event's id, by the structured data.
    pub fn id(&self) -> &str {
        let rest = self.data.split(" id=\"").nth(1).unwrap_or_default();
        rest.split('"').next().unwrap_or_default()
    }
}

impl Rsyslog {
    /// Starts a log server on a port.
    pub fn start(port: u16) -> Self {
        let folder = process::folder("rsyslog");
        let place = |name: &str| folder.join(name).display().to_string();
        Authority::trusted().certify(&folder.join("certificate.pem"), &folder.join("key.pem"));
        fs::write(folder.join("ca.pem"), Authority::trusted().pem()).expect("ours");
        let streams = format!(
            "global(defaultNetstreamDriver=\"gtls\" defaultNetstreamDriverCAFile=\"{ca}\"\n\
             defaultNetstreamDriverCertFile=\"{certificate}\" defaultNetstreamDriverKeyFile=\"{key}\")\n\
             module(load=\"imtcp\" streamDriver.name=\"gtls\" streamDriver.mode=\"1\" streamDriver.authMode=\"anon\")\n",
            ca = place("ca.pem"),
            certificate = place("certificate.pem"),
            key = place("key.pem"),
        );
        Self::run(folder, port, &streams)
    }

    /// Starts one that takes messages without TLS.
    pub fn start_bare(port: u16) -> Self {
        Self::run(process::folder("rsyslog"), port, "module(load=\"imtcp\")\n")
    }

    fn run(folder: PathBuf, port: u16, streams: &str) -> Self {
        let place = |name: &str| folder.join(name).display().to_string();
        let config = format!(
            "global(workDirectory=\"{work}\" maxMessageSize=\"64k\")\n{streams}\
             template(name=\"fields\" type=\"string\" string=\"%syslogfacility%.%syslogseverity%\\t%msgid%\\t%structured-data%\\t%msg%\\n\")\n\
             input(type=\"imtcp\" port=\"{port}\" address=\"127.0.0.1\")\n\
             action(type=\"omfile\" file=\"{out}\" template=\"fields\")\n",
            work = folder.display(),
            out = place("out"),
        );
        let file = place("rsyslog.conf");
        fs::write(&file, config).expect("ours");
        let pid = place("pid");
        let command = ["rsyslogd", "-n", "-f", &file, "-i", &pid];
        let process = Process::start(folder, "TERM", &command);
        process.wait_for("rsyslog", |_| TcpStream::connect(("127.0.0.1", port)).ok());
        Self { process }
    }

    /// Writes the authority's certificate that its own is signed with into a folder.
    pub fn authority(folder: &Path) -> PathBuf {
        let file = folder.join("rsyslog-ca.pem");
        fs::write(&file, Authority::trusted().pem()).expect("ours");
        file
    }

    /// What it received, in its order.
    pub fn received(&self) -> Vec<Received> {
        let text = fs::read_to_string(self.process.folder().join("out")).unwrap_or_default();
        let fields = |line: &str| {
            let mut fields = line.splitn(4, '\t').map(str::to_owned);
            Some(Received {
                priority: fields.next()?,
                message_id: fields.next()?,
                data: fields.next()?,
                text: fields.next()?,
            })
        };
        text.lines().filter_map(fields).collect()
    }
}

/// Waits until this holds of what was written.
pub async fn until(what: &str, holds: impl Fn() -> bool) {
    let start = Instant::now();
    while !holds() {
        assert!(start.elapsed() < process::PATIENCE, "{what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
