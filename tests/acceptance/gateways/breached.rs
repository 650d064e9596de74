//! Passwords that leaked elsewhere: refused wherever one is chosen, by files of every form.

use std::fs;
use std::path::{Path, PathBuf};

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use keyward_test_support::backends::At;
use keyward_test_support::command::{keyward, keyward_reads, keyward_under};
use keyward_test_support::on_every_database;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::process;
use keyward_test_support::server::Server;

const LEAKED: &str = "six sad songs about leaking";
const FINE: &str = "six sad songs about nothing";

fn sha1(text: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, text.as_bytes());
    data_encoding::HEXUPPER.encode(hash.as_ref())
}

/// A published list with this password and a few others, ordered by hash.
fn list(folder: &Path) -> PathBuf {
    let others = (0..500).map(|number| format!("other {number}"));
    let mut hashes: Vec<String> = others
        .chain([LEAKED.to_owned()])
        .map(|text| sha1(&text))
        .collect();
    hashes.sort_unstable();
    let lines: Vec<String> = hashes.iter().map(|hash| format!("{hash}:3\r\n")).collect();
    let path = folder.join("pwned.txt");
    fs::write(&path, lines.concat()).expect("a file");
    path
}

/// The same as range files, the password's own as padding beside a real one where it is `fine`.
fn ranges(folder: &Path) -> PathBuf {
    let path = folder.join("ranges");
    fs::create_dir(&path).expect("a folder");
    for (text, count) in [(LEAKED, 17), (FINE, 0)] {
        let hash = sha1(text);
        let file = path.join(format!("{}.txt", &hash[..5]));
        fs::write(file, format!("{}:{count}\r\n", &hash[5..])).expect("a file");
    }
    path
}

async fn with(at: At, path: &Path) -> Server {
    let path = format!("\"{}\"", path.display());
    Server::with(at, &[("passwords.breached", &path)]).await
}

async fn changes(person: &Person, new: &str) -> String {
    let page = person.visits("/account/password").await;
    let form = page
        .form("Save")
        .fill("Current password", PASSWORD)
        .fill("New password", new);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await.notice()
}

on_every_database! {
    async fn a_password_that_leaked_is_refused_by_a_list_by_range_files_and_by_a_filter(at: At) {
        let folder = process::folder("breached");
        let (list, ranges, filter) = (list(&folder), ranges(&folder), folder.join("filter"));
        let made = ["passwords", "index", &list.display().to_string(), &filter.display().to_string()]
            .map(str::to_owned);
        let said = keyward(&folder, &made).done();
        assert!(said.contains("501 passwords"), "{said}");
        assert!(fs::metadata(&filter).expect("it").len() < 9_000_000);
        for path in [&list, &ranges, &filter] {
            let server = with(at, path).await;
            let anna = server.user("anna").await;
            anna.signs_in().await;
            let refused = changes(&anna, LEAKED).await;
            assert!(refused.contains("leaked"), "{}: {refused}", path.display());
            let taken = changes(&anna, FINE).await;
            assert!(taken.contains("was changed"), "{}: {taken}", path.display());
            let found = keyward(server.folder(), &["check"]).done();
            assert!(found.contains("fine: breached passwords"), "{found}");
        }
    }

    async fn a_password_that_leaked_is_refused_wherever_one_is_chosen(at: At) {
        let server = with(at, &list(&process::folder("breached"))).await;
        let link = server.setup_link().await;
        let browser = server.browser();
        let page = browser.get(&link).await;
        let form = page.form("Continue").fill("Username", "cleo").fill("Password", LEAKED);
        let answer = browser.submit(&page, &form).await;
        let answer = browser.follow(answer).await;
        assert!(answer.notice().contains("leaked"), "{}", answer.text());
        let add = ["user", "add", "ben", "--password-stdin"];
        keyward_reads(server.folder(), &add, LEAKED).refused("user.password_breached");
        keyward(server.folder(), &["user", "add", "ben"]).done();
        let set = ["user", "set-password", "ben", "--password-stdin"];
        keyward_reads(server.folder(), &set, LEAKED).refused("user.password_breached");
        let said = keyward(server.folder(), &["invite", "dora@example.org"]).done();
        let start = said.find("/invite/").expect("a link");
        let dora = server.stranger("dora");
        let page = dora.visits(said[start..].trim()).await;
        let form = page.form("Continue").fill("Username", "dora").fill("Password", LEAKED);
        let answer = dora.browser.submit(&page, &form).await;
        let answer = dora.browser.follow(answer).await;
        assert!(answer.notice().contains("leaked"), "{}", answer.text());
        keyward_reads(server.folder(), &set, FINE).done();
    }

    async fn what_is_no_list_of_leaked_passwords_stops_the_start_and_makes_no_filter(at: At) {
        let folder = process::folder("breached");
        let garbage = folder.join("garbage");
        fs::write(&garbage, "password:1\n").expect("a file");
        let server = Server::start(at).await;
        for path in [&garbage, &folder.join("gone")] {
            let path_text = path.display().to_string();
            let variables = [("KEYWARD_PASSWORDS__BREACHED", path_text.as_str())];
            let said = keyward_under(server.folder(), &["user", "list"], &variables);
            let said = said.refused("settings.invalid");
            assert!(said.contains("passwords.breached"), "{said}");
            let index = ["passwords", "index", &path.display().to_string(), "filter"].map(str::to_owned);
            keyward(&folder, &index).refused("import.unreadable");
            assert!(!folder.join("filter").exists() && !folder.join("filter.part").exists());
        }
    }
}
