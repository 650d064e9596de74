//! The `otpauth:` address that authenticator apps read from a QR code.

use url::form_urlencoded::byte_serialize;
use zeroize::Zeroizing;

/// The address of a new TOTP secret, in the form that authenticator apps agree on: the issuer both
/// before the account and as a parameter, percent-encoded without `+` for spaces, which some apps
/// show as it is.
///
/// A colon ends the issuer in the label, and apps look for it after they have decoded the label: in
/// the names themselves it becomes a hyphen.
pub fn totp_address(
    issuer: &str,
    account: &str,
    secret_base32: &str,
    digits: u32,
    period: u32,
) -> Zeroizing<String> {
    let (issuer, account) = (encoded(issuer), encoded(account));
    Zeroizing::new(format!(
        "otpauth://totp/{issuer}:{account}?secret={secret_base32}&issuer={issuer}\
         &algorithm=SHA1&digits={digits}&period={period}"
    ))
}

fn encoded(text: &str) -> String {
    let text = text.replace([':', '\u{ff1a}'], "-");
    byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colon_in_a_name_parts_no_label() {
        let address = totp_address("Blue: Sea", "anna:b", "ABCD", 6, 30);
        let (label, rest) = address.split_once('?').expect("parameters");
        assert_eq!(label, "otpauth://totp/Blue-%20Sea:anna-b");
        assert!(!rest.contains("%3A"), "{rest}");
        assert!(rest.contains("issuer=Blue-%20Sea&"), "{rest}");
    }

    #[test]
    fn names_are_percent_encoded() {
        let address = totp_address("Blue & Co", "anna b@example.org", "ABCD", 6, 30);
        assert_eq!(
            address.as_str(),
            "otpauth://totp/Blue%20%26%20Co:anna%20b%40example.org\
             ?secret=ABCD&issuer=Blue%20%26%20Co&algorithm=SHA1&digits=6&period=30"
        );
    }
}
