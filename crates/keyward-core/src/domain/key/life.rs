//! The states of a key, and what can be done to it; which of that leads where is in `flows/key.rs`.

use crate::domain::event_kind::EventKind;

words! {
    /// How far a key has come.
    KeyState {
        /// It lies here, for nobody or for somebody.
        Stock = "stock",
        /// It is on its way to its owner.
        Shipped = "shipped",
        /// Its owner has it.
        Issued = "issued",
        /// Its owner uses it.
        Active = "active",
        /// Nobody knows where it is.
        Lost = "lost",
        /// It is out of use for good.
        Retired = "retired",
    }
}

words! {
    /// What can be done to a key.
    KeyMove {
        /// It is kept for somebody.
        Assign = "assign",
        /// It is sent to whom it is kept for.
        Ship = "ship",
        /// It is given to somebody.
        HandOver = "hand-over",
        /// Its owner uses it from now on.
        Activate = "activate",
        /// It is back in stock, and nobody's.
        TakeBack = "take-back",
        /// It is lost.
        ReportLost = "lost",
        /// A lost one was found, and is in stock.
        Found = "found",
        /// A lost one was found, and its owner has it again.
        GiveBack = "give-back",
        /// It is out of use for good.
        Retire = "retire",
    }
}

impl KeyMove {
    /// Whether the help desk may do it, too: what is done when a key is lost, and when it comes back.
    pub fn is_for_help_desk(self) -> bool {
        match self {
            Self::TakeBack | Self::ReportLost | Self::Found | Self::GiveBack => true,
            Self::Assign | Self::Ship | Self::HandOver | Self::Activate | Self::Retire => false,
        }
    }

    /// What the trail calls it.
    pub fn event(self) -> EventKind {
        match self {
            Self::Assign => EventKind::KeyAssigned,
            Self::Ship => EventKind::KeyShipped,
            Self::HandOver => EventKind::KeyHandedOver,
            Self::Activate => EventKind::KeyActivated,
            Self::TakeBack => EventKind::KeyTakenBack,
            Self::ReportLost => EventKind::KeyLost,
            Self::Found => EventKind::KeyFound,
            Self::GiveBack => EventKind::KeyGivenBack,
            Self::Retire => EventKind::KeyRetired,
        }
    }

    /// Whether somebody may be named whose it becomes.
    pub fn takes_owner(self) -> bool {
        matches!(self, Self::Assign | Self::HandOver)
    }
}
