//! FreeRADIUS with its module `yubikey`, asked by `radtest`.

use std::fs;
use std::path::Path;

use super::{Asked, ValidationSetup, Words, four_answers, transcript};
use keyward_test_support::command::run;
use keyward_test_support::process::{self, Process};

const SECRET: &str = "a-made-up-secret";

/// A RADIUS server that asks us, until this is dropped.
struct Radius {
    port: u16,
    process: Process,
}

impl Radius {
    fn start(asked: &Asked) -> Self {
        let folder = process::folder("freeradius");
        let port = process::free_port();
        fs::write(folder.join("radiusd.conf"), settings(&folder, port, asked)).expect("ours");
        let dictionary = "$INCLUDE /usr/share/freeradius/dictionary\n";
        fs::write(folder.join("dictionary"), dictionary).expect("ours");
        let place = folder.display().to_string();
        let command = ["freeradius", "-f", "-xx", "-l", "stdout", "-d", &place];
        let process = Process::start(folder, "TERM", &command);
        process.wait_for("freeradius", |process| {
            process
                .log()
                .contains("Ready to process requests")
                .then_some(())
        });
        Self { port, process }
    }
}

fn settings(folder: &Path, port: u16, asked: &Asked) -> String {
    let folder = folder.display();
    let Asked { url, id, api_key } = asked;
    format!(
        "name = radiusd
run_dir = {folder}
logdir = {folder}
libdir = /usr/lib/freeradius
pidfile = {folder}/radiusd.pid
log {{
    destination = stdout
    auth = yes
}}
security {{
    reject_delay = 0
}}
proxy_requests = no
client loopback {{
    ipaddr = 127.0.0.1
    secret = {SECRET}
}}
thread pool {{
    start_servers = 1
    max_servers = 4
    min_spare_servers = 1
    max_spare_servers = 2
}}
modules {{
    yubikey {{
        id_length = 12
        split = yes
        decrypt = no
        validate = yes
        validation {{
            servers {{
                uri = '{url}?id=%d&otp=%s'
            }}
            client_id = {id}
            api_key = '{api_key}'
            pool {{
                start = 1
                min = 1
                max = 4
                uses = 0
                lifetime = 0
                idle_timeout = 60
            }}
        }}
    }}
}}
server default {{
    listen {{
        type = auth
        ipaddr = 127.0.0.1
        port = {port}
    }}
    authorize {{
        yubikey
    }}
    authenticate {{
        Auth-Type yubikey {{
            yubikey
        }}
    }}
}}
"
    )
}

pub async fn ask(app: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let radius = Radius::start(asked);
    let server = format!("127.0.0.1:{}", radius.port);
    let arguments = ["anna", otp, &server, "0", SECRET];
    let said = transcript(&run("radtest", app.server.folder(), &arguments, ""));
    let log = radius.process.log();
    let reasons: Vec<&str> = log
        .lines()
        .filter(|line| line.contains(") yubikey: "))
        .collect();
    format!("{said}\n{}", reasons.join("\n"))
}

four_answers!(
    ask,
    Words {
        good: "Received Access-Accept",
        replay: "REPLAYED_OTP",
        another_key: "BAD_SERVER_SIGNATURE",
        unknown: "BAD_SERVER_SIGNATURE",
    }
);
