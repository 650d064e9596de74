//! One suite, every database.

use tempfile::TempDir;

use super::postgres::Postgres;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A file in the server's folder.
    Sqlite,
    /// A database of its own on the shared server, over TLS.
    Postgres,
}

impl At {
    /// The address of a new, empty database.
    pub fn database_url(self, folder: &TempDir) -> String {
        match self {
            Self::Sqlite => format!("sqlite://{}", folder.path().join("keyward.db").display()),
            Self::Postgres => Postgres::shared().database().url,
        }
    }
}

/// Makes two tests of each body: `sqlite::NAME` and `postgres::NAME`. Once a file.
#[macro_export]
macro_rules! on_every_database {
    ($($(#[$meta:meta])* async fn $name:ident($at:ident: At) $body:block)+) => {
        $($(#[$meta])* async fn $name($at: $crate::support::backends::At) $body)+
        $crate::on_every_database!(@ sqlite Sqlite $($name)+);
        $crate::on_every_database!(@ postgres Postgres $($name)+);
    };
    (@ $module:ident $at:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::support::backends::At::$at).await;
            })+
        }
    };
}
