//! Codes that people write down and read out: letters that are not mistaken for each other.

use std::fmt;
use std::marker::PhantomData;

use zeroize::Zeroizing;

use crate::clock::Entropy;
use crate::secret::{KeyPurpose, MasterKey};

/// Crockford's base 32.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// What a code is for.
pub trait CodePurpose {
    /// The id of what it belongs to. A hash is bound to it.
    type Owner: fmt::Display;
    /// The key under which its hash is made.
    const KEY: KeyPurpose;
    /// What stands in place of a code where one is printed for debugging.
    const REDACTED: &'static str;
}

/// One code: 80 random bits in sixteen letters.
pub struct WrittenCode<P> {
    letters: Zeroizing<String>,
    purpose: PhantomData<P>,
}

impl<P: CodePurpose> WrittenCode<P> {
    /// How many letters a code has.
    pub const LENGTH: usize = 16;

    /// A new code.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self::of(draw::<16>(entropy))
    }

    /// Reads what was typed: in any case, with or without the dashes, with the letters that look
    /// like digits; `None` for anything that is no code.
    pub fn parse(typed: &str) -> Option<Self> {
        read(typed, Self::LENGTH).map(Self::of)
    }

    /// The code in the form in which it is shown once: `ABCD-EFGH-JKMN-PQRS`.
    pub fn expose(&self) -> String {
        grouped(&self.letters)
    }

    /// What is stored in its place: a hash under a key of ours, so that a stolen database alone
    /// does not allow to try all codes.
    pub fn hash(&self, key: &MasterKey, owner: P::Owner) -> String {
        let tag = key.tag::<32>(P::KEY, &[&owner.to_string(), &self.letters]);
        data_encoding::HEXLOWER.encode(tag.as_slice())
    }

    fn of(letters: Zeroizing<String>) -> Self {
        Self {
            letters,
            purpose: PhantomData,
        }
    }
}

impl<P: CodePurpose> fmt::Debug for WrittenCode<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(P::REDACTED)
    }
}

/// As many random letters as bytes are drawn: five random bits each.
fn draw<const N: usize>(entropy: &dyn Entropy) -> Zeroizing<String> {
    let bytes: Zeroizing<[u8; N]> = Zeroizing::new(entropy.bytes());
    // A byte's lowest five bits are as random as all of it.
    let letters = bytes.iter().map(|byte| letter(byte & 31));
    Zeroizing::new(letters.collect())
}

/// Reads so many letters as they were typed: in any case, with or without dashes, with the letters
/// that look like digits; `None` for anything else.
fn read(typed: &str, length: usize) -> Option<Zeroizing<String>> {
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

/// Letters in groups of four: `ABCD-EFGH-JKMN-PQRS`.
fn grouped(code: &str) -> String {
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
