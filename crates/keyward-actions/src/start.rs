//! Opening: the database, the master key that fits it, and the set-up link while there is no
//! superuser to run it.

use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::services::{Ceremonies, Gateways, Passwords, ThisServer, Upstreams};
use super::{App, WriteContext, node};
use keyward_core::clock::{SharedClock, SharedEntropy};
use keyward_core::domain::node::NodeId;
use keyward_core::problem::{Problem, Result, codes};
use keyward_core::secret::{MasterKey, Place, Token};
use keyward_settings::{Settings, how_to_close, is_open_to_everybody};
use keyward_store::{
    AnyConnection, Bounds, Limits, Store, instance, key_file, nodes, setup_links, users,
};

/// How long a set-up link works: an attacker who finds it later in a terminal or a journal finds
/// nothing.
pub const SETUP_LINK_LASTS: Duration = Duration::from_hours(1);

/// The sealed fact that shows whether a master key is this database's.
const KEY_CHECK: &str = "master_key_check";
const KEY_CHECK_PLACE: Place<'static> = Place {
    table: "instance",
    column: "value",
    row: KEY_CHECK,
};
const LINK_PLACE: Place<'static> = Place {
    table: "instance",
    column: "value",
    row: instance::SETUP_LINK,
};
const KEY_CHECK_TEXT: &[u8] = b"keyward";

/// Whether missing migrations are applied or make the start fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Migrations {
    /// Apply what is missing.
    Apply,
    /// Apply everything to a database that was never used, and refuse any other that is not of the
    /// present schema: a server of another version may be running on it.
    ApplyToNew,
}

impl App {
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
        let store = open_store_of_key(&settings).await?;
        match migrations {
            Migrations::Apply => drop(store.migrate().await?),
            Migrations::ApplyToNew if store.is_new().await? => drop(store.migrate().await?),
            Migrations::ApplyToNew => require_migrated(&store).await?,
        }
        let master_key = Arc::new(fitting_key(&store, &settings, &entropy).await?);
        Ok(Self {
            trail: Arc::default(),
            metrics: Arc::default(),
            passwords: {
                let master_key = Arc::clone(&master_key);
                Arc::new(Passwords::open(&settings, master_key, &*entropy)?)
            },
            ceremonies: Arc::new(Ceremonies::new(&settings, Arc::clone(&entropy))?),
            gateways: Arc::new(Gateways::new(&settings, Arc::clone(&entropy))?),
            upstreams: Arc::new(Upstreams::new(&settings)?),
            validation_rates: Arc::default(),
            judging: Arc::default(),
            protection: Arc::default(),
            openid: Arc::default(),
            server: Arc::new(ThisServer::new(NodeId::generate(clock.now(), &*entropy))),
            settings: Arc::new(settings),
            store,
            clock,
            entropy,
            master_key,
        })
    }
}

/// A new set-up link's token in place of any before it, while nothing was ever set up; `None`
/// where something was. It works for [`SETUP_LINK_LASTS`].
///
/// # Errors
/// The store's.
pub async fn issue_setup_link(app: &App) -> Result<Option<Token>> {
    match make_setup_link(app, false).await? {
        SetupLink::Open(token) => Ok(Some(token)),
        SetupLink::NotNeeded | SetupLink::WasSetUp => Ok(None),
    }
}

/// The set-up link that a server shows when it starts. Of several that start at once all show
/// the same one.
///
/// # Errors
/// The store's.
pub async fn offer_setup_link(app: &App) -> Result<SetupLink> {
    make_setup_link(app, true).await
}

async fn make_setup_link(app: &App, may_be_anothers: bool) -> Result<SetupLink> {
    let token = Token::generate(&*app.entropy);
    let (context, node) = (app.context(), app.server.id);
    app.store
        .write(move |connection| {
            instance::hold(connection, instance::SETUP_TURN)?;
            if users::has_superuser(connection, None)? {
                return Ok(SetupLink::NotNeeded);
            }
            if instance::get(connection, instance::SET_UP)?.is_some() {
                return Ok(SetupLink::WasSetUp);
            }
            let since = context.now - node::LASTS;
            if may_be_anothers && !nodes::others(connection, Some(node), since)?.is_empty() {
                let shown = open_link(connection, &context)?;
                if let Some(shown) = shown {
                    return Ok(SetupLink::Open(shown));
                }
            }
            let expires_at = context.now + SETUP_LINK_LASTS;
            setup_links::replace(connection, &token.hash(), expires_at)?;
            let text = token.expose();
            let sealed = context
                .master_key
                .seal(&*context.entropy, LINK_PLACE, text.as_bytes());
            instance::put(connection, instance::SETUP_LINK, &sealed)?;
            Ok(SetupLink::Open(token))
        })
        .await
}

/// The link that another server has shown, where it still works.
fn open_link(connection: &mut AnyConnection, context: &WriteContext) -> Result<Option<Token>> {
    let Some(sealed) = instance::get(connection, instance::SETUP_LINK)? else {
        return Ok(None);
    };
    let text = context.master_key.open(LINK_PLACE, &sealed)?;
    let token = std::str::from_utf8(&text).ok().and_then(Token::parse);
    let Some(token) = token else {
        return Ok(None);
    };
    let is_open = setup_links::is_open(connection, &token.hash(), context.now)?;
    Ok(is_open.then_some(token))
}

/// The link that makes the first superuser.
pub enum SetupLink {
    /// Its token.
    Open(Token),
    /// There is a superuser.
    NotNeeded,
    /// There is none any more. The operator makes another one: a link would be open to any attacker
    /// who finds it.
    WasSetUp,
}

/// Whether the key stands in a file, and that is there.
pub(super) fn has_key_file(settings: &Settings) -> bool {
    settings.secrets.master_key.is_none() && settings.secrets.master_key_file.exists()
}

/// A key was made for a database. Where there is none in its place, a new one would be open to any
/// attacker who finds its set-up link, and everybody would be told that they have no account.
///
/// # Errors
/// `database.empty`
pub(super) fn require_database_of_key(settings: &Settings, key_is_there: bool) -> Result<()> {
    let path = settings
        .database
        .url
        .expose_secret()
        .strip_prefix("sqlite://");
    let is_empty = |path: &str| std::fs::metadata(path).map_or(true, |file| file.len() == 0);
    // The content of a new database may still be in its log.
    let has_log = |path: &str| !is_empty(&format!("{path}-wal"));
    match path {
        Some(path) if key_is_there && is_empty(path) && !has_log(path) => {
            Err(no_database_for_key(settings))
        }
        _ => Ok(()),
    }
}

/// The same for one that was opened: it may be there, and never have been used.
///
/// # Errors
/// `database.empty`
pub(super) async fn require_used_database_of_key(
    settings: &Settings,
    key_is_there: bool,
    store: &Store,
) -> Result<()> {
    match key_is_there && store.is_new().await? {
        true => Err(no_database_for_key(settings)),
        false => Ok(()),
    }
}

fn no_database_for_key(settings: &Settings) -> Problem {
    let key = settings.secrets.master_key_file.display();
    Problem::new(codes::DATABASE_EMPTY).detailed(format!(
        "bring the database back that belongs to {key}, or look whether `database.url` names \
         another one; to begin anew, move that key away, or keep it with `keyward migrate --new`"
    ))
}

/// Applies what is missing to the database of the settings, and names it. One that was never used
/// is refused where there is a master key already, unless it is to be `new` beside that.
///
/// # Errors
/// `database.empty`, `database.unreachable`, `database.migrations`, `settings.invalid`
pub async fn migrate(settings: &Settings, new: bool) -> Result<Vec<String>> {
    let store = match new {
        true => open_store(settings)?,
        false => open_store_of_key(settings).await?,
    };
    store.migrate().await
}

/// The migrations that the database of the settings lacks; nothing is changed.
///
/// # Errors
/// `database.unreachable`, `settings.invalid`
pub async fn pending_migrations(settings: &Settings) -> Result<Vec<String>> {
    look_at(settings)?.pending_migrations().await
}

/// Opens the database of the settings as [`open_store`] does, unless it is a new one beside a key
/// that was made for another. The key is looked for first: a server that starts at the same time
/// writes it after it has made the tables.
///
/// # Errors
/// `database.empty`, `database.unreachable`, `settings.invalid`
async fn open_store_of_key(settings: &Settings) -> Result<Store> {
    let key_is_there = has_key_file(settings);
    require_database_of_key(settings, key_is_there)?;
    let store = open_store(settings)?;
    require_used_database_of_key(settings, key_is_there, &store).await?;
    Ok(store)
}

/// Opens the database of the settings, making the folder of an embedded one.
///
/// # Errors
/// `database.unreachable`, `settings.invalid`
fn open_store(settings: &Settings) -> Result<Store> {
    let url = settings.database.url.expose_secret();
    if let Some(path) = url.strip_prefix("sqlite://") {
        key_file::make_folder_of(path.as_ref())?;
        key_file::make_private_file(path.as_ref())?;
    }
    Store::open(url, bounds(settings))
}

fn bounds(settings: &Settings) -> Bounds {
    let database = &settings.database;
    Bounds {
        pool: database.pool,
        wait: database.wait,
        limits: Limits {
            connect: database.connect_timeout,
            statement: database.statement_timeout,
            lock: database.lock_timeout,
            silence: database.silence,
        },
    }
}

/// The database of the settings without making it: an embedded one that is not there is an empty
/// one in memory.
///
/// # Errors
/// `database.unreachable`, `settings.invalid`
pub(super) fn look_at(settings: &Settings) -> Result<Store> {
    let url = settings.database.url.expose_secret();
    match url.strip_prefix("sqlite://") {
        Some(path) if !std::path::Path::new(path).exists() => {
            Store::open("sqlite://:memory:", bounds(settings))
        }
        _ => Store::open(url, bounds(settings)),
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

/// The key of the settings or of its file, where it is the one of this database; `None` where there is
/// none and the database needs none yet.
///
/// # Errors
/// `master_key.wrong`, `master_key.missing`
pub(super) async fn key_that_opens(
    store: &Store,
    settings: &Settings,
) -> Result<Option<MasterKey>> {
    // The row before the file: a server that starts at the same time writes its file first.
    let sealed = store
        .look(|connection| instance::get(connection, KEY_CHECK))
        .await?;
    let key = key_of_settings(settings)?;
    match (&key, sealed) {
        (Some(given), Some(sealed)) => given.open(KEY_CHECK_PLACE, &sealed).map(|_| key),
        (None, Some(_)) => Err(Problem::new(codes::MASTER_KEY_MISSING)
            .detailed("restore it from where you keep its copy")),
        (_, None) => Ok(key),
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
    let Some(key) = key_that_opens(store, settings).await? else {
        return new_key(store, settings, entropy).await;
    };
    remember(store, &key, entropy).await?;
    Ok(key)
}

/// A new key, or the one that another server wrote into the same file meanwhile.
async fn new_key(store: &Store, settings: &Settings, entropy: &SharedEntropy) -> Result<MasterKey> {
    let path = &settings.secrets.master_key_file;
    let key = MasterKey::generate(&**entropy);
    key_file::make_folder_of(path)?;
    if !key_file::write(path, &key)? {
        let key = key_file::read(path)?.ok_or(codes::MASTER_KEY_MISSING)?;
        remember(store, &key, entropy).await?;
        return Ok(key);
    }
    match remember(store, &key, entropy).await {
        Ok(()) => Ok(key),
        Err(problem) if problem.code() == codes::MASTER_KEY_WRONG => {
            // Another server was faster, on another machine. This key opens nothing, and in its
            // place belongs the other one.
            key_file::remove(path);
            Err(Problem::new(codes::MASTER_KEY_MISSING).detailed(format!(
                "another server has just made the key of this database; copy it to {}",
                path.display()
            )))
        }
        Err(problem) => Err(problem),
    }
}

/// Remembers that this key is the database's. Two servers that start on one empty database at the
/// same time may come with two keys: the second one is told.
async fn remember(store: &Store, key: &MasterKey, entropy: &SharedEntropy) -> Result<()> {
    let sealed = key.seal(&**entropy, KEY_CHECK_PLACE, KEY_CHECK_TEXT);
    let stored = store
        .write(move |connection| {
            instance::insert(connection, KEY_CHECK, &sealed)?;
            instance::get(connection, KEY_CHECK)
        })
        .await?
        .unwrap_or_default();
    key.open(KEY_CHECK_PLACE, &stored).map(drop)
}
