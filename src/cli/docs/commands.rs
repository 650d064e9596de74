//! The reference of commands.

use clap::{Arg, ArgAction, Command};

const INTRODUCTION: &str = "\
# Commands

Every command exits 0 when it is done, 1 when it was refused or failed, with one line on standard \
error that begins with `keyward:` and the [error code](errors.md), and 2 when it was used wrongly. \
A dry run of `keyward apply` that would change something exits 3. \
Commands that change something record events, as the console does.
";

pub(super) fn reference(tree: &Command) -> String {
    let mut page = INTRODUCTION.to_owned();
    page.push_str("\nEvery command takes these options:\n\n");
    for argument in tree.get_arguments().filter(|argument| is_shown(argument)) {
        page.push_str(&describe(argument));
    }
    for command in tree.get_subcommands() {
        print(command, tree.get_name(), &mut page);
    }
    page
}

fn is_shown(argument: &Arg) -> bool {
    !matches!(argument.get_id().as_str(), "help" | "version")
}

/// A command that only holds others is left out; they say it all.
fn print(command: &Command, above: &str, page: &mut String) {
    if command.get_name() == "help" || command.is_hide_set() {
        return;
    }
    let name = format!("{above} {}", command.get_name());
    if command.has_subcommands() {
        for inner in command.get_subcommands() {
            print(inner, &name, page);
        }
        return;
    }
    let own: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| is_shown(argument) && !argument.is_global_set())
        .collect();
    let usage: Vec<String> = own.iter().map(|argument| usage(argument)).collect();
    let line = [&[name], usage.as_slice()].concat().join(" ");
    page.push_str(&format!("\n## `{line}`\n\n"));
    let about = command.get_long_about().or(command.get_about());
    page.push_str(&format!(
        "{}.\n",
        about
            .map(ToString::to_string)
            .unwrap_or_default()
            .trim_end_matches('.')
    ));
    if !own.is_empty() {
        page.push('\n');
    }
    for argument in own {
        page.push_str(&describe(argument));
    }
}

fn values(argument: &Arg) -> String {
    let names: Vec<String> = argument
        .get_value_names()
        .unwrap_or_default()
        .iter()
        .map(ToString::to_string)
        .collect();
    names.join(" ")
}

fn is_repeated(argument: &Arg) -> bool {
    matches!(argument.get_action(), ArgAction::Append)
        || argument
            .get_num_args()
            .is_some_and(|count| count.max_values() > 1)
}

/// `--group <G>`, `<NAME>`, `--yes`.
fn spelled(argument: &Arg) -> String {
    let takes_value = argument.get_action().takes_values();
    match (argument.get_long(), takes_value) {
        (Some(long), true) => format!("--{long} <{}>", values(argument)),
        (Some(long), false) => format!("--{long}"),
        (None, _) => format!("<{}>", values(argument)),
    }
}

fn usage(argument: &Arg) -> String {
    let spelled = spelled(argument);
    let dots = if is_repeated(argument) { "…" } else { "" };
    if argument.is_required_set() {
        format!("{spelled}{dots}")
    } else {
        format!("[{spelled}]{dots}")
    }
}

fn describe(argument: &Arg) -> String {
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let defaults: Vec<String> = argument
        .get_default_values()
        .iter()
        .map(|value| format!("`{}`", value.to_string_lossy()))
        .collect();
    let default = match defaults.as_slice() {
        [] => String::new(),
        _ if !argument.get_action().takes_values() => String::new(),
        defaults => format!(" (default: {})", defaults.join(", ")),
    };
    format!("- `{}`: {help}{default}\n", spelled(argument))
}
