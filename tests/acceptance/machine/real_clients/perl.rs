//! Perl's `Auth::Yubikey_WebClient`, which does not sign its requests.

use super::{Asked, ValidationSetup, Words, four_answers, transcript};
use keyward_test_support::command::run;

const PROGRAM: &str = r#"
use Auth::Yubikey_WebClient;
my ($url, $id, $key, $otp) = @ARGV;
print "answer: ", Auth::Yubikey_WebClient->new({ id => $id, api => $key, url => $url })->otp($otp), "\n";
"#;

pub async fn ask(app: &ValidationSetup, asked: &Asked, otp: &str) -> String {
    let id = asked.id.to_string();
    let arguments = ["-e", PROGRAM, &asked.url, &id, &asked.api_key, otp];
    transcript(&run("perl", app.server.folder(), &arguments, ""))
}

four_answers!(
    ask,
    Words {
        good: "answer: OK",
        // Its nonce is made of the second alone, so that a touch that comes again within it is the
        // same request.
        replay: "answer: ERR_REPLAYED_",
        another_key: "answer: ERR_",
        unknown: "answer: ERR_NO_SUCH_CLIENT",
    }
);
