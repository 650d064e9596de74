//! How Twilio signs what it asks of others, and the markup that it speaks.
//!
//! A request carries `X-Twilio-Signature`: HMAC-SHA1 under the account's auth token over the address
//! that was asked, followed by each parameter of the form, name and value, in the order of the names,
//! as base64 (Twilio, "Security": validating requests).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::hmac;

/// The header that carries a signature.
pub const SIGNATURE: &str = "x-twilio-signature";

/// Whether a request with these parameters to this address was signed by a party that knows the
/// token. Compared in constant time.
pub fn is_signed(token: &str, address: &str, form: &[(String, String)], signature: &str) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, token.as_bytes());
    hmac::verify(&key, signed(address, form).as_bytes(), &signature).is_ok()
}

/// What is signed.
fn signed(address: &str, form: &[(String, String)]) -> String {
    let mut form: Vec<&(String, String)> = form.iter().collect();
    form.sort();
    form.dedup();
    let mut text = address.to_owned();
    for (name, value) in form {
        text.push_str(name);
        text.push_str(value);
    }
    text
}

/// A piece of speech: words, or a pause of a second.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speech {
    /// Words.
    Say(String),
    /// A second of silence.
    Pause,
}

/// The document by which a call is spoken, in a language such as `en-GB`.
pub fn twiml(language: &str, speech: &[Speech]) -> String {
    let language = escaped(language);
    let mut document = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response>");
    for piece in speech {
        match piece {
            Speech::Say(words) => {
                let words = escaped(words);
                document.push_str(&format!("<Say language=\"{language}\">{words}</Say>"));
            }
            Speech::Pause => document.push_str("<Pause length=\"1\"/>"),
        }
    }
    document.push_str("</Response>\n");
    document
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Twilio's documentation.
    const ADDRESS: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const TOKEN: &str = "12345";
    const SIGNED: &str = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";

    fn form() -> Vec<(String, String)> {
        [
            ("To", "+18005551212"),
            ("Digits", "1234"),
            ("CallSid", "CA1234567890ABCDE"),
            ("From", "+14158675309"),
            ("Caller", "+14158675309"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
    }

    #[test]
    fn the_documented_example_is_signed_and_nothing_like_it() {
        assert!(is_signed(TOKEN, ADDRESS, &form(), SIGNED));
        assert!(!is_signed("12346", ADDRESS, &form(), SIGNED));
        assert!(!is_signed(TOKEN, "https://mycompany.com/", &form(), SIGNED));
        assert!(!is_signed(TOKEN, ADDRESS, &form()[1..], SIGNED));
        let mut other = form();
        other[1].1 = "1235".to_owned();
        assert!(!is_signed(TOKEN, ADDRESS, &other, SIGNED));
        for signature in ["", "x", "RSOYDt4T1cUTdK1PDd93/VVr8A==", "AAAA"] {
            assert!(!is_signed(TOKEN, ADDRESS, &form(), signature));
        }
    }

    #[test]
    fn what_is_spoken_is_escaped() {
        let speech = [Speech::Say("<b> & \"c\"".to_owned()), Speech::Pause];
        let document = twiml("en-GB", &speech);
        assert!(
            document.contains(
                "<Say language=\"en-GB\">&lt;b&gt; &amp; &quot;c&quot;</Say><Pause length=\"1\"/>"
            ),
            "{document}"
        );
    }
}
