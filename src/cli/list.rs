//! Commands that list, one for each list as it is declared in `lists`.

use std::marker::PhantomData;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use serde_json::Value;

use super::context::Context;
use super::limit::Limit;
use super::output::table;
use crate::lists::{self, Column, Filter, ListQuery, Reading, Reads as _, Takes};
use crate::rows::Row;
use keyward_core::problem::{Problem, Result, codes};

/// The options of a list: its filters, and those that every list has.
#[derive(Clone, Debug)]
pub struct List<L> {
    asked: Vec<(&'static Filter, String)>,
    fields: Option<String>,
    csv: bool,
    limit: Limit,
    of: PhantomData<fn() -> L>,
}

/// The option of a filter.
fn option(filter: &'static Filter) -> Arg {
    let value = match filter.takes {
        Takes::Text => "TEXT",
        Takes::User => "NAME",
        Takes::Words(_) => "WORD",
        Takes::Moment => "TIME",
        Takes::Days => "DAYS",
    };
    Arg::new(filter.name)
        .long(filter.name.replace('_', "-"))
        .value_name(value)
        .help(filter.says.trim_end_matches('.'))
}

impl<L: lists::List> Args for List<L> {
    fn augment_args(command: Command) -> Command {
        let command = command.args(L::FILTERS.iter().map(option));
        let fields = Arg::new("fields")
            .long("fields")
            .value_name("NAMES")
            .help("The fields to list, with commas between them");
        let csv = Arg::new("csv")
            .long("csv")
            .action(ArgAction::SetTrue)
            .help("Print comma-separated values");
        Limit::augment_args(command.arg(fields).arg(csv))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl<L: lists::List> FromArgMatches for List<L> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let given = |name: &str| matches.get_one::<String>(name).cloned();
        let asked = L::FILTERS.iter();
        Ok(Self {
            asked: asked
                .filter_map(|filter| Some((filter, given(filter.name)?)))
                .collect(),
            fields: given("fields"),
            csv: matches.get_flag("csv"),
            limit: Limit::from_arg_matches(matches)?,
            of: PhantomData,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl<L: lists::List> List<L> {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let fields = self.chosen::<L::Row>()?;
        let mut asked = ListQuery::new(Reading::Exact);
        for (filter, text) in &self.asked {
            asked.put(filter, text)?;
        }
        let (app, by) = (context.open().await?, L::By::of(&context.administrator));
        let list = L::under(&asked, &app, by).await?;
        let (mut rows, mut after): (Vec<L::Row>, _) = (Vec::new(), None);
        if self.csv {
            let fields = fields.as_deref().unwrap_or(L::Row::FIELDS);
            context.output.say(&lists::heading(fields))?;
        }
        loop {
            let size = self.limit.page(rows.len());
            if size == 0 {
                break;
            }
            let page = list.page(&app, by, after, size).await?;
            rows.extend(L::rows(&app, by, &page.items).await?);
            after = page.next;
            if after.is_none() {
                break;
            }
            if self.csv && self.limit.is_none() {
                // However many there are, few are in memory.
                self.print(&rows, fields.as_deref(), context)?;
                rows.clear();
            }
        }
        self.limit.cut(&mut rows, &context.output);
        self.print(&rows, fields.as_deref(), context)
    }

    /// The fields that were asked for; `None` for all.
    fn chosen<R: Row>(&self) -> Result<Option<Vec<&'static str>>> {
        let Some(asked) = &self.fields else {
            return Ok(None);
        };
        let known = |name: &str| R::FIELDS.iter().copied().find(|field| *field == name);
        let field = |name: &str| {
            let unknown = || format!("there is no field {name:?}");
            known(name).ok_or_else(|| Problem::new(codes::REQUEST_MALFORMED).detailed(unknown()))
        };
        let chosen: Result<Vec<_>> = asked.split(',').map(str::trim).map(field).collect();
        chosen.map(Some)
    }

    fn print(
        &self,
        rows: &[L::Row],
        fields: Option<&[&'static str]>,
        context: &Context,
    ) -> Result<()> {
        let output = &context.output;
        if self.csv {
            let fields = fields.unwrap_or(L::Row::FIELDS);
            let lines: Result<String> = rows.iter().map(|row| lists::line(row, fields)).collect();
            return match lines? {
                lines if lines.is_empty() => Ok(()),
                lines => output.say(&lines),
            };
        }
        if output.is_json() && fields.is_none() {
            return output.show(&rows, |_| String::new());
        }
        let rows: Result<Vec<Value>, _> = rows.iter().map(serde_json::to_value).collect();
        let mut rows = rows.map_err(Problem::internal)?;
        if let Some(fields) = fields {
            let members = rows.iter_mut().filter_map(Value::as_object_mut);
            members.for_each(|row| row.retain(|name, _| fields.contains(&name.as_str())));
        }
        let columns: Vec<Column> = match fields {
            None => L::COLUMNS.to_vec(),
            Some(fields) => fields.iter().map(|field| Column::of(field)).collect(),
        };
        output.show(&rows, |rows| for_people(&columns, rows))
    }
}

/// Rows in columns.
fn for_people(columns: &[Column], rows: &[Value]) -> String {
    let name = |column: &Column| match column.heading {
        Some(heading) => heading.to_owned(),
        None => column.field.replace('_', " "),
    };
    let heading: Vec<String> = columns.iter().map(name).collect();
    let heading: Vec<&str> = heading.iter().map(String::as_str).collect();
    let line = |row: &Value| columns.iter().map(|column| cell(column, row)).collect();
    let lines: Vec<Vec<String>> = rows.iter().map(line).collect();
    table(&heading, &lines)
}

fn cell(column: &Column, row: &Value) -> String {
    let value = row.get(column.field).unwrap_or(&Value::Null);
    let text = match value {
        Value::Array(values) if column.is_counted => values.len().to_string(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join(" "),
        value => text(value),
    };
    match text.is_empty() {
        true => column.none.to_owned(),
        false => text,
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// The command of each list.
    const COMMANDS: [(&str, &str); 22] = [
        ("users", "user list"),
        ("groups", "group list"),
        ("devices", "device list"),
        ("credentials", "credential list"),
        ("keys", "key list"),
        ("key-cases", "key cases"),
        ("found-reports", "key found-reports"),
        ("enrolments", "enrolment list"),
        ("people-report", "report people"),
        ("keys-report", "report keys"),
        ("key-proposals", "key proposals"),
        ("sessions", "session list"),
        ("passes", "pass list"),
        ("lockouts", "lockout list"),
        ("invitations", "invitation list"),
        ("policies", "policy list"),
        ("validation-services", "validation service list"),
        ("validation-clients", "validation client list"),
        ("applications", "application list"),
        ("clients", "client list"),
        ("tokens", "token list"),
        ("events", "event list"),
    ];

    struct Commanded;

    impl lists::Visitor for Commanded {
        type Out = ();

        fn visit<L: lists::List>(&mut self) {
            let name = L::name();
            let of = COMMANDS.iter().find(|(list, _)| *list == name);
            let (_, of) = of.unwrap_or_else(|| panic!("{name} has no command"));
            let tree = crate::cli::tree();
            let command = of.split(' ').fold(&tree, |command, word| {
                let inner = command.find_subcommand(word);
                inner.unwrap_or_else(|| panic!("there is no {of}"))
            });
            let options = command.get_arguments().filter(|one| !one.is_global_set());
            let mut options: Vec<&str> = options.map(|one| one.get_id().as_str()).collect();
            options.retain(|option| !["help", "fields", "csv", "limit"].contains(option));
            let declared = L::FILTERS.iter().map(|filter| filter.name);
            assert_eq!(options, declared.collect::<Vec<_>>(), "{of}");
        }
    }

    #[test]
    fn every_list_has_a_command_with_its_filters_and_no_others() {
        lists::each(&mut Commanded);
    }

    #[test]
    fn a_cell_is_for_people() {
        let row = json!({ "a": true, "b": null, "c": ["x", "y"], "d": 7, "e": "z" });
        let columns = ["a", "b", "c", "d", "e"].map(Column::of);
        assert_eq!(
            columns.map(|column| cell(&column, &row)),
            ["yes", "", "x y", "7", "z"]
        );
        assert_eq!(cell(&Column::of("b").or("never"), &row), "never");
        assert_eq!(cell(&Column::of("c").counted(), &row), "2");
    }
}
