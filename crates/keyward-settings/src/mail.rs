//! `[mail]`

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::form::{Form, Given};
use super::forms::{choice, duration, minutes, path, secret, text};
use super::section::section;
use super::server::Server;
use super::source::Wrong;
use keyward_core::domain::time_zone::TimeZone;

section! {
    /// How mail is sent. It waits in the database until a server has taken it.
    Mail = "mail" {
        /// `smtp` sends it. `file` writes each mail into a folder and `log` into the server's log,
        /// links and codes included: both are for trying things out.
        transport "transport": MailTransport = choice(TRANSPORTS).or("log");
        /// The mail server: `smtp://USER:PASSWORD@HOST` speaks TLS after `STARTTLS` and insists on
        /// it, on port 587; `smtps://` speaks TLS from the start, on port 465. With `?tls=none`
        /// nothing is encrypted, which is possible without a password or on this machine alone.
        /// Special characters in the name and the password are written as `%XX`.
        url "url": Option<SecretString> = secret().or_from_file().optional("none");
        /// Whom mail comes from: an address, or a name and an address in angle brackets.
        from "from": Option<String> = text(320).optional("`keyward@HOST` with the host of `server.public_url`, in the name of `organisation`");
        /// In whose name mails speak.
        organisation "organisation": Option<String> = text(64).optional("`webauthn.rp_name`");
        /// In which time zone mails write moments: a name such as `Europe/Amsterdam`.
        time_zone "time_zone": TimeZone = time_zone().or("UTC");
        /// Where `file` writes, one file a mail.
        folder "folder": PathBuf = path().or("keyward-data/mail");
        /// A file of certificates as PEM that the mail server's may be signed with, besides those
        /// that browsers trust. A certificate that the mail server signed itself may stand there
        /// too; it must name the server's host as its alternative name.
        ca "ca": Option<PathBuf> = path().optional("none");
        /// Where an access token is asked for that stands in for the password of `url`, which then
        /// holds a user alone. For Exchange Online it is
        /// `https://login.microsoftonline.com/TENANT/oauth2/v2.0/token`. The token is asked for with
        /// the client's credentials (RFC 6749 §4.4), and shown to the mail server by XOAUTH2.
        token_url "oauth.token_url": Option<Url> = token_url().optional("none");
        /// Our identifier as a client there.
        oauth_client_id "oauth.client_id": Option<String> = text(255).optional("none");
        /// Our secret as a client there.
        oauth_client_secret "oauth.client_secret": Option<SecretString> = secret().or_from_file().optional("none");
        /// What the token is asked for.
        oauth_scope "oauth.scope": String = text(1024).or("https://outlook.office365.com/.default");
        /// How long the mail server may take for one mail.
        timeout "timeout": Duration = duration(Duration::from_secs(1)..=minutes(10)).or("60s");
    }
}

/// How mail is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailTransport {
    /// Into the server's log.
    Log,
    /// Into files of a folder.
    File,
    /// To a mail server.
    Smtp,
}

const TRANSPORTS: &[(&str, MailTransport)] = &[
    ("log", MailTransport::Log),
    ("file", MailTransport::File),
    ("smtp", MailTransport::Smtp),
];

/// How the connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmtpTls {
    /// TLS from the first byte (RFC 8314 §3.3).
    Implicit,
    /// TLS after `STARTTLS`, or no mail (RFC 3207).
    StartTls,
    /// Nothing protects it.
    None,
}

/// A mail server, read from `mail.url`.
#[derive(Clone, Debug)]
pub struct SmtpServer {
    /// Its host.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: SmtpTls,
    /// How we sign in there.
    pub authentication: SmtpAuthentication,
}

/// How we sign in at a mail server.
#[derive(Clone, Debug)]
pub enum SmtpAuthentication {
    /// Not at all.
    None,
    /// With a password.
    Password {
        /// The user.
        name: String,
        /// Their password.
        password: SecretString,
    },
    /// With an access token.
    OAuth {
        /// The user.
        name: String,
        /// Who gives the token, and to whom.
        account: OAuthAccount,
    },
}

/// Our account at the authorization server that gives access tokens, read from `mail.oauth`.
#[derive(Clone, Debug)]
pub struct OAuthAccount {
    /// Its token endpoint.
    pub token_url: Url,
    /// Our identifier.
    pub client_id: String,
    /// Our secret.
    pub client_secret: SecretString,
    /// What the token is for.
    pub scope: String,
}

impl Mail {
    /// Whom mail comes from, where `organisation` is who runs this.
    pub fn sender(&self, server: &Server, organisation: &str) -> String {
        match &self.from {
            Some(from) => from.clone(),
            None => {
                let host = server.public_url.host_str().unwrap_or("localhost");
                format!("{organisation} <keyward@{host}>")
            }
        }
    }

    /// The mail server, where mail goes to one.
    ///
    /// # Errors
    /// What is wrong with `mail.url`.
    pub(super) fn smtp(&self) -> Result<Option<SmtpServer>, Wrong> {
        if self.transport != MailTransport::Smtp {
            return Ok(None);
        }
        let url = self.url.as_ref();
        let url = url.ok_or_else(|| Wrong::new("mail.transport", "smtp needs mail.url"))?;
        read_server(url.expose_secret(), self.oauth()?)
            .map(Some)
            .map_err(|why| Wrong::new("mail.url", why))
    }

    fn oauth(&self) -> Result<Option<OAuthAccount>, Wrong> {
        let Some(token_url) = &self.token_url else {
            return Ok(None);
        };
        let missing = |key| Wrong::new("mail.oauth.token_url", format!("needs mail.oauth.{key}"));
        let client_id = self.oauth_client_id.clone();
        let client_secret = self.oauth_client_secret.clone();
        Ok(Some(OAuthAccount {
            token_url: token_url.clone(),
            client_id: client_id.ok_or_else(|| missing("client_id"))?,
            client_secret: client_secret.ok_or_else(|| missing("client_secret"))?,
            scope: self.oauth_scope.clone(),
        }))
    }
}

fn time_zone() -> Form<TimeZone> {
    Form::new("a time zone of the IANA database", |given: &Given| {
        let text = given.text()?;
        TimeZone::parse(text)
            .ok_or_else(|| format!("\"{text}\" is no time zone such as Europe/Amsterdam"))
    })
}

/// A client's secret goes there.
fn token_url() -> Form<Url> {
    Form::new("an address that begins with `https://`", |given: &Given| {
        let text = given.text()?;
        let url = Url::parse(text).ok().filter(Url::has_host);
        let url = url.ok_or_else(|| format!("\"{text}\" is not an address"))?;
        let is_here = url.host_str().is_some_and(is_this_machine);
        match url.scheme() {
            "https" => Ok(url),
            "http" if is_here => Ok(url),
            _ => Err("must begin with https://: a secret is sent there".to_owned()),
        }
    })
}

fn is_this_machine(host: &str) -> bool {
    match host.parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => host == "localhost",
    }
}

/// Reads a server's address; a refusal never repeats it, because it holds a password.
fn read_server(text: &str, oauth: Option<OAuthAccount>) -> Result<SmtpServer, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not an address such as smtp://mail.example.org")?;
    let (tls, usual_port) = match (url.scheme(), url.query()) {
        ("smtps", None) => (SmtpTls::Implicit, 465),
        ("smtp", None) => (SmtpTls::StartTls, 587),
        ("smtp", Some("tls=none")) => (SmtpTls::None, 25),
        ("smtp" | "smtps", _) => return Err("may have ?tls=none after smtp:// and nothing else"),
        _ => return Err("must begin with smtp:// or smtps://"),
    };
    if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
        return Err("must have no path");
    }
    let host = url.host_str().unwrap_or_default();
    let host = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .to_owned();
    if host.is_empty() {
        return Err("must name a host");
    }
    let is_here = is_this_machine(&host);
    let name = decoded(url.username())?;
    let password = decoded(url.password().unwrap_or_default())?;
    let authentication = match (oauth, name.is_empty(), password.is_empty()) {
        (Some(account), false, true) => SmtpAuthentication::OAuth { name, account },
        (Some(_), _, _) => return Err("must have a user and no password beside mail.oauth"),
        (None, true, true) => SmtpAuthentication::None,
        (None, false, false) => SmtpAuthentication::Password {
            name,
            password: password.into(),
        },
        (None, _, _) => return Err("must have a user and a password, or neither"),
    };
    if tls == SmtpTls::None && !matches!(authentication, SmtpAuthentication::None) && !is_here {
        return Err("would send a password in the clear; leave ?tls=none out");
    }
    Ok(SmtpServer {
        host,
        port: url.port().unwrap_or(usual_port),
        tls,
        authentication,
    })
}

/// Undoes `%XX`.
fn decoded(text: &str) -> Result<String, &'static str> {
    // As a form's value, which differs in the plus sign alone.
    let text = text.replace('+', "%2B");
    let pairs: Vec<_> =
        url::form_urlencoded::parse(format!("v={}", text.replace('&', "%26")).as_bytes())
            .map(|(_, value)| value.into_owned())
            .collect();
    match pairs.as_slice() {
        [value] if !value.contains('\u{FFFD}') => Ok(value.clone()),
        _ => Err("has a user or a password that cannot be read"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_read_from_its_address() {
        let server =
            read_server("smtp://an%40na:p%2B%26+%20w@mail.example.org", None).expect("good");
        assert_eq!(
            (server.host.as_str(), server.port),
            ("mail.example.org", 587)
        );
        assert_eq!(server.tls, SmtpTls::StartTls);
        let SmtpAuthentication::Password { name, password } = server.authentication else {
            panic!("no password");
        };
        assert_eq!(
            (name.as_str(), password.expose_secret()),
            ("an@na", "p+&+ w")
        );
        let server = read_server("smtps://[::1]", None).expect("good");
        assert_eq!((server.host.as_str(), server.port), ("::1", 465));
        assert_eq!(server.tls, SmtpTls::Implicit);
        let server = read_server("smtp://localhost:2525?tls=none", None).expect("good");
        assert_eq!((server.port, server.tls), (2525, SmtpTls::None));
    }

    #[test]
    fn an_impossible_server_is_refused_without_repeating_its_password() {
        for text in [
            "mail.example.org",
            "http://mail.example.org",
            "smtp://",
            "smtp://mail.example.org/path",
            "smtp://mail.example.org?tls=maybe",
            "smtps://mail.example.org?tls=none",
            "smtp://anna@mail.example.org",
            "smtp://anna:hush@mail.example.org?tls=none",
            "smtp://an%FFna:hush@mail.example.org",
        ] {
            let why = read_server(text, None).expect_err(text);
            assert!(!why.contains("hush"), "{text}");
        }
        assert!(read_server("smtp://anna:hush@127.0.0.1?tls=none", None).is_ok());
    }
}
