//! Several servers on one database: who is there, and whether they agree.

use std::collections::BTreeMap;
use std::time::Duration;

use super::App;
use keyward_core::clock::Timestamp;
use keyward_core::problem::{Problem, Result};
use keyward_settings::Settings;
use keyward_store::Store;
use keyward_store::nodes::{self, Node};

/// For how long a server counts as there after it was seen.
pub const LASTS: Duration = Duration::from_secs(120);

/// A setting that two servers do not agree about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The other server.
    pub node: String,
    /// The setting.
    pub key: String,
    /// What it is there, as far as it is set.
    pub theirs: String,
    /// What it is here.
    pub ours: String,
}

impl std::fmt::Display for Difference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            node,
            key,
            theirs,
            ours,
        } = self;
        write!(
            f,
            "{key} is {ours} here and {theirs} at the server on {node}"
        )
    }
}

/// Says to the other servers of this database that this one is there, and compares settings.
/// Nothing on an embedded one, which has no others.
///
/// # Errors
/// The store's.
pub async fn join(app: &App) -> Result<Vec<Difference>> {
    if !app.store.can_be_shared() {
        return Ok(Vec::new());
    }
    let ours = app.settings.shared();
    let said = serde_json::to_string(&ours).map_err(Problem::internal)?;
    let name = app.settings.server.listen.to_string();
    let (id, now) = (app.server.id, app.now());
    let others = app
        .store
        .write(move |connection| {
            nodes::sweep(connection, now - LASTS)?;
            nodes::put(connection, id, &name, &said, now)?;
            nodes::others(connection, Some(id), now - LASTS)
        })
        .await?;
    Ok(differences(&ours, &others))
}

/// Says that this server is gone.
///
/// # Errors
/// The store's.
pub async fn leave(app: &App) -> Result<()> {
    if !app.store.can_be_shared() {
        return Ok(());
    }
    let id = app.server.id;
    app.store
        .write(move |connection| nodes::remove(connection, id))
        .await
}

/// What the servers that use a database now believe otherwise than these settings.
///
/// # Errors
/// The store's.
pub(super) async fn compare(
    store: &Store,
    settings: &Settings,
    now: Timestamp,
) -> Result<Vec<Difference>> {
    let others = store
        .look(move |connection| nodes::others(connection, None, now - LASTS))
        .await?;
    Ok(differences(&settings.shared(), &others))
}

fn differences(ours: &BTreeMap<String, String>, others: &[Node]) -> Vec<Difference> {
    let mut found = Vec::new();
    for node in others {
        // A server of another version may say something else entirely.
        let Ok(theirs) = serde_json::from_str::<BTreeMap<String, String>>(&node.settings) else {
            continue;
        };
        for (key, ours) in ours {
            if let Some(theirs) = theirs.get(key).filter(|theirs| *theirs != ours) {
                found.push(Difference {
                    node: node.name.clone(),
                    key: key.clone(),
                    theirs: theirs.clone(),
                    ours: ours.clone(),
                });
            }
        }
    }
    found
}
