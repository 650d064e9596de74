//! Clients of the OpenID provider in declared configuration.

use std::fs;

use serde_json::{Value, json};

use keyward_actions::openid_client::registered;
use keyward_core::domain::openid_client::ClientId;
use keyward_test_support::command::{Said, keyward};
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

const ALL: &str = r#"
groups = ["staff"]

[[clients]]
client_id = "wiki"
name = "Wiki"
contact = "it@example.org"
redirect_uris = ["https://wiki.example.org/callback", "https://wiki.example.org/other"]
post_logout_redirect_uris = ["https://wiki.example.org/"]
backchannel_logout_uri = "https://wiki.example.org/out"
scopes = ["openid", "groups", "offline_access"]
access = "group:staff,user:ANNA phishing-resistant within 1h"
subject = "pairwise"
access_token = "jwt"
id_token_algorithm = "ES256"
asks_consent = true
secret_file = "wiki.secret"

[[clients]]
client_id = "phone"
name = "Phone"
authentication = "none"
redirect_uris = ["org.example.phone:/callback"]

[[clients]]
client_id = "robot"
name = "Robot"
authentication = "private_key_jwt"
keys_file = "robot.jwks"
grants = ["client_credentials"]
scopes = ["payroll:read"]

[[clients]]
client_id = "shop"
name = "Shop"
redirect_uris = "https://shop.example.org/callback"
"#;

const SECRET: &str = "wiki-has-this-secret-of-256-random-bits-or-more-already";
const KEY: &str =
    r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

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

    fn shown(&self, client: &str) -> Value {
        self.call(&["client", "show", client, "--json"]).json()
    }

    fn count(&self, kind: &str) -> i64 {
        let count = format!("SELECT COUNT(*) FROM events WHERE kind = 'openid_client.{kind}'");
        self.server.database.number(&count)
    }

    /// Whether what a client shows is a secret of it, at the endpoints.
    async fn is_taken(&self, client: &str, secret: &str) -> bool {
        let id = ClientId::parse(client).expect("an id");
        let app = &self.server.app;
        let found = registered(app, &id).await.expect("a database");
        found.is_some_and(|client| client.has_secret(secret, app.now()))
    }

    /// Waits until a secret is, or is no more, one of the client's.
    async fn takes(&self, client: &str, secret: &str, is_one: bool) {
        while self.is_taken(client, secret).await != is_one {}
    }
}

fn with_files(server: Server) -> Declared {
    let declared = Declared { server };
    declared.call(&["user", "add", "anna"]).done();
    declared.write("all.toml", ALL);
    declared.write("wiki.secret", &format!("{SECRET}\n"));
    declared.write("robot.jwks", KEY);
    declared
}

on_every_database! {
    async fn clients_are_declared_made_exported_and_a_second_run_changes_nothing(at: At) {
        let here = with_files(Server::start(at).await);
        let dry = here.differs(&["apply", "--dry-run", "all.toml"]);
        for line in ["+ client wiki", "+ client phone", "+ client robot", "+ client shop",
            "secret: a new one, which is shown this once", "5 to add, 0 to change, 0 to remove"] {
            assert!(dry.contains(line), "{line}: {dry}");
        }
        assert!(!dry.contains(SECRET), "{dry}");
        assert_eq!(here.server.database.number("SELECT COUNT(*) FROM openid_clients"), 0);
        let done = here.call(&["apply", "all.toml"]).done();
        assert!(done.contains("The secret of the client shop is shown this once\nkwc_"), "{done}");
        assert_eq!((done.matches("kwc_").count(), done.contains(SECRET)), (1, false), "{done}");
        for arguments in [&["apply", "all.toml"][..], &["apply", "--dry-run", "--prune", "all.toml"]] {
            assert_eq!(here.call(arguments).done(), "Nothing differs\n");
        }
        here.takes("wiki", SECRET, true).await;
        let shop = done.lines().find(|line| line.starts_with("kwc_")).expect("a secret");
        here.takes("shop", shop, true).await;
        let wiki = here.shown("wiki");
        for (field, value) in [
            ("access", json!("group:staff,user:anna phishing-resistant within 1h")),
            ("scopes", json!(["groups", "offline_access", "openid"])),
            ("grants", json!(["authorization_code", "refresh_token"])),
            ("subject", json!("pairwise")),
            ("access_token", json!("jwt")),
            ("id_token_algorithm", json!("ES256")),
            ("asks_consent", json!(true)),
            ("backchannel_logout_uri", json!("https://wiki.example.org/out")),
        ] {
            assert_eq!(wiki[field], value, "{wiki}");
        }
        assert_eq!(here.shown("robot")["redirect_uris"], json!([]));
        assert_eq!(here.count("added"), 4);

        let exported = here.call(&["export", "--config"]).done();
        for secret in [SECRET, shop, "kwc_"] {
            assert!(!exported.contains(secret), "{exported}");
        }
        assert!(exported.contains("# secret_file = "), "{exported}");
        here.write("exported.toml", &exported);
        here.write("exported.yaml", &here.call(&["--json", "export", "--config"]).done());
        for file in ["exported.toml", "exported.yaml"] {
            let dry = here.call(&["apply", "--dry-run", "--prune", file]);
            assert_eq!(dry.done(), "Nothing differs\n", "{file}: {exported}");
        }
        // What is there no more is there again, with another secret.
        here.call(&["client", "remove", "shop", "--yes"]).done();
        let again = here.call(&["apply", "exported.toml"]).done();
        assert!(again.contains("+ client shop") && again.contains("kwc_") && !again.contains(shop), "{again}");
    }

    async fn only_what_differs_of_a_client_is_changed_and_its_secret_stays(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        let less = ALL.replace("secret_file = \"wiki.secret\"\n", "");
        here.write("changed.toml", &less.replace("it@example.org", "help@example.org"));
        let plan = here.call(&["--json", "apply", "changed.toml"]).json();
        assert_eq!(plan["changes"].as_array().map(Vec::len), Some(1), "{plan}");
        assert_eq!(plan["changes"][0]["fields"], json!([
            { "key": "contact", "before": "it@example.org", "after": "help@example.org" },
        ]));
        assert_eq!((here.count("changed"), here.count("secret_rotated")), (1, 0));
        here.takes("wiki", SECRET, true).await;
        // Another secret in the file takes the place of the one before, which works for a day still.
        let other = SECRET.replace("this", "that");
        here.write("wiki.secret", &other);
        let dry = here.differs(&["apply", "--dry-run", "all.toml"]);
        assert!(dry.contains("secret: one -> another") && !dry.contains(&other), "{dry}");
        here.call(&["apply", "all.toml"]).done();
        here.takes("wiki", &other, true).await;
        here.takes("wiki", SECRET, true).await;
        assert_eq!(here.count("secret_rotated"), 1);
        // What is put back is what holds again.
        here.write("wiki.secret", SECRET);
        here.call(&["apply", "all.toml"]).done();
        assert_eq!(here.call(&["apply", "all.toml"]).done(), "Nothing differs\n");
        assert_eq!(here.server.database.number("SELECT COUNT(*) FROM openid_client_secrets WHERE expires_at IS NULL"), 2);
        // A client that comes to have a secret gets one, and one that comes to have none loses it.
        let open = ALL.replace("authentication = \"none\"", "").replace("org.example.phone:/callback", "https://phone.example.org/cb")
            .replace("secret_file = \"wiki.secret\"\n", "authentication = \"none\"\n");
        here.write("open.toml", &open);
        let done = here.call(&["apply", "open.toml"]).done();
        assert!(done.contains("The secret of the client phone is shown this once\nkwc_"), "{done}");
        here.takes("wiki", SECRET, false).await;
        assert_eq!(here.call(&["apply", "--dry-run", "open.toml"]).done(), "Nothing differs\n");
    }

    async fn clients_that_no_file_declares_go_and_names_change_hands(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        let client = |id: &str, name: &str| format!(
            "[[clients]]\nclient_id = '{id}'\nname = '{name}'\nredirect_uris = ['https://{id}.example.org/cb']\nauthentication = 'none'\n"
        );
        // A name is free when the one that has it goes, and two exchange theirs.
        here.write("less.toml", &[client("wiki", "Shop"), client("shop", "Wiki"), client("tablet", "Phone")].concat());
        let said = here.call(&["apply", "less.toml"]).refused("declared.invalid");
        assert!(said.contains("takes the name Phone") && said.contains("client phone"), "{said}");
        let dry = here.differs(&["apply", "--dry-run", "--prune", "less.toml"]);
        let signs: Vec<&str> = dry.lines().filter(|line| line.starts_with(['+', '-', '~'])).collect();
        assert_eq!(signs, ["- client phone", "- client robot", "~ client shop", "+ client tablet", "~ client wiki"]);
        here.call(&["apply", "--prune", "--yes", "less.toml"]).done();
        assert_eq!(here.call(&["apply", "--dry-run", "--prune", "less.toml"]).done(), "Nothing differs\n");
        assert_eq!(here.shown("wiki")["name"], "Shop");
        assert_eq!(here.shown("Wiki")["client_id"], "shop");
        assert_eq!(here.count("removed"), 2);
        // Nobody spoke of groups.
        assert!(here.call(&["group", "list"]).done().contains("staff"));
        here.write("none.toml", "clients = []");
        here.call(&["apply", "--prune", "--yes", "none.toml"]).done();
        assert_eq!(here.server.database.number("SELECT COUNT(*) FROM openid_clients"), 0);
    }

    async fn a_mistake_of_a_client_in_any_file_changes_nothing(at: At) {
        let here = with_files(Server::start(at).await);
        here.call(&["apply", "all.toml"]).done();
        let before = here.call(&["export", "--config"]).done();
        let client = |more: &str| format!("[[clients]]\nclient_id = 'a'\nname = 'A'\n{more}\n");
        let led = "redirect_uris = ['https://a.example.org/cb']\n";
        here.write("short.secret", "short");
        here.write("no.jwks", "{}");
        for (text, says) in [
            ("[[clients]]\nname = 'A'\n".to_owned(), "clients[0].client_id is missing"),
            ("[[clients]]\nclient_id = 'a'\n".to_owned(), "clients[0].name is missing"),
            ("[[clients]]\nclient_id = 'a b'\nname = 'A'\n".to_owned(), "clients[0].client_id"),
            (client(""), "at least one redirect address"),
            (client(&format!("{led}redirect_urls = []")), "clients[0].redirect_urls"),
            (client(&format!("{led}secret = 'x'")), "nearest one is secret_file"),
            (client(&format!("{led}secret_file = 'nowhere'")), "clients[0].secret_file"),
            (client(&format!("{led}secret_file = 'short.secret'")), "43 to 256"),
            (client(&format!("{led}authentication = 'none'\nsecret_file = 'wiki.secret'")), "clients[0].secret_file"),
            (client(&format!("{led}authentication = 'private_key_jwt'\nkeys_file = 'no.jwks'")), "keys"),
            (client(&format!("{led}grants = ['password']")), "no grant is called"),
            (client(&format!("{led}access = 'user:nobody'")), "user nobody"),
            (client(&format!("{led}access = 'group:nobodys'")), "group nobodys"),
            (client(led).replace("'A'", "'wiki'"), "takes the name wiki"),
            ([client(led), client(led)].concat(), "declares the client a"),
        ] {
            here.write("a.toml", &text);
            let line = here.call(&["apply", "a.toml"]).refused("declared.invalid");
            assert!(line.contains(says), "{says}: {line}");
        }
        // What settings forbid is seen before anything is made.
        here.write("a.toml", &format!("groups = ['new']\n{}", client(&format!("{led}id_token_algorithm = 'EdDSA'"))));
        let line = here.call(&["apply", "a.toml"]).refused("openid_client.invalid");
        assert!(line.contains("client a") && line.contains("openid.algorithms"), "{line}");
        assert_eq!(here.call(&["export", "--config"]).done(), before);
    }
}
