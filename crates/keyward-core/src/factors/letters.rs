//! Codes that people write down and read out: letters that are not mistaken for each other.

use zeroize::Zeroizing;

use crate::clock::Entropy;

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// As many random letters as bytes are drawn: five random bits each.
pub(super) fn draw<const N: usize>(entropy: &dyn Entropy) -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; N]> = Zeroizing::new(entropy.bytes());
    // A byte's lowest five bits are as random as all of it.
    let letters = bytes.iter().map(|byte| letter(byte & 31));
    Zeroizing::new(letters.collect())
}

/// Reads so many letters as they were typed: in any case, with or without dashes, with the letters
/// that look like digits; `None` for anything else.
pub(super) fn read(typed: &str, length: usize) -> Option<Zeroizing<String>> {
    let mut code = Zeroizing::new(String::with_capacity(length));
    for typed in typed.chars() {
        let read = match typed.to_ascii_uppercase() {
            '-' | ' ' => continue,
            'O' => '0',
            'I' | 'L' => '1',
            other if other.is_ascii() && ALPHABET.contains(&(other as u8)) => other,
            _ => return None,
        };
        if code.len() == length {
            return None;
        }
        code.push(read);
    }
    (code.len() == length).then_some(code)
}

/// Messages in groups of four: `ABCD-EFGH-JKMN-PQRS`.
pub(super) fn grouped(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    let groups: Vec<String> = letters
        .chunks(4)
        .map(|four| four.iter().collect())
        .collect();
    groups.join("-")
}

fn letter(number: u8) -> char {
    ALPHABET
        .get(usize::from(number))
        .map_or('0', |byte| char::from(*byte))
}
