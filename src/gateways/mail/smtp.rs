//! A mail server, spoken to by SMTP (RFC 5321).

use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{Error, PoolConfig};
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use secrecy::ExposeSecret as _;

use super::MailRefusal;
use crate::problem::{Problem, Result, codes};
use crate::settings::{Mail, SmtpServer, SmtpTls};

/// How many connections are open at most.
const CONNECTIONS: u32 = 4;

/// One mail server.
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl Smtp {
    /// A server that is greeted in the name of `host`.
    pub(super) fn new(server: &SmtpServer, mail: &Mail, host: &str) -> Result<Self> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&*server.host)
            .port(server.port)
            .hello_name(ClientId::Domain(host.to_owned()))
            .timeout(Some(mail.timeout))
            .pool_config(PoolConfig::new().max_size(CONNECTIONS))
            .tls(tls(server, mail)?);
        let builder = match &server.credentials {
            None => builder,
            Some((name, password)) => builder.credentials(Credentials::new(
                name.clone(),
                password.expose_secret().to_owned(),
            )),
        };
        Ok(Self(builder.build()))
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), MailRefusal> {
        self.0.send(message).await.map(drop).map_err(refusal)
    }

    /// Connects, greets and signs in.
    pub(super) async fn probe(&self) -> Result<(), MailRefusal> {
        match self.0.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(MailRefusal::for_now(
                "the mail server closed the connection",
            )),
            Err(error) => Err(refusal(error)),
        }
    }
}

fn tls(server: &SmtpServer, mail: &Mail) -> Result<Tls> {
    if server.tls == SmtpTls::None {
        return Ok(Tls::None);
    }
    let invalid = |why: String| Problem::new(codes::SETTINGS_INVALID).detailed(why);
    let mut parameters = TlsParameters::builder(server.host.clone());
    if let Some(path) = &mail.ca {
        let unreadable = |why: &dyn std::fmt::Display| {
            invalid(format!("mail.ca {} cannot be used: {why}", path.display()))
        };
        let pem = std::fs::read(path).map_err(|error| unreadable(&error))?;
        let certificate = Certificate::from_pem(&pem).map_err(|error| unreadable(&error))?;
        parameters = parameters.add_root_certificate(certificate);
    }
    let parameters = parameters
        .build_rustls()
        .map_err(|error| invalid(format!("mail.url: {error}")))?;
    Ok(match server.tls {
        SmtpTls::Implicit => Tls::Wrapper(parameters),
        SmtpTls::StartTls | SmtpTls::None => Tls::Required(parameters),
    })
}

/// What stops this mail for good, and what only stops it now. A refused password (RFC 4954 §6) is
/// the settings' fault: no mail is lost over it.
fn refusal(error: Error) -> MailRefusal {
    const OUR_SIGN_IN: &[u16] = &[530, 534, 535, 538];
    let code = error.status().map(u16::from);
    let mut why = error.to_string();
    let mut beneath = std::error::Error::source(&error);
    while let Some(cause) = beneath {
        why.push_str(&format!(": {cause}"));
        beneath = cause.source();
    }
    if error.is_permanent() && !code.is_some_and(|code| OUR_SIGN_IN.contains(&code)) {
        MailRefusal::for_good(why)
    } else {
        MailRefusal::for_now(why)
    }
}
