//! The settings file and the environment, read once into [`Settings`].
//!
//! Each section stands in a file of its own and is described once; reading, defaults, the
//! refusal of unknown keys and the reference all come from that description.

mod account;
mod agreement;
mod audit;
mod backup_codes;
mod codes;
mod database;
mod environment;
mod form;
mod forms;
mod invitation;
mod keys;
mod lockout;
mod log;
mod mail;
mod metadata;
mod metrics;
mod nearest;
mod openid;
mod pass;
mod passwords;
mod phone;
mod policy;
mod private_file;
mod recovery;
mod reference;
mod secrets;
mod section;
mod server;
mod session;
mod siem;
mod source;
mod totp;
mod trusted_browser;
mod upstream;
mod webauthn;
mod webhooks;
mod yubikey;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use account::Account;
pub use audit::Audit;
pub use backup_codes::BackupCodes;
pub use codes::Codes;
pub use database::Database;
pub use environment::{Environment, arguments};
pub use forms::read_duration;
pub use invitation::Invitation;
pub use keys::Keys;
pub use lockout::Lockout;
pub use log::{Log, LogFormat, LogLevel};
pub use mail::{Mail, MailTransport, OAuthAccount, SmtpAuthentication, SmtpServer, SmtpTls};
pub use metadata::Metadata;
pub use metrics::Metrics;
pub use nearest::nearest;
pub use openid::Openid;
pub use pass::Pass;
pub use passwords::Passwords;
pub use phone::{Phone, PhoneWay, TwilioAccount};
pub use policy::Policy;
pub use private_file::{can_be_entered_by_everybody, how_to_close, is_open_to_everybody};
pub use recovery::Recovery;
pub use secrets::Secrets;
pub use server::{ProxyHeader, Server, TlsFiles};
pub use session::{CookieNames, Session};
pub use siem::{Siem, SyslogAddress, SyslogTransport};
pub use totp::Totp;
pub use trusted_browser::{CookieSameSite, TrustedBrowser};
pub use upstream::UpstreamTable;
pub use webauthn::{RelyingParty, Webauthn};
pub use webhooks::Webhooks;
pub use yubikey::{ServiceTable, Yubikey};

use keyward_core::domain::upstream::UpstreamProvider;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::problem::Result;
use reference::Chapter;
use section::Section;
use source::{Source, Wrong};

/// The file that is read where none is named and it exists.
pub const USUAL_FILE: &str = "keyward.toml";

/// Everything that an operator decides before the start.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "each section says itself what it is")]
pub struct Settings {
    pub server: Server,
    pub database: Database,
    pub secrets: Secrets,
    pub webauthn: Webauthn,
    pub session: Session,
    pub totp: Totp,
    pub backup_codes: BackupCodes,
    pub codes: Codes,
    pub phone: Phone,
    pub trusted_browser: TrustedBrowser,
    pub lockout: Lockout,
    pub policy: Policy,
    pub metadata: Metadata,
    pub yubikey: Yubikey,
    pub keys: Keys,
    pub passwords: Passwords,
    pub account: Account,
    pub recovery: Recovery,
    pub invitation: Invitation,
    pub pass: Pass,
    pub mail: Mail,
    pub openid: Openid,
    pub webhooks: Webhooks,
    pub siem: Siem,
    pub metrics: Metrics,
    pub audit: Audit,
    pub log: Log,
    /// The OpenID providers of `upstream`, in the order in which they are written.
    pub upstream: Vec<UpstreamProvider>,
    /// Who we are to authenticators: from `webauthn` and `server.public_url`.
    pub relying_party: RelyingParty,
    /// The validation services of `yubikey.services`.
    pub validation_services: Vec<ValidationService>,
    /// The account at Twilio of `phone.twilio`, where something is sent by it.
    pub twilio: Option<TwilioAccount>,
    /// The mail server of `mail.url`, where mail goes to one.
    pub smtp: Option<SmtpServer>,
    /// What our cookies are called.
    pub cookies: CookieNames,
    /// The file that was read.
    pub file: Option<PathBuf>,
    /// Whether everybody on this machine can read that file, and secrets stand in it.
    pub lies_open: bool,
}

fn chapters() -> Vec<Chapter> {
    vec![
        Chapter::of::<Server>(),
        Chapter::of::<Database>(),
        Chapter::of::<Secrets>(),
        Chapter::of::<Webauthn>(),
        Chapter::of::<Session>(),
        Chapter::of::<Totp>(),
        Chapter::of::<BackupCodes>(),
        Chapter::of::<Codes>(),
        Chapter::of::<Phone>(),
        Chapter::of::<TrustedBrowser>(),
        Chapter::of::<Lockout>(),
        Chapter::of::<Policy>(),
        Chapter::of::<Metadata>(),
        Chapter::of::<Yubikey>(),
        Chapter::of::<Keys>(),
        Chapter::of::<Passwords>(),
        Chapter::of::<Account>(),
        Chapter::of::<Recovery>(),
        Chapter::of::<Invitation>(),
        Chapter::of::<Pass>(),
        Chapter::of::<Mail>(),
        Chapter::of::<Openid>(),
        Chapter::of::<Webhooks>(),
        Chapter::of::<Siem>(),
        Chapter::of::<Metrics>(),
        Chapter::of::<Audit>(),
        Chapter::of::<Log>(),
    ]
}

/// The reference of all settings as Markdown.
pub fn reference() -> String {
    let mut chapters = chapters();
    let services = Chapter::of_table::<ServiceTable>("yubikey.services");
    let after = chapters
        .iter()
        .position(|chapter| chapter.section == Yubikey::NAME)
        .map_or(chapters.len(), |index| index + 1);
    chapters.insert(after, services);
    chapters.push(Chapter::of_table::<UpstreamTable>(upstream::KEY));
    reference::print(&chapters)
}

impl Settings {
    /// Reads the settings of `config`, or of `keyward.toml` where that exists, or none, under the
    /// environment.
    ///
    /// # Errors
    /// `settings.invalid` with the file or variable, the key and the reason.
    pub fn load(config: Option<&Path>, environment: Environment) -> Result<Self> {
        let usual = Path::new(USUAL_FILE);
        let file = config.or_else(|| usual.exists().then_some(usual));
        let providers = upstream::tables().describe(upstream::KEY, String::new());
        let sections: Vec<_> = chapters()
            .into_iter()
            .map(|chapter| (chapter.section, chapter.keys))
            .chain([("", vec![providers])])
            .collect();
        let source = Source::load(file, environment, &sections)?;
        Self::read(&source, file).map_err(|wrong| source.problem(wrong))
    }

    fn read(source: &Source, file: Option<&Path>) -> Result<Self, Wrong> {
        let server = Server::read(source)?;
        check_tls(&server)?;
        if server.redirect_from.is_some() && !server.is_https() {
            let why = "leads to https, and server.public_url begins with http://";
            return Err(Wrong::new("server.redirect_from", why));
        }
        let secrets = Secrets::read(source)?;
        if source.has("secrets.master_key") && source.has("secrets.master_key_file") {
            let why = "and secrets.master_key_file are both given; keep one";
            return Err(Wrong::new("secrets.master_key", why));
        }
        let webauthn = Webauthn::read(source)?;
        let yubikey = Yubikey::read(source)?;
        let session = Session::read(source)?;
        session::check_cookie_domain(&server, &session)?;
        let mail = Mail::read(source)?;
        let phone = Phone::read(source)?;
        let upstream = source.read("", upstream::KEY, &upstream::tables())?;
        let upstream = upstream::providers(upstream, &server)?;
        Ok(Self {
            relying_party: RelyingParty::new(&webauthn, &server)?,
            validation_services: yubikey.validation_services().map_err(|problem| {
                Wrong::new("yubikey.services", problem.detail().unwrap_or_default())
            })?,
            cookies: CookieNames::of(&server, session.cookie.as_deref()),
            server,
            database: Database::read(source)?,
            secrets,
            webauthn,
            session,
            totp: Totp::read(source)?,
            backup_codes: BackupCodes::read(source)?,
            codes: Codes::read(source)?,
            twilio: phone.twilio()?,
            phone,
            trusted_browser: TrustedBrowser::read(source)?,
            lockout: Lockout::read(source)?,
            policy: Policy::read(source)?,
            metadata: Metadata::read(source)?,
            yubikey,
            keys: Keys::read(source)?,
            passwords: Passwords::read(source)?,
            account: Account::read(source)?,
            recovery: Recovery::read(source)?,
            invitation: Invitation::read(source)?,
            pass: Pass::read(source)?.checked()?,
            smtp: mail.smtp()?,
            mail,
            openid: Openid::read(source)?,
            webhooks: Webhooks::read(source)?,
            siem: Siem::read(source)?.checked()?,
            metrics: Metrics::read(source)?,
            audit: Audit::read(source)?,
            log: Log::read(source)?,
            upstream,
            lies_open: file.is_some_and(|file| is_open_to_everybody(file) && holds_secrets(source)),
            file: file.map(Path::to_owned),
        })
    }
}

impl Settings {
    /// In whose name mails speak.
    pub fn organisation(&self) -> &str {
        let named = self.mail.organisation.as_deref();
        named.unwrap_or(&self.relying_party.name)
    }
}

/// Whether secrets stand in the settings file itself, and not in files of their own.
fn holds_secrets(source: &Source) -> bool {
    const SECRETS: [&str; 4] = [
        "secrets.master_key",
        "mail.oauth.client_secret",
        "phone.twilio.auth_token",
        "metrics.token",
    ];
    let has_password = |key: &str| {
        let url = source.in_file(key).and_then(|value| value.as_str());
        let url = url.and_then(|url| url::Url::parse(url).ok());
        url.is_some_and(|url| url.password().is_some())
    };
    let services = source
        .in_file("yubikey.services")
        .and_then(|value| value.as_array());
    let keys = services
        .into_iter()
        .flatten()
        .filter_map(|service| service.as_dict());
    let providers = source.in_file(upstream::KEY);
    let providers = providers.map(upstream::hold_secrets).unwrap_or_default();
    SECRETS.iter().any(|key| source.in_file(key).is_some())
        || providers
        || ["database.url", "mail.url"].into_iter().any(has_password)
        || keys
            .into_iter()
            .any(|service| service.contains_key("api_key"))
}

fn check_tls(server: &Server) -> Result<(), Wrong> {
    if server.tls_client_ca.is_some() {
        if server.tls().is_none() {
            return Err(Wrong::new(
                "server.tls.client_ca",
                "needs server.tls.certificate and server.tls.key: a proxy asks for certificates itself",
            ));
        }
        // The certificate of a connection would be the proxy's own.
        if server.trusted_proxies > 0 {
            return Err(Wrong::new(
                "server.tls.client_ca",
                "needs server.trusted_proxies to be 0: clients must come to this server themselves",
            ));
        }
    }
    match (&server.tls_certificate, &server.tls_key) {
        (Some(_), None) => Err(Wrong::new("server.tls.certificate", "needs server.tls.key")),
        (None, Some(_)) => Err(Wrong::new("server.tls.key", "needs server.tls.certificate")),
        (Some(_), Some(_)) if !server.is_https() => Err(Wrong::new(
            "server.public_url",
            "must begin with https://, since server.tls makes the server speak HTTPS",
        )),
        _ => Ok(()),
    }
}
