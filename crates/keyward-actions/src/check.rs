//! Looking whether Keyward could be opened, without changing anything.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use secrecy::ExposeSecret;

use super::openid_client::check_clients;
use super::service_report::judge;
use super::start::{
    has_key_file, key_lies_open, key_of_settings, key_that_opens, look_at, require_database_of_key,
    require_used_database_of_key,
};
use super::upstream::check_providers;
use keyward_core::clock::{Clock as _, SystemClock, SystemEntropy};
use keyward_core::domain::node::NodeId;
use keyward_core::domain::validation_service::ValidationService;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::protocols::yubico::Otp;
use keyward_gateways::breached::BreachedPasswords;
use keyward_gateways::mail::{MailGateway, MailRefusal};
use keyward_gateways::phone::PhoneGateway;
use keyward_gateways::validation::ValidationGateway;
use keyward_settings::{PhoneWay, Settings, can_be_entered_by_everybody, is_open_to_everybody};
use keyward_store::{Store, applications as stored, metadata, validation_services};

/// What was found about one part.
#[derive(Debug)]
pub struct Finding {
    /// The part: `database`, `master key` ...
    pub part: String,
    /// How it is.
    pub state: State,
}

/// How a part is.
#[derive(Debug)]
pub enum State {
    /// It works.
    Fine(String),
    /// It is not there yet, and the first start makes it.
    ToBeMade(String),
    /// It works, and the operator should look at it: what, and what can be done.
    ToLookAt(String, &'static str),
    /// It is wrong, and how to mend it.
    Wrong(Problem, &'static str),
}

impl Finding {
    /// One part's state.
    pub fn new(part: impl Into<String>, state: State) -> Self {
        Self {
            part: part.into(),
            state,
        }
    }
}

/// Looks at the database, its schema, the master key, mail, phones and the validation services.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    let store = database(settings, &mut findings).await;
    if let Some(store) = &store {
        changes(store, &mut findings).await;
        rows(store, &mut findings).await;
        applications(store, &mut findings).await;
        findings.extend(check_clients(store, settings).await);
        servers(store, settings, &mut findings).await;
        proxies(store, settings, &mut findings).await;
    }
    if let Some(said) = open_settings(settings) {
        findings.push(Finding::new("settings", State::ToLookAt(said, CLOSE)));
    }
    data(settings, &mut findings);
    let services = master_key(settings, store.as_ref(), &mut findings).await;
    algorithms(settings, &mut findings);
    mail(settings, &mut findings).await;
    phone(settings, &mut findings).await;
    breached(settings, &mut findings);
    findings.extend(check_providers(settings).await);
    ask(&services, &mut findings).await;
    findings
}

/// How a settings file that everybody can read is closed.
pub const CLOSE: &str =
    "close it with `chmod o=`, or put the secrets into files of their own (`…_file`)";

/// What is wrong with a settings file in which secrets stand, if anything is.
pub fn open_settings(settings: &Settings) -> Option<String> {
    let file = settings.file.as_ref().filter(|_| settings.lies_open)?;
    let file = file.display();
    Some(format!(
        "everybody on this machine can read {file}, in which secrets stand"
    ))
}

/// Who else can enter the folders of database and master key, or read the database.
fn data(settings: &Settings, findings: &mut Vec<Finding>) {
    let close = "take the rights of others away: `chmod o= PATH`";
    let mut look = |said| findings.push(Finding::new("data", State::ToLookAt(said, close)));
    let url = settings.database.url.expose_secret();
    let database = url.strip_prefix("sqlite://").map(Path::new);
    let key = &settings.secrets.master_key_file;
    let key = settings.secrets.master_key.is_none().then_some(&**key);
    let folder_of = |file: &Path| match file.parent() {
        Some(folder) if folder != Path::new("") => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let folders: BTreeSet<PathBuf> = database.into_iter().chain(key).map(folder_of).collect();
    for folder in folders {
        if can_be_entered_by_everybody(&folder) {
            let folder = folder.display();
            look(format!(
                "everybody on this machine can enter {folder}, where data of Keyward lie"
            ));
        }
    }
    if let Some(file) = database.filter(|file| is_open_to_everybody(file)) {
        let file = file.display();
        look(format!("everybody on this machine can read {file}"));
    }
}

/// An SQLite file that is not there is not made by looking for it.
async fn database(settings: &Settings, findings: &mut Vec<Finding>) -> Option<Store> {
    let url = settings.database.url.expose_secret();
    let part = "database";
    let key_is_there = has_key_file(settings);
    if let Err(problem) = require_database_of_key(settings, key_is_there) {
        let mend = mend_database(&problem, url);
        findings.push(Finding::new(part, State::Wrong(problem, mend)));
        return None;
    }
    if let Some(path) = url.strip_prefix("sqlite://")
        && !std::path::Path::new(path).exists()
    {
        let state = State::ToBeMade(format!("{path} is made by the first start"));
        findings.push(Finding::new(part, state));
        return None;
    }
    let opened = async {
        let store = look_at(settings)?;
        require_used_database_of_key(settings, key_is_there, &store).await?;
        let pending = store.pending_migrations().await?;
        Ok((store, pending))
    };
    let opened = opened.await;
    match opened {
        Err(problem) => {
            let mend = mend_database(&problem, url);
            findings.push(Finding::new(part, State::Wrong(problem, mend)));
            None
        }
        Ok((store, pending)) => {
            findings.push(Finding::new(part, State::Fine(store.reached().to_owned())));
            let is_ready = pending.is_empty();
            let state = match is_ready {
                true => State::Fine("the schema is the present one".to_owned()),
                false => State::ToBeMade(format!(
                    "`keyward migrate` or the next start applies {}",
                    pending.join(", ")
                )),
            };
            findings.push(Finding::new("migrations", state));
            is_ready.then_some(store)
        }
    }
}

/// Whether the database takes changes: its disk may be full, or it may be a copy.
async fn changes(store: &Store, findings: &mut Vec<Finding>) {
    let node = NodeId::generate(SystemClock.now(), &SystemEntropy);
    if let Err(problem) = super::readiness::takes_changes(store, node).await {
        let mend = match problem.code() {
            codes::DATABASE_FULL => "make room on the disk of the database",
            codes::DATABASE_READ_ONLY => {
                "let the server write its files, or name the PostgreSQL that takes changes"
            }
            _ => "look whether somebody holds a lock, and at the log of the database",
        };
        findings.push(Finding::new("changes", State::Wrong(problem, mend)));
    }
}

/// Whether the servers that run on this database believe what the settings say here.
async fn servers(store: &Store, settings: &Settings, findings: &mut Vec<Finding>) {
    const MEND: &str = "give all servers of one database the same settings, and start them again";
    let part = "other servers";
    match super::node::compare(store, settings, SystemClock.now()).await {
        Ok(differences) => {
            findings.extend(differences.into_iter().map(|difference| {
                Finding::new(part, State::ToLookAt(difference.to_string(), MEND))
            }));
        }
        Err(problem) => findings.push(Finding::new(
            part,
            State::Wrong(problem, "look whether the database is damaged"),
        )),
    }
}

/// Whether a proxy stands in front that the settings do not know.
async fn proxies(store: &Store, settings: &Settings, findings: &mut Vec<Finding>) {
    const MEND: &str = "set `server.trusted_proxies` to the number of proxies in front; without one, somebody sends the header by themselves";
    if settings.server.trusted_proxies > 0 {
        return;
    }
    let now = SystemClock.now();
    let seen = store
        .look(move |connection| super::unread_proxy::was_seen(connection, now))
        .await;
    if let Ok(true) = seen {
        let said = "requests carry X-Forwarded-For or Forwarded, and nobody reads it".to_owned();
        findings.push(Finding::new("proxies", State::ToLookAt(said, MEND)));
    }
}

/// Whether new keys may have an algorithm that no site should rely on.
fn algorithms(settings: &Settings, findings: &mut Vec<Finding>) {
    const MEND: &str = "take it out of `webauthn.algorithms`, unless a TPM has nothing else; ES256 is what all have";
    let offered = settings.webauthn.algorithms.iter();
    findings.extend(offered.filter(|one| one.is_weak()).map(|weak| {
        let said = format!("{weak} is offered to new keys: it signs with SHA-1, which is broken");
        Finding::new("passkeys and security keys", State::ToLookAt(said, MEND))
    }));
}

/// Which applications ask for what no user can prove here.
async fn applications(store: &Store, findings: &mut Vec<Finding>) {
    const MEND: &str = "set `metadata.url`, or run `keyward metadata import`";
    let read = store
        .look(|connection| Ok((stored::all(connection)?, metadata::edition(connection)?)))
        .await;
    // What cannot be read is told of beside all other rows.
    let Ok((applications, None)) = read else {
        return;
    };
    for application in applications {
        if application.settings.rules_of_hardware().next().is_some() {
            let said = format!(
                "{} asks for attested hardware, which nobody can prove without FIDO metadata",
                application.settings.name
            );
            findings.push(Finding::new("applications", State::ToLookAt(said, MEND)));
        }
    }
}

/// What is in the database and could not be typed today, or not be read at all.
async fn rows(store: &Store, findings: &mut Vec<Finding>) {
    const OLD: &str = "it works as it is; change it where somebody must be able to type it";
    const DAMAGED: &str = "no list shows it; correct the row, or bring it back from a backup";
    let found = match super::rows::look_through(store).await {
        Ok(found) => found,
        Err(problem) => {
            let state = State::Wrong(problem, "look whether the database is damaged");
            return findings.push(Finding::new("rows", state));
        }
    };
    if found.old.is_empty() && found.unreadable.is_empty() {
        findings.push(Finding::new(
            "rows",
            State::Fine("all can be read".to_owned()),
        ));
    }
    let old = found.old.into_iter().map(|text| State::ToLookAt(text, OLD));
    let damaged = found
        .unreadable
        .into_iter()
        .map(|row| State::Wrong(row, DAMAGED));
    findings.extend(old.chain(damaged).map(|state| Finding::new("rows", state)));
    if found.unnamed > 0 {
        let more = format!("there are {} more like these", found.unnamed);
        findings.push(Finding::new("rows", State::ToLookAt(more, OLD)));
    }
}

fn mend_database(problem: &Problem, url: &str) -> &'static str {
    match problem.code() {
        codes::DATABASE_EMPTY => {
            "bring it back from a backup, or look whether `database.url` names the right one"
        }
        codes::DATABASE_MIGRATIONS => "run the version of Keyward that this database is of",
        _ if url.starts_with("sqlite://") => {
            "look whether `database.url` names the right file; one that is damaged comes back from a backup"
        }
        _ => "look whether the server runs and `database.url` is right",
    }
}

/// Gives back the services that the key opens, and those of the settings.
async fn master_key(
    settings: &Settings,
    store: Option<&Store>,
    findings: &mut Vec<Finding>,
) -> Vec<ValidationService> {
    let part = "master key";
    let mut services = settings.validation_services.clone();
    let restore = "restore the key that belongs to this database from where you keep its copy";
    let fits = match store {
        None => key_of_settings(settings),
        Some(store) => key_that_opens(store, settings).await,
    };
    match fits {
        Err(problem) => {
            let mend = match problem.code() {
                codes::DATA_UNUSABLE => "let the user that the server runs as read it",
                _ => restore,
            };
            findings.push(Finding::new(part, State::Wrong(problem, mend)));
        }
        Ok(None) => {
            let path = settings.secrets.master_key_file.display();
            let state = State::ToBeMade(format!("{path} is made by the first start"));
            findings.push(Finding::new(part, state));
        }
        Ok(Some(key)) => {
            findings.push(Finding::new(part, how_it_lies(settings)));
            if let Some(store) = store {
                let key = Arc::new(key);
                let added = store
                    .look(move |connection| {
                        let all = validation_services::all(connection, &key)?;
                        let odd = validation_services::unreadable_ones(connection, &key)?;
                        Ok((all, odd))
                    })
                    .await;
                let mend = "add it again, or bring it back from a backup";
                match added {
                    Ok((added, unreadable)) => {
                        services.extend(added);
                        findings.extend(unreadable.into_iter().map(|problem| {
                            Finding::new("validation services", State::Wrong(problem, mend))
                        }));
                    }
                    Err(problem) => {
                        findings.push(Finding::new(
                            "validation services",
                            State::Wrong(problem, restore),
                        ));
                    }
                }
            }
        }
    }
    services
}

/// A key that fits, by who else can read it.
fn how_it_lies(settings: &Settings) -> State {
    match key_lies_open(settings) {
        None => State::Fine("it fits".to_owned()),
        Some(problem) => State::Wrong(problem, "take the rights of others away: `chmod o= FILE`"),
    }
}

/// Connects to the mail server and signs in, without sending anything.
async fn mail(settings: &Settings, findings: &mut Vec<Finding>) {
    let mend = "look at the section `mail` of the settings";
    let state = match MailGateway::new(settings) {
        Err(problem) => State::Wrong(problem, mend),
        Ok(gateway) => match gateway.probe(SystemClock.now()).await {
            Ok(how) => State::Fine(how),
            Err(MailRefusal::ForNow(why) | MailRefusal::ForGood(why)) => {
                State::Wrong(Problem::new(codes::MAIL_REFUSED).detailed(why), mend)
            }
        },
    };
    findings.push(Finding::new("mail", state));
}

/// Asks the telephone service about the account, without sending anything.
async fn phone(settings: &Settings, findings: &mut Vec<Finding>) {
    let mend = "look at the section `phone` of the settings";
    let wrong = |problem| State::Wrong(problem, mend);
    let Some(account) = &settings.twilio else {
        return;
    };
    let state = match PhoneGateway::new(settings) {
        Err(problem) => wrong(problem),
        Ok(gateway) => match gateway.probe().await {
            Some(Err(refusal)) => wrong(Problem::new(codes::CODE_GATEWAY).detailed(refusal.why())),
            Some(Ok(())) | None => State::Fine(format!("{} knows us", account.api_url)),
        },
    };
    findings.push(Finding::new("phone", state));
    // The provider that makes the call asks this server what to say.
    let public_url = &settings.server.public_url;
    let is_local = public_url
        .host_str()
        .is_some_and(|host| host == "localhost" || host.ends_with(".localhost"));
    let is_theirs = account.api_url.host_str() == Some("api.twilio.com");
    if settings.phone.call == PhoneWay::Twilio && is_local && is_theirs {
        let problem = Problem::new(codes::SETTINGS_INVALID).detailed(format!(
            "phone.call is twilio, which cannot ask {public_url} what a call says"
        ));
        let mend = "set `server.public_url` to an address that the Internet reaches";
        findings.push(Finding::new("calls", State::Wrong(problem, mend)));
    }
}

/// Opens the files of leaked passwords.
fn breached(settings: &Settings, findings: &mut Vec<Finding>) {
    let Some(path) = &settings.passwords.breached else {
        return;
    };
    let opened = BreachedPasswords::open(Some(path)).and_then(|breached| {
        breached.hold("password")?;
        Ok(breached)
    });
    let state = match opened {
        Ok(breached) => State::Fine(breached.kind().unwrap_or("none").to_owned()),
        Err(problem) => State::Wrong(problem, "look at `passwords.breached` of the settings"),
    };
    findings.push(Finding::new("breached passwords", state));
}

/// Sends each enabled service an OTP that no key made. A service that can be believed declines.
async fn ask(services: &[ValidationService], findings: &mut Vec<Finding>) {
    let enabled: Vec<_> = services.iter().filter(|s| s.settings.is_enabled).collect();
    if enabled.is_empty() {
        return;
    }
    let gateway = ValidationGateway::new(Arc::new(SystemEntropy));
    // Forty-four times the letter for zero: well-formed, and no user's.
    let invented = Otp::parse(&"c".repeat(12 + Otp::ENCRYPTED));
    let (Ok(gateway), Some(otp)) = (gateway, invented) else {
        return;
    };
    for service in enabled {
        for report in gateway.test(service, &otp).await {
            findings.push(judge(report, service.settings.client_id));
        }
    }
}

/// The first thing that is wrong, as what stops the command.
///
/// # Errors
/// That problem.
pub fn verdict(findings: Vec<Finding>) -> Result<()> {
    let wrong = findings
        .into_iter()
        .find_map(|finding| match finding.state {
            State::Wrong(problem, _) => Some(problem),
            State::Fine(_) | State::ToBeMade(_) | State::ToLookAt(..) => None,
        });
    wrong.map_or(Ok(()), Err)
}
