//! The value of one rule: how it is typed, put together with another policy's, and limited.

use super::Rules;
use super::form::{Form, Input, Unreadable};

/// What no rule of one policy may say.
pub(super) enum Limit<T> {
    /// Whatever can be typed can be followed.
    None,
    /// It must satisfy this; otherwise it is refused in these words.
    Only(fn(&T) -> bool, &'static str),
}

/// The value of one rule among those of a policy.
pub(super) trait RuleValue {
    fn input(&self) -> Input;
    fn placeholder(&self) -> &'static str;
    fn usual(&self) -> Option<u64>;
    fn is_same(&self, one: &Rules, other: &Rules) -> bool;
    fn is_said(&self, rules: &Rules) -> bool;
    fn typed(&self, rules: &Rules) -> Vec<String>;
    fn set(&self, rules: &mut Rules, texts: &[&str]) -> Result<(), Unreadable>;
    fn clear(&self, rules: &mut Rules);
    fn tighten(&self, rules: &mut Rules, other: &Rules);
    fn check(&self, rules: &Rules) -> Result<(), &'static str>;
}

/// A value and its place.
pub(super) struct Typed<T> {
    pub form: Form<T>,
    pub stricter: fn(&T, &T) -> T,
    pub limit: Limit<T>,
    pub get: fn(&Rules) -> &T,
    pub get_mut: fn(&mut Rules) -> &mut T,
}

impl<T: Default + PartialEq> RuleValue for Typed<T> {
    fn input(&self) -> Input {
        self.form.input
    }

    fn placeholder(&self) -> &'static str {
        self.form.placeholder
    }

    fn usual(&self) -> Option<u64> {
        self.form.usual
    }

    fn is_same(&self, one: &Rules, other: &Rules) -> bool {
        (self.get)(one) == (self.get)(other)
    }

    fn is_said(&self, rules: &Rules) -> bool {
        *(self.get)(rules) != T::default()
    }

    fn typed(&self, rules: &Rules) -> Vec<String> {
        (self.form.write)((self.get)(rules))
    }

    fn set(&self, rules: &mut Rules, texts: &[&str]) -> Result<(), Unreadable> {
        *(self.get_mut)(rules) = (self.form.read)(texts)?;
        Ok(())
    }

    fn clear(&self, rules: &mut Rules) {
        *(self.get_mut)(rules) = T::default();
    }

    fn tighten(&self, rules: &mut Rules, other: &Rules) {
        let value = (self.stricter)((self.get)(rules), (self.get)(other));
        *(self.get_mut)(rules) = value;
    }

    fn check(&self, rules: &Rules) -> Result<(), &'static str> {
        match self.limit {
            Limit::Only(holds, otherwise) if !holds((self.get)(rules)) => Err(otherwise),
            Limit::None | Limit::Only(..) => Ok(()),
        }
    }
}
