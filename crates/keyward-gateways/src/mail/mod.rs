//! Mail, by the transport of the settings: a server, a folder, or the log.
//!
//! A gateway tries once and says what came of it. Waiting and trying again is the outbox's.

mod oauth;
mod smtp;

use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use tokio::io::AsyncWriteExt as _;

use self::smtp::Smtp;
use keyward_core::clock::Timestamp;
use keyward_core::domain::message::MessageId;
use keyward_core::domain::user::EmailAddress;
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::{MailTransport, Settings};

/// One mail, in the reader's language.
#[derive(Debug)]
pub struct Mail<'a> {
    /// Its identity: the same at each try, so that receivers can tell a second copy.
    pub id: MessageId,
    /// Where it goes.
    pub to: &'a EmailAddress,
    /// Its subject.
    pub subject: &'a str,
    /// What it says, as plain text.
    pub text: &'a str,
    /// The same as HTML.
    pub html: &'a str,
    /// When it is sent.
    pub date: Timestamp,
}

/// Why a mail was not taken.
#[derive(Debug, PartialEq, Eq)]
pub enum MailRefusal {
    /// It may be taken later.
    ForNow(String),
    /// It will never be taken.
    ForGood(String),
}

/// The longest part of a server's reason that is kept, in characters.
const LONGEST_REASON: usize = 300;

impl MailRefusal {
    fn for_now(why: impl ToString) -> Self {
        Self::ForNow(reason(&why.to_string()))
    }

    fn for_good(why: impl ToString) -> Self {
        Self::ForGood(reason(&why.to_string()))
    }
}

fn reason(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    let printable = line.chars().filter(|c| !c.is_control());
    printable.take(LONGEST_REASON).collect()
}

enum Transport {
    Log,
    File(PathBuf),
    Smtp(Box<Smtp>),
}

/// The door for mail. Cheap to share; connections are kept between mails.
pub struct MailGateway {
    transport: Transport,
    from: Mailbox,
    /// The host that message ids carry.
    host: String,
    timeout: Duration,
}

impl MailGateway {
    /// The gateway of the settings. Nothing is connected yet.
    ///
    /// # Errors
    /// `settings.invalid` for a sender that is no address or certificates that cannot be read.
    pub fn new(settings: &Settings) -> Result<Self> {
        let sender = settings
            .mail
            .sender(&settings.server, settings.organisation());
        let from = mailbox(&sender).ok_or_else(|| {
            Problem::new(codes::SETTINGS_INVALID)
                .detailed(format!("mail.from is no address: \"{sender}\""))
        })?;
        let host = settings.server.public_url.host_str();
        let host = host.unwrap_or("localhost").to_owned();
        let transport = match (settings.mail.transport, &settings.smtp) {
            (MailTransport::Smtp, Some(server)) => {
                Transport::Smtp(Box::new(Smtp::new(server, &settings.mail, &host)?))
            }
            (MailTransport::File, _) => Transport::File(settings.mail.folder.clone()),
            (MailTransport::Log | MailTransport::Smtp, _) => Transport::Log,
        };
        Ok(Self {
            transport,
            from,
            host,
            timeout: settings.mail.timeout,
        })
    }

    /// How long one try may take at most.
    pub fn patience(&self) -> Duration {
        self.timeout
    }

    /// Sends a mail, once.
    ///
    /// # Errors
    /// Why it was not taken.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), MailRefusal> {
        match &self.transport {
            Transport::Log => {
                tracing::info!(
                    to = mail.to.as_str(),
                    subject = mail.subject,
                    "mail:\n{}",
                    mail.text
                );
                Ok(())
            }
            Transport::File(folder) => {
                let message = self.message(mail)?;
                write(folder, mail.id, &message.formatted())
                    .await
                    .map_err(MailRefusal::for_now)
            }
            Transport::Smtp(smtp) => {
                let message = self.message(mail)?;
                tokio::time::timeout(self.timeout, smtp.send(message, mail.date))
                    .await
                    .unwrap_or_else(|_| Err(MailRefusal::for_now("the mail server took too long")))
            }
        }
    }

    /// Whether the transport would take mail; says in a few words how it stands.
    ///
    /// # Errors
    /// Why it would not.
    pub async fn probe(&self, now: Timestamp) -> Result<String, MailRefusal> {
        match &self.transport {
            Transport::Log => Ok("it is written into the log, and reaches nobody".to_owned()),
            Transport::File(folder) => Ok(format!("it is written into {}", folder.display())),
            Transport::Smtp(smtp) => {
                tokio::time::timeout(self.timeout, smtp.probe(&self.from.email, now))
                    .await
                    .unwrap_or_else(|_| Err(MailRefusal::for_now("the mail server took too long")))
                    .map(|()| "the mail server answers".to_owned())
            }
        }
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, MailRefusal> {
        let (local, domain) = mail.to.on_the_wire().ok_or_else(|| {
            MailRefusal::for_good("this is no address that a mail server can take")
        })?;
        // The check before is the stricter one.
        let to = Address::new_dangerous(local, domain);
        let millis = u64::try_from(mail.date.millis()).unwrap_or_default();
        let mut message = Message::builder()
            .message_id(Some(format!("<{}@{}>", mail.id, self.host)))
            .date(UNIX_EPOCH + Duration::from_millis(millis))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .multipart(MultiPart::alternative_plain_html(
                mail.text.to_owned(),
                mail.html.to_owned(),
            ))
            .map_err(MailRefusal::for_good)?;
        // No machine answers it (RFC 3834 §5).
        message.headers_mut().insert_raw(HeaderValue::new(
            HeaderName::new_from_ascii_str("Auto-Submitted"),
            "auto-generated".to_owned(),
        ));
        Ok(message)
    }
}

/// An address, or a name with an address in angle brackets.
fn mailbox(text: &str) -> Option<Mailbox> {
    let (name, address) = match text
        .strip_suffix('>')
        .and_then(|text| text.rsplit_once('<'))
    {
        Some((name, address)) => (name.trim().trim_matches('"'), address),
        None => ("", text),
    };
    let address = EmailAddress::parse(address).ok()?;
    let (local, domain) = address.on_the_wire()?;
    let name = (!name.is_empty()).then(|| name.to_owned());
    Some(Mailbox::new(name, Address::new_dangerous(local, domain)))
}

/// Writes a file that is there as a whole or not at all, for the server's own user to read. A
/// second try writes the same file again.
async fn write(folder: &Path, id: MessageId, content: &[u8]) -> std::io::Result<()> {
    tokio::fs::create_dir_all(folder).await?;
    let (part, whole) = (
        folder.join(format!("{id}.part")),
        folder.join(format!("{id}.eml")),
    );
    let mut options = tokio::fs::OpenOptions::new();
    let mut file = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&part)
        .await?;
    file.write_all(content).await?;
    file.sync_all().await?;
    tokio::fs::rename(part, whole).await
}
