//! How what two policies say of one rule becomes what is as strict as both. Each is commutative,
//! associative and idempotent, and leaves alone what the other policy does not speak of.

use std::collections::BTreeSet;

/// Asked for where either asks for it.
pub(super) fn either(one: &bool, other: &bool) -> bool {
    *one || *other
}

/// The greater asks for more.
pub(super) fn greater<T: Ord + Copy>(one: &Option<T>, other: &Option<T>) -> Option<T> {
    (*one).max(*other)
}

/// The lesser allows less.
pub(super) fn lesser<T: Ord + Copy>(one: &Option<T>, other: &Option<T>) -> Option<T> {
    both(one, other, |one, other| *one.min(other))
}

/// What both let count.
pub(super) fn common<T: Ord + Clone>(
    one: &Option<BTreeSet<T>>,
    other: &Option<BTreeSet<T>>,
) -> Option<BTreeSet<T>> {
    both(one, other, |one, other| one & other)
}

/// What either names.
pub(super) fn all<T: Ord + Clone>(one: &BTreeSet<T>, other: &BTreeSet<T>) -> BTreeSet<T> {
    one | other
}

/// What both say; where one says nothing, what the other says.
fn both<T: Clone>(one: &Option<T>, other: &Option<T>, join: impl Fn(&T, &T) -> T) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(join(one, other)),
        (said, None) | (None, said) => said.clone(),
    }
}
