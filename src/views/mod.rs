//! Typed page data, languages and rendering. Nothing else knows the template engine.
//!
//! Every page is a struct that implements [`Page`]: its fields are all that the template sees.
//! What is the same on every page (who is signed in, what just happened, the language) is the
//! [`Frame`]. Code carries cases; the sentences stand in `templates/locales`.

pub mod assets;
mod chart;
pub mod console;
mod engine;
pub mod enrolments;
mod escape;
mod language;
mod mail;
mod notice;
pub mod pages;
mod phone;
mod phrases;
mod qr;
mod refill;
mod relative_time;
pub mod sessions;
mod tone;
pub mod trusted_browsers;

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::Environment;
use minijinja::value::Serde;
use rust_embed::RustEmbed;
use serde::Serialize;

pub use self::language::Language;
pub use self::mail::{MailHead, WrittenMail};
pub use self::notice::Notice;
use self::phrases::Phrases;
pub use self::qr::QrDrawing;
pub use self::refill::{Typed, refill};
pub use self::tone::Tone;
use keyward_core::clock::Timestamp;
use keyward_core::domain::browser::BrowserNames;
use keyward_core::domain::device::{Authenticator, DeviceKind, DeviceName};
use keyward_core::problem::{Code, Problem, Result, Wording};

/// The templates, languages, icons and assets, in the program itself; a development build reads
/// them from the source tree.
#[derive(RustEmbed)]
#[folder = "templates/"]
struct Embedded;

/// A page: typed data for one template.
pub trait Page: Serialize {
    /// The template's file under `templates/`.
    const TEMPLATE: &'static str;

    /// Data for every state that the page can be in; a test renders them all in all languages.
    #[cfg(test)]
    fn samples() -> Vec<Self>
    where
        Self: Sized;
}

/// What whoever looks at a page of the console may do there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ConsoleRoles {
    /// Everything.
    pub is_superuser: bool,
    /// Reads everything but secrets.
    pub audits: bool,
    /// Does what the help desk does.
    pub helps: bool,
}

/// Who looks at a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Viewer {
    /// Their user name.
    pub name: String,
    /// May open the console now: a superuser or a user with a role whose second factor was proved.
    pub is_staff: bool,
    /// What they may do there; nothing elsewhere.
    pub roles: ConsoleRoles,
    /// Must enrol a second factor before anything else: the page offers nothing but that and the
    /// way out.
    pub must_enrol: bool,
}

/// What is around every page.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The reader's language.
    pub language: Language,
    /// The path of the request, by which the navigation marks the page.
    pub path: String,
    /// The moment to which relative times refer.
    pub now: Timestamp,
    /// The user who is signed in, if one is.
    pub signed_in: Option<Viewer>,
    /// What just happened, told once.
    pub notice: Option<Notice>,
}

/// A problem in a reader's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ProblemText {
    /// What happened, in a few words without a full stop.
    pub title: String,
    /// What happened and what to do next, in sentences.
    pub text: String,
}

/// What a template sees.
#[derive(Serialize)]
struct RenderContext<'a, P> {
    page: &'a P,
    path: &'a str,
    now: Timestamp,
    signed_in: Option<&'a Viewer>,
    notice: Option<Flash>,
}

/// A notice in a reader's words.
#[derive(Serialize)]
struct Flash {
    tone: Tone,
    text: String,
    detail: Option<String>,
}

/// Renders pages. Cheap to clone; clones share the templates.
#[derive(Clone)]
pub struct Views {
    languages: Arc<HashMap<Language, Locale>>,
}

/// One language: its phrases, and the templates that speak it.
struct Locale {
    phrases: Arc<Phrases>,
    engine: Environment<'static>,
}

impl Views {
    /// Reads all languages. A template is compiled when it is first needed: all of them, in every
    /// language, would be a third of what an idle server holds in memory.
    ///
    /// # Errors
    /// `internal` where a locale file is broken.
    pub fn new() -> Result<Self> {
        let languages = Language::ALL
            .into_iter()
            .map(|language| {
                let phrases = Arc::new(Phrases::load(language)?);
                let engine = engine::of(Arc::clone(&phrases))?;
                Ok((language, Locale { phrases, engine }))
            })
            .collect::<Result<_>>()?;
        Ok(Self {
            languages: Arc::new(languages),
        })
    }

    /// Renders a page within its frame as an HTML document.
    ///
    /// # Errors
    /// `internal` where the template asks for what is not there.
    pub fn render<P: Page>(&self, page: &P, frame: &Frame) -> Result<String> {
        let locale = self.locale(frame.language)?;
        let notice = frame.notice.as_ref().map(|notice| {
            notice.sentence(&locale.phrases).map(|text| Flash {
                tone: notice.tone(),
                text,
                detail: notice.detail().map(str::to_owned),
            })
        });
        let scene = RenderContext {
            page,
            path: &frame.path,
            now: frame.now,
            signed_in: frame.signed_in.as_ref(),
            notice: notice.transpose()?,
        };
        locale
            .engine
            .get_template(P::TEMPLATE)
            .and_then(|template| template.render(Serde(&scene)))
            .map_err(Problem::internal)
    }

    /// What a code means to a reader, for answers that are not pages.
    ///
    /// # Errors
    /// `internal` where the language lacks the code.
    pub fn problem_text(
        &self,
        (code, wording): (Code, Option<Wording>),
        language: Language,
    ) -> Result<ProblemText> {
        let phrases = &self.locale(language)?.phrases;
        let key = problem_key(code.name, wording);
        Ok(ProblemText {
            title: phrases.say(&format!("{key}.title"), &[])?,
            text: phrases.say(&key, &[])?,
        })
    }

    /// What a device of this kind is called until its owner calls it something.
    ///
    /// # Errors
    /// `internal` where the language lacks the word.
    pub fn usual_device_name(
        &self,
        kind: DeviceKind,
        model: Option<&str>,
        user_agent: &str,
        language: Language,
    ) -> Result<DeviceName> {
        let phrases = &self.locale(language)?.phrases;
        let word = || phrases.say(&format!("kind-{}", kind.as_str()), &[]);
        let name = match (kind.authenticator(), model) {
            // A key that is carried around is what it is, wherever it was added.
            (Some(Authenticator::Roaming), Some(model)) => model.to_owned(),
            (Some(Authenticator::Passkey | Authenticator::Roaming), _) => {
                let what = model.map_or_else(word, |model| Ok(model.to_owned()))?;
                let names = BrowserNames::of(user_agent);
                match names.browser.is_some() || names.system.is_some() {
                    true => {
                        let browser = self.usual_browser_name(user_agent, language)?;
                        let parts = [
                            ("what", what.into()),
                            ("browser", browser.as_str().to_owned().into()),
                        ];
                        phrases.say("device-name-usual", &parts)?
                    }
                    false => what,
                }
            }
            (None, _) => word()?,
        };
        DeviceName::from_typed(&name).ok_or_else(|| Problem::internal("a kind without a word"))
    }

    /// What a strength means to a reader; `score` from 0 to 4.
    ///
    /// # Errors
    /// `internal` where the language lacks the sentence.
    pub fn strength(&self, score: u8, language: Language) -> Result<String> {
        let phrases = &self.locale(language)?.phrases;
        phrases.say(&format!("strength-{score}"), &[])
    }

    /// What a browser is called until its owner calls it something.
    ///
    /// # Errors
    /// `internal` where the language lacks the words.
    pub fn usual_browser_name(&self, user_agent: &str, language: Language) -> Result<DeviceName> {
        let name = self.browser_words(user_agent, language)?;
        DeviceName::from_typed(&name).ok_or_else(|| Problem::internal("a browser without a word"))
    }

    /// A browser in our own words, whatever it says of itself.
    ///
    /// # Errors
    /// `internal` where the language lacks the words.
    pub fn browser_words(&self, user_agent: &str, language: Language) -> Result<String> {
        self.locale(language)?.phrases.browser(user_agent)
    }

    fn locale(&self, language: Language) -> Result<&Locale> {
        self.languages
            .get(&language)
            .ok_or_else(|| Problem::internal("a language without a locale"))
    }
}

/// The key of a code's text in the locale files.
fn problem_key(code: &str, wording: Option<Wording>) -> String {
    let key = format!("problem-{}", code.replace('.', "-"));
    match wording {
        None => key,
        Some(wording) => format!("{key}-{}", wording.as_str()),
    }
}
