//! The page of reports.

use serde_json::Value;

use super::at_console;
use keyward_test_support::command::keyward;
use keyward_test_support::on_every_database;
use keyward_test_support::server::Server;

on_every_database! {
    async fn the_page_of_reports_draws_what_its_tables_and_files_say(at: At) {
        let server = Server::start(at).await;
        let anna = at_console(&server).await;
        let page = anna.visits("/console/reports").await;
        assert!(page.text().contains("Nobody was counted yet"), "{}", page.text());
        server.user("ben").await;
        let folder = server.folder();
        keyward(folder, &["group", "add", "staff"]).done();
        keyward(folder, &["group", "members", "staff", "--add", "ben"]).done();
        keyward(folder, &["key", "add", "17", "--model", "YubiKey 5C", "--firmware", "5.4.3"]).done();
        keyward(folder, &["report", "count"]).done();
        let page = anna.visits("/console/reports").await;
        for words in ["Everybody", "staff", "One user has no device", "YubiKey 5C", "YSA-2024-03"] {
            assert!(page.text().contains(words), "{words}: {}", page.text());
        }
        for markup in ["class=\"chart-line chart-line-4\"", "/console/users?devices=none", "name=staff"] {
            assert!(page.body.contains(markup), "{markup}: {}", page.body);
        }
        let of_staff = anna.visits("/console/reports?group=staff&days=7").await;
        assert!(of_staff.body.contains("group=staff&amp;days=7") || of_staff.body.contains("group=staff&days=7"), "{}", of_staff.body);
        let file = anna.browser.get("/console/exports/people-report.json?group=staff&days=7").await;
        let rows: Value = serde_json::from_str(&file.body).expect("JSON");
        assert_eq!((&rows[0]["group"], &rows[0]["users"]), (&"staff".into(), &1.into()), "{}", file.body);
        let file = anna.browser.get("/console/exports/keys-report.csv").await;
        let lines = "maker,model,firmware,state,keys,advisories\r\nYubico,YubiKey 5C,5.4.3,stock,1,YSA-2024-03";
        assert_eq!(file.body.trim_end(), lines);
        keyward(folder, &["key", "add", "18", "--model", "YubiKey 5C", "--firmware", "5.7.1"]).done();
        let page = anna.visits("/console/reports").await;
        let link = "/console/keys?state=stock&amp;maker=Yubico&amp;model=YubiKey%205C&amp;firmware=5.4.3";
        assert!(page.body.contains(link), "{}", page.body);
        let list = anna.visits(&link.replace("&amp;", "&")).await;
        assert!(list.text().contains("Yubico 17") && !list.text().contains("Yubico 18"), "{}", list.text());
        for bad in ["days=many", "days=36501", "after=x"] {
            let page = anna.browser.get(&format!("/console/reports?{bad}")).await;
            assert_eq!(page.status, 400, "{bad}: {}", page.body);
        }
    }
}
