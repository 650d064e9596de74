//! The statements that a server of this test process runs on its embedded database, as they are told
//! by its connections.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

/// What is heard of each database.
static HEARD: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());

fn heard() -> MutexGuard<'static, BTreeMap<String, Vec<String>>> {
    HEARD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Connections that are opened from now on can be heard.
pub(crate) fn begin() {
    static BEGUN: Once = Once::new();
    BEGUN.call_once(|| {
        let listener = || -> Option<Box<dyn Instrumentation>> { Some(Box::<Listener>::default()) };
        set_default_instrumentation(listener).expect("nobody else holds it");
    });
}

/// Listens to one connection.
#[derive(Default)]
struct Listener {
    database: String,
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                url.clone_into(&mut self.database)
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                let mut heard = heard();
                let Some(statements) = heard.get_mut(&self.database) else {
                    return;
                };
                let text = query.to_string();
                // Values follow.
                let statement = text.split(" -- binds").next().unwrap_or_default();
                statements.push(statement.to_owned());
            }
            _ => {}
        }
    }
}

/// What is heard of one database, until this is dropped.
pub struct Heard(String);

impl Heard {
    pub(crate) fn of(file: &Path) -> Self {
        let file = file.to_string_lossy().into_owned();
        heard().insert(file.clone(), Vec::new());
        Self(file)
    }

    /// The statements so far, without their values.
    pub fn statements(&self) -> Vec<String> {
        heard().get(&self.0).cloned().unwrap_or_default()
    }
}

impl Drop for Heard {
    fn drop(&mut self) {
        heard().remove(&self.0);
    }
}
