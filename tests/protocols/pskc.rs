//! Portable Symmetric Key Containers. The fixtures were written by another implementation of RFC
//! 6030; their secrets are nobody's.

use keyward_core::protocols::provisioning::pskc::{self, Unlocking};
use keyward_core::protocols::provisioning::{Format, RowFault, detect};
use zeroize::Zeroizing;

const PLAIN: &str = include_str!("../../fixtures/pskc/plain.xml");
const AES128: &str = include_str!("../../fixtures/pskc/key_aes128.xml");
const AES256: &str = include_str!("../../fixtures/pskc/key_aes256.xml");
const PASSWORD: &str = include_str!("../../fixtures/pskc/password.xml");
const PASSWORD_SHA256: &str = include_str!("../../fixtures/pskc/password_sha256.xml");

fn key(hex: &str) -> Unlocking {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes());
    Unlocking::Key(Zeroizing::new(bytes.expect("hexadecimal digits")))
}

fn shared() -> Unlocking {
    key("12345678901234567890123456789012")
}

fn password(text: &str) -> Unlocking {
    Unlocking::Password(Zeroizing::new(text.to_owned()))
}

/// The faults of the rows; sound ones have none.
fn faults(text: &str, unlocking: &Unlocking) -> Vec<Option<RowFault>> {
    let contents = pskc::read(text, unlocking).expect("a container");
    contents.rows.into_iter().map(|row| row.row.err()).collect()
}

#[test]
fn containers_are_read_in_the_clear_and_under_a_key_or_a_password() {
    let long = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    for (text, unlocking) in [
        (PLAIN, Unlocking::Nothing),
        (PLAIN, shared()),
        (AES128, shared()),
        (AES256, key(long)),
        (PASSWORD, password("qwerty")),
        (PASSWORD_SHA256, password("Grüße vom Meer")),
    ] {
        assert_eq!(detect(text), Some(Format::Pskc));
        let contents = pskc::read(text, &unlocking).expect("a container");
        assert_eq!(
            (contents.rows.len(), contents.others),
            (2, 1),
            "a code's key is no slot"
        );
        let [first, second] = [0, 1].map(|row| contents.rows[row].row.as_ref().expect("sound"));
        assert!(contents.rows[0].line > 1 && contents.rows[0].line < contents.rows[1].line);
        assert_eq!(
            (first.serial, second.serial),
            (Some(283_598), Some(283_599))
        );
        assert_eq!(first.public_id.as_str(), "vvcccccccccb");
        assert_eq!(
            data_encoding::HEXLOWER.encode(&*first.private_id),
            "8792ebfe26cc"
        );
        let secret = data_encoding::HEXLOWER.encode(&*first.aes_key);
        assert_eq!(secret, "ecde18dbe76fbd0c33330f1c354871db");
        assert_eq!(second.aes_key[..], (0..16).collect::<Vec<u8>>());
    }
}

#[test]
fn a_wrong_key_or_password_and_a_changed_secret_give_nothing() {
    let other = "22345678901234567890123456789012";
    for (text, unlocking) in [
        (AES128, key(other)),
        (
            AES128,
            key("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        ),
        (AES128, password("qwerty")),
        (PASSWORD, password("qwertz")),
        (PASSWORD, shared()),
        (PASSWORD_SHA256, password("")),
    ] {
        match pskc::read(text, &unlocking) {
            Err(_) => {}
            Ok(contents) => assert!(contents.rows.iter().all(|row| row.row.is_err())),
        }
    }
    assert_eq!(
        faults(AES128, &Unlocking::Nothing),
        [Some(RowFault::Locked); 2]
    );
    assert_eq!(
        faults(PASSWORD, &Unlocking::Nothing),
        [Some(RowFault::Locked); 2]
    );
    // One letter of a secret, and one of its MAC.
    for tag in ["CipherValue>", "ValueMAC>"] {
        let from = AES128.find("<pskc:Secret>").expect("a secret");
        let at = from + AES128[from..].find(tag).expect("a value") + tag.len();
        let mut changed = AES128.to_owned();
        let letter = if &AES128[at..=at] == "A" { "B" } else { "A" };
        changed.replace_range(at..=at, letter);
        assert_eq!(
            faults(&changed, &shared()),
            [Some(RowFault::Mac), None],
            "{tag}"
        );
    }
    let unsaid = AES128.replace("pskc:ValueMAC", "pskc:Other");
    assert_eq!(faults(&unsaid, &shared()), [Some(RowFault::Mac); 2]);
    let unknown = AES128.replacen("#aes128-cbc", "#tripledes-cbc", 3);
    let refused = pskc::read(&unknown, &shared()).err();
    let refused = refused.expect("the MAC's key has it too");
    assert!(refused.contains("another algorithm than AES"), "{refused}");
}

#[test]
fn what_is_no_sound_container_is_refused_and_bad_keys_are_told_apart() {
    let growing = format!(
        "<!DOCTYPE k [<!ENTITY a \"{}\"><!ENTITY b \"{}\">]>{}",
        "x".repeat(1000),
        "&a;".repeat(1000),
        PLAIN
            .split_once("?>")
            .expect("a declaration")
            .1
            .replace("Yubico", "&b;")
    );
    let fetched = format!(
        "<!DOCTYPE k [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>{}",
        PLAIN
            .split_once("?>")
            .expect("a declaration")
            .1
            .replace("Yubico", "&a;")
    );
    let deep = format!(
        "<KeyContainer>{}{}</KeyContainer>",
        "<a>".repeat(100_000),
        "</a>".repeat(100_000)
    );
    let cut = PLAIN[..PLAIN.len() / 2].to_owned();
    for text in [
        growing,
        fetched,
        cut,
        "<a/>".to_owned(),
        String::new(),
        "KeyContainer".to_owned(),
    ] {
        assert!(
            pskc::read(&text, &Unlocking::Nothing).is_err(),
            "{}",
            &text[..text.len().min(60)]
        );
    }
    // Refused or empty: what counts is that the reader stands.
    let _ = pskc::read(&deep, &Unlocking::Nothing);
    for (from, to, fault) in [
        ("CN=vvcccccccccb", "CN=vvcccccccccx", RowFault::PublicId),
        ("UID=8792ebfe26cc", "UID=8792ebfe26", RowFault::PrivateId),
        (
            "CN=vvcccccccccb, UID=8792ebfe26cc",
            "anna",
            RowFault::PublicId,
        ),
        ("7N4Y2+dvvQwzMw8cNUhx2w==", "7N4Y2w==", RowFault::AesKey),
        ("7N4Y2+dvvQwzMw8cNUhx2w==", "!", RowFault::AesKey),
        (
            "<pskc:SerialNo>283598",
            "<pskc:SerialNo>28x",
            RowFault::Serial,
        ),
    ] {
        assert!(PLAIN.contains(from), "{from}");
        let text = PLAIN.replace(from, to);
        assert_eq!(
            faults(&text, &Unlocking::Nothing),
            [Some(fault), None],
            "{to}"
        );
    }
    let rounds = PASSWORD.replace("<IterationCount>2000", "<IterationCount>4000000000");
    assert!(
        pskc::read(&rounds, &password("qwerty")).is_err(),
        "hours of work"
    );
}

/// As the personalization tool writes it: on one line, the public id with spaces or without.
#[test]
fn what_the_personalization_tool_writes_is_read() {
    let text = r#"<?xml version="1.0" encoding="UTF-8"?>
<KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">
<KeyPackage><DeviceInfo><Manufacturer>Yubico</Manufacturer><SerialNo>283598</SerialNo></DeviceInfo><CryptoModuleInfo><Id>1</Id></CryptoModuleInfo><Key Id="283598:1" Algorithm="http://www.yubico.com/#yubikey-aes"><AlgorithmParameters><ResponseFormat Length="44" Encoding="ALPHANUMERIC"/></AlgorithmParameters><Data><Secret><PlainValue>7N4Y2+dvvQwzMw8cNUhx2w==</PlainValue></Secret></Data><UserId>CN=vv cc cc cc cc cb, UID=87 92 eb fe 26 cc</UserId></Key></KeyPackage>
</KeyContainer>"#;
    let contents = pskc::read(text, &Unlocking::Nothing).expect("a container");
    let record = contents.rows[0].row.as_ref().expect("sound");
    assert_eq!(
        (record.serial, record.public_id.as_str()),
        (Some(283_598), "vvcccccccccb")
    );
    assert_eq!(contents.rows[0].line, 3);
}
