//! What policy asks of a person rather than of a device: to have one, or several.

use std::time::Duration;

use crate::clock::Timestamp;
use crate::domain::ids::UserId;

const DAY: Duration = Duration::from_hours(24);

/// What a user must, or should, do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DutyKind {
    /// Have a second factor: after the deadline nothing else opens.
    SecondFactor,
    /// Have more devices: a reminder, no user is shut out.
    MoreDevices,
}

impl DutyKind {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::SecondFactor, Self::MoreDevices];

    /// The stable name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SecondFactor => "second-factor",
            Self::MoreDevices => "more-devices",
        }
    }

    /// Reads a stable name.
    pub fn from_stored(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A duty of one person, as it is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Duty {
    /// Whose.
    pub user_id: UserId,
    /// What.
    pub kind: DutyKind,
    /// Since when it is known: a grace begins here, and is not begun anew by other changes.
    pub since: Timestamp,
    /// Until when it may wait.
    pub deadline: Option<Timestamp>,
    /// When they are reminded next; `None` where there is nothing to remind them of.
    pub remind_at: Option<Timestamp>,
}

impl Duty {
    /// When to remind them after a reminder at this moment: a week and a day before a deadline;
    /// without one after a week, and then each month.
    pub fn next_reminder(&self, now: Timestamp) -> Option<Timestamp> {
        let Some(deadline) = self.deadline else {
            let first = self.since + 7 * DAY;
            return Some(if first > now { first } else { now + 30 * DAY });
        };
        [7 * DAY, DAY]
            .into_iter()
            .map(|before| deadline - before)
            .find(|moment| *moment > now)
    }
}

/// What the rows should say of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutyWanted {
    /// How long it may wait.
    pub grace: Option<Duration>,
    /// Whether it is still to be done.
    pub is_open: bool,
}

/// What has to change in the rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DutyChange {
    /// It begins.
    Begin(Duty),
    /// It says something else now.
    Change(Duty),
    /// It ends.
    End,
}

impl DutyWanted {
    /// What changes a row of a user of whom this is wanted, if anything does.
    pub fn change(
        wanted: Option<Self>,
        known: Option<&Duty>,
        (user_id, kind): (UserId, DutyKind),
        now: Timestamp,
    ) -> Option<DutyChange> {
        match (wanted, known) {
            (None, None) => None,
            (None, Some(_)) => Some(DutyChange::End),
            (Some(wanted), None) => wanted.is_open.then(|| {
                DutyChange::Begin(Duty {
                    user_id,
                    kind,
                    since: now,
                    deadline: wanted.grace.map(|grace| now + grace),
                    remind_at: Some(now),
                })
            }),
            (Some(wanted), Some(known)) => {
                let deadline = wanted.grace.map(|grace| known.since + grace);
                let moved = deadline != known.deadline;
                let duty = Duty {
                    deadline,
                    remind_at: match wanted.is_open {
                        true if moved => Some(now),
                        true => known.remind_at,
                        false => None,
                    },
                    ..*known
                };
                (duty != *known).then_some(DutyChange::Change(duty))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_000_000_000_000);

    fn duty(deadline: Option<Timestamp>) -> Duty {
        Duty {
            user_id: UserId::parse("018f0000-0000-7000-8000-000000000001").expect("an id"),
            kind: DutyKind::SecondFactor,
            since: NOW,
            deadline,
            remind_at: Some(NOW),
        }
    }

    #[test]
    fn people_are_reminded_a_week_and_a_day_before_and_then_no_more() {
        let duty = duty(Some(NOW + 14 * DAY));
        assert_eq!(duty.next_reminder(NOW), Some(NOW + 7 * DAY));
        assert_eq!(duty.next_reminder(NOW + 7 * DAY), Some(NOW + 13 * DAY));
        assert_eq!(duty.next_reminder(NOW + 13 * DAY), None);
    }

    #[test]
    fn without_a_deadline_people_are_reminded_each_month() {
        let duty = duty(None);
        assert_eq!(duty.next_reminder(NOW), Some(NOW + 7 * DAY));
        assert_eq!(duty.next_reminder(NOW + 7 * DAY), Some(NOW + 37 * DAY));
    }

    #[test]
    fn a_grace_is_begun_once_and_moved_only_by_itself() {
        let known = duty(Some(NOW + 14 * DAY));
        let key = (known.user_id, known.kind);
        let later = NOW + 3 * DAY;
        let wanted = |days: u32, is_open| DutyWanted {
            grace: Some(days * DAY),
            is_open,
        };
        let change = |wanted| DutyWanted::change(wanted, Some(&known), key, later);
        assert_eq!(change(Some(wanted(14, true))), None);
        let moved = Duty {
            deadline: Some(NOW + 5 * DAY),
            remind_at: Some(later),
            ..known
        };
        assert_eq!(
            change(Some(wanted(5, true))),
            Some(DutyChange::Change(moved))
        );
        let done = Duty {
            remind_at: None,
            ..known
        };
        assert_eq!(
            change(Some(wanted(14, false))),
            Some(DutyChange::Change(done))
        );
        assert_eq!(change(None), Some(DutyChange::End));
        assert_eq!(
            DutyWanted::change(Some(wanted(14, false)), None, key, later),
            None
        );
    }
}
