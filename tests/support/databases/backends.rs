//! One suite, every database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::{BigInt, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};

use keyward_store::{Bounds, Limits, Store};

use super::postgres::{Database, PASSWORD, Postgres};
use super::process;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A file in the server's folder.
    Sqlite,
    /// A database of its own on the shared server, over TLS.
    Postgres,
}

/// The database of one server, seen from behind.
pub enum Behind {
    /// The file.
    Sqlite(PathBuf),
    /// The database of its own.
    Postgres(Database),
}

impl At {
    /// A new, empty database; `folder` is the server's.
    pub fn new_database(self, folder: &Path) -> Behind {
        match self {
            Self::Sqlite => Behind::Sqlite(folder.join("keyward.db")),
            Self::Postgres => Behind::Postgres(Postgres::shared().database()),
        }
    }
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Behind {
    /// The address, as the settings want it.
    pub fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}", file.display()),
            Self::Postgres(database) => database.url.clone(),
        }
    }

    /// The tables behind the server, for what takes it a request a row.
    pub fn store(&self) -> Store {
        let patience = Duration::from_secs(30);
        let limits = Limits {
            connect: patience,
            statement: patience,
            lock: patience,
            silence: patience,
        };
        let bounds = Bounds {
            pool: 4,
            wait: patience,
            limits,
        };
        Store::open(&self.url(), bounds).expect("a database")
    }

    /// The one number that a statement gives.
    pub fn number(&self, statement: &str) -> i64 {
        match self {
            Self::Sqlite(file) => {
                let statement = format!("SELECT ({statement}) AS number");
                let row: Number = diesel::sql_query(statement)
                    .get_result(&mut connect(file))
                    .expect("the statement is right");
                row.number
            }
            Self::Postgres(database) => database
                .query(statement)
                .trim()
                .parse()
                .expect("the statement gives a number"),
        }
    }

    /// The one text that a statement gives.
    pub fn text(&self, statement: &str) -> String {
        let lines = self.lines(&format!("SELECT ({statement}) AS line"));
        lines.concat()
    }

    /// The one column of text that a statement gives, which calls it `line`.
    pub fn lines(&self, statement: &str) -> Vec<String> {
        match self {
            Self::Sqlite(file) => {
                let rows: Vec<Line> = diesel::sql_query(statement)
                    .load(&mut connect(file))
                    .expect("the statement is right");
                rows.into_iter().map(|row| row.line).collect()
            }
            Self::Postgres(database) => {
                let text = database.query(statement);
                text.lines().map(str::to_owned).collect()
            }
        }
    }

    /// Runs a statement, as somebody with access to the database might.
    pub fn execute(&self, statement: &str) {
        match self {
            Self::Sqlite(file) => connect(file)
                .batch_execute(&format!("PRAGMA busy_timeout = 10000; {statement}"))
                .expect("the statement is right"),
            Self::Postgres(database) => drop(database.query(statement)),
        }
    }

    /// Something that can happen to the database at any moment, in one transaction with a look at a
    /// number after it; `None` where it did not happen, because the rows are held by whoever would have
    /// to wait for it.
    pub fn change(&self, change: &str, number: &str) -> Box<dyn FnOnce() -> Option<i64> + Send> {
        match self {
            Self::Sqlite(file) => {
                let file = file.clone();
                let (change, number) = (change.to_owned(), format!("SELECT ({number}) AS number"));
                Box::new(move || {
                    let mut connection = connect(&file);
                    let begin =
                        "PRAGMA busy_timeout = 300; PRAGMA foreign_keys = ON; BEGIN IMMEDIATE";
                    connection.batch_execute(begin).ok()?;
                    connection
                        .batch_execute(&change)
                        .expect("the statement is right");
                    let row: Number = diesel::sql_query(number)
                        .get_result(&mut connection)
                        .expect("the statement is right");
                    connection.batch_execute("COMMIT").ok()?;
                    Some(row.number)
                })
            }
            Self::Postgres(database) => {
                let name = database.name().to_owned();
                let all = format!(
                    "BEGIN; SET LOCAL lock_timeout = 300; {change}; SELECT ({number}); COMMIT"
                );
                Box::new(move || Postgres::shared().attempt(&name, &all)?.trim().parse().ok())
            }
        }
    }

    /// From now on, something happens to the database whenever a row of this table is added or
    /// changed: what others do while a request waits, at the same point of it each time.
    pub fn meanwhile(&self, table: &str, statement: &str) {
        match self {
            Self::Sqlite(_) => {
                for event in ["INSERT", "UPDATE"] {
                    self.execute(&format!(
                        "CREATE TRIGGER meanwhile_{event} AFTER {event} ON {table}
                         BEGIN {statement}; END"
                    ));
                }
            }
            Self::Postgres(_) => {
                self.execute(&format!(
                    "CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS
                     $$ BEGIN {statement}; RETURN NULL; END $$"
                ));
                self.execute(&format!(
                    "CREATE TRIGGER meanwhile AFTER INSERT OR UPDATE ON {table}
                     FOR EACH ROW EXECUTE FUNCTION meanwhile()"
                ));
            }
        }
    }

    /// Everything that a thief of the database has.
    pub fn stolen(&self) -> Vec<u8> {
        match self {
            Self::Sqlite(file) => ["", "-wal"]
                .iter()
                .flat_map(|end| fs::read(format!("{}{end}", file.display())).unwrap_or_default())
                .collect(),
            Self::Postgres(database) => process::run(
                Command::new("pg_dump")
                    .args(["--inserts", &database.url])
                    .env("PGPASSWORD", PASSWORD),
            )
            .into_bytes(),
        }
    }
}

fn connect(file: &Path) -> SqliteConnection {
    SqliteConnection::establish(&file.to_string_lossy()).expect("the file is there")
}

/// Makes two tests of each body: `sqlite::NAME` and `postgres::NAME`. Once a file.
#[macro_export]
macro_rules! on_every_database {
    ($($(#[$meta:meta])* async fn $name:ident($at:ident: At) $body:block)+) => {
        $($(#[$meta])* async fn $name($at: $crate::backends::At) $body)+
        $crate::on_every_database!(@ sqlite Sqlite $($name)+);
        $crate::on_every_database!(@ postgres Postgres $($name)+);
    };
    (@ $module:ident $at:ident $($name:ident)+) => {
        mod $module {
            $(#[tokio::test]
            async fn $name() {
                super::$name($crate::backends::At::$at).await;
            })+
        }
    };
}
