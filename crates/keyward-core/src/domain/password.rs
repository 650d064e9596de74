//! A new password, after NIST SP 800-63B-4 §3.1.1.2: long enough, not easily guessed, and otherwise
//! whatever its owner likes. There are no rules on what it is composed of, and it is never changed
//! for having grown old.

use secrecy::{ExposeSecret, SecretString};

use super::common_passwords;
use super::spelling::{composed, fold};
use super::user_name::UserName;
use crate::problem::{Problem, Result, codes};

/// What stands beside a password when its owner signs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordUse {
    /// Nothing: it is all that an attacker must know.
    Alone,
    /// A second factor.
    WithSecondFactor,
}

impl PasswordUse {
    /// The fewest characters: 15 where the password is all there is, 8 beside a second factor.
    pub fn shortest(self) -> usize {
        match self {
            Self::Alone => 15,
            Self::WithSecondFactor => NewPassword::SHORTEST,
        }
    }
}

/// How hard a password is to guess, as an attacker would who knows common passwords, names, words,
/// dates, the keyboard, the user name and where the password is used.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Strength {
    guesses_log10: f64,
}

impl Strength {
    /// The highest score.
    pub const BEST: u8 = 4;
    /// How much of a password is looked at, in characters: what follows only makes it stronger, and
    /// the time that the estimate takes grows with the cube of this.
    const LOOKED_AT: usize = 48;
    /// Shorter names stand in too many words.
    const SHORTEST_NAME: usize = 3;
    /// How much of a name is looked at, in characters.
    const LONGEST_NAME: usize = 128;
    /// Fewer guesses than ten to this power, and a password counts as common.
    const COMMON: f64 = 6.0;
    /// As many guesses as a list of common passwords has lines.
    const LISTED: f64 = 3.9;

    /// The strength of a password of this user.
    pub fn of(password: &str, name: &str) -> Self {
        Self::against(password, &[name])
    }

    /// The strength of a password where people know this service by this name, written together or
    /// apart.
    pub fn beside(password: &str, service: &str) -> Self {
        Self::against(password, &[service, &together(service)])
    }

    /// The strength of a password of this user at a service of this name: one look for both.
    pub fn of_at(password: &str, name: &str, service: &str) -> Self {
        Self::against(password, &[name, service, &together(service)])
    }

    /// The strength of a password where these names, and ours, are no secret.
    fn against(password: &str, names: &[&str]) -> Self {
        let beginning: String = password.chars().take(Self::LOOKED_AT).collect();
        let beginning = with_few_substitutions(beginning);
        let cut = |name: &&str| name.chars().take(Self::LONGEST_NAME).collect();
        let mut known: Vec<String> = names.iter().map(cut).collect();
        known.push("keyward".to_owned());
        let whole = guesses(&beginning, &known);
        // A name within it is no secret: what is left must stand alone.
        let folded = fold(&beginning);
        if common_passwords::holds(&folded) {
            return Self {
                guesses_log10: whole.min(Self::LISTED),
            };
        }
        let bare = known
            .iter()
            .map(|name| fold(name))
            .filter(|name| name.chars().count() >= Self::SHORTEST_NAME)
            .fold(folded.clone(), |text, name| text.replace(&name, ""));
        let guesses_log10 = if bare == folded {
            whole
        } else {
            let bare: String = bare.chars().take(Self::LOOKED_AT).collect();
            whole.min(guesses(&with_few_substitutions(bare), &known))
        };
        Self { guesses_log10 }
    }

    /// From 0, guessed at once, to 4.
    pub fn score(self) -> u8 {
        let thresholds = [3.0, Self::COMMON, 8.0, 10.0];
        let passed = thresholds
            .iter()
            .filter(|threshold| self.guesses_log10 >= **threshold)
            .count();
        u8::try_from(passed).unwrap_or(Self::BEST)
    }

    /// Whether it would be among the first that an attacker tries.
    pub fn is_common(self) -> bool {
        self.guesses_log10 < Self::COMMON
    }
}

/// A name as people write it without thinking of spaces.
fn together(name: &str) -> String {
    name.split_whitespace().collect()
}

/// The logarithm of how many guesses a text withstands; 0 for none.
fn guesses(text: &str, known: &[String]) -> f64 {
    if text.is_empty() {
        return 0.0;
    }
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    zxcvbn::zxcvbn(text, &known).guesses_log10()
}

/// The signs that the estimate takes for letters, as `@` for `a`.
const SUBSTITUTES: [(char, &[char]); 12] = [
    ('a', &['4', '@']),
    ('b', &['8']),
    ('c', &['(', '{', '[', '<']),
    ('e', &['3']),
    ('g', &['6', '9']),
    ('i', &['1', '!', '|']),
    ('l', &['1', '|', '7']),
    ('o', &['0']),
    ('s', &['$', '5']),
    ('t', &['+', '7']),
    ('x', &['%']),
    ('z', &['2']),
];

/// In how many ways the signs of a text may be read as letters: the estimate reads the whole text
/// anew for each, of which a text of all signs has thousands.
fn readings(text: &str) -> usize {
    let choices = SUBSTITUTES.iter().map(|(_, signs)| {
        let present = signs.iter().filter(|sign| text.contains(**sign)).count();
        present.max(1)
    });
    let between = ['1', '|', '7'];
    let ambiguous = between.iter().filter(|sign| text.contains(**sign)).count();
    choices.product::<usize>() << ambiguous
}

/// The text with signs that stand for one letter written in one way, as far as it takes to leave
/// few readings. That makes it no stronger than it is: an attacker who guesses one of the signs
/// tries the others.
fn with_few_substitutions(mut text: String) -> String {
    const MOST: usize = 8;
    for (_, signs) in SUBSTITUTES {
        if readings(&text) <= MOST {
            break;
        }
        let mut present = signs.iter().filter(|sign| text.contains(**sign));
        if let Some(first) = present.next() {
            let others: Vec<char> = present.copied().collect();
            text = text.replace(others.as_slice(), &first.to_string());
        }
    }
    text
}

/// A password as it is hashed, however the keyboard spelt its letters. What is too long for any
/// password stays as it was typed: one character of three bytes can become eighteen.
pub fn one_spelling(password: SecretString) -> SecretString {
    const LONGEST_TYPED: usize = 4 * NewPassword::LONGEST_BYTES;
    if password.expose_secret().len() > LONGEST_TYPED {
        return password;
    }
    match composed(password.expose_secret()) {
        std::borrow::Cow::Borrowed(_) => password,
        std::borrow::Cow::Owned(composed) => composed.into(),
    }
}

/// A password that satisfies the rules, in hand for as long as it takes to hash it.
#[derive(Debug)]
pub struct NewPassword(SecretString);

impl NewPassword {
    /// The shortest password of all, in characters; see [`PasswordUse`].
    pub const SHORTEST: usize = 8;
    /// The longest password, in bytes: enough for any phrase, too short to keep us hashing.
    pub const LONGEST_BYTES: usize = 1024;

    /// Checks a password, in the one spelling in which it is hashed: its length, and that it is not
    /// a common one or made from the user's name or ours. This takes some milliseconds: servers
    /// call it off the async threads, in a seat.
    ///
    /// # Errors
    /// `user.password_weak`
    pub fn parse(password: SecretString, name: &UserName) -> Result<Self> {
        let password = one_spelling(password);
        let text = password.expose_secret();
        let weak = |why: &str| Err(Problem::new(codes::USER_PASSWORD_WEAK).detailed(why));
        if text.chars().count() < Self::SHORTEST {
            return weak("shorter than 8 characters");
        }
        if text.len() > Self::LONGEST_BYTES {
            return weak("longer than 1024 bytes");
        }
        if fold(text) == name.folded() {
            return weak("the same as the user name");
        }
        if Strength::of(text, name.as_str()).is_common() {
            return weak("among those that are tried first");
        }
        Ok(Self(password))
    }

    /// Gives the password back where it is not made from the name under which people know this
    /// service (NIST SP 800-63B-4 §3.1.1.2: context-specific words).
    ///
    /// # Errors
    /// `user.password_weak`
    pub fn for_service(self, service: &str) -> Result<Self> {
        if Strength::beside(self.expose(), service).is_common() {
            let why = "made from the name of this service";
            return Err(Problem::new(codes::USER_PASSWORD_WEAK).detailed(why));
        }
        Ok(self)
    }

    /// Gives the password back where it is long enough for what stands beside it.
    ///
    /// # Errors
    /// `user.password_short`
    pub fn for_use(self, usage: PasswordUse) -> Result<Self> {
        if self.expose().chars().count() < usage.shortest() {
            return Err(codes::USER_PASSWORD_SHORT.into());
        }
        Ok(self)
    }

    /// The password itself, for the hash.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<NewPassword> {
        let name = UserName::parse("anna.keller").expect("a name");
        NewPassword::parse(text.to_owned().into(), &name)
    }

    #[test]
    fn common_passwords_and_those_made_from_names_are_refused() {
        for common in [
            "password",
            "Password1",
            "P@ssw0rd",
            "passwordpassword",
            "12345678",
            "123456789012345678901234567890",
            "qwertyuiop",
            "qwertyuiopasdfghjkl",
            "iloveyou1",
            "fqrg7cs493",
            "PE#5GZ29ptzmse",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "keyward1",
            "Keyward2026",
            "anna.keller",
            "ANNA.KELLER",
            "anna.keller-anna.keller",
            "!!Anna.Keller2026",
            "short",
        ] {
            assert!(parsed(common).is_err(), "{common}");
        }
    }

    #[test]
    fn whatever_is_long_and_unusual_is_a_password() {
        let long = "läuft über die Brücke, ".repeat(20);
        for good in [
            "four words at random",
            "correct horse battery staple",
            "      spaces count too     ",
            "vN3)q!x8Zr",
            "пять рыжих лисиц под дождём",
            "雨の日に五匹の狐が走る",
            &long,
        ] {
            assert!(parsed(good).is_ok(), "{good}");
        }
        assert!(parsed(&"é".repeat(600)).is_err(), "more than 1024 bytes");
    }

    #[test]
    fn signs_in_place_of_letters_are_read_in_few_ways() {
        let worst = "4@8({[<369!1|0$5+7%2";
        assert!(readings(worst) > 1000);
        assert!(readings(&with_few_substitutions(worst.to_owned())) <= 8);
        for usual in ["P@ssw0rd1!", "vN3)q!x8Zr", "l33t h4x0r"] {
            assert_eq!(with_few_substitutions(usual.to_owned()), usual);
        }
        for weak in ["p4ssw@rd", "pa$$w0rd5!1|"] {
            assert!(Strength::of(weak, "anna").score() < 3, "{weak}");
        }
        for good in [
            "vN3)q!x8Zr4@8({[<369!1|0$5+7%2",
            "4@({[< horse 369!1| battery",
        ] {
            assert_eq!(Strength::of(good, "anna").score(), Strength::BEST, "{good}");
        }
    }

    #[test]
    fn long_walks_over_a_keyboard_are_estimated_like_anything_else() {
        for walk in ["12", "qw", "!Q", "14", "1qaz", "plmoknij", "7412369"] {
            for length in 1..=60 {
                let text: String = walk.chars().cycle().take(length).collect();
                assert!(Strength::of_at(&text, "anna", "Acme Portal").score() <= Strength::BEST);
            }
        }
        for walk in ["12", "qw", "1qaz"] {
            assert!(parsed(&walk.repeat(12)).is_err(), "{walk}");
        }
    }

    #[test]
    fn a_password_is_the_same_however_its_letters_are_spelt() {
        let [one, two] = ["l\u{e4}uft \u{fc}ber", "la\u{308}uft u\u{308}ber"].map(parsed);
        let [one, two] = [one, two].map(|parsed| parsed.expect("a password").expose().to_owned());
        assert_eq!(one, two);
        assert!(
            parsed("e\u{301}a\u{301}i\u{301}o\u{301}").is_err(),
            "four letters"
        );
    }

    #[test]
    fn a_password_made_from_the_name_of_the_service_is_refused() {
        for weak in ["Acme Portal 2026", "acmeportalacmeportal", "ACME PORTAL"] {
            let password = parsed(weak).expect("nothing to do with us");
            assert!(password.for_service("Acme Portal").is_err(), "{weak}");
        }
        let good = parsed("four words at random").expect("a password");
        assert!(good.for_service("Acme Portal").is_ok());
    }

    #[test]
    fn a_password_alone_is_longer_than_one_beside_a_second_factor() {
        let short = || parsed("vN3)q!x8Zr").expect("a password");
        assert!(short().for_use(PasswordUse::WithSecondFactor).is_ok());
        assert!(short().for_use(PasswordUse::Alone).is_err());
        let long = parsed("four words at random").expect("a password");
        assert!(long.for_use(PasswordUse::Alone).is_ok());
    }
}
