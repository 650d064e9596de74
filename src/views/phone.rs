//! What is sent to phones: text messages, and what is said in calls.

use fluent_bundle::FluentValue;

use super::phrases::Phrases;
use super::{Language, Views};
use keyward_core::problem::Result;
use keyward_core::protocols::twilio::{Speech, twiml};

/// How often a call says the code: a listener seldom has a pen at hand the first time.
const TIMES: usize = 3;

impl Views {
    /// The text message that carries a code. Its last line binds the code to our origin: browsers
    /// that know that form offer it on our pages alone (origin-bound one-time codes).
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    pub fn code_message(&self, code: &str, host: &str, language: Language) -> Result<String> {
        let phrases = &self.locale(language)?.phrases;
        let text = say(phrases, "sms-code", &[("code", code), ("site", host)])?;
        Ok(format!("{text}\n\n@{host} #{code}"))
    }

    /// What a call says, digit by digit, for those who read it instead.
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    pub fn code_words(&self, code: &str, host: &str, language: Language) -> Result<String> {
        let phrases = &self.locale(language)?.phrases;
        let digits: Vec<String> = code.chars().map(String::from).collect();
        let greeting = say(phrases, "call-code", &[("site", host)])?;
        Ok(format!("{greeting} {}", digits.join(", ")))
    }

    /// The document by which a call speaks a code, digit by digit; `None` speaks of a code that
    /// does not work any more.
    ///
    /// # Errors
    /// `internal` where the language lacks a sentence.
    pub fn code_speech(
        &self,
        code: Option<&str>,
        host: &str,
        language: Language,
    ) -> Result<String> {
        let phrases = &self.locale(language)?.phrases;
        let voice = say(phrases, "call-voice", &[])?;
        let Some(code) = code else {
            let over = say(phrases, "call-over", &[])?;
            return Ok(twiml(&voice, &[Speech::Say(over)]));
        };
        let mut speech = vec![Speech::Say(say(phrases, "call-code", &[("site", host)])?)];
        for turn in 0..TIMES {
            if turn > 0 {
                speech.push(Speech::Pause);
                speech.push(Speech::Say(say(phrases, "call-again", &[])?));
            }
            for digit in code.chars() {
                speech.push(Speech::Pause);
                speech.push(Speech::Say(digit.to_string()));
            }
        }
        speech.push(Speech::Pause);
        speech.push(Speech::Say(say(phrases, "call-bye", &[])?));
        Ok(twiml(&voice, &speech))
    }
}

fn say(phrases: &Phrases, key: &str, with: &[(&str, &str)]) -> Result<String> {
    let with: Vec<(&str, FluentValue<'_>)> = with
        .iter()
        .map(|(name, value)| (*name, FluentValue::from(*value)))
        .collect();
    phrases.say(key, &with)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_spoken_digit_by_digit_in_every_language() {
        let views = Views::new().expect("templates and languages are sound");
        for language in Language::ALL {
            let speech = views.code_speech(Some("907341"), "example.org", language);
            let speech = speech.expect("sentences");
            for digit in ["9", "0", "7", "3", "4", "1"] {
                let said = format!(">{digit}</Say>");
                assert_eq!(speech.matches(&said).count(), TIMES, "{speech}");
            }
            assert!(
                !speech.contains("907341"),
                "it is said as a number: {speech}"
            );
            let over = views.code_speech(None, "example.org", language);
            assert!(over.expect("a sentence").contains("<Say"));
        }
    }

    #[test]
    fn a_message_fits_one_part_and_is_bound_to_our_origin() {
        let views = Views::new().expect("templates and languages are sound");
        let message = views.code_message("907341", "login.example.org", Language::English);
        let message = message.expect("a sentence");
        assert!(
            message.ends_with("\n\n@login.example.org #907341"),
            "{message}"
        );
        // 160 characters of GSM 03.38.
        assert!(message.len() <= 160 && message.is_ascii(), "{message}");
    }
}
