//! A mail server, spoken to by SMTP (RFC 5321).

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, Certificate, TlsParameters, TlsParametersBuilder,
};
use lettre::transport::smtp::commands::{Data, Mail as MailFrom, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::{Address, Message};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::ExposeSecret as _;
use tokio::time::Instant;
use x509_parser::prelude::{ASN1Time, FromDer as _, X509Certificate};

use super::MailRefusal;
use super::oauth::OAuth;
use crate::outgoing::of_causes;
use keyward_core::clock::Timestamp;
use keyward_core::domain::outgoing::ConnectFailure;
use keyward_core::problem::{Problem, Result, codes};
use keyward_settings::{Mail, SmtpAuthentication, SmtpServer, SmtpTls};

/// How many connections are kept open.
const CONNECTIONS: usize = 4;
/// How long a connection is kept without being used.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// One mail server.
pub(super) struct Smtp {
    server: SmtpServer,
    hello: ClientId,
    timeout: Duration,
    tls: Option<Tls>,
    oauth: Option<OAuth>,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

/// What the server's certificate is judged by.
struct Tls {
    /// By authorities.
    usual: TlsParameters,
    /// Where the file of `mail.ca` has certificates that signed themselves: by nothing but the
    /// name and the proof of the key. What it showed is compared with the file before anything is
    /// said that is secret.
    own: Option<(TlsParameters, Vec<CertificateDer<'static>>)>,
}

/// Why there is no connection.
enum ConnectError {
    /// For this reason, which TLS or the network gives.
    ConnectFailure(ConnectFailure),
    /// The mail server said so.
    Refusal(MailRefusal),
}

impl From<Error> for ConnectError {
    fn from(error: Error) -> Self {
        match of_causes(&error).filter(|_| error.status().is_none()) {
            Some(obstacle) => Self::ConnectFailure(obstacle),
            // A server that turns us away before a mail was named turns no mail away: a server that is
            // closed for maintenance, or does not like our address, says so with a permanent code.
            None => Self::Refusal(MailRefusal::for_now(words(&error))),
        }
    }
}

impl From<ConnectError> for MailRefusal {
    fn from(unreached: ConnectError) -> Self {
        match unreached {
            ConnectError::ConnectFailure(obstacle) => {
                Self::for_now(format!("the mail server {}", obstacle.words()))
            }
            ConnectError::Refusal(refusal) => refusal,
        }
    }
}

impl Smtp {
    /// A server that is greeted in the name of `host`.
    pub(super) fn new(server: &SmtpServer, mail: &Mail, host: &str) -> Result<Self> {
        let oauth = match &server.authentication {
            SmtpAuthentication::OAuth { account, .. } => {
                Some(OAuth::new(account.clone(), mail.timeout)?)
            }
            SmtpAuthentication::None | SmtpAuthentication::Password { .. } => None,
        };
        Ok(Self {
            hello: ClientId::Domain(host.to_owned()),
            timeout: mail.timeout,
            tls: tls(server, mail)?,
            oauth,
            idle: Mutex::default(),
            server: server.clone(),
        })
    }

    /// Sends a message.
    pub(super) async fn send(&self, message: Message, now: Timestamp) -> Result<(), MailRefusal> {
        let envelope = message.envelope();
        let needs_utf8 = envelope.to().iter().any(|to| !to.user().is_ascii());
        let mut connection = match self.kept().await {
            Some(connection) => connection,
            None => self.connect(now).await?,
        };
        let takes_utf8 = connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight);
        if needs_utf8 && !takes_utf8 {
            self.keep(connection);
            return Err(MailRefusal::for_good(
                "the mail server takes no address with such letters before the @ (SMTPUTF8)",
            ));
        }
        let sent = hand_over(&mut connection, envelope, needs_utf8, &message.formatted()).await;
        match sent {
            Ok(()) => self.keep(connection),
            Err(_) => connection.abort().await,
        }
        sent
    }

    /// Connects, greets, signs in, and says whose mail it would be.
    pub(super) async fn probe(&self, from: &Address, now: Timestamp) -> Result<(), MailRefusal> {
        let mut connection = self.connect(now).await?;
        let named = name_sender(&mut connection, Some(from), Vec::new()).await;
        connection.abort().await;
        named
    }

    /// A connection of before that still answers.
    async fn kept(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let kept = self
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let (mut connection, since) = kept?;
            if since.elapsed() < KEPT_FOR && connection.test_connected().await {
                return Some(connection);
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < CONNECTIONS {
            idle.push((connection, Instant::now()));
        }
    }

    async fn connect(&self, now: Timestamp) -> Result<AsyncSmtpConnection, MailRefusal> {
        let Some(tls) = &self.tls else {
            let connection = self.dial(None).await?;
            return self.signed_in(connection).await;
        };
        let connection = match (self.dial(Some(&tls.usual)).await, &tls.own) {
            (Ok(connection), _) => connection,
            (
                Err(ConnectError::ConnectFailure(
                    why @ (ConnectFailure::CertificateOfAuthority
                    | ConnectFailure::UnknownAuthority),
                )),
                Some((lenient, own)),
            ) => {
                let mut connection = self.dial(Some(lenient)).await?;
                let shown = connection.peer_certificate().unwrap_or_default();
                let is_ours = own.iter().any(|one| one.as_ref() == shown);
                if !is_ours || !is_current(&shown, now) {
                    connection.abort().await;
                    let why = if is_ours {
                        ConnectFailure::CertificateExpired
                    } else {
                        why
                    };
                    return Err(ConnectError::ConnectFailure(why).into());
                }
                connection
            }
            (Err(unreached), _) => return Err(unreached.into()),
        };
        self.signed_in(connection).await
    }

    /// Connects and greets.
    async fn dial(&self, tls: Option<&TlsParameters>) -> Result<AsyncSmtpConnection, ConnectError> {
        let from_the_start = tls.filter(|_| self.server.tls == SmtpTls::Implicit);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (self.server.host.as_str(), self.server.port),
            Some(self.timeout),
            &self.hello,
            from_the_start.cloned(),
            None,
        )
        .await?;
        if let Some(tls) = tls.filter(|_| self.server.tls == SmtpTls::StartTls) {
            if !connection.can_starttls() {
                connection.abort().await;
                return Err(ConnectError::Refusal(MailRefusal::for_now(
                    "the mail server offers no TLS (STARTTLS), and without it nothing is sent",
                )));
            }
            connection.starttls(tls.clone(), &self.hello).await?;
        }
        Ok(connection)
    }

    async fn signed_in(
        &self,
        mut connection: AsyncSmtpConnection,
    ) -> Result<AsyncSmtpConnection, MailRefusal> {
        match (&self.server.authentication, &self.oauth) {
            (SmtpAuthentication::OAuth { name, .. }, Some(oauth)) => {
                oauth.authenticate(&mut connection, name).await?;
            }
            (SmtpAuthentication::Password { name, password }, _) => {
                let password = password.expose_secret().to_owned();
                let credentials = Credentials::new(name.clone(), password);
                connection
                    .auth(DEFAULT_MECHANISMS, &credentials)
                    .await
                    // Whatever it is, it is not the mail's fault.
                    .map_err(|error| MailRefusal::for_now(words(&error)))?;
            }
            (SmtpAuthentication::None | SmtpAuthentication::OAuth { .. }, _) => {}
        }
        Ok(connection)
    }
}

/// Hands a message over.
async fn hand_over(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
    needs_utf8: bool,
    content: &[u8],
) -> Result<(), MailRefusal> {
    let mut parameters = Vec::new();
    if needs_utf8 {
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if !content.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    name_sender(connection, envelope.from(), parameters).await?;
    let refused = |error: Error| refusal(&error);
    for to in envelope.to() {
        let to = Rcpt::new(to.clone(), Vec::new());
        connection.command(to).await.map_err(refused)?;
    }
    connection.command(Data).await.map_err(refused)?;
    connection.message(content).await.map(drop).map_err(refused)
}

/// Says whose mail it is. A sender that is not taken is the settings' fault and no mail's: none is
/// lost over it.
async fn name_sender(
    connection: &mut AsyncSmtpConnection,
    from: Option<&Address>,
    parameters: Vec<MailParameter>,
) -> Result<(), MailRefusal> {
    let sender = MailFrom::new(from.cloned(), parameters);
    let named = connection.command(sender).await;
    named
        .map(drop)
        .map_err(|error| MailRefusal::for_now(format!("{} (to the sender)", words(&error))))
}

fn tls(server: &SmtpServer, mail: &Mail) -> Result<Option<Tls>> {
    if server.tls == SmtpTls::None {
        return Ok(None);
    }
    let invalid = |why: String| Problem::new(codes::SETTINGS_INVALID).detailed(why);
    let build = |builder: TlsParametersBuilder| {
        builder
            .build_rustls()
            .map_err(|error| invalid(format!("mail.url: {error}")))
    };
    let mut usual = TlsParameters::builder(server.host.clone());
    let mut own = Vec::new();
    if let Some(path) = &mail.ca {
        let unusable = |why: &dyn std::fmt::Display| {
            invalid(format!("mail.ca {} cannot be used: {why}", path.display()))
        };
        let pem = std::fs::read(path).map_err(|error| unusable(&error))?;
        let all: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&pem)
            .collect::<Result<_, _>>()
            .map_err(|_| unusable(&"it holds something else than certificates as PEM"))?;
        if all.is_empty() {
            return Err(unusable(&"it holds no certificate as PEM"));
        }
        let certificate = Certificate::from_pem(&pem).map_err(|error| unusable(&error))?;
        usual = usual.add_root_certificate(certificate);
        own = all;
        own.retain(|one| signed_itself(one));
    }
    let own = match own.is_empty() {
        true => None,
        false => {
            let lenient = TlsParameters::builder(server.host.clone());
            // It still has to prove its key and its name; who it is, `connect` compares.
            let lenient = build(lenient.dangerous_accept_invalid_certs(true))?;
            Some((lenient, own))
        }
    };
    Ok(Some(Tls {
        usual: build(usual)?,
        own,
    }))
}

fn signed_itself(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| certificate.issuer() == certificate.subject())
}

fn is_current(certificate: &[u8], now: Timestamp) -> bool {
    let Ok(now) = ASN1Time::from_timestamp(now.seconds()) else {
        return false;
    };
    X509Certificate::from_der(certificate)
        .is_ok_and(|(_, certificate)| certificate.validity().is_valid_at(now))
}

/// What stops this mail for good, and what only stops it now. A refused password (RFC 4954 §6) is
/// the settings' fault: no mail is lost over it.
fn refusal(error: &Error) -> MailRefusal {
    const OUR_SIGN_IN: &[u16] = &[530, 534, 535, 538];
    let code = error.status().map(u16::from);
    if error.is_permanent() && !code.is_some_and(|code| OUR_SIGN_IN.contains(&code)) {
        MailRefusal::for_good(words(error))
    } else {
        MailRefusal::for_now(words(error))
    }
}

/// Why, for the operator: in the mail server's own words where it has any.
fn words(error: &Error) -> String {
    let beneath = error.source().map(ToString::to_string).unwrap_or_default();
    if let Some(code) = error.status().map(u16::from) {
        return format!("the mail server says {code} {beneath}");
    }
    let says = |words: &str| beneath.contains(words);
    let known = if error.is_timeout() {
        "the mail server took too long"
    } else if says("lookup address information") {
        return format!("the mail server {}", ConnectFailure::UnknownName.words());
    } else if says("incomplete response") {
        "the mail server hung up"
    } else if error.is_response() || says("valid UTF-8") {
        "what answers at the address of the mail server does not speak SMTP"
    } else if says("authentication mechanism") {
        "the mail server offers no way of signing in that is known here (PLAIN, LOGIN)"
    } else {
        // It names what is beneath it.
        return error.to_string();
    };
    known.to_owned()
}
