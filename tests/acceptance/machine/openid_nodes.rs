//! Two servers on one database: applications that ask either of them.

use futures_util::future::join_all;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

use super::openid::with_an_app;

on_every_database! {
    async fn what_one_server_gave_the_other_knows_and_ends(at: At) {
        let server = Server::start(at).await;
        let sibling = server.sibling().await;
        let here = server.registers("wiki", |_| {}).await;
        let there = here.at(&sibling.base);
        let anna = with_an_app(&server, "anna").await;
        let code = here.calls_back(&anna, &[]).await.code().to_owned();
        // The client was added here, and is known there within two seconds.
        there.comes_to_be_known().await;
        let tokens = there.redeems(&code).await.json();
        let [access, refresh] = ["access_token", "refresh_token"]
            .map(|name| tokens[name].as_str().unwrap_or_else(|| panic!("{tokens}")).to_owned());
        assert!(here.counts(&access).await && there.counts(&access).await);
        let next = here.refreshes(&refresh).await.json()["refresh_token"].clone();
        let next = next.as_str().expect("the next one").to_owned();
        assert!(!there.counts(&refresh).await && there.counts(&next).await);
        anna.signs_out().await;
        for node in [&here, &there] {
            assert!(!node.counts(&access).await && !node.counts(&next).await);
            assert_eq!(node.asks_who(&access).await.status, 401);
            assert_eq!(node.refreshes(&next).await.json()["error"], "invalid_grant");
        }
        drop(sibling);
    }

    async fn attack_one_code_or_token_at_two_servers_at_once(at: At) {
        let server = Server::start(at).await;
        let sibling = server.sibling().await;
        let here = server.registers_public("wiki").await;
        let there = here.at(&sibling.base);
        let anna = with_an_app(&server, "anna").await;
        let code = here.calls_back(&anna, &[]).await.code().to_owned();
        there.comes_to_be_known().await;
        let nodes = || [&here, &there, &here, &there, &here, &there];
        let answers = join_all(nodes().map(|node| node.redeems(&code))).await;
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1);
        let refresh = good[0].json()["refresh_token"].as_str().expect("one").to_owned();
        // One of the two was an attacker.
        assert!(!here.counts_by_refreshing(&refresh).await);

        let code = here.calls_back(&anna, &[]).await.code().to_owned();
        let tokens = here.redeems(&code).await.json();
        let refresh = tokens["refresh_token"].as_str().expect("one").to_owned();
        let answers = join_all(nodes().map(|node| node.refreshes(&refresh))).await;
        let good: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert_eq!(good.len(), 1);
        let next = good[0].json()["refresh_token"].as_str().expect("one").to_owned();
        assert!(!there.counts_by_refreshing(&next).await, "the family ended");
        drop(sibling);
    }

    async fn a_client_that_is_removed_is_unknown_at_both_within_two_seconds(at: At) {
        let server = Server::start(at).await;
        let sibling = server.sibling().await;
        let here = server.registers("wiki", |_| {}).await;
        let there = here.at(&sibling.base);
        there.comes_to_be_known().await;
        keyward(server.folder(), &["client", "remove", "wiki", "--yes"]).done();
        for node in [&here, &there] {
            node.comes_to_be_unknown().await;
        }
        drop(sibling);
    }
}
