//! Tables whose changes are alike follow one that is rehearsed: its algorithms are theirs, and where their own statements
//! end is asked of temporary tables, beside the rehearsal.
//!
//! A temporary table is always copied, so that it tells nothing of algorithms; but plain changes (see [`likeness`]) end at
//! the same definition by whatever algorithm they run. It costs a tenth of a table.

use std::collections::{BTreeMap, BTreeSet};

use super::super::observe::meaning;
use super::alike::likeness;
use super::canonical::is_about_the_table;
use super::memory::{Key, Memory};
use super::rehearse::{After, Played, Rehearsal};
use super::stage::StageError;
use crate::model::TableName;
use crate::mysql::{Answer, Trial};
use crate::normalize;
use crate::plan::{Chosen, DraftStatement};
use crate::sql;

/// Where the statements of a follower end.
pub(super) struct Question<'q> {
    name: &'q TableName,
    definition: &'q str,
    changes: Vec<String>,
}

impl<'q> Question<'q> {
    pub(super) fn trial(&self) -> Trial<'_> {
        Trial { name: self.name, definition: self.definition, changes: &self.changes }
    }

    pub(super) fn name(&self) -> &'q TableName {
        self.name
    }
}

/// Who follows whom.
pub(super) struct Followers {
    /// The likeness of those that follow.
    likenesses: BTreeMap<TableName, Key>,
    /// Those that are rehearsed, the first of each likeness that nothing is known of.
    leaders: BTreeMap<Key, TableName>,
}

impl Followers {
    /// Of these tables, none of which has relations to others.
    pub(super) fn of<'n>(
        rehearsal: &Rehearsal<'_>,
        memory: &Memory,
        names: impl Iterator<Item = &'n TableName>,
    ) -> Self {
        let mut followers = Self { likenesses: BTreeMap::new(), leaders: BTreeMap::new() };
        if !rehearsal.observed.facts().dialect().changes_temporary_tables_alike() {
            return followers;
        }
        let places = rehearsal.places();
        for name in names {
            let Some(live) = rehearsal.surroundings.definitions.get(name).and_then(|live| live.table().ok()) else {
                continue;
            };
            // Its own text is in UTC, its statements are in the server's time zone.
            if rehearsal.observed.facts().time_zone.is_some()
                && live.columns.iter().any(|column| normalize::moment(column).is_some())
            {
                continue;
            }
            let statements = statements_of(rehearsal, places.get(name));
            let page_size = rehearsal.observed.facts().page_size;
            let Some(text) = likeness(live, &statements, page_size) else { continue };
            let key = Key::new(rehearsal.observed, "alike", &text);
            if memory.alike(&key).is_some() || followers.leaders.contains_key(&key) {
                followers.likenesses.insert(name.clone(), key);
            } else {
                followers.leaders.insert(key, name.clone());
            }
        }
        followers
    }

    pub(super) fn contains(&self, name: &TableName) -> bool {
        self.likenesses.contains_key(name)
    }

    /// What is asked of temporary tables: where the statements of each follower end.
    pub(super) fn questions<'q>(&'q self, rehearsal: &Rehearsal<'q>) -> Vec<Question<'q>> {
        let places = rehearsal.places();
        let dialect = rehearsal.observed.facts().dialect();
        let of = |name: &'q TableName| {
            let live = rehearsal.surroundings.definitions.get(name)?;
            let statements = statements_of(rehearsal, places.get(name));
            let changes =
                statements.iter().map(|statement| sql::print_statement(&statement.statement, dialect)).collect();
            Some(Question { name, definition: &live.text, changes })
        };
        self.likenesses.keys().filter_map(of).collect()
    }

    /// Fills in what followers learn of those that were rehearsed, and of the answers to their questions. Answers those
    /// that must be rehearsed themselves.
    pub(super) fn heed(
        &self,
        rehearsal: &Rehearsal<'_>,
        memory: &Memory,
        answers: Vec<(&TableName, Answer)>,
        played: &mut Played,
    ) -> Result<BTreeSet<TableName>, StageError> {
        let places = rehearsal.places();
        for (key, leader) in &self.leaders {
            let chosen: Option<Vec<Chosen>> =
                places.get(leader).and_then(|places| places.iter().map(|place| played.chosen[*place]).collect());
            if let Some(chosen) = chosen {
                memory.keep_alike(key.clone(), chosen);
            }
        }
        let mut left: BTreeSet<TableName> = self.likenesses.keys().cloned().collect();
        for (name, answer) in answers {
            let Some(chosen) = self.likenesses.get(name).and_then(|key| memory.alike(key)) else { continue };
            let texts = match answer {
                Ok(texts) => texts,
                Err(error) if is_about_the_table(&error) => continue,
                Err(error) => return Err(error.into()),
            };
            let read = |text: &String| meaning(text, rehearsal.observed.facts(), &rehearsal.observed.defaults).ok();
            let (Some(places), Some(ends)) = (places.get(name), texts.iter().map(read).collect::<Option<Vec<_>>>())
            else {
                continue;
            };
            for ((place, choice), end) in places.iter().zip(chosen).zip(ends) {
                played.chosen[*place] = Some(choice);
                played.after[*place] = After::Definition(Box::new(end));
            }
            left.remove(name);
        }
        Ok(left)
    }
}

fn statements_of<'d>(rehearsal: &Rehearsal<'d>, places: Option<&Vec<usize>>) -> Vec<&'d DraftStatement> {
    places.into_iter().flatten().filter_map(|place| rehearsal.draft.statements.get(*place)).collect()
}
