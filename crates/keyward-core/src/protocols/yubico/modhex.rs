//! Modhex: hexadecimal in the sixteen letters that most keyboard layouts have in the same place.

/// The letters for the values 0 to 15.
pub const ALPHABET: &[u8; 16] = b"cbdefghijklnrtuv";

/// What a Dvorak layout makes of the same sixteen keys.
const DVORAK: &[u8; 16] = b"jxe.uidchtnbpygk";

/// Whether every character is a lower-case modhex letter.
pub fn is_modhex(text: &str) -> bool {
    text.bytes().all(|letter| ALPHABET.contains(&letter))
}

/// Writes bytes as lower-case modhex, two letters a byte.
pub fn encode(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            let letter = ALPHABET.get(usize::from(nibble)).copied();
            text.extend(letter.map(char::from));
        }
        text
    })
}

/// Reads lower-case modhex; `None` for any other character and for half a byte.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let value = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    pairs
        .iter()
        .map(|[high, low]| u8::try_from(value(*high)? << 4 | value(*low)?).ok())
        .collect()
}

/// What a key meant whose letters went through a Dvorak layout; `None` where a character is none
/// of that layout's sixteen.
pub(super) fn from_dvorak(text: &str) -> Option<String> {
    text.bytes()
        .map(|typed| {
            let place = DVORAK.iter().position(|known| *known == typed)?;
            ALPHABET.get(place).copied().map(char::from)
        })
        .collect()
}
