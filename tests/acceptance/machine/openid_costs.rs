//! What a sign-in to an application costs the database.

use keyward_test_support::backends::At;
use keyward_test_support::server::Server;

/// On the database over which each statement can be heard: the code, the tokens and what userinfo says.
#[tokio::test]
async fn a_whole_sign_in_of_an_application_is_at_most_four_commits() {
    let server = Server::start(At::Sqlite).await;
    let wiki = server.registers("wiki", |_| {}).await;
    let anna = server.user("anna").await;
    anna.signs_in().await;
    let signs_in = async || {
        let tokens = wiki.signs_in(&anna, &[]).await;
        let token = tokens["access_token"].as_str().expect("a token");
        assert_eq!(wiki.asks_who(token).await.status, 200);
    };
    let heard = server.hears_statements(signs_in).await;
    let commits = heard.iter().filter(|one| one.starts_with("COMMIT"));
    let commits = commits.count();
    assert!((1..=4).contains(&commits), "{commits} commits: {heard:#?}");
}
