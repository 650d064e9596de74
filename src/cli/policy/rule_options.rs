//! The options by which rules are set, one a rule, as the table of rules declares them.

use clap::builder::{PossibleValuesParser, TypedValueParser, ValueParser};
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, value_parser};

use keyward_core::domain::policy::{Input, Rule, Rules, Unreadable};
use keyward_core::problem::{Problem, Result, codes};

/// The rules that were given, each with its texts.
#[derive(Debug)]
pub(super) struct RuleOptions(Vec<(Rule, Vec<String>)>);

impl RuleOptions {
    /// Sets the rules that were given; the others stay as they are.
    ///
    /// # Errors
    /// `policy.invalid`
    pub(super) fn set(&self, rules: &mut Rules) -> Result<()> {
        for (rule, texts) in &self.0 {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            let invalid =
                |wrong: Unreadable| Problem::new(codes::POLICY_INVALID).detailed(wrong.why);
            rules.set(*rule, &texts).map_err(invalid)?;
        }
        Ok(())
    }
}

/// Names a rule by its option.
pub(super) fn rule_parser() -> impl TypedValueParser<Value = Rule> {
    PossibleValuesParser::new(Rule::ALL.map(Rule::option))
        .try_map(|option| Rule::of_option(&option).ok_or("no rule"))
}

fn option(rule: Rule) -> Arg {
    let meaning = rule.meaning();
    let option = Arg::new(rule.option())
        .long(rule.option())
        .help(meaning.strip_suffix('.').unwrap_or(meaning));
    let valued = |option: Arg| {
        option
            .value_name(rule.placeholder())
            .value_parser(parser(rule))
    };
    match rule.input() {
        Input::Tick => option.action(ArgAction::SetTrue),
        Input::One(_) | Input::Number => valued(option).action(ArgAction::Set),
        Input::Several(_) => valued(option)
            .action(ArgAction::Append)
            .value_delimiter(','),
        Input::Lines { .. } => valued(option).action(ArgAction::Append),
    }
}

/// Reads one text of a rule, and keeps it as text.
fn parser(rule: Rule) -> ValueParser {
    match rule.input() {
        // The help lists words of ours; those of the registries stand in its sentence.
        Input::One(words) if words.phrases.is_some() => {
            PossibleValuesParser::new((words.all)()).into()
        }
        Input::Number => value_parser!(u16).map(|number| number.to_string()).into(),
        Input::Tick | Input::One(_) | Input::Several(_) | Input::Lines { .. } => ValueParser::new(
            move |text: &str| match Rules::default().set(rule, &[text]) {
                Ok(()) => Ok(text.to_owned()),
                Err(wrong) => Err(wrong.why),
            },
        ),
    }
}

/// What was given for a rule; `None` where nothing was.
fn given(rule: Rule, matches: &mut ArgMatches) -> Option<Vec<String>> {
    match rule.input() {
        Input::Tick => matches
            .get_flag(rule.option())
            .then(|| vec!["true".to_owned()]),
        Input::One(_) | Input::Number | Input::Several(_) | Input::Lines { .. } => matches
            .remove_many::<String>(rule.option())
            .map(Iterator::collect),
    }
}

impl FromArgMatches for RuleOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        Self::from_arg_matches_mut(&mut matches.clone())
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
        let said = |rule| Some((rule, given(rule, matches)?));
        Ok(Self(Rule::ALL.into_iter().filter_map(said).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Args for RuleOptions {
    fn augment_args(command: Command) -> Command {
        command.args(Rule::ALL.map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use clap::Parser;

    use super::*;
    use crate::web::console::policy_form;

    #[derive(Debug, Parser)]
    struct Given {
        #[command(flatten)]
        rules: RuleOptions,
    }

    /// The rules of a command line.
    fn of_options(arguments: &[String]) -> Result<Rules, clap::Error> {
        let program = ["set".to_owned()];
        let given = Given::try_parse_from(program.iter().chain(arguments))?;
        let mut rules = Rules::default();
        given.rules.set(&mut rules).expect("what was parsed");
        Ok(rules)
    }

    /// What can be typed for a rule; more than one where it takes several.
    fn texts(rule: Rule) -> Vec<&'static str> {
        match rule.input() {
            Input::Tick => vec!["true"],
            Input::One(words) => (words.all)().into_iter().take(1).collect(),
            Input::Several(words) => (words.all)().into_iter().take(2).collect(),
            Input::Number => vec!["7"],
            Input::Lines { examples } => examples.to_vec(),
        }
    }

    /// The same as the command line has it.
    fn arguments(rule: Rule, texts: &[&str]) -> Vec<String> {
        let option = format!("--{}", rule.option());
        match rule.input() {
            Input::Tick => vec![option],
            Input::One(_) | Input::Several(_) | Input::Number | Input::Lines { .. } => {
                let each = texts.iter();
                each.map(|text| format!("{option}={text}")).collect()
            }
        }
    }

    /// The same as the form sends it.
    fn fields(rule: Rule, texts: &[&str]) -> Vec<(String, String)> {
        let field = |text: &str| (rule.field().to_owned(), text.to_owned());
        match rule.input() {
            Input::Lines { .. } => vec![field(&format!(" {}\r\n\r\n", texts.join("\r\n")))],
            Input::Tick | Input::One(_) | Input::Several(_) | Input::Number => {
                texts.iter().map(|text| field(text)).collect()
            }
        }
    }

    #[test]
    fn a_rule_is_the_same_from_the_form_from_its_option_and_from_the_database() {
        let mut all = (Rules::default(), Vec::new(), Vec::new());
        for rule in Rule::ALL {
            let texts = texts(rule);
            let (arguments, fields) = (arguments(rule, &texts), fields(rule, &texts));
            let typed = of_options(&arguments).expect("an option");
            assert!(!typed.is_empty(), "{arguments:?}");
            assert_eq!(typed.typed(rule).len(), texts.len(), "{arguments:?}");
            assert_eq!(
                policy_form::rules(&fields).as_ref(),
                Ok(&typed),
                "{fields:?}"
            );
            let json = serde_json::to_string(&typed).expect("JSON");
            let stored: Rules = serde_json::from_str(&json).expect("rules");
            assert_eq!(stored, typed, "{json}");
            assert_eq!(of_options(&[]).expect("nothing"), Rules::default());
            all.0.set(rule, &texts).expect("a rule");
            all.1.extend(arguments);
            all.2.extend(fields);
        }
        assert_eq!(of_options(&all.1).expect("options"), all.0);
        assert_eq!(policy_form::rules(&all.2), Ok(all.0));
    }

    #[test]
    fn what_a_rule_cannot_be_is_refused_by_its_option_and_by_the_form() {
        for rule in Rule::ALL {
            let wrong = ["<nonsense>"];
            if !matches!(rule.input(), Input::Tick) {
                let refused = of_options(&arguments(rule, &wrong)).expect_err("nonsense");
                assert!(refused.to_string().contains("<nonsense>"), "{refused}");
                let refused = policy_form::rules(&fields(rule, &wrong));
                assert_eq!(refused.as_ref().map_err(String::as_str), Err("<nonsense>"));
            }
            assert!(
                rule_parser()
                    .parse_ref(&Command::new("set"), None, rule.option().as_ref())
                    .is_ok()
            );
        }
    }

    #[test]
    fn the_papers_name_each_rule() {
        let paper = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md");
        let paper = fs::read_to_string(paper).expect("docs/policy.md");
        for rule in Rule::ALL {
            let row = format!("| `--{}` |", rule.option());
            assert!(paper.contains(&row), "docs/policy.md has no row {row}");
        }
    }
}
