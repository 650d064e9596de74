//! What is fuzzed: each takes any bytes, and fails where a promise of a reader is broken.

use keyward_core::clock::Timestamp;
use keyward_core::domain::otp_key::{Progress, Usage};
use keyward_core::protocols::provisioning::{detect, personalization, text, ykksm, ykval};
use keyward_core::protocols::yubico::{
    ApiKey, Declined, Otp, PublicId, Question, Reply, SlotSecret, Version, modhex,
};

/// The validation server's reader of requests, and the answer that repeats what it read.
pub fn question(data: &[u8]) {
    let key = ApiKey::parse("QUJDREVGR0hJSktMTU5PUFFSU1Q=").expect("a key");
    for version in [Version::One, Version::Two] {
        let Ok(question) = Question::read(version, data) else {
            continue;
        };
        assert!(modhex::is_modhex(question.otp().expose()));
        assert!(question.client().number() > 0);
        let nonce = question.nonce();
        assert!(nonce.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        match version {
            Version::One => assert_eq!(nonce, ""),
            Version::Two => assert!((16..=40).contains(&nonce.len())),
        }
        assert!(!question.is_signed_by(&key) || question.is_signed());
        let progress = Progress {
            usage: Usage {
                counter: 1,
                session_use: 2,
            },
            device_clock: 3,
        };
        let user = String::from_utf8_lossy(data);
        for reply in [
            Reply::confirmed(&question, progress, Some(&user)),
            Reply::replayed(&question, Declined::ReplayedOtp),
        ] {
            one_answer(&reply.print(Timestamp::from_millis(0), &key));
        }
    }
}

/// An answer is lines of known names, each once, and an empty one.
fn one_answer(text: &str) {
    let lines = text.strip_suffix("\r\n\r\n").expect("an empty last line");
    let mut seen = Vec::new();
    for line in lines.split("\r\n") {
        let (name, value) = line.split_once('=').expect("a name and a value");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase()));
        assert!(
            value.bytes().all(|byte| byte.is_ascii_graphic()),
            "{line:?}"
        );
        assert!(!seen.contains(&name), "{name} twice");
        seen.push(name);
    }
    assert_eq!((seen.first(), seen.last()), (Some(&"h"), Some(&"status")));
}

/// The reader of what was typed, and the decoder of what a key encrypted.
pub fn otp(data: &[u8]) {
    if let Some(otp) = Otp::parse(&String::from_utf8_lossy(data)) {
        let letters = otp.expose();
        assert!((33..=48).contains(&letters.len()) && modhex::is_modhex(letters));
        let again = Otp::parse(letters).expect("what was read is read again");
        assert_eq!(again.expose(), letters);
        assert!(letters.starts_with(otp.public_id().as_str()));
        assert!(SlotSecret::new([0x5a; 6], [0xa5; 16]).open(&otp).is_none());
    }
    let Some((bytes, rest)) = data.split_first_chunk::<30>() else {
        return;
    };
    let secret = SlotSecret::from_bytes(&bytes[..22]).expect("twenty-two bytes");
    let progress = Progress {
        usage: Usage {
            counter: u16::from_le_bytes([bytes[22], bytes[23]]),
            session_use: bytes[24],
        },
        device_clock: u32::from_le_bytes([bytes[25], bytes[26], bytes[27], 0]),
    };
    let noise = u16::from_le_bytes([bytes[28], bytes[29]]);
    let typed = secret.type_otp(progress, noise);
    let typed = format!("cccccccccccb{}", *typed);
    let otp = Otp::parse(&typed).expect("an OTP");
    let touch = secret.open(&otp).expect("its own secret opens it");
    assert_eq!(touch.progress(), progress);
    // Any other letter anywhere in the block spoils it: a private id of 48 bits and a checksum.
    if let [at, by, ..] = rest {
        let mut letters = typed.into_bytes();
        let at = 12 + usize::from(*at) % 32;
        let letter = modhex::ALPHABET[usize::from(*by) % 16];
        if letters[at] != letter {
            letters[at] = letter;
            let spoilt = String::from_utf8(letters).expect("ASCII");
            let spoilt = Otp::parse(&spoilt).expect("still letters");
            assert!(secret.open(&spoilt).is_none());
        }
    }
}

/// The readers of files with secrets and counters.
pub fn files(data: &[u8]) {
    let text = text(data);
    let _ = detect(&text);
    let lines = text.matches(['\n', '\r']).count() + 1;
    for contents in [ykksm::read(&text), personalization::read(&text)] {
        for row in contents.rows {
            assert!((1..=lines).contains(&row.line));
            let Ok(record) = row.row else { continue };
            let printed = ykksm::row(&record);
            let mut again = ykksm::read(&printed).rows;
            let again = again.pop().expect("a row").row.expect("a sound row");
            assert!(again == record, "{}", record.public_id);
        }
    }
    for row in ykval::read(&text).rows {
        assert!((1..=lines).contains(&row.line));
        let Ok(record) = row.row else { continue };
        let printed = ykval::row(&record);
        let mut again = ykval::read(&printed).rows;
        let again = again.pop().expect("a row").row.expect("a sound row");
        assert_eq!(again.public_id, record.public_id);
        assert_eq!(
            (again.counters, again.is_active),
            (record.counters, record.is_active)
        );
    }
    let _ = PublicId::parse(&text);
}
