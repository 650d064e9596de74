//! Declared configuration: `keyward apply` and `keyward export --config` on the real program.

use std::fs;

use serde_json::{Value, json};

use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;
use keyward_test_support::webhook_receiver::{Manner, Receiver};

const ALL: &str = r#"
groups = ["staff", "ops"]

[[applications]]
name = "Wiki"
contact = "it@example.org"
hosts = ["wiki.example.org", "*.wiki.example.org"]
rules = ["/public bypass", "/admin group:ops hardware within 1h", "/ group:staff,user:ANNA second-factor"]

[[policies]]
group = "ops"
kinds = ["passkey", "security-key"]
mail = false

[[validation_services]]
name = "Otp"
urls = ["https://otp.example.com/wsapi/2.0/verify"]
client_id = 7
api_key_file = "otp.key"
enabled = false

[[validation_clients]]
id = 12
note = "Mail"
allow = ["192.0.2.0/24"]
rate_limit = 60
api_key_file = "client.key"

[[webhooks]]
name = "Chat"
url = "https://hooks.example.org/keyward"
events = ["device.*"]
"#;

/// A secret of a webhook.
const SECRET: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

/// A server with files beside its settings.
struct Declared {
    server: Server,
}

impl Declared {
    fn write(&self, name: &str, text: &str) {
        fs::write(self.server.folder().join(name), text).expect("a file");
    }

    fn call(&self, arguments: &[&str]) -> Said {
        keyward(self.server.folder(), arguments)
    }

    fn differs(&self, arguments: &[&str]) -> String {
        let said = self.call(arguments);
        assert_eq!(said.code, Some(3), "{said:?}");
        said.out
    }

    fn exported(&self) -> String {
        self.call(&["export", "--config"]).done()
    }

    fn row(&self, arguments: &[&str], name: &str) -> Value {
        let rows = self.call(&[&["--json"], arguments].concat()).json();
        let rows = rows.as_array().expect("a list").clone();
        let number = |row: &Value| row["id"].as_i64();
        let is_it = |row: &Value| match number(row) {
            Some(number) => Ok(number) == name.parse(),
            None => row["name"] == name,
        };
        rows.into_iter().find(is_it).unwrap_or_default()
    }
}

fn with_files(server: Server) -> Declared {
    let declared = Declared { server };
    declared.call(&["user", "add", "anna"]).done();
    declared.write("all.toml", ALL);
    declared.write("otp.key", "AAECAwQF\n");
    declared.write("client.key", "BgcICQoL\n");
    declared
}

on_every_database! {
    async fn what_files_declare_is_printed_then_made_and_a_second_run_changes_nothing(at: At) {
        let here = with_files(Server::start(at).await);
        let before = here.exported();
        let dry = here.differs(&["apply", "--dry-run", "all.toml"]);
        for line in ["+ group staff", "+ application Wiki", "+ policy for ops", "+ validation service Otp",
            "+ validation client 12", "+ webhook Chat", "7 to add, 0 to change, 0 to remove"] {
            assert!(dry.contains(line), "{line}: {dry}");
        }
        assert!(!dry.contains("AAECAwQF"), "{dry}");
        assert_eq!(here.exported(), before, "a dry run wrote something");
        let done = here.call(&["apply", "all.toml"]).done();
        assert!(done.starts_with(&dry), "{done}");
        assert!(done.contains("whsec_") && done.ends_with("7 changes were made\n"), "{done}");
        for arguments in [&["apply", "all.toml"][..], &["apply", "--dry-run", "--prune", "all.toml"]] {
            assert_eq!(here.call(arguments).done(), "Nothing differs\n");
        }
        here.call(&["application", "explain", "--user", "anna", "--url", "https://wiki.example.org/"]).done();
        let events = "SELECT COUNT(*) FROM events WHERE kind IN ('application.added', 'webhook.added', \
            'group.added', 'policy.switched_on', 'validation_service.added', 'validation_client.added')";
        here.server.until(events, 7).await;
    }

    async fn only_what_differs_is_changed_and_secrets_stay_where_no_file_names_them(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        let less = ALL.replace("api_key_file = \"otp.key\"\n", "").replace("api_key_file = \"client.key\"\n", "");
        let changed = less.replace("it@example.org", "help@example.org").replace("rate_limit = 60", "rate_limit = 61");
        here.write("changed.toml", &changed);
        let plan = here.call(&["--json", "apply", "changed.toml"]).json();
        let changes = plan["changes"].as_array().expect("changes");
        assert_eq!(changes.len(), 2, "{plan}");
        assert_eq!(changes[0]["fields"], json!([
            { "key": "contact", "before": "it@example.org", "after": "help@example.org" },
        ]));
        assert_eq!(changes[1]["kind"], "validation client");
        assert!(changes.iter().all(|change| change["done"] == true), "{plan}");
        assert_eq!(here.row(&["validation", "service", "list"], "Otp")["signed"], true);
        here.write("client.key", "DA0ODxAR\n");
        let dry = here.differs(&["apply", "--dry-run", "all.toml"]);
        assert!(dry.contains("api_key: one -> another") && !dry.contains("DA0ODxAR"), "{dry}");
        here.call(&["apply", "all.toml"]).done();
        assert_eq!(here.call(&["apply", "--dry-run", "all.toml"]).done(), "Nothing differs\n");
        here.write("unsigned.toml", &less.replace("enabled = false", "enabled = false\nsigned = false"));
        here.call(&["apply", "unsigned.toml"]).done();
        assert_eq!(here.row(&["validation", "service", "list"], "Otp")["signed"], false);
    }

    async fn a_webhook_is_signed_with_the_secret_of_its_file(at: At) {
        let receiver = Receiver::start(Manner::Status(200));
        let networks = ("webhooks.networks", "[\"127.0.0.1/32\"]");
        let here = with_files(Server::with(at, &[networks]).await);
        let hooks = format!("[[webhooks]]\nname = 'Chat'\nurl = '{}'\n", receiver.url());
        let declared = format!("{hooks}secret_file = 'chat.secret'\n");
        here.write("hooks.toml", &declared);
        let believes = |secret: &str| {
            here.call(&["webhook", "test", "Chat"]).done();
            receiver.messages().last().expect("a message").is_believed(secret)
        };
        for text in ["", "whsec_AAEC", "no secret"] {
            here.write("chat.secret", text);
            let said = here.call(&["apply", "hooks.toml"]).refused("declared.invalid");
            assert!(said.contains("webhooks[0].secret_file"), "{said}");
        }
        here.write("chat.secret", &format!("{SECRET}\n"));
        let dry = here.differs(&["apply", "--dry-run", "hooks.toml"]);
        assert!(dry.contains("secret: one") && !dry.contains("whsec_"), "{dry}");
        let done = here.call(&["apply", "hooks.toml"]).done();
        assert!(!done.contains("whsec_"), "a secret that is in a file is printed: {done}");
        assert!(believes(SECRET));
        assert_eq!(here.call(&["apply", "hooks.toml"]).done(), "Nothing differs\n");

        let other = SECRET.replace("AAEC", "EBES");
        here.write("chat.secret", &other);
        let dry = here.differs(&["apply", "--dry-run", "hooks.toml"]);
        assert!(dry.contains("secret: one -> another") && dry.contains("1 to change"), "{dry}");
        assert!(!believes(&other), "a dry run changed the secret");
        here.call(&["apply", "hooks.toml"]).done();
        assert!(believes(&other) && believes(SECRET), "both sign for a while");
        assert_eq!(here.call(&["apply", "--dry-run", "hooks.toml"]).done(), "Nothing differs\n");
        here.server.until("SELECT COUNT(*) FROM events WHERE kind = 'webhook.secret_rotated'", 1).await;
        here.server.until("SELECT COUNT(*) FROM events WHERE kind = 'webhook.changed'", 0).await;

        // Where no file names one, the one that is held stays, wherever the webhook goes.
        here.write("kept.toml", &hooks.replace("Chat'\n", "Chat'\nevents = ['webhook.tested']\n"));
        here.call(&["apply", "--prune", "--yes", "kept.toml"]).done();
        assert!(believes(&other));
        let exported = here.exported();
        assert!(exported.contains("# secret_file = ") && !exported.contains("whsec_"), "{exported}");
        let json = here.call(&["--json", "export", "--config"]).done();
        assert!(!json.contains("whsec_"), "{json}");
        here.write("none.toml", "webhooks = []");
        here.call(&["apply", "--prune", "--yes", "none.toml"]).done();
        assert_eq!(here.row(&["webhook", "list"], "Chat"), Value::Null);
    }

    async fn what_is_exported_is_what_is_there(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        here.call(&["validation", "client", "add", "--id", "13", "--note", "gone"]).done();
        here.call(&["validation", "client", "revoke", "13"]).done();
        here.call(&["policy", "set", "--device-bound"]).done();
        let exported = here.exported();
        for secret in ["AAECAwQF", "BgcICQoL", "whsec_"] {
            assert!(!exported.contains(secret), "{exported}");
        }
        here.write("exported.toml", &exported);
        let json = here.call(&["--json", "export", "--config"]).done();
        here.write("exported.yaml", &json);
        for file in ["exported.toml", "exported.yaml"] {
            let dry = here.call(&["apply", "--dry-run", "--prune", file]);
            assert_eq!(dry.done(), "Nothing differs\n", "{file}: {exported}");
        }
        assert_eq!(here.call(&["--config", "keyward.toml", "export"]).done(), exported);
        // Elsewhere a service that signs needs its key first.
        here.call(&["validation", "service", "remove", "Otp"]).done();
        let said = here.call(&["apply", "exported.toml"]).refused("declared.invalid");
        assert!(said.contains("validation_services[0]") && said.contains("api_key_file"), "{said}");
    }

    async fn pruning_removes_what_is_not_declared_of_the_kinds_that_files_speak_of(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        here.write("less.yaml", "
groups: [staff]
applications:
- name: Intranet
  hosts: [wiki.example.org]
  rules: [/ group:staff]
policies: []
validation_clients: []
");
        let said = here.call(&["apply", "less.yaml"]).refused("declared.invalid");
        assert!(said.contains("wiki.example.org") && said.contains("Wiki"), "{said}");
        let dry = here.differs(&["apply", "--dry-run", "--prune", "less.yaml"]);
        let signs: Vec<&str> = dry.lines().filter(|line| line.starts_with(['+', '-', '~'])).collect();
        assert_eq!(signs, [
            "- application Wiki", "+ application Intranet", "- validation client 12", "- policy for ops",
            "- group ops",
        ]);
        here.call(&["apply", "--prune", "--yes", "less.yaml"]).done();
        let dry = here.call(&["apply", "--dry-run", "--prune", "less.yaml"]).done();
        assert_eq!(dry, "Nothing differs\n");
        assert_eq!(here.row(&["validation", "client", "list"], "12")["active"], false);
        assert_eq!(here.row(&["webhook", "list"], "Chat")["enabled"], true, "nobody spoke of it");
        assert_eq!(here.row(&["group", "list"], "ops"), Value::Null);
    }

    async fn hosts_are_exchanged_between_applications(at: At) {
        let here = with_files(Server::start(at).await);
        let two = |one: &str, other: &str| format!(
            "[[applications]]\nname = 'One'\nhosts = ['{one}.example.org']\n\
             [[applications]]\nname = 'Two'\nhosts = ['{other}.example.org']\n"
        );
        here.write("a.toml", &two("a", "b"));
        here.call(&["apply", "a.toml"]).done();
        here.write("a.toml", &two("b", "a"));
        let done = here.call(&["apply", "a.toml"]).done();
        assert!(done.contains("- a.example.org") && done.contains("+ b.example.org"), "{done}");
        let one = here.row(&["application", "list"], "One");
        assert_eq!(one["hosts"], json!(["b.example.org"]));
    }

    async fn a_mistake_in_any_file_changes_nothing(at: At) {
        let here = with_files(Server::start(at).await);
        let before = here.exported();
        for (name, text, says) in [
            ("a.toml", "[[applications]]\nnmae = 'Intranet'\n", "a.toml: applications[0].nmae"),
            ("a.yaml", "applications: [{name: Wiki, hosts: [a.example.org]}]", "all.toml: applications[0]"),
            ("a.yaml", "applications: [{name: A, hosts: [wiki.example.org]}]", "wiki.example.org"),
            ("a.yaml", "applications: [{name: A, hosts: [a.org], rules: ['/ user:nobody']}]", "user nobody"),
            ("a.yaml", "policies: [{group: nobody, device_bound: true}]", "group nobody"),
            ("a.yaml", "a: &a [x]\ngroups: [*a, *b]", "a.yaml"),
        ] {
            here.write(name, text);
            let said = here.call(&["apply", "all.toml", name]);
            assert_eq!(said.err.lines().count(), 1, "{said:?}");
            let line = said.refused("declared.invalid");
            assert!(line.contains(says), "{line}");
        }
        // What settings forbid is seen before anything is made.
        here.write("plain.toml", "groups = ['new']\n[[webhooks]]\nname = 'Inner'\nurl = 'http://127.0.0.1/hook'\n");
        for arguments in [&["apply", "--dry-run", "plain.toml"][..], &["apply", "plain.toml"]] {
            let line = here.call(arguments).refused("webhook.invalid");
            assert!(line.contains("Inner") && line.contains("127.0.0.1"), "{line}");
        }
        here.call(&["apply", "nowhere.toml"]).refused("declared.invalid");
        assert_eq!(here.exported(), before);
        assert_eq!(here.call(&["apply"]).code, Some(2));
    }

    async fn a_run_that_fails_on_its_way_says_how_far_it_came_and_the_next_goes_on(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["group", "add", "busy"]).done();
        // Whatever is wrong with the database alone shows when it is written.
        let hooks: String = (0..65)
            .map(|number| format!("[[webhooks]]\nname = 'H{number}'\nurl = 'https://h.example.org/{number}'\n"))
            .collect();
        here.write("many.toml", &format!("groups = ['busy', 'new']\n{hooks}"));
        let said = here.call(&["apply", "many.toml"]);
        assert!(said.out.contains("65 of 66 changes were made"), "{said:?}");
        assert!(said.err.contains("not done: + webhook"), "{said:?}");
        said.refused("webhook.too_many");
        here.call(&["webhook", "remove", "H0"]).done();
        let dry = here.differs(&["apply", "--dry-run", "many.toml"]);
        assert!(dry.contains("2 to add, 0 to change"), "{dry}");
    }
}
