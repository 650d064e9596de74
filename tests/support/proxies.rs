//! Debian's proxies in front of a server, by the lines that `docs/proxies.md` gives for them, word for
//! word but for the two addresses.

use std::fs;
use std::net::TcpStream;

use super::process::{self, Process};

/// The proxies that there are lines for, by the names of their fences.
pub const PROXIES: [&str; 4] = ["nginx", "caddyfile", "haproxy", "apache"];

/// A running proxy; it stops when this is dropped.
pub struct Proxy {
    port: u16,
    _process: Process,
}

/// What the paper says for one of them, in front of `upstream` in place of the address there.
fn lines(name: &str, upstream: &str) -> String {
    let paper = crate::repository().join("docs/proxies.md");
    let paper = fs::read_to_string(paper).expect("the paper is there");
    let (_, after) = paper
        .split_once(&format!("```{name}\n"))
        .unwrap_or_else(|| panic!("no lines for {name}"));
    let (lines, _) = after.split_once("```").expect("the fence ends");
    lines.replace("127.0.0.1:8080", upstream)
}

impl Proxy {
    /// Starts one in front of a server at `base`.
    pub fn in_front_of(name: &str, base: &str) -> Self {
        let folder = process::folder(name);
        let port = process::free_port();
        let place = folder.display().to_string();
        let base = base.trim_end_matches('/').replace("localhost", "127.0.0.1");
        let upstream = base.trim_start_matches("http://");
        let lines = lines(name, upstream);
        let file = folder.join("conf").display().to_string();
        let kept = ["DATA", "CONFIG"].map(|what| format!("XDG_{what}_HOME={place}"));
        let (config, command): (String, Vec<&str>) = match name {
            "nginx" => {
                let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
                    .iter()
                    .map(|what| format!("{what}_temp_path {place}/{what};\n"))
                    .collect();
                (
                    format!(
                        "daemon off; master_process off; pid {place}/pid; error_log stderr;\n\
                         events {{}}\nhttp {{ access_log off; {temporary}\n\
                         server {{ listen 127.0.0.1:{port};\n{lines} }} }}\n"
                    ),
                    vec!["nginx", "-p", &place, "-e", "stderr", "-c", &file],
                )
            }
            "caddyfile" => (
                format!(
                    "{{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}}\n{}",
                    lines.replace("login.example.org", &format!("http://:{port}"))
                ),
                vec![
                    "env",
                    &kept[0],
                    &kept[1],
                    "caddy",
                    "run",
                    "--adapter",
                    "caddyfile",
                    "--config",
                    &file,
                ],
            ),
            "haproxy" => (
                format!(
                    "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    \
                     timeout server 30s\nfrontend people\n    bind 127.0.0.1:{port}\n    \
                     default_backend keyward\n{lines}"
                ),
                vec!["haproxy", "-db", "-f", &file],
            ),
            "apache" => {
                let modules: String = ["mpm_event", "authz_core", "proxy", "proxy_http"]
                    .iter()
                    .map(|name| {
                        format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
                    })
                    .collect();
                (
                    format!(
                        "ServerRoot \"{place}\"\nServerName localhost\nPidFile {place}/pid\n\
                         DefaultRuntimeDir {place}\nErrorLog {place}/errors\n\
                         User www-data\nGroup www-data\n{modules}Listen 127.0.0.1:{port}\n{lines}"
                    ),
                    vec!["apache2", "-f", &file, "-D", "FOREGROUND"],
                )
            }
            other => panic!("no proxy is called {other}"),
        };
        fs::write(&file, config).expect("the folder is ours");
        let process = Process::start(folder.clone(), "TERM", &command);
        process.wait_for(name, |_| TcpStream::connect(("127.0.0.1", port)).ok());
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
