//! Debian's `nginx` in front of a server, as its manual sets it up: it appends the address that it
//! saw to `X-Forwarded-For`.

use std::fs;
use std::net::TcpStream;

use super::process::{self, Process};

/// A running proxy; it stops when this is dropped.
pub struct Nginx {
    port: u16,
    _process: Process,
}

impl Nginx {
    /// Starts a proxy in front of a server at `base`.
    pub fn in_front_of(base: &str) -> Self {
        let folder = process::folder("nginx");
        let port = process::free_port();
        let place = folder.display();
        let base = base.trim_end_matches('/').replace("localhost", "127.0.0.1");
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|what| format!("{what}_temp_path {place}/{what};\n"))
            .collect();
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log stderr;\n\
             events {{}}\n\
             http {{ access_log off; {temporary} server {{ listen 127.0.0.1:{port};\n\
             location / {{ proxy_pass {base}; \
             proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for; \
             proxy_set_header Forwarded \"\"; }} }} }}\n"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config).expect("the folder is ours");
        let (prefix, file) = (format!("{place}"), file.display().to_string());
        let command = ["nginx", "-p", &prefix, "-e", "stderr", "-c", &file];
        let process = Process::start(folder.clone(), "TERM", &command);
        process.wait_for("nginx", |_| TcpStream::connect(("127.0.0.1", port)).ok());
        Self {
            port,
            _process: process,
        }
    }

    /// Where it listens.
    pub fn base(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}
