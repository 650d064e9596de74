//! `[siem]`

use std::path::PathBuf;

use super::form::{Form, Given};
use super::forms::{authorities, choice, number, path, text};
use super::section::section;
use super::source::Wrong;
use keyward_core::domain::outgoing::AuthorityCertificates;

section! {
    /// Where the events of the trail go as they are committed: to a syslog server, into a file, or both.
    /// Of several servers on one database one sends them.
    Siem = "siem" {
        /// The syslog server, as `HOST:PORT`. Messages are of RFC 5424, with their lengths before them
        /// (RFC 6587 §3.4.1).
        syslog "syslog": Option<SyslogAddress> = address().optional("none");
        /// How it is reached: by TLS (RFC 5425), or by bare TCP.
        transport "transport": SyslogTransport = choice(&[("tls", SyslogTransport::Tls), ("tcp", SyslogTransport::Tcp)]).or("tls");
        /// A file of certificates as PEM that the syslog server's must be signed with. It must be given
        /// with TLS, and is read at the start.
        ca_file "ca_file": Option<AuthorityCertificates> = authorities().optional("none");
        /// The facility; 13 is that of audit logs, 10 that of authorisation.
        facility "facility": u8 = number(0..=23).or("13");
        /// The host name in messages.
        hostname "hostname": Option<String> = text(255).optional("host of `server.public_url`");
        /// The private enterprise number in the id of the structured data. The default is the one that
        /// is kept for examples (RFC 5612).
        enterprise "enterprise": u32 = number(0..=u32::MAX).or("32473");
        /// A file to which each event is appended as one line of JSON, with the field names of the
        /// Elastic Common Schema; `-` for standard output. It may be renamed at any time: the next
        /// lines go into a new one.
        json "json": Option<PathBuf> = path().optional("none");
    }
}

/// How the syslog server is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyslogTransport {
    /// RFC 5425.
    Tls,
    /// RFC 6587.
    Tcp,
}

/// Where a syslog server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyslogAddress {
    /// Its name or number.
    pub host: String,
    /// Its port.
    pub port: u16,
}

fn address() -> Form<SyslogAddress> {
    Form::new("a host and a port", |given: &Given| {
        let text = given.text()?;
        let split = text.rsplit_once(':').and_then(|(host, port)| {
            let host = host.trim_start_matches('[').trim_end_matches(']');
            let port = port.parse::<u16>().ok()?;
            (!host.is_empty()).then(|| SyslogAddress {
                host: host.to_owned(),
                port,
            })
        });
        split.ok_or_else(|| format!("\"{text}\" is no host and port such as logs.example.org:6514"))
    })
}

impl Siem {
    /// The section, where TLS has an authority to trust.
    pub(super) fn checked(self) -> Result<Self, Wrong> {
        match (&self.syslog, self.transport, &self.ca_file) {
            (Some(_), SyslogTransport::Tls, None) => Err(Wrong::new(
                "siem.ca_file",
                "must be given, or siem.transport be tcp",
            )),
            _ => Ok(self),
        }
    }
}
