//! Proxies in front of an application, Debian's and Envoy from PyPI, by the lines that
//! `docs/applications/` gives for them, word for word but for the addresses; and an application that says
//! what reached it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

use keyward_actions::application;
use keyward_core::domain::application::{
    ApplicationId, ApplicationName, ApplicationSettings, HostPattern,
};
use keyward_core::flows::permit::Administrator;
use serde_json::{Map, Value};

use super::process::{self, Process};
use super::server::Server;

/// The proxies that can be run here.
pub const PROXIES: [&str; 5] = ["nginx", "caddy", "haproxy", "apache", "envoy"];

/// An application behind a proxy: it answers with the method, the path and the headers that reached it,
/// as JSON.
pub struct Application {
    /// Where it listens: `127.0.0.1:PORT`.
    pub address: String,
}

impl Application {
    /// Starts one, for as long as the test runs.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("bound").to_string();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                thread::spawn(move || answer(stream));
            }
        });
        Self { address }
    }
}

fn answer(mut stream: TcpStream) -> Option<()> {
    let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
    let request = lines.next()?.ok()?;
    let mut headers = Map::new();
    for line in lines {
        let line = line.ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        let list = headers
            .entry(name.to_ascii_lowercase())
            .or_insert_with(|| Value::Array(Vec::new()));
        list.as_array_mut()?.push(value.trim().into());
    }
    let mut words = request.split(' ');
    let body = serde_json::json!({
        "method": words.next(), "path": words.next(), "headers": headers,
    });
    let body = body.to_string();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    )
    .ok()
}

impl Server {
    /// Adds an application at a host with these rules.
    pub async fn protects(&self, name: &str, host: &str, rules: &[&str]) -> ApplicationId {
        let rules = rules.iter().map(|rule| rule.parse().expect("a rule"));
        let settings = ApplicationSettings {
            name: ApplicationName::parse(name).expect("a name"),
            contact: "it@example.org".to_owned(),
            hosts: vec![HostPattern::parse(host).expect("a host")],
            rules: rules.collect(),
        };
        let administrator = Administrator::at_command_line();
        let added = application::add(&self.app, &administrator, settings).await;
        added.expect("an application")
    }
}

/// A running proxy; it stops when this is dropped.
pub struct Front {
    /// The port that browsers come to.
    pub port: u16,
    _process: Process,
}

/// The lines of a fence in the paper of a proxy.
fn fence(proxy: &str, language: &str) -> String {
    let paper = crate::repository().join(format!("docs/applications/{proxy}.md"));
    let paper = fs::read_to_string(paper).expect("the paper is there");
    let (_, after) = paper
        .split_once(&format!("```{language}\n"))
        .unwrap_or_else(|| panic!("no lines of {language} for {proxy}"));
    let (lines, _) = after.split_once("```").expect("the fence ends");
    lines.to_owned()
}

/// The lines with the addresses of a test in place of those of the paper.
struct Addresses<'a> {
    keyward: &'a str,
    application: &'a str,
    host: &'a str,
    folder: &'a Path,
    port: u16,
    /// Whether people come to this port, so that it is a part of their addresses.
    is_named: bool,
}

impl Addresses<'_> {
    fn in_lines(&self, lines: &str) -> String {
        let folder = self.folder.display().to_string();
        lines
            .replace("127.0.0.1:8080", self.keyward)
            .replace("127.0.0.1:3000", self.application)
            .replace("wiki.example.org", self.host)
            .replace("/etc/haproxy/keyward.lua", &format!("{folder}/keyward.lua"))
            .replace("/etc/apache2/keyward.lua", &format!("{folder}/keyward.lua"))
    }

    fn nginx(&self) -> (String, Vec<String>) {
        let place = self.folder.display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .iter()
            .map(|what| format!("{what}_temp_path {place}/{what};\n"))
            .collect();
        let lines = self.in_lines(&fence("nginx", "nginx"));
        let lines = lines.replace(
            "listen 443 ssl;",
            &format!("listen 127.0.0.1:{};", self.port),
        );
        let lines = match self.is_named {
            true => lines.replace("$host", &format!("$host:{}", self.port)),
            false => lines,
        };
        let config = format!(
            "daemon off; master_process off; pid {place}/pid; error_log stderr;\nevents {{}}\n\
             http {{ access_log off; {temporary}\n{lines}\n\
             server {{ listen 127.0.0.1:{} default_server; return 444; }} }}\n",
            self.port
        );
        let place = place.to_string();
        let words = ["nginx", "-p", &place, "-e", "stderr", "-c"];
        (config, words.map(str::to_owned).into())
    }

    fn caddy(&self) -> (String, Vec<String>) {
        let place = self.folder.display();
        let lines = fence("caddy", "caddyfile");
        let here = format!("http://{}:{}", self.host, self.port);
        let lines = self.in_lines(&lines.replace("wiki.example.org", &here));
        let config = format!("{{\nadmin off\nauto_https off\ndefault_bind 127.0.0.1\n}}\n{lines}");
        let words = [
            "env".to_owned(),
            format!("XDG_DATA_HOME={place}"),
            format!("XDG_CONFIG_HOME={place}"),
        ];
        let run = ["caddy", "run", "--adapter", "caddyfile", "--config"].map(str::to_owned);
        (config, words.into_iter().chain(run).collect())
    }

    fn haproxy(&self) -> (String, Vec<String>) {
        self.write("keyward.lua", &fence("haproxy", "lua"));
        let lines = self.in_lines(&fence("haproxy", "haproxy"));
        let bind = format!("bind 127.0.0.1:{}", self.port);
        let lines = lines.replace("bind :443 ssl crt /etc/haproxy/certificates", &bind);
        let config = format!(
            "defaults\n    mode http\n    timeout connect 5s\n    timeout client 30s\n    \
             timeout server 30s\n{lines}"
        );
        (config, ["haproxy", "-db", "-f"].map(str::to_owned).into())
    }

    fn apache(&self) -> (String, Vec<String>) {
        self.write("keyward.lua", &fence("apache", "lua"));
        let place = self.folder.display();
        let lines = self.in_lines(&fence("apache", "apache"));
        let here = format!("127.0.0.1:{}", self.port);
        let lines = lines.replace("*:443", &here);
        let modules: String = ["mpm_event", "authz_core", "proxy", "proxy_http", "lua"]
            .iter()
            .map(|name| {
                format!("LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so\n")
            })
            .collect();
        let config = format!(
            "ServerRoot \"{place}\"\nServerName localhost\nPidFile {place}/pid\n\
             DefaultRuntimeDir {place}\nErrorLog {place}/errors\nUser www-data\nGroup www-data\n\
             {modules}Listen {here}\n\
             <VirtualHost {here}>\nServerName none.invalid\n<Location \"/\">\nRequire all denied\n\
             </Location>\n</VirtualHost>\n{lines}"
        );
        let words = ["apache2", "-D", "FOREGROUND", "-f"];
        (config, words.map(str::to_owned).into())
    }

    fn envoy(&self) -> (String, Vec<String>) {
        let port_of = |address: &str| address.rsplit(':').next().unwrap_or_default().to_owned();
        let port = |number: &str| format!("port_value: {number} ");
        let lines = self.in_lines(&fence("envoy", "yaml"));
        // What reads certificates goes.
        let (before, tls) = lines.split_once("- transport_socket:").expect("TLS");
        let (_, after) = tls.split_once("filters:").expect("filters");
        let config = format!("{before}- filters:{after}")
            .replace("0.0.0.0", "127.0.0.1")
            .replace(&port("443"), &port(&self.port.to_string()))
            .replace(&port("8080"), &port(&port_of(self.keyward)))
            .replace(&port("3000"), &port(&port_of(self.application)));
        let envoy = crate::repository().join("target/python/bin/envoy");
        let words = [
            "--log-level",
            "error",
            "--concurrency",
            "1",
            "--disable-hot-restart",
            "-c",
        ];
        let words = words.map(str::to_owned).into_iter();
        (
            config,
            std::iter::once(envoy.display().to_string())
                .chain(words)
                .collect(),
        )
    }

    fn write(&self, name: &str, lines: &str) {
        fs::write(self.folder.join(name), self.in_lines(lines)).expect("the folder is ours");
    }
}

impl Front {
    /// Starts one at `host`, in front of an application, which asks the server at `base`.
    pub fn of(name: &str, base: &str, host: &str, application: &str) -> Self {
        Self::start(name, base, host, application, false)
    }

    /// Starts nginx so that browsers reach it by its port.
    pub fn of_nginx_at_its_port(base: &str, host: &str, application: &str) -> Self {
        Self::start("nginx", base, host, application, true)
    }

    fn start(name: &str, base: &str, host: &str, application: &str, is_named: bool) -> Self {
        let folder = process::folder(name);
        let port = process::free_port();
        let base = base.trim_end_matches('/').replace("localhost", "127.0.0.1");
        let addresses = Addresses {
            keyward: base.trim_start_matches("http://"),
            application,
            host,
            folder: &folder,
            port,
            is_named,
        };
        let (config, mut words) = match name {
            "nginx" => addresses.nginx(),
            "caddy" => addresses.caddy(),
            "haproxy" => addresses.haproxy(),
            "apache" => addresses.apache(),
            "envoy" => addresses.envoy(),
            other => panic!("no proxy is called {other}"),
        };
        // Envoy looks at how a file is called.
        let file = folder.join("conf.yaml");
        fs::write(&file, config).expect("the folder is ours");
        words.push(file.display().to_string());
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let process = Process::start(folder.clone(), "TERM", &words);
        process.wait_for(name, |_| TcpStream::connect(("127.0.0.1", port)).ok());
        Self {
            port,
            _process: process,
        }
    }
}
