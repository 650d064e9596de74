//! Keys that were imported or made here, and OTPs that other software typed.

use std::fs;

use super::{ValidationSetup, python, ykclient};
use keyward_test_support::command::{keyward, run};
use keyward_test_support::python::python as interpreter;
use keyward_test_support::soft_yubikey::SoftYubikey;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    let bytes = data_encoding::HEXLOWER.decode(hex.as_bytes());
    bytes.expect("hex").try_into().expect("the length")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_was_made_here_is_good_at_once() {
    let app = ValidationSetup::new().await;
    keyward(
        app.server.folder(),
        &["validation", "otp-key", "generate", "2", "--out", "new.csv"],
    )
    .done();
    let text = fs::read_to_string(app.file("new.csv")).expect("it is there");
    for row in text.lines() {
        let columns: Vec<&str> = row.split(',').collect();
        let mut key = SoftYubikey::new(columns[1], bytes(columns[2]), bytes(columns[3]));
        let said = ykclient::ask(&app, &app.asked, &key.touch()).await;
        assert!(said.contains("exit Some(0)"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_that_another_server_saw_is_a_replay_here() {
    let mut app = ValidationSetup::new().await;
    let [seen, next] = [app.key.touch(), app.key.touch()];
    let dump = format!("1,1,1,{},1,0,1,1,aoincuhfuahs,\n", app.key.public_id);
    fs::write(app.file("dump.csv"), dump).expect("the folder is ours");
    keyward(app.server.folder(), &["import", "ykval", "dump.csv"]).done();
    let said = ykclient::ask(&app, &app.asked, &seen).await;
    assert!(said.contains("exit Some(2)"), "{said}");
    let said = ykclient::ask(&app, &app.asked, &next).await;
    assert!(said.contains("exit Some(0)"), "{said}");
}

const TYPIST: &str = "
import sys
from binascii import unhexlify
from yubiotp.otp import OTP, encode_otp
public_id, private_id, key = sys.argv[1:]
otp = OTP(unhexlify(private_id), 7, 0x123456, 3, 0x4321)
print(encode_otp(otp, unhexlify(key), public_id.encode()).decode())
";

#[tokio::test(flavor = "multi_thread")]
async fn an_otp_that_another_implementation_typed_is_good_once() {
    let app = ValidationSetup::new().await;
    let hex = |bytes: &[u8]| data_encoding::HEXLOWER.encode(bytes);
    let (private_id, secret) = (hex(&app.key.private_id), hex(&app.key.secret));
    let arguments = ["-c", TYPIST, &app.key.public_id, &private_id, &secret];
    let otp = run(&interpreter(), app.server.folder(), &arguments, "").done();
    let said = python::ask(&app, &app.asked, otp.trim()).await;
    assert!(said.contains("answer: True"), "{said}");
    let said = python::ask(&app, &app.asked, otp.trim()).await;
    assert!(said.contains("answer: StatusCodeError"), "{said}");
    let counters = keyward(
        app.server.folder(),
        &["validation", "otp-key", "export", "--format", "ykval"],
    )
    .done();
    assert!(
        counters.contains(",7,3,13398,18,"),
        "0x123456 in two parts: {counters}"
    );
}
