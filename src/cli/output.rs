//! What commands print: lines for people, or one JSON document.

use std::error::Error;
use std::io::Write;

use serde::Serialize;

use keyward_core::problem::{Problem, Result, codes};

/// Standard output, in the form that was asked for.
pub struct Output {
    json: bool,
}

impl Output {
    /// For people, or as JSON.
    pub fn new(json: bool) -> Self {
        Self { json }
    }

    /// Whether a machine reads.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// Prints one line, or text that has its own line ends.
    ///
    /// # Errors
    /// `command.output` where standard output cannot be written.
    pub fn say(&self, text: &str) -> Result<()> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let mut out = std::io::stdout().lock();
        match writeln!(out, "{text}") {
            // The reading program has seen enough, `head` for one.
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(Problem::new(codes::COMMAND_OUTPUT).detailed(error.to_string())),
            Ok(()) => Ok(()),
        }
    }

    /// Prints a list or an object: as JSON where that was asked for, else in the words of
    /// `for_people`.
    ///
    /// # Errors
    /// `command.output` where standard output cannot be written.
    pub fn show<T: Serialize>(
        &self,
        data: &T,
        for_people: impl FnOnce(&T) -> String,
    ) -> Result<()> {
        if self.json {
            return self.say(&serde_json::to_string_pretty(data).map_err(Problem::internal)?);
        }
        match for_people(data) {
            text if text.is_empty() => Ok(()),
            text => self.say(&text),
        }
    }

    /// Says something on standard error that is no part of what was asked for.
    pub fn note(&self, text: &str) {
        let _ = writeln!(std::io::stderr(), "{text}");
    }

    /// Says on one line of standard error why a command was refused or failed.
    pub fn refuse(&self, problem: &Problem) {
        let mut line = format!("keyward: {problem}");
        let mut beneath = problem.source();
        while let Some(error) = beneath {
            line.push_str(&format!(": {error}"));
            beneath = error.source();
        }
        let line: Vec<&str> = line.split_whitespace().collect();
        let _ = writeln!(std::io::stderr(), "{}", line.join(" "));
    }
}

/// Rows as columns that line up. Empty where there is no row, heading included.
pub fn table(heading: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut widths: Vec<usize> = heading.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let heading: Vec<String> = heading.iter().map(|cell| cell.to_uppercase()).collect();
    let lines: Vec<String> = std::iter::once(&heading)
        .chain(rows)
        .map(|row| line(row, &widths))
        .collect();
    lines.join("\n")
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"))
        .collect();
    cells.join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let rows = [
            vec!["anna".to_owned(), "yes".to_owned()],
            vec!["Zoë-Marie".to_owned(), String::new()],
        ];
        assert_eq!(
            table(&["name", "on"], &rows),
            "NAME       ON\nanna       yes\nZoë-Marie"
        );
        assert_eq!(table(&["name"], &[]), "");
    }
}
