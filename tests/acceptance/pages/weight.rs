//! What the first page weighs on the way to a person.

use std::collections::BTreeSet;

use keyward_test_support::client::Client;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

/// The most that the first page may weigh, compressed, with all that it loads.
const MOST: usize = 30 * 1024;

async fn weighs(browser: &Client, path: &str) -> usize {
    let request = browser
        .request(reqwest::Method::GET, path)
        .header("accept-encoding", "gzip");
    let answer = request.send().await.expect("the server answers");
    assert_eq!(answer.status(), 200, "{path}");
    answer.bytes().await.expect("a body").len()
}

/// The addresses of this server that a page or a script names between these two marks.
fn named(text: &str, before: &str, after: char) -> Vec<String> {
    let parts = text.split(before).skip(1);
    let names = parts.filter_map(|part| part.split(after).next());
    names.map(str::to_owned).collect()
}

on_every_database! {
    async fn the_first_page_is_light(at: At) {
        let server = Server::start(at).await;
        let browser = server.browser();
        let page = browser.get("/sign-in").await;
        let mut wanted: Vec<String> = ["href=\"/assets/", "src=\"/assets/"]
            .iter()
            .flat_map(|mark| named(&page.body, mark, '"'))
            .collect();
        let mut loaded = BTreeSet::new();
        let mut total = weighs(&browser, "/sign-in").await;
        let mut plain = page.body.len();
        while let Some(name) = wanted.pop() {
            if !loaded.insert(name.clone()) {
                continue;
            }
            let path = format!("/assets/{name}");
            total += weighs(&browser, &path).await;
            let asset = browser.get(&path).await;
            plain += asset.body.len();
            if name.ends_with(".js") {
                let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
                let modules = named(&asset.body, "from \"./", '"');
                wanted.extend(modules.iter().map(|module| format!("{folder}/{module}")));
            }
        }
        println!("{} requests, {total} bytes, {plain} unpacked", loaded.len() + 1);
        let late: Vec<_> = loaded.iter().filter(|name| !page.body.contains(name.as_str())).collect();
        assert!(late.is_empty(), "the page does not name what is loaded later: {late:?}");
        assert!(loaded.len() >= 7, "{loaded:?}");
        assert!(total < MOST, "{total} bytes in {} requests", loaded.len() + 1);
    }
}
