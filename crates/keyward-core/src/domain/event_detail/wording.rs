//! Other words in place of those of somebody who was deleted.

use crate::domain::group::GroupName;
use crate::domain::policy::{Scope, Violation};

/// Puts other words in place of names and addresses.
pub(super) struct Wording<'a>(pub(super) &'a dyn Fn(&str) -> Option<String>);

impl Wording<'_> {
    pub(super) fn text(&self, text: &mut String) {
        if let Some(other) = (self.0)(text) {
            *text = other;
        }
    }

    pub(super) fn texts(&self, texts: &mut [String]) {
        texts.iter_mut().for_each(|text| self.text(text));
    }

    pub(super) fn scope(&self, scope: &mut Scope) {
        if let Scope::Group(name) = scope
            && let Some(other) = (self.0)(name.as_str())
        {
            *name = GroupName::from_stored(&other);
        }
    }

    pub(super) fn violations(&self, violations: &mut [Violation]) {
        let scopes = violations.iter_mut().map(|violation| &mut violation.scope);
        scopes.for_each(|scope| self.scope(scope));
    }
}
