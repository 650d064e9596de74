//! Modhex, OTPs as they are typed, and answers of validation services.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use keyward_core::clock::SystemEntropy;
use keyward_core::domain::otp_key::{Progress, Usage};
use keyward_core::protocols::yubico::{
    InvalidAnswer, Nonce, Otp, PublicId, Request, SlotSecret, modhex,
};
use proptest::prelude::*;

/// The same touch under both layouts, from Yubico's description of the modhex alphabet.
const MODHEX: &str = "cbdefghijklnrtuv";
const DVORAK: &str = "jxe.uidchtnbpygk";

fn on_dvorak(typed: &str) -> String {
    let place = |letter| MODHEX.find(letter).expect("modhex");
    typed
        .chars()
        .map(|c| DVORAK.as_bytes()[place(c)] as char)
        .collect()
}

proptest! {
    #[test]
    fn modhex_gives_back_what_it_was_given(bytes: Vec<u8>) {
        let text = modhex::encode(&bytes);
        prop_assert_eq!(text.len(), bytes.len() * 2);
        prop_assert!(modhex::is_modhex(&text));
        prop_assert_eq!(modhex::decode(&text), Some(bytes));
    }

    #[test]
    fn modhex_reads_nothing_that_it_does_not_write(text in "\\PC{0,12}") {
        if let Some(bytes) = modhex::decode(&text) {
            prop_assert_eq!(modhex::encode(&bytes), text);
        }
    }

    #[test]
    fn modhex_is_hexadecimal_in_other_letters(bytes: Vec<u8>) {
        let hex = data_encoding::HEXLOWER.encode(&bytes);
        let digit = |letter| MODHEX.find(letter).expect("modhex");
        let read: String = modhex::encode(&bytes).chars().map(|c| format!("{:x}", digit(c))).collect();
        prop_assert_eq!(read, hex);
    }

    #[test]
    fn an_otp_is_read_however_it_was_typed(letters in "[cbdefghijklnrtuv]{44}", pad in "[ \t\r\n]{0,3}") {
        let otp = Otp::parse(&letters).expect("an OTP");
        prop_assert_eq!(otp.expose(), &letters);
        let public_id = otp.public_id();
        prop_assert_eq!(public_id.as_str(), &letters[..12]);
        let shouted = format!("{pad}{}{pad}", letters.to_uppercase());
        let shouted = Otp::parse(&shouted).expect("an OTP");
        prop_assert_eq!(shouted.expose(), &letters);
    }

    #[test]
    fn an_otp_of_a_dvorak_keyboard_is_put_back(letters in "[cbdefghijklnrtuv]{44}") {
        let typed = on_dvorak(&letters);
        // The few touches whose letters both layouts know are modhex.
        let meant = if modhex::is_modhex(&typed) { &typed } else { &letters };
        let read = Otp::parse(&typed).expect("an OTP");
        prop_assert_eq!(read.expose(), meant);
    }

    #[test]
    fn a_touch_opens_under_the_secret_that_typed_it_and_under_no_other(
        parts: ([u8; 6], [u8; 16]),
        other: ([u8; 6], [u8; 16]),
        counter in 0..=0x7fff_u16,
        session_use: u8,
        device_clock in 0..=0x00ff_ffff_u32,
        noise: u16,
    ) {
        let usage = Usage { counter, session_use };
        let progress = Progress { usage, device_clock };
        let secret = SlotSecret::new(parts.0, parts.1);
        let letters = secret.type_otp(progress, noise);
        let otp = Otp::parse(&format!("cccccccccccb{}", *letters)).expect("an OTP");
        let opened = secret.open(&otp).map(|touch| touch.progress());
        prop_assert_eq!(opened, Some(progress));
        prop_assume!(other != parts);
        prop_assert!(SlotSecret::new(other.0, other.1).open(&otp).is_none());
        let only_the_private_id_differs = SlotSecret::new(other.0, parts.1);
        prop_assert!(other.0 == parts.0 || only_the_private_id_differs.open(&otp).is_none());
    }

    #[test]
    fn a_touch_with_one_letter_changed_opens_nowhere(
        parts: ([u8; 6], [u8; 16]),
        place in 0..32_usize,
        step in 1..16_usize,
        noise: u16,
    ) {
        let secret = SlotSecret::new(parts.0, parts.1);
        let usage = Usage { counter: 1, session_use: 0 };
        let mut letters = secret.type_otp(Progress { usage, device_clock: 0 }, noise).to_string();
        let value = MODHEX.find(&letters[place..=place]).expect("modhex");
        let changed = (value + step) % 16;
        letters.replace_range(place..=place, &MODHEX[changed..=changed]);
        let otp = Otp::parse(&format!("cccccccccccb{letters}")).expect("an OTP");
        prop_assert!(secret.open(&otp).is_none());
    }

    #[test]
    fn no_typing_makes_the_reader_fall_over(typed in "\\PC{0,60}") {
        if let Some(otp) = Otp::parse(&typed) {
            prop_assert!((33..=48).contains(&otp.expose().len()) && modhex::is_modhex(otp.expose()));
        }
    }

    #[test]
    fn no_body_without_our_signature_is_believed(body: Vec<u8>) {
        let otp = otp();
        let key = keyward_core::protocols::yubico::ApiKey::parse("QUJDREVGR0hJSktMTU5PUFFSU1Q=");
        let nonce = Nonce::generate(&SystemEntropy);
        let request = Request::new(1, key, &otp, nonce);
        prop_assert!(request.read(&body).is_err());
    }

    #[test]
    fn no_answer_under_a_forged_signature_is_believed(forged: [u8; 20]) {
        let otp = otp();
        let nonce = Nonce::generate(&SystemEntropy);
        let known = nonce.as_str().to_owned();
        let key = keyward_core::protocols::yubico::ApiKey::parse("QUJDREVGR0hJSktMTU5PUFFSU1Q=");
        let request = Request::new(1, key, &otp, nonce);
        let forged = STANDARD.encode(forged);
        let body = format!("h={forged}\r\nt=2026-11-30T08:00:00Z0000\r\notp={}\r\nnonce={known}\r\nstatus=OK\r\n", otp.expose());
        // All of it is right but the signature.
        prop_assert!(matches!(request.read(body.as_bytes()), Err(InvalidAnswer::WrongSignature(None))));
    }
}

fn otp() -> Otp {
    Otp::parse("ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj").expect("an OTP")
}

#[test]
fn what_is_no_otp_is_not_read() {
    let touch = "ccccccbchvthlivuitriujjifivbvtrjkjfirllluurj";
    for wrong in [
        String::new(),
        touch[12..].to_owned(),
        touch[13..].to_owned(),
        format!("{touch}ccccc"),
        format!("{} {}", &touch[..22], &touch[23..]),
        touch.replace('h', "a"),
        touch.replacen('c', "\u{441}", 1),
        touch.replacen('c', "x", 1).replacen("v", "l", 1),
        "123456".to_owned(),
    ] {
        assert!(Otp::parse(&wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn an_otp_ends_with_thirty_two_letters_and_begins_with_the_public_id() {
    let encrypted = "hlivuitriujjifivbvtrjkjfirllluur";
    for public_id in ["c", "ccccccbchvt", "ccccccbchvthcccc"] {
        let otp = Otp::parse(&format!("{public_id}{encrypted}")).expect("an OTP");
        assert_eq!(otp.public_id().as_str(), public_id);
    }
}

#[test]
fn an_otp_does_not_print() {
    let otp = otp();
    assert_eq!(format!("{otp:?}"), "Otp(ccccccbchvth..)");
    assert!(!otp.expose().contains(otp.digest().as_str()));
}

#[test]
fn a_public_id_is_up_to_sixteen_modhex_letters() {
    let id = PublicId::parse("CCCCCCBCHVTH").expect("a public id");
    assert_eq!(id.to_string(), "ccccccbchvth");
    for wrong in ["", "ccccccbchvthccccc", "ccccccbchvta", " cccccbchvth"] {
        assert!(PublicId::parse(wrong).is_none(), "{wrong:?}");
    }
    let written = serde_json::to_string(&id).expect("JSON");
    assert_eq!(written, "\"ccccccbchvth\"");
    assert_eq!(serde_json::from_str::<PublicId>(&written).ok(), Some(id));
    assert!(serde_json::from_str::<PublicId>("\"ccccccbchvta\"").is_err());
}

#[test]
fn two_fields_that_run_into_one_line_are_not_an_answer() {
    let otp = otp();
    let request = Request::new(1, None, &otp, Nonce::generate(&SystemEntropy));
    let read = |body: &str| request.read(body.as_bytes()).err();
    assert_eq!(
        read("status=OK\rotp=x\r\n"),
        Some(InvalidAnswer::NotAnAnswer)
    );
    assert_eq!(read("\r\nstatus=OK\r\n"), Some(InvalidAnswer::NotAnAnswer));
    assert_eq!(read("Status=OK\r\n"), Some(InvalidAnswer::UnknownField));
    assert_eq!(read("t=1\r\n"), Some(InvalidAnswer::NoStatus));
    assert_eq!(read("status=ok\r\n"), Some(InvalidAnswer::UnknownStatus));
    assert_eq!(read("status=OK\r\n"), Some(InvalidAnswer::OtherOtp));
}
