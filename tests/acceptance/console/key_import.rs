//! Lists of keys that are pasted at the console.

use super::at_console;
use keyward_test_support::on_every_database;
use keyward_test_support::page::Page;
use keyward_test_support::person::Person;
use keyward_test_support::server::Server;

const KEYS: &str = "SELECT COUNT(*) FROM keys";

/// Types a list into the page, and asks what it would do.
async fn checks(anna: &Person, list: &str) -> Page {
    let page = anna.visits("/console/keys/import").await;
    let form = page.form("Check").fill("List", list);
    anna.browser.submit(&page, &form).await
}

on_every_database! {
    async fn a_pasted_list_is_shown_in_numbers_before_it_is_taken_over(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        server.user("ben").await;
        // As a spreadsheet copies it.
        let list = "Serial number\tModel\tPublic ID\tOwner\r\n\
            10000017\tYubiKey 5C\tvvccccccccct\t\r\n\
            10000018\tYubiKey 5C <\t\tben\r\n\
            10000019\tYubiKey 5C\t\tnobody here\r\n";
        let checked = checks(&anna, list).await;
        assert_eq!(checked.status, 200, "{}", checked.text());
        assert!(checked.text().contains("New keys 2"), "{}", checked.text());
        assert!(checked.text().contains("4 There is no user of this name"), "{}", checked.text());
        assert_eq!(server.database.number(KEYS), 0, "nothing is written before that was read");
        // A bad row keeps all out. The text of a page is told to tests without its tabs, which browsers keep.
        let form = checked.form("Import").set("list", list);
        let refused = anna.browser.submit(&checked, &form).await;
        assert!(refused.text().contains("There is no user of this name"), "{}", refused.text());
        assert_eq!(server.database.number(KEYS), 0);
        let form = checked.form("Change the list").set("list", list);
        let again = anna.browser.submit(&checked, &form).await;
        assert!(again.body.contains("10000017\tYubiKey 5C\tvvccccccccct\t\r\n"), "{}", again.body);
        assert!(again.try_form("Check").is_some(), "{}", again.text());
        let form = refused.form("Import").set("list", list).set("skip_bad", "yes");
        let taken = anna.browser.submit(&refused, &form).await;
        let list = anna.browser.follow(taken).await;
        assert_eq!(list.notice(), "Keys taken over from the list: 2.");
        assert!(list.text().contains("10000018") && list.text().contains("vvccccccccct"), "{}", list.text());
        assert_eq!(server.database.number(KEYS), 2);
        assert_eq!(server.events("key.imported"), 1);
    }

    async fn a_list_with_secrets_or_without_a_heading_is_not_taken_from_a_page(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let secrets = "serial,public_id,private_id,aes_key\n\
            1,vvcc,8792ebfe26cc,ecde18dbe76fbd0c33330f1c354871db\n";
        for (list, words) in [
            (secrets, "keyward key import"),
            ("10000017,YubiKey 5C\n", "names no column"),
        ] {
            let refused = checks(&anna, list).await;
            assert_eq!(refused.status, 400, "{list}: {}", refused.text());
            assert!(refused.text().contains(words), "{list}: {}", refused.text());
        }
        let fields = [("list", secrets), ("decision", "import"), ("skip_bad", "yes")];
        assert_eq!(anna.browser.post("/console/keys/import", &fields).await.status, 400);
        let unknown = [("list", "serial\n1\n"), ("decision", "drop")];
        assert_eq!(anna.browser.post("/console/keys/import", &unknown).await.status, 400);
        assert_eq!(server.database.number(KEYS), 0);
        assert_eq!(server.database.number("SELECT COUNT(*) FROM otp_keys"), 0);
    }
}
