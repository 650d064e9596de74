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

/// A container as RFC 6030 shows it in figures 6 and 7, with the key of a YubiKey's slot in place of that
/// of an app: how the key is known, what it encrypts, and the MAC over that.
fn figure(known: &str, mac_key: &str, secret: &str, mac: &str) -> String {
    format!(
        r##"<pskc:KeyContainer Version="1.0" xmlns:pskc="urn:ietf:params:xml:ns:keyprov:pskc"
 xmlns:xenc="http://www.w3.org/2001/04/xmlenc#" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 xmlns:xenc11="http://www.w3.org/2009/xmlenc11#"
 xmlns:pkcs5="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#">
<pskc:EncryptionKey>{known}</pskc:EncryptionKey>
<pskc:MACMethod Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-sha1"><pskc:MACKey>
<xenc:EncryptionMethod Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/>
<xenc:CipherData><xenc:CipherValue>
{mac_key}
</xenc:CipherValue></xenc:CipherData></pskc:MACKey></pskc:MACMethod>
<pskc:KeyPackage><pskc:DeviceInfo><pskc:SerialNo>987654321</pskc:SerialNo></pskc:DeviceInfo>
<pskc:Key Algorithm="http://www.yubico.com/#yubikey-aes" Id="12345678"><pskc:Data><pskc:Secret>
<pskc:EncryptedValue Id="ED"><xenc:EncryptionMethod
 Algorithm="http://www.w3.org/2001/04/xmlenc#aes128-cbc"/><xenc:CipherData><xenc:CipherValue>
      {secret}
</xenc:CipherValue></xenc:CipherData></pskc:EncryptedValue><pskc:ValueMAC>{mac}
</pskc:ValueMAC></pskc:Secret></pskc:Data><pskc:UserId>CN=vvcccccccccb, UID=8792ebfe26cc</pskc:UserId>
</pskc:Key></pskc:KeyPackage></pskc:KeyContainer>"##
    )
}

/// The secret of the figures has twenty bytes, as that of an app has: what is wrong with it is known
/// once the MAC was right and the secret open, and not before.
#[test]
fn the_figures_of_the_standard_open() {
    let shared_key = figure(
        "<ds:KeyName>Pre-shared-key</ds:KeyName>",
        "ESIzRFVmd4iZABEiM0RVZgKn6WjLaTC1sbeBMSvIhRejN9vJa2BOlSaMrR7I5wSX",
        "AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DUpxVvOx2lef1VmNPCMl8jwZqIUqGv",
        "Su+NvtQfmvfJzF6bmQiJqoLRExc=",
    );
    let derived = figure(
        r#"<xenc11:DerivedKey><xenc11:KeyDerivationMethod
 Algorithm="http://www.rsasecurity.com/rsalabs/pkcs/schemas/pkcs-5v2-0#pbkdf2"><pkcs5:PBKDF2-params>
<Salt><Specified>Ej7/PEpyEpw=</Specified></Salt><IterationCount>1000</IterationCount>
<KeyLength>16</KeyLength><PRF/></pkcs5:PBKDF2-params></xenc11:KeyDerivationMethod>
<xenc11:MasterKeyName>My Password 1</xenc11:MasterKeyName></xenc11:DerivedKey>"#,
        "2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx",
        "oTvo+S22nsmS2Z/RtcoF8Hfh+jzMe0RkiafpoDpnoZTjPYZu6V+A4aEn032yCr4f",
        "LP6xMvjtypbfT9PdkJhBZ+D6O4w=",
    );
    for (text, unlocking) in [(&shared_key, shared()), (&derived, password("qwerty"))] {
        assert_eq!(faults(text, &unlocking), [Some(RowFault::AesKey)]);
        let changed = text.replace("<pskc:ValueMAC>", "<pskc:ValueMAC>A");
        assert_eq!(faults(&changed, &unlocking), [Some(RowFault::Mac)]);
        // The keys of apps, which the figures hold, are none of ours.
        let of_an_app = text.replace(
            "http://www.yubico.com/#yubikey-aes",
            "urn:ietf:params:xml:ns:keyprov:pskc:hotp",
        );
        let contents = pskc::read(&of_an_app, &unlocking).expect("a container");
        assert_eq!((contents.rows.len(), contents.others), (0, 1));
    }
    let short = shared_key.replace("hmac-sha1", "hmac-sha224");
    let refused = pskc::read(&short, &shared()).expect_err("no such MAC");
    assert!(refused.contains("SHA-256"), "{refused}");
}
