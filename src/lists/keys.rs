//! The inventory of keys.

use std::time::Duration;

use super::{Column, Filter, List, ListQuery, OwnerFilter, Page, Takes, one_more};
use crate::rows::KeyRow;
use keyward_actions::{App, key};
use keyward_core::clock::Timestamp;
use keyward_core::domain::key::{KeyFilter, KeyPlace, KeySearch, KeyState, KeySummary};
use keyward_core::flows::permit::MayLookUp;
use keyward_core::problem::Result;

/// Keys.
#[derive(Debug, Default)]
pub struct Keys {
    /// In this state.
    pub state: Option<KeyState>,
    /// Of this model.
    pub model: Option<String>,
    /// Of this maker.
    pub maker: Option<String>,
    /// With this firmware.
    pub firmware: Option<String>,
    /// Where nothing became of them after this moment.
    pub unmoved_since: Option<Timestamp>,
    /// On which nothing was used after this moment.
    pub unused_since: Option<Timestamp>,
    /// What was searched for.
    pub search: Option<KeySearch>,
    /// Of whom.
    pub whose: OwnerFilter,
}

fn states() -> Vec<&'static str> {
    KeyState::ALL.iter().map(|state| state.as_str()).collect()
}

impl List for Keys {
    const PATH: &'static str = "/keys";
    const SAYS: &'static str = "Keys of the inventory in the order of their serial numbers";
    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "search",
            takes: Takes::Text,
            says: "Whose serial number begins so, or which has the OTP slot of this public id.",
        },
        Filter {
            name: "state",
            takes: Takes::Words(states),
            says: "In this state.",
        },
        Filter {
            name: "model",
            takes: Takes::Text,
            says: "Of this model, as it is written there.",
        },
        Filter {
            name: "maker",
            takes: Takes::Text,
            says: "Of this maker, as it is written there.",
        },
        Filter {
            name: "firmware",
            takes: Takes::Text,
            says: "With this firmware, as it is written there.",
        },
        Filter {
            name: "unmoved_days",
            takes: Takes::Days,
            says: "In their state, with their owner, for so many days.",
        },
        Filter {
            name: "unused_days",
            takes: Takes::Days,
            says: "On which no device and no OTP slot was used or added for so many days.",
        },
        Filter::OF_USER,
    ];
    const COLUMNS: &'static [Column] = &[
        Column::of("serial").or("-"),
        Column::of("model"),
        Column::of("firmware"),
        Column::of("state"),
        Column::of("owner").or("nobody"),
        Column::of("public_ids").headed("public ids"),
        Column::of("state_since").headed("since"),
    ];
    type Row = KeyRow;
    type Item = KeySummary;
    type Place = KeyPlace;
    type By = MayLookUp;

    async fn under(asked: &ListQuery, app: &App, by: &MayLookUp) -> Result<Self> {
        let search = match asked.text("search") {
            Some(typed) => Some(key::searched(app, by, typed).await?),
            None => None,
        };
        let ago = |days| app.now() - Duration::from_hours(24 * u64::from(days));
        let trimmed = |name| asked.text(name).map(|text| text.trim().to_owned());
        Ok(Self {
            state: asked.text("state").and_then(KeyState::parse),
            model: trimmed("model"),
            maker: trimmed("maker"),
            firmware: trimmed("firmware"),
            unmoved_since: asked.days("unmoved_days").map(ago),
            unused_since: asked.days("unused_days").map(ago),
            search,
            whose: asked.whose(app, by).await?,
        })
    }

    async fn page(
        &self,
        app: &App,
        by: &MayLookUp,
        after: Option<KeyPlace>,
        size: usize,
    ) -> Result<Page<KeySummary, KeyPlace>> {
        let find = async |owner| {
            let filter = KeyFilter {
                state: self.state,
                model: self.model.clone(),
                maker: self.maker.clone(),
                firmware: self.firmware.clone(),
                unmoved_since: self.unmoved_since,
                unused_since: self.unused_since,
                search: self.search.clone(),
                owner,
            };
            key::list(app, by, filter, after.clone(), one_more(size)).await
        };
        let found = self.whose.gather(size, find, KeySummary::place).await?;
        Ok(Page::cut(found, size, KeySummary::place))
    }

    async fn rows(_: &App, _: &MayLookUp, items: &[KeySummary]) -> Result<Vec<KeyRow>> {
        Ok(items.iter().map(KeyRow::from).collect())
    }

    fn whose(&self) -> Option<&OwnerFilter> {
        Some(&self.whose)
    }
}
