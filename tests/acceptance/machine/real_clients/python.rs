//! PyPI's `yubico-client`.

use super::{Asked, ValidationSetup, Words, four_answers, transcript};
use keyward_test_support::command::run;
use keyward_test_support::python::python;

const PROGRAM: &str = "
import sys
from yubico_client import Yubico
url, client, key, otp = sys.argv[1:]
try:
    print('answer:', Yubico(client, key, api_urls=[url]).verify(otp))
except Exception as problem:
    print('answer:', type(problem).__name__, problem)
";

pub async fn ask(app: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let id = asked.id.to_string();
    let arguments = ["-c", PROGRAM, &asked.url, &id, &asked.api_key, otp];
    transcript(&run(&python(), app.server.folder(), &arguments, ""))
}

four_answers!(
    ask,
    Words {
        good: "answer: True",
        replay: "answer: StatusCodeError",
        another_key: "answer: SignatureVerificationError",
        unknown: "answer: SignatureVerificationError",
    }
);
