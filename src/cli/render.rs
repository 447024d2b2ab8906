//! A plan as text, Markdown, SQL, JSON or SARIF. Pure: the same report gives the same bytes.

mod headline;
pub(crate) mod json;
pub(crate) mod markdown;
mod placing;
pub(crate) mod sarif;
pub(crate) mod sql;
pub(crate) mod text;
mod words;

#[cfg(test)]
mod sample;

use std::collections::{BTreeMap, BTreeSet};

use clap::ValueEnum;

use crate::model::Origin;
use crate::plan::proposal::{Proposal, Refusal};

use super::style::Style;

/// In which form a plan is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum PlanFormat {
    /// For people on a terminal
    Text,
    /// A script that does what the plan does
    Sql,
    /// The proposal and the refusals, for tools
    Json,
    /// For a pull request
    Markdown,
    /// For code scanning (SARIF 2.1.0)
    Sarif,
}

/// Everything a renderer may say about a plan.
#[derive(Clone, Debug)]
pub(crate) struct Report {
    /// What is proposed.
    pub(crate) proposal: Proposal,
    /// Tables that are not planned.
    pub(crate) refusals: Vec<Refusal>,
    /// Which schema, for people: `blog on db.example:3306 (MySQL 9.7.4)`.
    pub(crate) target: String,
    /// The tables that the manifests name.
    pub(crate) declared: BTreeSet<String>,
    /// Where each table was declared.
    pub(crate) origins: BTreeMap<String, Origin>,
    /// What could not be done as well as it could be, and why.
    pub(crate) notes: Vec<String>,
    /// What to do next: words, and the command that does it.
    pub(crate) next_step: Option<(String, String)>,
}

impl Report {
    /// Whether there is anything to run.
    pub(crate) fn is_empty(&self) -> bool {
        self.proposal.statements.is_empty()
    }

    /// In the form that was asked for.
    pub(crate) fn render(&self, format: PlanFormat, style: Style) -> String {
        match format {
            PlanFormat::Text => text::render(self, style),
            PlanFormat::Sql => sql::render(self),
            PlanFormat::Json => json::render(self),
            PlanFormat::Markdown => markdown::render(self),
            PlanFormat::Sarif => sarif::render(self),
        }
    }
}
