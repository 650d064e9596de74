//! Invitations, from the console to the mail and through its link, and attacks on that way.

use std::time::Duration;

use futures_util::future::join_all;
use keyward_actions::invitation;
use keyward_actions::sweep::remove_expired;
use keyward_core::domain::group::GroupName;
use keyward_core::domain::invitation::InvitationId;
use keyward_core::domain::user::EmailAddress;
use keyward_core::flows::permit::Administrator;
use keyward_core::problem::Problem;

use crate::jobs::mail::server_with;
use keyward_test_support::backends::At;
use keyward_test_support::command::keyward;
use keyward_test_support::log;
use keyward_test_support::mailbox::Mailbox;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::{PASSWORD, Person};
use keyward_test_support::server::Server;
use keyward_test_support::soft_authenticator::SoftAuthenticator;

const SUBJECT: &str = "Create your account";
const BEN: &str = "ben@example.org";
/// No lockout: it would hide a second winner.
const UNBOUNDED: &[(&str, &str)] = &[("lockout.address_failures", "100000")];

fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).expect("an address")
}

async fn invited(server: &Server, to: &str, groups: &[&str]) -> Result<InvitationId, Problem> {
    let groups = groups
        .iter()
        .map(|name| GroupName::parse(name).expect("a name"));
    let administrator = Administrator::at_command_line();
    let app = &server.app;
    let sent = invitation::invite(app, &administrator, address(to), groups.collect()).await;
    sent.map(|sent| sent.invitation.id)
}

/// A server, its mailbox, and the link of an invitation of Ben.
async fn with_a_link(at: At, groups: &[&str], more: &[(&str, &str)]) -> (Server, Mailbox, String) {
    let mailbox = Mailbox::start();
    let server = server_with(at, &mailbox, more).await;
    invited(&server, BEN, groups).await.expect("an invitation");
    let link = mailbox.about(SUBJECT).await.link(&server.base, "/invite/");
    (server, mailbox, link)
}

/// Fills in the page of a link, and goes where that leads.
async fn joins(person: &Person, link: &str) -> Page {
    let page = person.visits(link).await;
    let form = page.form("Continue");
    let form = form
        .fill("Username", &person.name)
        .fill("Password", &person.password);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

async fn joins_without_a_password(person: &Person, link: &str) -> Page {
    let page = person.visits(link).await;
    let form = page
        .form("Use a passkey instead")
        .fill("Username", &person.name);
    let answer = person.browser.submit(&page, &form).await;
    person.browser.follow(answer).await
}

fn accounts(server: &Server) -> i64 {
    server.database.number("SELECT COUNT(*) FROM users")
}

/// Asserts that a link gets the one page that all dead links get.
async fn leads_nowhere(person: &Person, link: &str) -> String {
    let page = person.browser.get(link).await;
    assert_eq!(page.status, 409, "{link}: {}", page.text());
    assert!(page.try_form("Continue").is_none(), "{}", page.text());
    page.body.replace(link, "")
}

on_every_database! {
    async fn an_invitation_that_is_over_does_not_come_back_when_the_clock_goes_back(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let ben = server.stranger("ben");
        server.clock.turn(Duration::from_hours(24 * 8));
        for _ in 0..2 {
            assert_eq!(ben.visits(&link).await.status, 409);
            server.clock.turn_back(Duration::from_hours(24 * 3));
        }
        let state = server.database.text("SELECT state FROM invitations");
        assert_eq!(state, "expired");
    }

    async fn somebody_who_was_invited_has_an_account_with_that_address_and_those_groups(at: At) {
        let (server, mailbox, link) = with_a_link(at, &["staff", "printers"], &[]).await;
        let ben = server.stranger("ben");
        let page = ben.visits(&link).await;
        assert!(page.text().contains(BEN), "{}", page.text());
        assert_eq!(joins(&ben, &link).await.path, "/account/devices/add");
        assert_eq!(ben.visits("/account").await.path, "/account");
        assert_eq!(server.database.text("SELECT email FROM users"), BEN);
        let groups = "SELECT name AS line FROM group_members JOIN groups ON id = group_id ORDER BY name";
        assert_eq!(server.database.lines(groups), ["printers", "staff"]);
        assert_eq!(ben.elsewhere(&server.base).signs_in().await.path, "/account");
        assert_eq!(server.trail("invitation.sent"), ["done"]);
        assert_eq!(server.trail("invitation.accepted"), ["done"]);
        assert_eq!(server.events("user.created"), 1);
        assert_eq!(mailbox.messages(1).await[0].to, BEN);
    }

    async fn the_mail_says_who_invites_as_text_and_html(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/invites/new").await;
        let form = page.form("Send invitation").fill("Email", BEN).fill("New groups", "staff, ");
        let answer = anna.browser.submit(&page, &form).await;
        let page = anna.browser.follow(answer).await;
        assert_eq!((page.path.as_str(), page.status), ("/console/invites", 200));
        for words in [BEN, "staff", "anna", "Open", "Send again"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        let mail = mailbox.about(SUBJECT).await;
        for words in ["anna invites you", "works once"] {
            assert!(mail.text.contains(words), "{words}: {}", mail.text);
            assert!(mail.html.contains(words), "{words}: {}", mail.html);
        }
    }

    async fn policy_demands_the_first_device_before_anything_else_opens(at: At) {
        let more = [("policy.require_second_factor", "[\"staff\"]")];
        let (server, _mailbox, link) = with_a_link(at, &["staff"], &more).await;
        let mut ben = server.stranger("ben");
        ben.password = "vN3)q!x8Zr".to_owned();
        assert_eq!(joins(&ben, &link).await.path, "/account/devices/add");
        assert_eq!(ben.visits("/account").await.path, "/account/devices/add");
        assert_eq!(ben.adds_an_app().await.path, "/account/devices");
        assert_eq!(ben.visits("/account").await.path, "/account");
    }

    async fn a_passkey_in_place_of_the_password_is_all_that_somebody_needs(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let ben = server.stranger("ben");
        let page = joins_without_a_password(&ben, &link).await;
        assert_eq!(page.path, "/account/devices/add");
        assert!(page.try_form("Add authenticator app").is_none(), "{}", page.text());
        assert_eq!(ben.visits("/account").await.path, "/account/devices/add");
        let mut key = SoftAuthenticator::passkey();
        let options = ben.asks_to_register("passkey").await.json();
        assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
        assert_eq!(ben.registers("passkey", &mut key).await.status, 200);
        assert_eq!(ben.visits("/account").await.path, "/account");
        let methods = "SELECT methods AS line FROM sessions";
        assert_eq!(server.database.lines(methods), ["swk user mfa"]);
        let elsewhere = ben.elsewhere(&server.base);
        assert_eq!(elsewhere.signs_in_with(&mut key, None).await.status, 200);
        assert_eq!(elsewhere.visits("/account").await.path, "/account");
        // Nobody signs in with any password.
        let guess = ben.elsewhere(&server.base);
        assert!(guess.types_password().await.notice().contains("do not match"));
    }

    async fn somebody_without_a_password_cannot_shut_themselves_out(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let mut ben = server.stranger("ben");
        joins_without_a_password(&ben, &link).await;
        // An app alone would not let them in.
        let page = ben.adds_an_app().await;
        assert_eq!(page.status, 403, "{}", page.text());
        ben.app = None;
        // Nor would a key that does not check who touches it.
        let mut careless = SoftAuthenticator::u2f_key();
        assert_eq!(ben.registers("security-key", &mut careless).await.status, 403);
        assert_eq!(server.events("device.added"), 0);
        let mut key = SoftAuthenticator::passkey();
        assert_eq!(ben.registers("passkey", &mut key).await.status, 200);
        let page = ben.visits("/account/devices").await;
        let page = ben.presses(&page, "Remove").await;
        assert!(page.notice().contains("nothing else would let you in"), "{}", page.text());
        // Nor who posts what the page does not offer.
        let path = format!("/account/devices/{}/remove", ben.devices().await[0].id);
        let answer = ben.browser.post(&path, &[]).await;
        let page = ben.browser.follow(answer).await;
        assert!(page.notice().contains("nothing else would let you in"), "{}", page.text());
        assert_eq!(server.events("device.removed"), 0);
        assert_eq!(server.refusals("device.removed", "device.only_way_in"), 1);
    }

    async fn a_taken_name_is_a_form_error_that_spends_nothing_and_keeps_what_was_typed(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        server.user("anna").await;
        let anna = server.stranger(" ANNA");
        for joined in [joins(&anna, &link).await, joins_without_a_password(&anna, &link).await] {
            assert_eq!((joined.status, joined.path.as_str()), (409, link.as_str()));
            assert!(joined.notice().contains("a user of this name"), "{}", joined.text());
            assert_eq!(joined.form("Continue").value("Username"), " ANNA");
        }
        let ben = server.stranger("ben");
        assert_eq!(joins(&ben, &link).await.path, "/account/devices/add");
    }

    async fn a_refused_name_or_password_spends_nothing(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        for (name, password) in [
            ("", PASSWORD),
            ("b\0n", PASSWORD),
            ("ben", ""),
            ("ben", "password1234567"),
            ("ben", "vN3)q!x8Zr"),
        ] {
            let mut ben = server.stranger(name);
            ben.password = password.to_owned();
            let page = joins(&ben, &link).await;
            assert_eq!((page.status, page.path.as_str()), (400, link.as_str()), "{name}");
            assert!(!page.body.contains("vN3"), "a password was sent back");
        }
        let nameless = server.stranger("");
        assert_eq!(joins_without_a_password(&nameless, &link).await.status, 400);
        assert_eq!(accounts(&server), 0);
        assert_eq!(joins(&server.stranger("ben"), &link).await.path, "/account/devices/add");
    }

    async fn the_address_of_the_account_is_that_of_the_mail_whatever_is_sent(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let thief = server.stranger("thief");
        let page = thief.visits(&link).await;
        let form = page.form("Continue").fill("Username", "thief").fill("Password", PASSWORD);
        let form = form
            .set("email", "thief@example.org")
            .set("groups", "admins")
            .set("is_superuser", "true");
        assert_eq!(thief.browser.submit(&page, &form).await.status, 303);
        assert_eq!(server.database.text("SELECT email FROM users"), BEN);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM users WHERE is_superuser"), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM group_members"), 0);
    }

    async fn dead_links_of_every_kind_get_one_page_and_the_trail_says_why(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let stranger = server.stranger("nobody");
        let mut links = Vec::new();
        for name in ["used", "revoked", "replaced", "known", "expired"] {
            // Links are told apart by their receivers.
            let to = format!("{name}@example.org");
            let id = invited(&server, &to, &[]).await.expect("an invitation");
            let mails = mailbox.messages(links.len() + 1).await;
            let mail = mails.into_iter().find(|mail| mail.to == to).expect("a mail");
            let link = mail.link(&server.base, "/invite/");
            links.push((name, id, link));
        }
        let administrator = Administrator::at_command_line();
        let app = &server.app;
        joins(&server.stranger("used"), &links[0].2).await;
        invitation::revoke(app, &administrator, links[1].1).await.expect("revoked");
        invitation::resend(app, &administrator, links[2].1).await.expect("sent again");
        server.reachable("known", "KNOWN@example.org").await;
        let mut pages = Vec::new();
        for (_, _, link) in &links[..4] {
            pages.push(leads_nowhere(&stranger, link).await);
        }
        server.clock.turn(Duration::from_hours(24 * 7));
        pages.push(leads_nowhere(&stranger, &links[4].2).await);
        let never = format!("/invite/{}", "A".repeat(43));
        pages.push(leads_nowhere(&stranger, &never).await);
        pages.push(leads_nowhere(&stranger, "/invite/x").await);
        let first = pages[0].clone();
        assert!(pages.iter().all(|page| *page == first), "the pages differ: {pages:?}");
        let reasons = server.trail("invitation.accepted");
        let has_account = "invitation.has_account";
        let expected = ["done", "used", "revoked", "unknown", has_account, "expired"];
        assert_eq!(reasons, [&expected[..], &["unknown", "unknown"]].concat());
    }

    async fn a_form_that_was_open_when_the_link_died_makes_no_account(at: At) {
        let (server, mailbox, link) = with_a_link(at, &[], &[]).await;
        let ben = server.stranger("ben");
        let page = ben.visits(&link).await;
        let form = page.form("Continue").fill("Username", "ben").fill("Password", PASSWORD);
        let administrator = Administrator::at_command_line();
        let app = &server.app;
        let id = invitation::to_address(app, &administrator, &address(BEN)).await.expect("one");
        invitation::resend(app, &administrator, id).await.expect("sent again");
        assert_eq!(ben.browser.submit(&page, &form).await.status, 409, "the old link works");
        let mails = mailbox.messages(2).await;
        let links = mails.iter().map(|mail| mail.link(&server.base, "/invite/"));
        let newer = links.into_iter().find(|newer| *newer != link).expect("another link");
        let page = ben.visits(&newer).await;
        server.clock.turn(Duration::from_hours(24 * 7));
        assert_eq!(ben.browser.submit(&page, &page.form("Continue")).await.status, 409);
        invitation::resend(app, &administrator, id).await.expect("it works again");
        let newest = mailbox.messages(3).await;
        let newest = newest.iter().map(|mail| mail.link(&server.base, "/invite/"));
        let newest = newest.into_iter().find(|one| *one != link && *one != newer);
        let page = ben.visits(&newest.expect("a third link")).await;
        invitation::revoke(app, &administrator, id).await.expect("revoked");
        assert_eq!(ben.browser.submit(&page, &page.form("Continue")).await.status, 409);
        assert_eq!(accounts(&server), 0);
    }

    async fn an_invitation_whose_mail_was_given_up_says_so_wherever_it_is_looked_at(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        invited(&server, "never.ben@example.org", &[]).await.expect("an invitation");
        server.until("SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'", 1).await;
        let listed = |words: &[&str]| keyward(server.folder(), &[&["--json"], words].concat()).json();
        let invitation = &listed(&["invitation", "list"])[0];
        assert_eq!(invitation["state"], "undelivered");
        assert!(invitation["mail_failure"].as_str().expect("a reason").contains("no such mailbox"));
        let letter = &listed(&["mail", "list"])[0];
        assert_eq!(letter["recipient"], "never.ben@example.org");
        assert_eq!(letter["state"], "failed");
        let anna = at_console(&server).await;
        let page = anna.visits("/console/invites").await;
        assert!(page.text().contains("Not delivered"), "{}", page.text());
        assert!(page.text().contains("no such mailbox"), "{}", page.text());
        let overview = anna.visits("/console").await;
        assert!(overview.text().contains("1 mail was given up"), "{}", overview.text());
        let trail = anna.visits("/console/audit?kind=mail.failed").await;
        assert!(trail.text().contains("never.ben@example.org"), "{}", trail.text());
        let again = anna.presses(&page, "Send again").await;
        assert!(again.notice().contains("is on its way"), "{}", again.notice());
    }

    async fn where_no_mail_leaves_the_server_whoever_invites_gets_the_link(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        for path in ["/console", "/console/invites", "/console/invites/new"] {
            let page = anna.visits(path).await;
            assert!(page.text().contains("No mail leaves this server"), "{path}: {}", page.text());
        }
        let page = anna.visits("/console/invites/new").await;
        let form = page.form("Send invitation").fill("Email", BEN);
        let answer = anna.browser.submit(&page, &form).await;
        let link = |text: &str| {
            let start = format!("{}/invite/", server.base);
            let found = text.split_whitespace().find(|word| word.contains(&start));
            let found = found.unwrap_or_else(|| panic!("no link: {text}"));
            found[server.base.len()..].to_owned()
        };
        let first = link(&answer.text());
        let ben = server.stranger("ben");
        assert!(ben.visits(&first).await.try_form("Continue").is_some());
        let said = keyward(server.folder(), &["invitation", "resend", BEN]).done();
        let second = link(&said);
        assert_ne!(first, second);
        joins(&ben, &second).await;
        assert_eq!(accounts(&server), 2, "Anna and Ben");
        let said = keyward(server.folder(), &["invite", "cleo@example.org"]).done();
        assert!(server.stranger("cleo").visits(&link(&said)).await.try_form("Continue").is_some());
    }

    async fn what_waits_of_a_replaced_or_revoked_invitation_is_never_sent(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let mut ids = Vec::new();
        for name in ["replaced", "revoked"] {
            // The mail server does not take it at once.
            let to = format!("later-1.{name}@example.org");
            ids.push(invited(&server, &to, &[]).await.expect("an invitation"));
        }
        server.tried(2).await;
        let administrator = Administrator::at_command_line();
        let app = &server.app;
        invitation::resend(app, &administrator, ids[0]).await.expect("sent again");
        invitation::revoke(app, &administrator, ids[1]).await.expect("revoked");
        server.tried(3).await;
        server.clock.turn(Duration::from_secs(3600));
        let mails = mailbox.messages(1).await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 1, "a mail with a dead link was sent");
        let page = server.stranger("ben").visits(&mails[0].link(&server.base, "/invite/")).await;
        assert_eq!(page.status, 200, "{}", page.text());
        let states = "SELECT state AS line FROM outbox ORDER BY id";
        assert_eq!(server.database.lines(states), ["withdrawn", "withdrawn", "sent"]);
        let kept = "SELECT COUNT(*) FROM outbox WHERE content IS NOT NULL";
        assert_eq!(server.database.number(kept), 0, "a link is still there");
    }

    async fn a_link_works_once(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let ben = server.stranger("ben");
        let page = ben.visits(&link).await;
        joins(&ben, &link).await;
        let form = page.form("Continue").fill("Username", "ben2").fill("Password", PASSWORD);
        let again = ben.elsewhere(&server.base);
        assert_eq!(again.browser.submit(&page, &form).await.status, 409);
        assert_eq!(accounts(&server), 1);
    }

    async fn of_200_who_use_one_link_at_once_one_gets_an_account(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], UNBOUNDED).await;
        let page = server.stranger("ben").visits(&link).await;
        let tries = (0..200).map(|number| {
            let name = format!("ben{number}");
            // Some with a password, which takes longer to hash.
            let form = if number % 20 == 0 {
                page.form("Continue").fill("Password", PASSWORD)
            } else {
                page.form("Use a passkey instead")
            };
            let form = form.fill("Username", &name);
            let (browser, page) = (server.browser(), &page);
            async move { browser.submit(page, &form).await.status }
        });
        let answers = join_all(tries).await;
        let won = answers.iter().filter(|status| **status == 303).count();
        assert_eq!(won, 1, "{answers:?}");
        assert!(answers.iter().all(|status| [303, 409].contains(status)), "{answers:?}");
        assert_eq!((accounts(&server), server.events("invitation.accepted")), (1, 1));
        assert_eq!(server.database.number("SELECT COUNT(*) FROM sessions"), 1);
    }

    async fn who_has_an_account_or_an_open_invitation_is_not_invited_again(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = at_console(&server).await;
        server.reachable("carl", "carl@example.org").await;
        invited(&server, BEN, &[]).await.expect("an invitation");
        for (to, status, words) in [
            (" CARL@example.org", 409, "has an account already"),
            ("Ben@EXAMPLE.org", 409, "invited already"),
            ("ben", 400, "not an email address"),
        ] {
            let page = anna.visits("/console/invites/new").await;
            let form = page.form("Send invitation").fill("Email", to).fill("New groups", "staff");
            let page = anna.browser.submit(&page, &form).await;
            assert_eq!(page.status, status, "{to}");
            assert!(page.notice().contains(words), "{to}: {}", page.text());
            assert_eq!(page.form("Send invitation").value("Email"), to);
            assert_eq!(page.form("Send invitation").value("New groups"), "staff");
        }
        let refused = ["done", "invitation.has_account", "invitation.open"];
        assert_eq!(server.trail("invitation.sent"), refused);
        mailbox.messages(1).await;
        // One that expired stands in nobody's way.
        server.clock.turn(Duration::from_hours(24 * 7));
        invited(&server, BEN, &[]).await.expect("another invitation");
        mailbox.messages(2).await;
        server.quiet().await;
        assert_eq!(mailbox.taken(), 2);
    }

    async fn administrators_send_again_and_revoke_in_the_list(at: At) {
        let mailbox = Mailbox::start();
        let server = server_with(at, &mailbox, &[]).await;
        let anna = at_console(&server).await;
        invited(&server, BEN, &[]).await.expect("an invitation");
        let first = mailbox.about(SUBJECT).await.link(&server.base, "/invite/");
        let page = anna.visits("/console/invites").await;
        let page = anna.presses(&page, "Send again").await;
        assert!(page.notice().contains("does not work any more"), "{}", page.text());
        let ben = server.stranger("ben");
        leads_nowhere(&ben, &first).await;
        let mails = mailbox.messages(2).await;
        let links = mails.iter().map(|mail| mail.link(&server.base, "/invite/"));
        let second = links.into_iter().find(|link| *link != first).expect("another link");
        assert_eq!(ben.visits(&second).await.status, 200);
        let page = anna.presses(&page, "Revoke").await;
        assert!(page.text().contains("Revoked"), "{}", page.text());
        assert!(page.try_form("Send again").is_none());
        leads_nowhere(&ben, &second).await;
        for kind in ["invitation.resent", "invitation.revoked"] {
            assert_eq!(server.trail(kind), ["done"], "{kind}");
        }
        let ended = server.database.text("SELECT id FROM invitations");
        for what in ["revoke", "resend"] {
            for id in [ended.as_str(), "x", "018f0000-0000-7000-8000-000000000001"] {
                let path = format!("/console/invites/{id}/{what}");
                assert_eq!(anna.browser.post(&path, &[]).await.status, 404, "{path}");
            }
        }
    }

    async fn invitations_are_listed_a_page_at_a_time(at: At) {
        let server = Server::with(at, &[("mail.transport", "\"log\"")]).await;
        let anna = at_console(&server).await;
        for number in 0..60 {
            let to = format!("{number:02}@example.org");
            invited(&server, &to, &[]).await.expect("an invitation");
            server.clock.turn(Duration::from_millis(1));
        }
        let page = anna.visits("/console/invites").await;
        assert!(page.text().contains("59@example.org") && !page.text().contains("09@example.org"));
        let older = page.link("Older").expect("another page");
        let page = anna.visits(&older).await;
        assert!(page.text().contains("00@example.org"), "{}", page.text());
        assert!(page.link("Older").is_none());
        assert_eq!(anna.browser.get("/console/invites?after=x").await.status, 400);
    }

    async fn who_tries_many_links_that_never_were_is_locked_out(at: At) {
        let server = Server::with(at, &[("lockout.address_failures", "5")]).await;
        let stranger = server.stranger("nobody");
        for _ in 0..5 {
            assert_eq!(stranger.browser.get("/invite/x").await.status, 409);
        }
        for _ in 0..5 {
            assert_eq!(stranger.browser.get("/invite/x").await.status, 429);
        }
        assert_eq!(server.refusals("invitation.accepted", "unknown"), 5);
    }

    async fn whoever_opens_their_own_used_link_again_and_again_locks_nobody_out(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[("lockout.address_failures", "3")]).await;
        let anna = server.stranger("anna");
        joins(&anna, &link).await;
        for _ in 0..12 {
            let again = server.stranger("anna");
            assert_eq!(again.browser.get(&link).await.status, 409);
        }
        assert!(anna.elsewhere(&server.base).signs_in().await.status < 400);
    }

    async fn a_link_leaks_neither_to_other_sites_nor_into_the_log_nor_out_of_the_database(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &[], &[]).await;
        let page = server.browser().get(&link).await;
        assert_eq!(page.header("referrer-policy"), "same-origin");
        assert_eq!(page.header("cache-control"), "no-store");
        let token = link.rsplit('/').next().expect("a token");
        let dump = String::from_utf8_lossy(&server.database.stolen()).into_owned();
        assert!(!dump.contains(token), "the link lies open");
        assert!(log::lines_with(token).is_empty(), "the link stands in the log");
    }

    async fn a_group_that_was_removed_meanwhile_does_not_come_back(at: At) {
        let (server, _mailbox, link) = with_a_link(at, &["staff", "printers"], &[]).await;
        server.database.execute("DELETE FROM groups WHERE name = 'staff'");
        joins(&server.stranger("ben"), &link).await;
        let groups = "SELECT name AS line FROM group_members JOIN groups ON id = group_id";
        assert_eq!(server.database.lines(groups), ["printers"]);
    }

    async fn invitations_that_ended_long_ago_are_swept(at: At) {
        let (server, _mailbox, _link) = with_a_link(at, &[], &[]).await;
        for (days, left) in [(90, 1), (8, 0)] {
            server.clock.turn(Duration::from_hours(24 * days));
            remove_expired(&server.app).await.expect("swept");
            let count = server.database.number("SELECT COUNT(*) FROM invitations");
            assert_eq!(count, left, "after {days} days more");
        }
    }
}

/// Anna, a superuser with an app, signed in.
async fn at_console(server: &Server) -> Person {
    let mut anna = server.superuser("anna").await;
    anna.signs_in().await;
    anna.adds_an_app().await;
    anna
}

#[tokio::test]
async fn the_command_line_invites_lists_sends_again_and_revokes() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let said = keyward(
        folder,
        &["invite", BEN, "--group", "staff", "--group", "printers"],
    )
    .done();
    assert!(said.contains(BEN), "{said}");
    keyward(folder, &["invite", "BEN@example.org"]).refused("invitation.open");
    keyward(
        folder,
        &["user", "add", "anna", "--email", "anna@example.org"],
    )
    .done();
    keyward(folder, &["invite", "anna@example.org"]).refused("invitation.has_account");
    let list = keyward(folder, &["invitation", "list", "--json"]).json();
    assert_eq!(
        (&list[0]["email"], &list[0]["state"]),
        (&BEN.into(), &"open".into())
    );
    assert_eq!(list[0]["groups"], serde_json::json!(["printers", "staff"]));
    let table = keyward(folder, &["invitation", "list"]).done();
    assert!(table.contains("command line"), "{table}");
    keyward(folder, &["invitation", "resend", BEN]).done();
    let mails = keyward(folder, &["mail", "list", "--json"]).json();
    assert_eq!(mails.as_array().map(Vec::len), Some(1), "{mails}");
    let mails = keyward(folder, &["mail", "list", "--all", "--json"]).json();
    let states = [&mails[0]["state"], &mails[1]["state"]];
    assert_eq!(states, ["waiting", "withdrawn"], "{mails}");
    keyward(folder, &["invitation", "revoke", BEN]).done();
    keyward(folder, &["invitation", "revoke", BEN]).refused("invitation.unknown");
    keyward(folder, &["invitation", "resend", "nobody@example.org"]).refused("invitation.unknown");
    keyward(folder, &["invite", BEN]).done();
}
