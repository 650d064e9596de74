//! A section of the settings, described once: the description makes the struct, its reading and
//! its part of the reference.

use super::source::{Source, Wrong};

/// One key as the reference prints it.
pub(super) struct Key {
    /// Its name within the section, with dots: `tls.certificate`.
    pub name: &'static str,
    /// What may stand there.
    pub says: String,
    /// What holds where it is not given; `None` where it must be given.
    pub default: Option<String>,
    /// What it decides.
    pub meaning: String,
    /// Whether `<name>_file` may name a file that holds the value.
    pub from_file: bool,
}

/// A section, or the table of a list.
pub(super) trait Section: Sized {
    /// Its name in the file.
    const NAME: &'static str;

    /// What it is about.
    fn about() -> String;

    /// Its keys in the order of the reference.
    fn keys() -> Vec<Key>;

    /// Reads it.
    fn read(source: &Source) -> Result<Self, Wrong>;

    /// What each key is set to, as text; secrets are left out by their own types.
    fn values(&self) -> Vec<(&'static str, String)>;
}

/// Doc lines as one paragraph.
pub(super) fn paragraph(lines: &[&str]) -> String {
    let words: Vec<&str> = lines.iter().map(|line| line.trim()).collect();
    words.join(" ")
}

macro_rules! section {
    (
        $(#[doc = $about:literal])+
        $section:ident = $name:literal {
            $($(#[doc = $meaning:literal])+ $field:ident $key:literal: $type:ty = $form:expr;)+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug)]
        pub struct $section {
            $($(#[doc = $meaning])+ pub $field: $type,)+
        }

        impl $crate::section::Section for $section {
            const NAME: &'static str = $name;

            fn about() -> String {
                $crate::section::paragraph(&[$($about),+])
            }

            fn keys() -> Vec<$crate::section::Key> {
                vec![$({
                    let form: $crate::form::Form<$type> = $form;
                    form.describe($key, $crate::section::paragraph(&[$($meaning),+]))
                }),+]
            }

            fn read(
                source: &$crate::source::Source,
            ) -> Result<Self, $crate::source::Wrong> {
                Ok(Self { $($field: source.read($name, $key, &$form)?,)+ })
            }

            fn values(&self) -> Vec<(&'static str, String)> {
                vec![$(($key, format!("{:?}", self.$field))),+]
            }
        }
    };
}
pub(super) use section;
