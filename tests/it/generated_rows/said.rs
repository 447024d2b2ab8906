//! What a plan said of one table and its columns.

use serde_json::Value;

/// A finding, as far as it speaks of rows.
#[derive(Clone, Debug)]
pub struct Said {
    pub code: String,
    pub path: String,
    pub problem: String,
    /// The answer of its question, where it asked one.
    pub answer: Option<Answer>,
    /// All of it, for people.
    pub text: String,
}

/// How many rows a finding counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Counted { count: usize, complete: bool },
    NotLooked,
}

/// The findings of a plan in JSON.
pub fn findings(plan: &Value) -> Vec<Said> {
    let text = |finding: &Value, key: &str| finding[key].as_str().unwrap_or_default().to_owned();
    let list = plan["findings"].as_array().map(Vec::as_slice).unwrap_or_default();
    list.iter()
        .map(|finding| Said {
            code: text(finding, "code"),
            path: text(finding, "path"),
            problem: text(finding, "problem"),
            answer: answer(&finding["evidence"]),
            text: format!(
                "{} {}: {} {}",
                text(finding, "code"),
                text(finding, "path"),
                text(finding, "problem"),
                finding["evidence"]
            ),
        })
        .collect()
}

fn answer(evidence: &Value) -> Option<Answer> {
    if evidence.is_null() {
        return None;
    }
    Some(match evidence["count"].as_u64() {
        Some(count) => {
            Answer::Counted { count: usize::try_from(count).expect("few rows"), complete: evidence["complete"] == true }
        }
        None => Answer::NotLooked,
    })
}

impl Said {
    /// Whether it is about this table or a column of it.
    pub fn is_of(&self, table: &str) -> bool {
        self.path == table || self.path.strip_prefix(table).is_some_and(|rest| rest.starts_with('.'))
    }

    /// The rows that it counted.
    pub fn count(&self) -> usize {
        match self.answer {
            Some(Answer::Counted { count, .. }) => count,
            Some(Answer::NotLooked) | None => 0,
        }
    }

    /// Whether it says that values of a column may become others, or go.
    pub fn is_of_values(&self) -> bool {
        let asks =
            matches!(self.code.as_str(), "TW004" | "TW005" | "TW014" | "TW029" | "TW030") && self.answer.is_some();
        let unknown = self.answer == Some(Answer::NotLooked);
        (asks && (unknown || !self.counts_failures())) || matches!(self.code.as_str(), "TW002" | "TW020")
    }

    /// Whether it says that rows go.
    pub fn is_of_rows(&self) -> bool {
        matches!(self.code.as_str(), "TW001" | "TW019" | "TW028") && !self.counts_failures()
    }

    /// Whether it says of rows that they are deleted, or does not know: then a person is to approve exactly this plan.
    pub fn deletes(&self) -> bool {
        self.is_of_rows() && (self.count() > 0 || self.answer == Some(Answer::NotLooked))
    }

    /// Whether the statement is said to fail because of the rows.
    pub fn fails(&self) -> bool {
        self.counts_failures() && self.count() > 0
    }

    /// Whether one row of those that it counts makes the statement fail.
    fn counts_failures(&self) -> bool {
        matches!(self.code.as_str(), "TW006" | "TW008" | "TW009" | "TW015" | "TW025" | "TW038")
            || self.text.contains("with which the statement is sure to fail")
    }
}
