//! Opening the house: the database, the master key that fits it, and the set-up link while there
//! is nobody to run it.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::sync::Semaphore;

use super::Keyward;
use crate::clock::{SharedClock, SharedEntropy};
use crate::factors::password::{PasswordCheck, PasswordCost};
use crate::factors::webauthn::{RelyingParty, RelyingPartySettings};
use crate::gateways::breached::BreachedPasswords;
use crate::gateways::mail::MailGateway;
use crate::gateways::phone::PhoneGateway;
use crate::gateways::validation::ValidationGateway;
use crate::problem::{Problem, Result, codes};
use crate::secret::{MasterKey, Place, Token};
use crate::settings::{Settings, how_to_close, is_open_to_everybody};
use crate::store::{Store, facts, key_file, setup_links, users};

/// How long a set-up link works: whoever finds it later in a terminal or a journal finds nothing.
pub const SETUP_LINK_LASTS: Duration = Duration::from_hours(1);

/// The sealed fact that shows whether a master key is this database's.
const KEY_CHECK: &str = "master_key_check";
const KEY_CHECK_PLACE: Place<'static> = Place {
    table: "facts",
    column: "value",
    row: KEY_CHECK,
};
const KEY_CHECK_TEXT: &[u8] = b"keyward";

/// Whether missing migrations are applied or make the start fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// Apply what is missing.
    Apply,
    /// Apply everything to a database that nobody has used yet, and refuse any other that is not
    /// of the present schema: a server of another version may be running on it.
    ApplyToNew,
}

impl Keyward {
    /// Opens the database and everything that acts on it.
    ///
    /// # Errors
    /// `database.unreachable`, `database.migrations`, `master_key.missing`, `master_key.wrong`,
    /// `settings.invalid`
    pub async fn open(
        settings: Settings,
        migrations: Migrations,
        clock: SharedClock,
        entropy: SharedEntropy,
    ) -> Result<Self> {
        let store = open_store(&settings)?;
        match migrations {
            Migrations::Apply => drop(store.migrate().await?),
            Migrations::ApplyToNew if store.is_new().await? => drop(store.migrate().await?),
            Migrations::ApplyToNew => require_migrated(&store).await?,
        }
        let master_key = Arc::new(fitting_key(&store, &settings, &entropy).await?);
        let seats = settings
            .passwords
            .at_once
            .unwrap_or_else(|| available_parallelism().map_or(1, std::num::NonZero::get));
        Ok(Self {
            relying_party: Arc::new(relying_party(&settings)?.with_entropy(Arc::clone(&entropy))),
            validation: Arc::new(ValidationGateway::new(Arc::clone(&entropy))?),
            mail: Arc::new(MailGateway::new(&settings)?),
            phone: Arc::new(PhoneGateway::new(&settings)?),
            rates: Arc::default(),
            event_ids: Arc::default(),
            breached: Arc::new(BreachedPasswords::open(
                settings.passwords.breached.as_deref(),
            )?),
            passwords: Arc::new(PasswordCheck::new(
                cost(&settings),
                Arc::clone(&master_key),
                &*entropy,
            )?),
            password_seats: Arc::new(Semaphore::new(seats)),
            judging: Arc::default(),
            dry_runs: Arc::default(),
            settings: Arc::new(settings),
            store,
            clock,
            entropy,
            master_key,
        })
    }

    /// A new set-up link's token in place of any before it, while there is no superuser; `None`
    /// where there is one. It works for [`SETUP_LINK_LASTS`].
    ///
    /// # Errors
    /// The store's.
    pub async fn issue_setup_link(&self) -> Result<Option<Token>> {
        let token = Token::generate(&*self.entropy);
        let (hash, expires_at) = (token.hash(), self.now() + SETUP_LINK_LASTS);
        let issued = self
            .store
            .write(move |connection| {
                if users::has_superuser(connection, None)? {
                    return Ok(false);
                }
                setup_links::replace(connection, &hash, expires_at).map(|()| true)
            })
            .await?;
        Ok(issued.then_some(token))
    }
}

/// Opens the database of the settings, making the folder of an embedded one.
///
/// # Errors
/// `database.unreachable`, `settings.invalid`
pub fn open_store(settings: &Settings) -> Result<Store> {
    let url = settings.database.url.expose_secret();
    if let Some(path) = url.strip_prefix("sqlite://") {
        key_file::make_folder_of(path.as_ref())?;
        key_file::make_private_file(path.as_ref())?;
    }
    Store::open(url, settings.database.pool)
}

/// The database of the settings without making it: an embedded one that is not there is an empty
/// one in memory.
///
/// # Errors
/// `database.unreachable`, `settings.invalid`
pub fn look_at(settings: &Settings) -> Result<Store> {
    let url = settings.database.url.expose_secret();
    match url.strip_prefix("sqlite://") {
        Some(path) if !std::path::Path::new(path).exists() => Store::open("sqlite://:memory:", 1),
        _ => Store::open(url, 1),
    }
}

async fn require_migrated(store: &Store) -> Result<()> {
    let pending = store.pending_migrations().await?;
    if pending.is_empty() {
        return Ok(());
    }
    Err(Problem::new(codes::DATABASE_MIGRATIONS)
        .detailed(format!("not applied yet: {}", pending.join(", "))))
}

/// The key of the settings or of its file; `None` where there is no such file.
///
/// # Errors
/// `master_key.wrong` where the file holds something else.
pub(super) fn key_of_settings(settings: &Settings) -> Result<Option<MasterKey>> {
    match &settings.secrets.master_key {
        Some(text) => Ok(MasterKey::parse(text.expose_secret())),
        None => key_file::read(&settings.secrets.master_key_file),
    }
}

/// `master_key.readable`, where everybody on this machine can read the file of the key.
pub fn key_lies_open(settings: &Settings) -> Option<Problem> {
    let path = &settings.secrets.master_key_file;
    let is_open = settings.secrets.master_key.is_none() && is_open_to_everybody(path);
    is_open.then(|| Problem::new(codes::MASTER_KEY_READABLE).detailed(how_to_close(path)))
}

/// Whether a key is the one of this database, and is there at all where the database needs it.
///
/// # Errors
/// `master_key.wrong`, `master_key.missing`
pub(super) async fn opens_database(store: &Store, key: Option<&MasterKey>) -> Result<()> {
    let sealed = store
        .look(|connection| facts::get(connection, KEY_CHECK))
        .await?;
    match (key, sealed) {
        (Some(key), Some(sealed)) => key.open(KEY_CHECK_PLACE, &sealed).map(drop),
        (None, Some(_)) => Err(Problem::new(codes::MASTER_KEY_MISSING)
            .detailed("restore it from where you keep its copy")),
        (_, None) => Ok(()),
    }
}

/// The key of the settings or of its file; a new one only where nothing was ever sealed.
async fn fitting_key(
    store: &Store,
    settings: &Settings,
    entropy: &SharedEntropy,
) -> Result<MasterKey> {
    if let Some(problem) = key_lies_open(settings) {
        return Err(problem);
    }
    let given = key_of_settings(settings)?;
    opens_database(store, given.as_ref()).await?;
    let key = match given {
        Some(key) => key,
        None => {
            let path = &settings.secrets.master_key_file;
            let key = MasterKey::generate(&**entropy);
            key_file::make_folder_of(path)?;
            key_file::write(path, &key)?;
            key
        }
    };
    remember(store, &key, entropy).await?;
    Ok(key)
}

/// Remembers that this key is the database's. Two servers that start on one empty database at the
/// same time may come with two keys: the second one is told.
async fn remember(store: &Store, key: &MasterKey, entropy: &SharedEntropy) -> Result<()> {
    let sealed = key.seal(&**entropy, KEY_CHECK_PLACE, KEY_CHECK_TEXT);
    let stored = store
        .write(move |connection| {
            facts::insert(connection, KEY_CHECK, &sealed)?;
            facts::get(connection, KEY_CHECK)
        })
        .await?
        .unwrap_or_default();
    key.open(KEY_CHECK_PLACE, &stored).map(drop)
}

fn cost(settings: &Settings) -> PasswordCost {
    PasswordCost {
        memory: settings.passwords.memory,
        passes: settings.passwords.time,
        lanes: settings.passwords.parallelism,
    }
}

fn relying_party(settings: &Settings) -> Result<RelyingParty> {
    RelyingParty::new(RelyingPartySettings {
        id: settings.relying_party.id.clone(),
        name: settings.relying_party.name.clone(),
        origins: settings.relying_party.origins.clone(),
        user_verification: settings.webauthn.user_verification,
        attestation: settings.webauthn.attestation,
        save_key_slots: settings.webauthn.save_key_slots,
        timeout: settings.webauthn.timeout,
    })
}
