//! `ykclient` of libykclient, Yubico's client in C.

use super::{Asked, ValidationSetup, Words, four_answers, transcript};
use keyward_test_support::command::run;

pub async fn ask(app: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let id = asked.id.to_string();
    let arguments = [
        "--debug",
        "--url",
        &asked.url,
        "--apikey",
        &asked.api_key,
        &id,
        otp,
    ];
    transcript(&run("ykclient", app.server.folder(), &arguments, ""))
}

four_answers!(
    ask,
    Words {
        good: "exit Some(0)",
        replay: "exit Some(2)",
        another_key: "BAD_SERVER_SIGNATURE",
        unknown: "status: NO_SUCH_CLIENT",
    }
);
