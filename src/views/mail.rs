//! Messages as mails: a subject, plain text and HTML, in the reader's language.

use fluent_bundle::FluentValue;
use minijinja::value::Serde;
use serde::Serialize;
use url::Url;

use super::phrases::Phrases;
use super::{Language, Views};
use keyward_core::clock::Timestamp;
use keyward_core::domain::device::DeviceKind;
use keyward_core::domain::event::EventKind;
use keyward_core::domain::message::{Envelope, Message, Notification};
use keyward_core::domain::spelling::is_plain_name;
use keyward_core::domain::time_zone::TimeZone;
use keyward_core::problem::{Problem, Result};
use keyward_settings::Settings;

/// A message that can be sent.
#[derive(Debug)]
pub struct WrittenMail {
    /// The subject.
    pub subject: String,
    /// All of it as plain text.
    pub text: String,
    /// All of it as HTML.
    pub html: String,
}

/// The parts of a mail, from which both forms are made.
#[derive(Serialize)]
struct MailContent {
    /// In whose name it speaks.
    organisation: String,
    subject: String,
    greeting: String,
    /// What it is about, in paragraphs.
    paragraphs: Vec<String>,
    /// Particulars: what, and its value.
    facts: Vec<(String, String)>,
    /// Where to go: the words, and the address.
    link: Option<(String, String)>,
    /// What follows the link.
    closing: Vec<String>,
    /// Where to say that it was not the reader: the words, and the address.
    objection: Option<(String, String)>,
    /// Why the reader gets it.
    footer: String,
}

/// Who writes.
#[derive(Clone, Copy, Debug)]
pub struct MailHead<'a> {
    /// With what links begin.
    pub public_url: &'a Url,
    /// In whose name.
    pub organisation: &'a str,
    /// In which zone moments are written.
    pub time_zone: &'a TimeZone,
}

impl<'a> MailHead<'a> {
    /// As the settings say.
    pub fn of(settings: &'a Settings) -> Self {
        Self {
            public_url: &settings.server.public_url,
            organisation: settings.organisation(),
            time_zone: &settings.mail.time_zone,
        }
    }
}

impl Views {
    /// Writes a message.
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    pub fn message(&self, envelope: &Envelope, head: MailHead<'_>) -> Result<WrittenMail> {
        let language = envelope.language.as_deref().and_then(Language::parse);
        let locale = self.locale(language.unwrap_or_default())?;
        let content = MailWriter {
            phrases: &locale.phrases,
            head,
        }
        .write(envelope)?;
        let html = locale
            .engine
            .get_template("mail/message.html")
            .and_then(|template| template.render(Serde(&content)))
            .map_err(Problem::internal)?;
        Ok(WrittenMail {
            text: content.plain(),
            subject: content.subject,
            html,
        })
    }
}

/// Where sentences are put together.
struct MailWriter<'a> {
    phrases: &'a Phrases,
    head: MailHead<'a>,
}

impl MailWriter<'_> {
    fn write(&self, envelope: &Envelope) -> Result<MailContent> {
        // A code for an address that is being added may reach a stranger, who is greeted by nothing that
        // the user who typed it chose.
        let is_strangers = matches!(&envelope.message, Message::Code { is_new: true, .. });
        let name = envelope.name.as_ref().filter(|name| is_plain_name(name));
        let greeting = match name.filter(|_| !is_strangers) {
            Some(name) => self.say("mail-greeting", &[("name", name.as_str())])?,
            None => self.say("mail-greeting-nobody", &[])?,
        };
        let organisation = self.head.organisation;
        let about = [
            ("site", self.site()),
            ("organisation", organisation.to_owned()),
        ];
        let about = about
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        let footer = self.say("mail-footer", &about)?;
        let content = match &envelope.message {
            Message::Notification(notification) => self.notification(notification)?,
            Message::Recovery { token, expires_at } => MailContent {
                subject: self.say("mail-recovery.subject", &[])?,
                paragraphs: vec![self.say("mail-recovery", &[])?],
                link: Some((
                    self.say("mail-recovery-link", &[])?,
                    self.address(&format!("/recover/{token}")),
                )),
                closing: vec![
                    self.say("mail-works-until", &[("until", &self.moment(*expires_at))])?,
                    self.say("mail-recovery-not-you", &[])?,
                ],
                ..MailContent::empty()
            },
            Message::PasswordLink { token, expires_at } => MailContent {
                subject: self.say("mail-password-link.subject", &[])?,
                paragraphs: vec![self.say("mail-password-link", &[])?],
                link: Some((
                    self.say("mail-recovery-link", &[])?,
                    self.address(&format!("/recover/{token}")),
                )),
                closing: vec![
                    self.say("mail-works-until", &[("until", &self.moment(*expires_at))])?,
                    self.say("mail-password-link-not-you", &[])?,
                ],
                ..MailContent::empty()
            },
            Message::Invitation {
                token,
                expires_at,
                by,
            } => MailContent {
                subject: self.say("mail-invitation.subject", &[])?,
                paragraphs: vec![match by {
                    Some(name) if is_plain_name(name) => self.say(
                        "mail-invitation-by",
                        &[("name", name.as_str()), ("organisation", organisation)],
                    )?,
                    _ => self.say("mail-invitation", &[("organisation", organisation)])?,
                }],
                link: Some((
                    self.say("mail-invitation-link", &[])?,
                    self.address(&format!("/invite/{token}")),
                )),
                closing: vec![
                    self.say("mail-works-until", &[("until", &self.moment(*expires_at))])?,
                    self.say("mail-invitation-not-you", &[])?,
                ],
                ..MailContent::empty()
            },
            Message::Code {
                code,
                is_new,
                expires_at,
            } => self.code(code, *is_new, *expires_at)?,
            Message::Test => MailContent {
                subject: self.say("mail-test.subject", &[])?,
                paragraphs: vec![self.say("mail-test", &[])?],
                ..MailContent::empty()
            },
        };
        Ok(MailContent {
            organisation: organisation.to_owned(),
            greeting,
            footer,
            ..content
        })
    }

    /// The code stands in the mail and never in its subject, which locked screens show.
    fn code(&self, code: &str, is_new: bool, expires_at: Timestamp) -> Result<MailContent> {
        let key = if is_new { "mail-code-new" } else { "mail-code" };
        Ok(MailContent {
            subject: self.say(&format!("{key}.subject"), &[])?,
            paragraphs: vec![self.say(key, &[])?],
            facts: vec![(self.say("code", &[])?, code.to_owned())],
            closing: vec![
                self.say("mail-code-until", &[("until", &self.moment(expires_at))])?,
                self.say(&format!("{key}-not-you"), &[])?,
            ],
            ..MailContent::empty()
        })
    }

    fn notification(&self, notification: &Notification) -> Result<MailContent> {
        let key = format!("mail-{}", notification.event.replace('.', "-"));
        let device = match &notification.device {
            Some((kind, name)) => self.device(*kind, name)?,
            None => String::new(),
        };
        let account = match notification.account.as_str() {
            "" => String::new(),
            account => self.person(account)?,
        };
        let with = [("account", account.as_str()), ("device", device.as_str())];
        // An administrator reads about another user.
        let (subject, text) = if notification.to_owner {
            (format!("{key}.subject"), key)
        } else {
            (
                format!("{key}-administrator.subject"),
                format!("{key}-administrator"),
            )
        };
        let mut closing = Vec::new();
        let link = if notification.to_owner {
            if !is_reminder(&notification.event) {
                closing.push(self.say("mail-not-you", &[])?);
            }
            match notification.codes_left {
                Some(_) => ("account-look-at-backup-codes", "/account/backup-codes"),
                None => ("mail-look-at-devices", "/account/devices"),
            }
        } else {
            ("mail-look-at-trail", "/console/audit")
        };
        let objection = match &notification.objection {
            Some(token) => {
                let address = self.address(&format!("/objection/{}", token.as_str()));
                Some((self.say("mail-object", &[])?, address))
            }
            None => None,
        };
        Ok(MailContent {
            subject: self.say(&subject, &with)?,
            paragraphs: vec![self.say(&text, &with)?],
            facts: self.facts(notification)?,
            link: Some((self.say(link.0, &[])?, self.address(link.1))),
            closing,
            objection,
            ..MailContent::empty()
        })
    }

    fn facts(&self, notification: &Notification) -> Result<Vec<(String, String)>> {
        let mut facts = vec![("mail-when", self.moment(notification.at))];
        if let Some((kind, name)) = &notification.device {
            let shown = self.device(*kind, name)?;
            let kind = self.say(&format!("kind-{}", kind.as_str()), &[])?;
            let is_said = shown == kind;
            facts.push((
                "mail-device",
                if is_said {
                    kind
                } else {
                    format!("{shown} ({kind})")
                },
            ));
        }
        if let Some(left) = notification.codes_left {
            facts.push(("mail-codes-left", left.to_string()));
        }
        if let Some(until) = notification.until {
            facts.push(("mail-until", self.moment(until)));
        }
        if let Some(by) = &notification.by {
            facts.push(("mail-by", self.person(by)?));
        }
        if let Some(address) = notification.address {
            facts.push(("mail-from", address.to_string()));
        }
        if let Some(agent) = notification
            .user_agent
            .as_ref()
            .filter(|agent| !agent.is_empty())
        {
            facts.push(("mail-browser", self.phrases.browser(agent)?));
        }
        facts
            .into_iter()
            .map(|(key, value)| Ok((self.say(key, &[])?, value)))
            .collect()
    }

    /// A device by its name, where that says no more than a name does; else by its kind. An
    /// attacker who adds one to a user's account chooses what it is called, and must not speak in
    /// our mails.
    fn device(&self, kind: DeviceKind, name: &str) -> Result<String> {
        match is_plain_name(name) {
            true => Ok(name.to_owned()),
            false => self.say(&format!("kind-{}", kind.as_str()), &[]),
        }
    }

    /// A person by their name, where that says no more than a name does: people choose their own.
    fn person(&self, name: &str) -> Result<String> {
        match is_plain_name(name) {
            true => Ok(name.to_owned()),
            false => self.say("mail-somebody", &[]),
        }
    }

    /// The address of a path here.
    fn address(&self, path: &str) -> String {
        let mut url = self.head.public_url.clone();
        url.set_path(path);
        url.into()
    }

    fn site(&self) -> String {
        self.head.public_url.origin().ascii_serialization()
    }

    fn moment(&self, at: Timestamp) -> String {
        self.head.time_zone.write(at)
    }

    fn say(&self, key: &str, arguments: &[(&str, &str)]) -> Result<String> {
        let arguments: Vec<(&str, FluentValue<'_>)> = arguments
            .iter()
            .map(|(name, value)| (*name, FluentValue::from(*value)))
            .collect();
        self.phrases.say(key, &arguments)
    }
}

impl MailContent {
    fn empty() -> Self {
        Self {
            organisation: String::new(),
            subject: String::new(),
            greeting: String::new(),
            paragraphs: Vec::new(),
            facts: Vec::new(),
            link: None,
            closing: Vec::new(),
            objection: None,
            footer: String::new(),
        }
    }

    /// The mail for readers of plain text.
    fn plain(&self) -> String {
        let mut parts = vec![self.greeting.clone()];
        parts.extend(self.paragraphs.iter().cloned());
        if !self.facts.is_empty() {
            let lines: Vec<String> = self
                .facts
                .iter()
                .map(|(what, value)| format!("{what}: {value}"))
                .collect();
            parts.push(lines.join("\n"));
        }
        if let Some((words, address)) = &self.link {
            parts.push(format!("{words}:\n{address}"));
        }
        parts.extend(self.closing.iter().cloned());
        if let Some((words, address)) = &self.objection {
            parts.push(format!("{words}:\n{address}"));
        }
        parts.push(format!("-- \n{}", self.footer));
        parts.join("\n\n") + "\n"
    }
}

/// Whether no user did anything: policy asks something of the reader.
fn is_reminder(event: &str) -> bool {
    let reminders = [
        EventKind::SecondFactorDue,
        EventKind::DevicesMissing,
        EventKind::DeviceStopping,
    ];
    reminders.iter().any(|kind| kind.as_str() == event)
}
