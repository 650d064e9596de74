//! Debian's `pgbouncer` in front of the PostgreSQL of the tests, with connections by the
//! transaction.

use std::fs;
use std::net::TcpStream;

use super::postgres::{self, Database, PASSWORD, USER};
use super::process::{self, Process};

/// A running pooler; it stops when this is dropped.
pub struct PgBouncer {
    port: u16,
    _process: Process,
}

impl PgBouncer {
    /// Starts a pooler that has this many connections for each database.
    pub fn with(connections: u32) -> Self {
        let folder = process::folder("pgbouncer");
        let port = process::free_port();
        let server = postgres::Postgres::shared().port();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={server} user={USER} password={PASSWORD}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = transaction\ndefault_pool_size = {connections}\n\
             max_client_conn = 300\nserver_tls_sslmode = require\n\
             server_round_robin = 1\n"
        );
        let file = folder.join("pgbouncer.ini");
        fs::write(&file, config).expect("the folder is ours");
        let mut command = postgres::prefix();
        command.push("/usr/sbin/pgbouncer".into());
        command.push(file.into_os_string());
        let process = Process::start(folder, "INT", &command);
        process.wait_for("pgbouncer", |_| {
            TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self {
            port,
            _process: process,
        }
    }

    /// The address of a database behind it.
    pub fn url_of(&self, database: &Database) -> String {
        let name = database.bare_url.rsplit('/').next().unwrap_or_default();
        format!(
            "postgres://{USER}@127.0.0.1:{}/{name}?sslmode=disable",
            self.port
        )
    }
}
