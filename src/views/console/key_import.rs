//! A list of keys that is pasted, and what it would do.

use serde::Serialize;

use crate::views::Page;

/// `GET`, `POST /console/keys/import`.
#[derive(Clone, Default, Serialize)]
pub struct KeyImportPage {
    /// The list.
    pub list: String,
    /// Whether bad rows are to be left out.
    pub skips_bad: bool,
    /// What it would do, once that was asked.
    pub checked: Option<ImportedRows>,
}

/// What becomes of the rows of a list.
#[derive(Clone, Serialize)]
pub struct ImportedRows {
    /// How many keys are new.
    pub added: usize,
    /// Of how many something else is said.
    pub changed: usize,
    /// How many are as the list says.
    pub unchanged: usize,
    /// What cannot be taken over.
    pub bad: Vec<BadRow>,
}

/// A row that cannot be taken over.
#[derive(Clone, Serialize)]
pub struct BadRow {
    /// Its line, counted from 1.
    pub line: usize,
    /// Why, by its code.
    pub code: &'static str,
    /// The same as a sentence in English, where pages have no words for it.
    pub meaning: &'static str,
}

impl Page for KeyImportPage {
    const TEMPLATE: &'static str = "console/key-import.html";

    #[cfg(test)]
    fn samples() -> Vec<Self> {
        use keyward_core::protocols::provisioning::RowFault;
        let bad = RowFault::ALL.iter().zip(2..).map(|(fault, line)| BadRow {
            line,
            code: fault.code(),
            meaning: fault.meaning(),
        });
        let page = |skips_bad, number, bad: Vec<BadRow>| Self {
            list: "serial;owner\n10000017;<ben>".to_owned(),
            skips_bad,
            checked: Some(ImportedRows {
                added: number,
                changed: number,
                unchanged: number,
                bad,
            }),
        };
        vec![
            Self::default(),
            page(false, 1, Vec::new()),
            page(false, 0, Vec::new()),
            page(true, 20, bad.collect()),
        ]
    }
}
