//! Every notice, as its readers get it.

use super::*;
use crate::views::Language;

#[test]
fn every_notice_has_a_sentence_and_survives_its_cookie() {
    for language in Language::ALL {
        let phrases = Phrases::load(language).expect("loads");
        for notice in Notice::samples() {
            let sentence = notice.sentence(&phrases).expect("a sentence");
            assert!(!sentence.trim().is_empty());
            let cookie = serde_json::to_string(&notice).expect("writes");
            let read: Notice = serde_json::from_str(&cookie).expect("reads");
            assert_eq!(read, notice);
        }
    }
}

#[test]
fn a_made_up_code_in_the_cookie_says_only_that_something_failed() {
    let phrases = Phrases::load(Language::English).expect("loads");
    let made_up = Notice::Refused {
        code: "no.such_code".to_owned(),
    };
    let internal = Notice::refused(&codes::INTERNAL.into());
    let say = |notice: Notice| notice.sentence(&phrases).expect("a sentence");
    assert_eq!(say(made_up), say(internal));
}
