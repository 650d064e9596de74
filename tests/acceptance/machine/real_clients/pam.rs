//! `pam_yubico` through `pamtester`, with the services of a folder of its own (`pam_wrapper`).

use std::fs;

use super::{Asked, ValidationSetup, Words, four_answers, transcript};
use keyward_test_support::command::run_under;

pub async fn ask(app: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let folder = app.server.folder();
    let mappings = app.file("yubikey_mappings");
    fs::write(&mappings, format!("anna:{}\n", app.key.public_id)).expect("the folder is ours");
    fs::create_dir_all(app.file("pam.d")).expect("the folder is ours");
    let service = format!(
        "auth required pam_yubico.so debug mode=client id={} key={} urllist={} authfile={}\n",
        asked.id,
        asked.api_key,
        asked.url,
        mappings.display()
    );
    fs::write(app.file("pam.d/vpn"), service).expect("the folder is ours");
    let services = app.file("pam.d");
    let variables = [
        ("LD_PRELOAD", "libpam_wrapper.so"),
        ("PAM_WRAPPER", "1"),
        ("PAM_WRAPPER_SERVICE_DIR", services.to_str().expect("UTF-8")),
    ];
    let arguments = ["vpn", "anna", "authenticate"];
    transcript(&run_under(
        "pamtester",
        folder,
        &arguments,
        &variables,
        &format!("{otp}\n"),
    ))
}

four_answers!(
    ask,
    Words {
        good: "successfully authenticated",
        replay: "REPLAYED_OTP",
        another_key: "BAD_SERVER_SIGNATURE",
        unknown: "BAD_SERVER_SIGNATURE",
    }
);
