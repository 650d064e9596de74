//! The codes of RFC 4226 Appendix D and RFC 6238 Appendix B, one file a case. A `bad_` one is the
//! right code of another step, or of a hash that is not offered.

use std::fs;
use std::path::Path;

use keyward_core::clock::{SystemEntropy, Timestamp};
use keyward_core::domain::user::UserId;
use keyward_core::factors::totp::{self, TotpParameters, TotpSecret};
use serde_json::Value;

fn is_accepted(case: &Value) -> bool {
    let text = |name: &str| case[name].as_str().expect("a text");
    let number = |name: &str| case[name].as_i64().expect("a number");
    let parameters = TotpParameters {
        digits: u32::try_from(number("digits")).expect("digits"),
        tolerance: 0,
        ..TotpParameters::default()
    };
    let secret = TotpSecret::from_base32(text("secret_base32")).expect("a secret");
    let now = Timestamp::from_seconds(number("step") * i64::from(parameters.step));
    let user = UserId::generate(now, &SystemEntropy);
    totp::confirm(user, secret, parameters, text("code"), now, false)
        .expect("possible parameters")
        .is_ok()
}

#[test]
fn the_published_codes_are_accepted_at_their_step_and_refused_at_others() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/otp");
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(folder).expect("the fixtures") {
        let path = entry.expect("a file").path();
        let name = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = fs::read_to_string(&path).expect("a case");
        let case = serde_json::from_str(&text).expect("JSON");
        let expected = name.starts_with("good_");
        assert_eq!(is_accepted(&case), expected, "{name}");
        if expected { good += 1 } else { bad += 1 }
    }
    assert_eq!((good, bad), (22, 22));
}
