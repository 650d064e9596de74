//! The life of a key: a state a type, and a move is a method of the states that it begins at. What comes of
//! one is a [`MovedKey`], which the store writes by one statement, and which nothing else makes.
//!
//! ```
//! use keyward_core::flows::key::{Active, MovedKey, Retired};
//! fn comes_back(key: Active) -> MovedKey {
//!     key.take_back()
//! }
//! ```
//! A key that is retired is so for good:
//! ```compile_fail
//! use keyward_core::flows::key::{Active, MovedKey, Retired};
//! fn comes_back(key: Retired) -> MovedKey {
//!     key.take_back()
//! }
//! ```
//! and no key is sent to nobody:
//! ```compile_fail
//! use keyward_core::flows::key::{InStock, MovedKey};
//! fn is_sent(key: InStock) -> MovedKey {
//!     key.ship()
//! }
//! ```

use crate::domain::ids::UserId;
use crate::domain::key::{Key, KeyId, KeyMove, KeyState};
use crate::problem::{Problem, Result, codes};

/// A move that was found to lead somewhere, of the version of a key that it was found for.
#[derive(Debug)]
#[must_use]
pub struct MovedKey {
    before: Key,
    done: KeyMove,
    state: KeyState,
    owner: Option<UserId>,
}

impl MovedKey {
    /// The key as it was.
    pub fn before(&self) -> &Key {
        &self.before
    }

    /// Which key.
    pub fn id(&self) -> KeyId {
        self.before.id
    }

    /// What was done.
    pub fn done(&self) -> KeyMove {
        self.done
    }

    /// The state that it is in then.
    pub fn state(&self) -> KeyState {
        self.state
    }

    /// Whose it is then.
    pub fn owner(&self) -> Option<UserId> {
        self.owner
    }

    /// Whom it concerns: whose it becomes, or else whose it was.
    pub fn concerns(&self) -> Option<UserId> {
        self.owner.or(self.before.owner)
    }
}

/// A key, by what it is at the moment.
#[derive(Debug)]
pub enum KeyStage {
    /// See the type.
    InStock(InStock),
    /// See the type.
    Reserved(Reserved),
    /// See the type.
    Shipped(Shipped),
    /// See the type.
    Issued(Issued),
    /// See the type.
    Active(Active),
    /// See the type.
    Lost(Lost),
    /// See the type.
    Retired(Retired),
}

macro_rules! stages {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        $(
            $(#[$doc])*
            #[derive(Debug)]
            pub struct $name(Key);

            impl $name {
                fn moved(self, done: KeyMove, state: KeyState, owner: Option<UserId>) -> MovedKey {
                    MovedKey { before: self.0, done, state, owner }
                }
            }
        )*
    };
}

stages! {
    /// It lies here, and is for nobody.
    InStock,
    /// It lies here, and is kept for somebody.
    Reserved,
    /// It is on its way to its owner.
    Shipped,
    /// Its owner has it.
    Issued,
    /// Its owner uses it.
    Active,
    /// Nobody knows where it is.
    Lost,
}

/// It is out of use for good.
#[derive(Debug)]
pub struct Retired(());

macro_rules! ends {
    ($($name:ident,)*) => {
        $(
            impl $name {
                /// It is lost; whose it was stays known.
                pub fn report_lost(self) -> MovedKey {
                    let owner = self.0.owner;
                    self.moved(KeyMove::ReportLost, KeyState::Lost, owner)
                }

                /// It is out of use for good, and nobody's.
                pub fn retire(self) -> MovedKey {
                    self.moved(KeyMove::Retire, KeyState::Retired, None)
                }
            }
        )*
    };
}

macro_rules! returns {
    ($($name:ident,)*) => {
        $(
            impl $name {
                /// It is in stock again, and nobody's.
                pub fn take_back(self) -> MovedKey {
                    self.moved(KeyMove::TakeBack, KeyState::Stock, None)
                }
            }
        )*
    };
}

ends! { InStock, Reserved, Shipped, Issued, Active, }
returns! { Reserved, Shipped, Issued, Active, }

impl InStock {
    /// It is kept for somebody.
    pub fn assign(self, owner: UserId) -> MovedKey {
        self.moved(KeyMove::Assign, KeyState::Stock, Some(owner))
    }

    /// Somebody has it.
    pub fn hand_over(self, owner: UserId) -> MovedKey {
        self.moved(KeyMove::HandOver, KeyState::Issued, Some(owner))
    }
}

impl Reserved {
    /// It is sent to whom it is kept for.
    pub fn ship(self) -> MovedKey {
        let owner = self.0.owner;
        self.moved(KeyMove::Ship, KeyState::Shipped, owner)
    }

    /// Whom it is kept for has it.
    pub fn hand_over(self) -> MovedKey {
        let owner = self.0.owner;
        self.moved(KeyMove::HandOver, KeyState::Issued, owner)
    }
}

impl Shipped {
    /// Its owner has it.
    pub fn hand_over(self) -> MovedKey {
        let owner = self.0.owner;
        self.moved(KeyMove::HandOver, KeyState::Issued, owner)
    }

    /// Its owner uses it.
    pub fn activate(self) -> MovedKey {
        let owner = self.0.owner;
        self.moved(KeyMove::Activate, KeyState::Active, owner)
    }
}

impl Issued {
    /// Its owner uses it.
    pub fn activate(self) -> MovedKey {
        let owner = self.0.owner;
        self.moved(KeyMove::Activate, KeyState::Active, owner)
    }
}

impl Lost {
    /// It is in stock, and nobody's: whoever had it is given it anew.
    pub fn found(self) -> MovedKey {
        self.moved(KeyMove::Found, KeyState::Stock, None)
    }

    /// Its owner has it again.
    ///
    /// # Errors
    /// `key.owner_needed` where it was nobody's.
    pub fn give_back(self) -> Result<MovedKey> {
        match self.0.owner {
            None => Err(codes::KEY_OWNER_NEEDED.into()),
            owner => Ok(self.moved(KeyMove::GiveBack, KeyState::Issued, owner)),
        }
    }

    /// It is written off.
    pub fn retire(self) -> MovedKey {
        self.moved(KeyMove::Retire, KeyState::Retired, None)
    }
}

impl KeyStage {
    /// What a key is at the moment.
    pub fn of(key: Key) -> Self {
        match (key.state, key.owner) {
            (KeyState::Stock, None) => Self::InStock(InStock(key)),
            (KeyState::Stock, Some(_)) => Self::Reserved(Reserved(key)),
            (KeyState::Shipped, _) => Self::Shipped(Shipped(key)),
            (KeyState::Issued, _) => Self::Issued(Issued(key)),
            (KeyState::Active, _) => Self::Active(Active(key)),
            (KeyState::Lost, _) => Self::Lost(Lost(key)),
            (KeyState::Retired, _) => Self::Retired(Retired(())),
        }
    }

    /// What can be done to it now.
    pub fn moves(&self) -> &'static [KeyMove] {
        use KeyMove::{
            Activate, Assign, Found, GiveBack, HandOver, ReportLost, Retire, Ship, TakeBack,
        };
        match self {
            Self::InStock(_) => &[Assign, HandOver, ReportLost, Retire],
            Self::Reserved(_) => &[Ship, HandOver, TakeBack, ReportLost, Retire],
            Self::Shipped(_) => &[HandOver, Activate, TakeBack, ReportLost, Retire],
            Self::Issued(_) => &[Activate, TakeBack, ReportLost, Retire],
            Self::Active(_) => &[TakeBack, ReportLost, Retire],
            Self::Lost(Lost(Key { owner: None, .. })) => &[Found, Retire],
            Self::Lost(_) => &[GiveBack, Found, Retire],
            Self::Retired(_) => &[],
        }
    }

    /// Makes a move that somebody asks for. Whom a key is kept for may be named again where it is handed over.
    ///
    /// # Errors
    /// `key.move` where it does not begin at this state, `key.owner_needed` where nobody is named whose it
    /// shall be, `key.another_owner` where it is kept for somebody else.
    pub fn take(self, wanted: KeyMove, owner: Option<UserId>) -> Result<MovedKey> {
        use KeyMove::{
            Activate, Assign, Found, GiveBack, HandOver, ReportLost, Retire, Ship, TakeBack,
        };
        let named = owner.ok_or(codes::KEY_OWNER_NEEDED);
        let or_same = |key: &Key| match owner.is_none() || owner == key.owner {
            true => Ok(()),
            false => Err(codes::KEY_ANOTHER_OWNER),
        };
        Ok(match (self, wanted) {
            (Self::InStock(key), Assign) => key.assign(named?),
            (Self::InStock(key), HandOver) => key.hand_over(named?),
            (Self::Reserved(key), HandOver) => {
                or_same(&key.0)?;
                key.hand_over()
            }
            (Self::Shipped(key), HandOver) => {
                or_same(&key.0)?;
                key.hand_over()
            }
            (Self::Reserved(key), Ship) => key.ship(),
            (Self::Shipped(key), Activate) => key.activate(),
            (Self::Issued(key), Activate) => key.activate(),
            (Self::Reserved(key), TakeBack) => key.take_back(),
            (Self::Shipped(key), TakeBack) => key.take_back(),
            (Self::Issued(key), TakeBack) => key.take_back(),
            (Self::Active(key), TakeBack) => key.take_back(),
            (Self::InStock(key), ReportLost) => key.report_lost(),
            (Self::Reserved(key), ReportLost) => key.report_lost(),
            (Self::Shipped(key), ReportLost) => key.report_lost(),
            (Self::Issued(key), ReportLost) => key.report_lost(),
            (Self::Active(key), ReportLost) => key.report_lost(),
            (Self::Lost(key), Found) => key.found(),
            (Self::Lost(key), GiveBack) => key.give_back()?,
            (Self::InStock(key), Retire) => key.retire(),
            (Self::Reserved(key), Retire) => key.retire(),
            (Self::Shipped(key), Retire) => key.retire(),
            (Self::Issued(key), Retire) => key.retire(),
            (Self::Active(key), Retire) => key.retire(),
            (Self::Lost(key), Retire) => key.retire(),
            (stage, wanted) => return Err(stage.refused(wanted)),
        })
    }

    /// What it is, in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Reserved(_) => "reserved",
            Self::InStock(_) => KeyState::Stock.as_str(),
            Self::Shipped(_) => KeyState::Shipped.as_str(),
            Self::Issued(_) => KeyState::Issued.as_str(),
            Self::Active(_) => KeyState::Active.as_str(),
            Self::Lost(_) => KeyState::Lost.as_str(),
            Self::Retired(_) => KeyState::Retired.as_str(),
        }
    }

    fn refused(&self, wanted: KeyMove) -> Problem {
        let possible: Vec<&str> = self.moves().iter().map(|one| one.as_str()).collect();
        let possible = match possible.is_empty() {
            true => "nothing can be done to it any more".to_owned(),
            false => format!("what can be done: {}", possible.join(", ")),
        };
        let (wanted, is) = (wanted.as_str(), self.word());
        Problem::new(codes::KEY_MOVE).detailed(format!("{wanted}: the key is {is}; {possible}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::domain::key::KeyFacts;

    fn key(state: KeyState, owner: Option<UserId>) -> Key {
        let now = Timestamp::from_seconds(1_796_000_000);
        Key {
            id: KeyId::nil(),
            facts: KeyFacts::unknown(),
            state,
            owner,
            created_at: now,
            changed_at: now,
            state_since: now,
            version: 0,
        }
    }

    #[test]
    fn what_a_stage_says_can_be_done_is_what_it_does() {
        let anna = Some(UserId::nil());
        let mut refused = 0;
        for state in KeyState::ALL {
            for owner in [None, anna] {
                for wanted in KeyMove::ALL {
                    let stage = KeyStage::of(key(*state, owner));
                    let is_offered = stage.moves().contains(wanted);
                    match stage.take(*wanted, anna) {
                        Ok(moved) => {
                            assert!(is_offered, "{state:?} {owner:?} {wanted:?}");
                            assert_eq!(moved.done(), *wanted);
                        }
                        // What is nobody's since its owner was deleted is given to nobody by the way.
                        Err(problem) if problem.code() == codes::KEY_ANOTHER_OWNER => {}
                        Err(problem) if problem.code() == codes::KEY_OWNER_NEEDED => {
                            assert!(!is_offered, "{state:?} {owner:?} {wanted:?}");
                        }
                        Err(problem) => {
                            assert_eq!(problem.code(), codes::KEY_MOVE);
                            assert!(!is_offered, "{state:?} {owner:?} {wanted:?}");
                            refused += 1;
                        }
                    }
                }
            }
        }
        assert!(refused > 40, "{refused}");
    }

    #[test]
    fn whose_a_key_is_follows_from_what_was_done() {
        let anna = Some(UserId::nil());
        let take = |state, owner, wanted, named| {
            let moved = KeyStage::of(key(state, owner))
                .take(wanted, named)
                .expect("a move");
            (moved.state(), moved.owner(), moved.concerns())
        };
        let (stock, lost) = (KeyState::Stock, KeyState::Lost);
        assert_eq!(
            take(stock, None, KeyMove::Assign, anna),
            (stock, anna, anna)
        );
        assert_eq!(
            take(stock, anna, KeyMove::Ship, None),
            (KeyState::Shipped, anna, anna)
        );
        assert_eq!(
            take(KeyState::Active, anna, KeyMove::ReportLost, None),
            (lost, anna, anna)
        );
        assert_eq!(take(lost, anna, KeyMove::Found, None), (stock, None, anna));
        assert_eq!(
            take(lost, anna, KeyMove::GiveBack, None),
            (KeyState::Issued, anna, anna)
        );
        assert_eq!(
            take(stock, anna, KeyMove::TakeBack, None),
            (stock, None, anna)
        );
        let nobody = KeyStage::of(key(stock, None)).take(KeyMove::Assign, None);
        assert_eq!(nobody.expect_err("whose?").code(), codes::KEY_OWNER_NEEDED);
        let ben = UserId::parse("0197d0c5-0000-7000-8000-000000000001");
        let another = KeyStage::of(key(stock, anna)).take(KeyMove::HandOver, ben);
        assert_eq!(
            another.expect_err("another's").code(),
            codes::KEY_ANOTHER_OWNER
        );
    }
}
