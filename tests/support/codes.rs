//! Codes that come by mail, from the page that asks for one to the page that takes it.

use std::time::{Duration, Instant};

use super::mailbox::{Mailbox, Message};
use super::page::Page;
use super::person::Person;
use super::server::Server;

/// Where the codes of these tests go; no account is registered with it.
pub const MAILBOX: &str = "codes@example.net";
/// As people see it afterwards.
pub const MASKED: &str = "c***@example.net";

/// The code in a mail.
pub fn code_in(mail: &Message) -> String {
    let line = mail
        .text
        .lines()
        .find_map(|line| line.strip_prefix("Code: "));
    let code = line.unwrap_or_else(|| panic!("no code in: {}", mail.text));
    assert!(
        mail.html.contains(code),
        "the HTML has another one: {}",
        mail.html
    );
    assert!(
        !mail.subject.contains(code),
        "the subject tells it: {}",
        mail.subject
    );
    code.to_owned()
}

/// A code of as many digits that is not this one.
pub fn another(code: &str) -> String {
    let last = if code.ends_with('0') { '1' } else { '0' };
    format!("{}{last}", &code[..code.len() - 1])
}

/// The codes that came so far, oldest first.
pub fn codes(mailbox: &Mailbox) -> Vec<String> {
    let mails = mailbox.now();
    let mails = mails.iter().filter(|mail| mail.text.contains("Code: "));
    mails.map(code_in).collect()
}

/// The newest code, once more than this many came.
pub async fn next_code(mailbox: &Mailbox, before: usize) -> String {
    let start = Instant::now();
    let mut taken = 0;
    loop {
        if mailbox.taken() > taken {
            taken = mailbox.taken();
            let codes = codes(mailbox);
            if let Some(newest) = codes.last().filter(|_| codes.len() > before) {
                return newest.clone();
            }
        }
        assert!(start.elapsed() < super::process::PATIENCE, "no code came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

impl Person {
    /// Asks for a code to be sent to a new address.
    pub async fn names_mailbox(&self, address: &str) -> Page {
        let page = self.visits("/account/devices/add/email").await;
        let form = page.form("Send code").fill("Email", address);
        let answer = self.browser.submit(&page, &form).await;
        self.browser.follow(answer).await
    }

    /// Types a code where an address is being added.
    pub async fn confirms(&self, page: &Page, code: &str) -> Page {
        let form = page.form("Confirm").fill("Code", code);
        let answer = self.browser.submit(page, &form).await;
        self.browser.follow(answer).await
    }

    /// Adds a mailbox for codes to the account that is signed in.
    pub async fn adds_mailbox(&self, address: &str, mailbox: &Mailbox) -> Page {
        let before = codes(mailbox).len();
        let page = self.names_mailbox(address).await;
        let code = next_code(mailbox, before).await;
        self.confirms(&page, &code).await
    }

    /// Has a code sent from this page, and goes to the page that asks for it.
    pub async fn has_code_sent(&self, page: &Page, mailbox: &Mailbox) -> (Page, String) {
        let before = codes(mailbox).len();
        let page = self.presses(page, "Send code").await;
        (page, next_code(mailbox, before).await)
    }
}

/// Somebody whose second factor is a mailbox, at a browser where nobody is signed in.
pub async fn with_mailbox(server: &Server, mailbox: &Mailbox, name: &str) -> Person {
    let person = server.user(name).await;
    person.signs_in().await;
    let page = person.adds_mailbox(MAILBOX, mailbox).await;
    assert_eq!(page.path, "/account/devices", "{}", page.text());
    server.clock.turn(Duration::from_secs(120));
    person.elsewhere(&server.base)
}
