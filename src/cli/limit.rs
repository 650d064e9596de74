//! How much of a long list a command prints.

use clap::Args;

use super::output::Output;

/// The most that is read at once.
const PAGE: usize = 500;

/// How many rows a command lists.
#[derive(Clone, Copy, Debug, Args)]
pub struct Limit {
    /// How many to list at most; 0 lists all
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
}

impl Limit {
    /// How many to read next where so many were read: one more than is listed tells whether there
    /// are others. 0 where enough were read.
    pub fn page(self, read: usize) -> usize {
        match self.limit {
            0 => PAGE,
            limit => limit.saturating_add(1).saturating_sub(read).min(PAGE),
        }
    }

    /// Whether everything is listed, however much that is.
    pub fn is_none(self) -> bool {
        self.limit == 0
    }

    /// How many to read where that is done at once: one more than is listed.
    pub fn rows(self) -> i64 {
        match self.limit {
            0 => i64::MAX,
            limit => i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1)),
        }
    }

    /// Cuts the row that was too many, and says on standard error that there are others.
    pub fn cut<T>(self, rows: &mut Vec<T>, output: &Output) {
        if self.limit > 0 && rows.len() > self.limit {
            rows.truncate(self.limit);
            output.note(&format!(
                "there are more than {}: --limit N lists more of them, --limit 0 all",
                self.limit
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_than_is_listed_is_read_and_no_more() {
        let few = Limit { limit: 3 };
        assert_eq!([0, 3, 4].map(|read| few.page(read)), [4, 1, 0]);
        let many = Limit { limit: 1000 };
        assert_eq!([0, 1000, 1001].map(|read| many.page(read)), [PAGE, 1, 0]);
        let all = Limit { limit: 0 };
        assert_eq!(all.page(1_000_000), PAGE);
        let most = Limit { limit: usize::MAX };
        assert_eq!(most.page(0), PAGE);
        assert_eq!([few, all, most].map(Limit::rows), [4, i64::MAX, i64::MAX]);
    }
}
