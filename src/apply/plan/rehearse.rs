//! Runs a draft in a scratch schema: on copies of the live definitions, with stubs of their relatives, choosing for each
//! statement the first algorithm and lock that the server accepts, and compares the end with what is desired.
//!
//! It proves definitions, not what data or hidden row versions do. Nothing in scratch ever refers to a real table.

use std::collections::{BTreeMap, BTreeSet};

use super::super::observe::{Observed, meaning};
use super::advice::{INVISIBLE_PRIMARY, PARTIAL_KEY, advice};
use super::anonymous::{renamed, renamed_statement};
use super::canonical::{in_words, is_about_the_table, reaches_outside, reason_of, without_outside};
use super::compare::{declared, refuse};
use super::few_partitions::Reduction;
use super::followers::{Followers, Question};
use super::memory::{Key, Memory};
use super::relatives::Surroundings;
use super::settled;
use super::stage::{Stage, StageError, beside};
use crate::diff::{self, Change, Desired, History, LiveSchema, LiveTable};
use crate::model::{AlterClause, DesiredTable, Ensure, Statement, Table, TableName, TableOptions};
use crate::mysql::{MysqlError, MysqlErrorKind, Scratch, Trial, Trials};
use crate::plan::proposal::{Refusal, RefusalReason};
use crate::plan::{self, Chosen, Draft, DraftStatement};
use crate::sql::{self, Style};

/// What a table is expected to be after a statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum After {
    /// It does not exist.
    Absent,
    /// It is this, canonical.
    Definition(Box<Table>),
    /// It was not rehearsed.
    Unknown,
}

/// What a rehearsal showed, one entry per statement of the draft.
#[derive(Debug, Default)]
pub(super) struct Rehearsed {
    pub(super) chosen: Vec<Chosen>,
    pub(super) after: Vec<After>,
    pub(super) refusals: Vec<Refusal>,
}

/// What is rehearsed.
pub(super) struct Rehearsal<'a> {
    pub(super) observed: &'a Observed,
    pub(super) surroundings: &'a Surroundings,
    pub(super) open: &'a [Desired],
    pub(super) draft: &'a Draft,
}

/// What is known so far: per statement of the draft, and of the tables that failed.
pub(super) struct Played {
    pub(super) chosen: Vec<Option<Chosen>>,
    pub(super) after: Vec<After>,
    failed: BTreeSet<TableName>,
    refusals: Vec<Refusal>,
}

impl Played {
    fn new(statements: usize) -> Self {
        Self {
            chosen: vec![None; statements],
            after: vec![After::Unknown; statements],
            failed: BTreeSet::new(),
            refusals: Vec::new(),
        }
    }
}

/// Who plays in a rehearsal.
struct Cast {
    /// Tables for which another one speaks.
    spoken_for: BTreeMap<TableName, TableName>,
    /// The shapes of those that could speak for others, now or later.
    shapes: BTreeMap<TableName, Key>,
}

impl Rehearsal<'_> {
    /// Rehearses in an empty scratch schema; leaves tables behind.
    pub(super) async fn run(&self, stage: &mut Stage<'_>, memory: &Memory) -> Result<Rehearsed, StageError> {
        let Cast { spoken_for, shapes } = self.cast();
        let mut played = Played::new(self.draft.statements.len());
        let remembered = self.remember(memory, &shapes, &mut played);
        let followers = Followers::of(self, memory, shapes.keys().filter(|name| !remembered.contains(*name)));
        let silent =
            |name: &TableName| spoken_for.contains_key(name) || remembered.contains(name) || followers.contains(name);
        let questions = followers.questions(self);
        let trials: Vec<Trial<'_>> = questions.iter().map(Question::trial).collect();
        let trials = Trials::new(&trials, true);
        let mut companion = stage.companion(&trials).await?;
        let own = async {
            self.play(stage, &mut played, &silent).await?;
            stage.answer(&trials).await
        };
        beside(&mut companion, &trials, own).await?;
        stage.keep(companion);
        let answers = questions.iter().map(Question::name).zip(trials.into_answers()).collect();
        // Those that cannot follow after all play themselves.
        let left = followers.heed(self, memory, answers, &mut played)?;
        self.play(stage, &mut played, &|name| !left.contains(name)).await?;
        self.keep(memory, &shapes, &played);
        self.speak(&spoken_for, &mut played);
        let Played { chosen, after, failed, mut refusals } = played;
        refusals.extend(self.compare(stage, memory, &after, &failed).await?);
        // What failed is refused as a whole; its choice is never used.
        let chosen = chosen
            .into_iter()
            .zip(&self.draft.statements)
            .filter_map(|(chosen, statement)| {
                let expected = || statement.candidates.get(statement.expected).copied();
                chosen.or_else(|| Some(Chosen { candidate: expected()?, rebuilds: None }))
            })
            .collect();
        Ok(Rehearsed { chosen, after, refusals })
    }

    /// Runs the statements of all tables but the silent ones, on copies of their live definitions.
    async fn play(
        &self,
        stage: &mut Stage<'_>,
        played: &mut Played,
        silent: &impl Fn(&TableName) -> bool,
    ) -> Result<(), StageError> {
        if self.draft.statements.iter().all(|statement| silent(&statement.table)) {
            return Ok(());
        }
        self.set(stage.scratch().await?, silent, played).await?;
        for (index, statement) in self.draft.statements.iter().enumerate() {
            if silent(&statement.table) || played.failed.contains(&statement.table) {
                continue;
            }
            let scratch = stage.scratch().await?;
            let texts: Vec<String> = statement
                .candidates
                .iter()
                .filter_map(|candidate| {
                    let statement = inside(statement.with(*candidate))?;
                    Some(sql::print_statement(&statement, self.observed.facts().dialect()))
                })
                .collect();
            if texts.is_empty() {
                if !makes_outer_key(&statement.statement) {
                    played.after[index] = self.read_back(scratch, &statement.statement).await?;
                }
                continue;
            }
            match scratch.try_candidates(&texts).await {
                Ok(accepted) => {
                    played.chosen[index] = statement
                        .candidates
                        .get(accepted)
                        .map(|candidate| Chosen { candidate: *candidate, rebuilds: None });
                    played.after[index] = if makes_outer_key(&statement.statement) {
                        // With the key the server may make an index, too.
                        After::Unknown
                    } else {
                        self.read_back(scratch, &statement.statement).await?
                    };
                }
                Err(error) if is_about_the_table(&error) => {
                    played.failed.insert(statement.table.clone());
                    played.refusals.push(self.refusal(statement, &error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// Who plays: tables for which another one speaks, because definition, wish and statements are the same but for the
    /// name, and the shapes of those that speak.
    fn cast(&self) -> Cast {
        let nobody = TableName::new("");
        let mut own: BTreeMap<&TableName, Vec<&DraftStatement>> = BTreeMap::new();
        let mut apart: BTreeSet<TableName> = BTreeSet::new();
        for statement in &self.draft.statements {
            own.entry(&statement.table).or_default().push(statement);
            if renamed_statement(&statement.statement, &statement.table, &nobody).is_none() {
                apart.insert(statement.table.clone());
                if let Statement::RenameTable { from, to } = &statement.statement {
                    apart.extend([from.clone(), to.clone()]);
                }
            }
        }
        for edge in &self.observed.edges {
            apart.extend([edge.child.clone(), edge.parent.clone()]);
        }
        for desired in self.open {
            for foreign_key in &desired.canonical.foreign_keys {
                apart.extend([desired.canonical.name.clone(), foreign_key.referenced_table.clone()]);
            }
        }
        let mut speakers: BTreeMap<Key, TableName> = BTreeMap::new();
        let mut spoken_for = BTreeMap::new();
        let mut shapes = BTreeMap::new();
        for (name, statements) in own {
            if apart.contains(name) {
                continue;
            }
            let live = self.surroundings.definitions.get(name).and_then(|definition| definition.table().ok());
            let wish = self.open.iter().find(|desired| desired.declared.table.name == *name);
            let shape = (
                live.map(|live| without_counter(renamed(live, &nobody))),
                wish.map(|wish| renamed(&wish.canonical, &nobody)),
                statements
                    .iter()
                    .map(|statement| (renamed_statement(&statement.statement, name, &nobody), &statement.candidates))
                    .collect::<Vec<_>>(),
            );
            let key = Key::new(self.observed, "rehearsed", &shape);
            match speakers.get(&key) {
                Some(speaker) => {
                    spoken_for.insert(name.clone(), speaker.clone());
                }
                None => {
                    shapes.insert(name.clone(), key.clone());
                    speakers.insert(key, name.clone());
                }
            }
        }
        Cast { spoken_for, shapes }
    }

    /// Fills in what earlier rehearsals of the same shapes found; names the tables that need none now.
    fn remember(&self, memory: &Memory, shapes: &BTreeMap<TableName, Key>, played: &mut Played) -> BTreeSet<TableName> {
        let places = self.places();
        let mut remembered = BTreeSet::new();
        for (name, key) in shapes {
            let (Some(known), Some(places)) = (memory.rehearsed(key), places.get(name)) else { continue };
            if known.len() != places.len() {
                continue;
            }
            for (place, (choice, end)) in places.iter().zip(known) {
                played.chosen[*place] = Some(choice);
                played.after[*place] = of_another_name(&end, name);
            }
            remembered.insert(name.clone());
        }
        remembered
    }

    fn keep(&self, memory: &Memory, shapes: &BTreeMap<TableName, Key>, played: &Played) {
        let places = self.places();
        for (name, key) in shapes.iter().filter(|(name, _)| !played.failed.contains(*name)) {
            let Some(places) = places.get(name) else { continue };
            let found: Option<Vec<(Chosen, After)>> =
                places.iter().map(|place| Some((played.chosen[*place]?, played.after[*place].clone()))).collect();
            if let Some(found) = found {
                memory.keep_rehearsed(key.clone(), found);
            }
        }
    }

    /// Places of the statements of each table.
    pub(super) fn places(&self) -> BTreeMap<&TableName, Vec<usize>> {
        let mut places: BTreeMap<&TableName, Vec<usize>> = BTreeMap::new();
        for (index, statement) in self.draft.statements.iter().enumerate() {
            places.entry(&statement.table).or_default().push(index);
        }
        places
    }

    /// Copies what the shown tables found to those they speak for.
    fn speak(&self, spoken_for: &BTreeMap<TableName, TableName>, played: &mut Played) {
        let places = self.places();
        for (name, speaker) in spoken_for {
            let (Some(own), Some(theirs)) = (places.get(name), places.get(speaker)) else { continue };
            for (own, theirs) in own.iter().zip(theirs) {
                played.chosen[*own] = played.chosen[*theirs];
                played.after[*own] = of_another_name(&played.after[*theirs], name);
            }
        }
    }

    /// Creates copies of the live tables that are changed, and of their relatives without further relations. One of which
    /// the server does not take its own text fails.
    async fn set(
        &self,
        scratch: &mut Scratch,
        silent: &impl Fn(&TableName) -> bool,
        played: &mut Played,
    ) -> Result<(), MysqlError> {
        let dialect = self.observed.facts().dialect();
        let mut partial = false;
        scratch.foreign_key_checks(false).await?;
        for (name, definition) in &self.surroundings.definitions {
            if silent(name) {
                continue;
            }
            let Ok(table) = definition.table() else { continue };
            let inner = self.copy_of(name, table);
            let inner = match self.reduction(name) {
                Some(reduction) => reduction.without(&inner),
                None => inner,
            };
            let text = if inner == *table {
                definition.text.clone()
            } else {
                sql::print_create_table(&inner, Style::Plain, dialect)
            };
            let made = match scratch.make_again(&text).await {
                Err(error) if error.code == Some(INVISIBLE_PRIMARY) => {
                    let reordered = sql::print_create_table(&invisible_last(inner), Style::Plain, dialect);
                    scratch.make_again(&reordered).await
                }
                Err(error) if error.code == Some(PARTIAL_KEY) && !partial => {
                    partial = true;
                    scratch.partial_foreign_keys(true).await?;
                    scratch.make_again(&text).await
                }
                made => made,
            };
            match made {
                Ok(()) => {}
                Err(error) if is_about_the_table(&error) => {
                    played.failed.insert(name.clone());
                    played.refusals.push(self.not_made_again(name, &error));
                }
                Err(error) => return Err(error),
            }
        }
        if partial {
            scratch.partial_foreign_keys(false).await?;
        }
        scratch.foreign_key_checks(true).await
    }

    /// A copy that refers to nothing outside of the stage.
    fn copy_of(&self, name: &TableName, table: &Table) -> Table {
        let mut copy = without_outside(table);
        if !self.surroundings.open.contains(name) {
            copy.foreign_keys
                .retain(|foreign_key| self.surroundings.definitions.contains_key(&foreign_key.referenced_table));
        }
        copy
    }

    async fn read_back(&self, scratch: &mut Scratch, statement: &Statement) -> Result<After, MysqlError> {
        let name = match statement {
            Statement::CreateTable(table) => &table.name,
            Statement::AlterTable(alter) => &alter.table,
            Statement::RenameTable { to, .. } => to,
            Statement::DropTable(_) => return Ok(After::Absent),
        };
        let Some(text) = scratch.show_create(name).await? else { return Ok(After::Absent) };
        Ok(match meaning(&text, self.observed.facts(), &self.observed.defaults) {
            Ok(table) => {
                let whole = match self.reduction(&table.name) {
                    Some(reduction) => reduction.with(table),
                    None => table,
                };
                After::Definition(Box::new(whole))
            }
            Err(_) => After::Unknown,
        })
    }

    /// What the copy of a live table does without.
    fn reduction(&self, name: &TableName) -> Option<Reduction> {
        let live = self.surroundings.definitions.get(name)?.table().ok()?;
        live.partitioning.as_ref()?;
        let desired = self.open.iter().find(|desired| desired.declared.table.name == *name)?;
        let drops = self.draft.statements.iter().any(|statement| match &statement.statement {
            Statement::DropTable(dropped) => dropped == name,
            Statement::RenameTable { from, to } => from == name || to == name,
            Statement::CreateTable(_) | Statement::AlterTable(_) => false,
        });
        if drops { None } else { Reduction::of(live, &desired.canonical) }
    }

    fn not_made_again(&self, name: &TableName, error: &MysqlError) -> Refusal {
        let message = format!(
            "the server does not take the live definition of `{name}` as it shows it, so that nothing can be tried on a \
             copy ({}); change it by hand",
            in_words(error)
        );
        self.refused(name, RefusalReason::NotProvable, message)
    }

    fn refusal(&self, statement: &DraftStatement, error: &MysqlError) -> Refusal {
        let reason = match (reason_of(error), &statement.statement) {
            // A definition that the server took as a new table, but not as a change of the live one.
            (RefusalReason::InvalidDefinition, Statement::AlterTable(_))
                if error.kind != MysqlErrorKind::NoSuchTable =>
            {
                RefusalReason::NotConvertible
            }
            (reason, _) => reason,
        };
        let text = sql::print_statement(&statement.statement, self.observed.facts().dialect());
        let live: Vec<&Table> =
            self.surroundings.definitions.values().filter_map(|definition| definition.table().ok()).collect();
        let advice = error
            .code
            .and_then(|code| advice(code, statement, live.into_iter()))
            .map(|advice| format!(": {advice}"))
            .unwrap_or_default();
        let message = format!("{}{advice}; the statement was: {text}", in_words(error));
        self.refused(&statement.table, reason, message)
    }

    /// With where the table was declared, if it was.
    fn refused(&self, name: &TableName, reason: RefusalReason, message: String) -> Refusal {
        match self.declared_of(name) {
            Some(declared) => refuse(declared, reason, &message),
            None => Refusal { table: name.as_str().to_owned(), reason, message },
        }
    }

    fn declared_of(&self, name: &TableName) -> Option<&DesiredTable> {
        declared(self.open, name).or_else(|| {
            self.open.iter().map(|desired| &desired.declared).find(|declared| declared.renamed_from.contains(name))
        })
    }

    /// Compares where the statements ended with what is desired.
    async fn compare(
        &self,
        stage: &mut Stage<'_>,
        memory: &Memory,
        after: &[After],
        failed: &BTreeSet<TableName>,
    ) -> Result<Vec<Refusal>, StageError> {
        let mut ends: BTreeMap<TableName, &Table> = BTreeMap::new();
        for (statement, after) in self.draft.statements.iter().zip(after) {
            match after {
                After::Definition(table) if !failed.contains(&statement.table) => {
                    ends.insert(table.name.clone(), table);
                }
                After::Unknown => drop(ends.remove(&statement.table)),
                After::Definition(_) | After::Absent => {}
            }
        }
        let mut compared: Vec<Desired> = self
            .open
            .iter()
            .filter(|desired| desired.declared.ensure == Ensure::Present)
            .filter(|desired| ends.contains_key(&desired.declared.table.name))
            .map(|desired| {
                let mut canonical = without_outside(&desired.canonical);
                canonical.name = desired.declared.table.name.clone();
                Desired { declared: desired.declared.clone(), canonical }
            })
            .collect();
        let live = LiveSchema {
            tables: ends
                .iter()
                .map(|(name, table)| (name.clone(), LiveTable { table: (*table).clone(), history: History::default() }))
                .chain(self.surroundings.definitions.iter().filter_map(|(name, definition)| {
                    let table = definition.table().ok()?;
                    (!ends.contains_key(name) && !self.surroundings.open.contains(name))
                        .then(|| (name.clone(), LiveTable { table: table.clone(), history: History::default() }))
                }))
                .collect(),
            ..LiveSchema::default()
        };
        let mut rest = diff::tables(&live, &compared, self.observed.facts());
        if !rest.changes.is_empty() {
            // The stage has served: its tables make room for the question.
            stage.clear().await?;
            for desired in &mut compared {
                let Some(end) = ends.get(&desired.declared.table.name) else { continue };
                settled::settle(stage, memory, self.observed, desired, end).await?;
            }
            rest = diff::tables(&live, &compared, self.observed.facts());
        }
        Ok(rest.changes.iter().filter_map(|change| self.not_proved(change)).collect())
    }

    fn not_proved(&self, change: &Change) -> Option<Refusal> {
        let (name, what) = match change {
            Change::AlterTable(difference) => {
                (&difference.desired.name, format!("it would still have to {}", plan::describe(&difference.changes)))
            }
            Change::CreateTable { table, .. } => (&table.name, "it would still be missing".to_owned()),
            Change::RenameTable { to, .. } => (to, "it would still have its live name".to_owned()),
            // Tables outside of the comparison.
            Change::DropTable { .. } => return None,
        };
        let message = format!(
            "rehearsed on this server, the statements do not end at the desired definition: {what}; report this with \
             both definitions"
        );
        Some(self.refused(name, RefusalReason::NotProvable, message))
    }
}

/// Without a primary key, the first UNIQUE key over what is never NULL counts as one and may not be invisible: of the
/// definition as it is written (3522). SHOW CREATE TABLE then shows keys over whole columns first, be they invisible.
fn invisible_last(mut table: Table) -> Table {
    table.indexes.sort_by_key(|index| !index.visible);
    table
}

fn of_another_name(after: &After, name: &TableName) -> After {
    match after {
        After::Definition(table) => After::Definition(Box::new(renamed(table, name))),
        After::Absent => After::Absent,
        After::Unknown => After::Unknown,
    }
}

fn without_counter(mut table: Table) -> Table {
    table.options.auto_increment = None;
    table
}

/// The statement without what reaches outside of the scratch schema; `None` where nothing is left.
fn inside(statement: Statement) -> Option<Statement> {
    match statement {
        Statement::CreateTable(table) if reaches_outside(&table) => {
            Some(Statement::CreateTable(Box::new(without_outside(&table))))
        }
        Statement::AlterTable(mut alter) => {
            alter.clauses.retain_mut(stays_inside);
            (!alter.clauses.is_empty()).then_some(Statement::AlterTable(alter))
        }
        Statement::CreateTable(_) | Statement::DropTable(_) | Statement::RenameTable { .. } => Some(statement),
    }
}

/// Whether something of a clause is left within the schema: not a foreign key to another, nor a tablespace or directory.
fn stays_inside(clause: &mut AlterClause) -> bool {
    if let AlterClause::AddForeignKey(key) = clause {
        return key.referenced_schema.is_none();
    }
    if let AlterClause::Options { set, reset } = clause {
        let had = set.tablespace.is_some() || set.data_directory.is_some() || set.index_directory.is_some();
        set.tablespace = None;
        set.data_directory = None;
        set.index_directory = None;
        return !had || **set != TableOptions::default() || !reset.is_empty();
    }
    true
}

/// Whether an ALTER adds a foreign key to another schema.
fn makes_outer_key(statement: &Statement) -> bool {
    let outer =
        |clause: &AlterClause| matches!(clause, AlterClause::AddForeignKey(key) if key.referenced_schema.is_some());
    matches!(statement, Statement::AlterTable(alter) if alter.clauses.iter().any(outer))
}

/// Tables of which something could not be rehearsed, because it reaches outside of the schema.
pub(super) fn not_inside(draft: &Draft) -> BTreeSet<TableName> {
    let whole =
        |statement: &&DraftStatement| inside(statement.statement.clone()).as_ref() != Some(&statement.statement);
    draft.statements.iter().filter(whole).map(|statement| statement.table.clone()).collect()
}
