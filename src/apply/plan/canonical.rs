//! Asks the server for its own form of the desired tables that differ by our rules, so that what only looks different
//! causes no change. Tables that are the same but for their name are asked once.

use std::collections::BTreeMap;

use super::super::observe::{Observed, meaning};
use super::anonymous::renamed;
use super::compare::refuse;
use super::few_partitions::Reduction;
use super::memory::{Key, Memory};
use super::settled;
use super::stage::{Stage, StageError, beside};
use crate::diff::{Desired, serves};
use crate::model::{ColumnName, Ensure, Index, IndexKind, IndexName, KeyPart, KeyTarget, Table};
use crate::mysql::{Canonicalizer, MysqlError, MysqlErrorKind, Trial, Trials};
use crate::plan::proposal::{Refusal, RefusalReason};
use crate::sql::{self, Style};

/// Who is asked.
pub(super) enum Oracle<'s, 'a> {
    /// A scratch schema: takes every table whole.
    Scratch(&'s mut Stage<'a>),
    /// Temporary tables: take no foreign keys, partitions, FULLTEXT indexes and tablespaces.
    Temporary(&'s mut Canonicalizer),
}

/// Replaces the canonical form of each table that is to exist; a table that the server refuses is taken out.
pub(super) async fn ask(
    oracle: &mut Oracle<'_, '_>,
    memory: &Memory,
    observed: &Observed,
    open: Vec<Desired>,
    refusals: &mut Vec<Refusal>,
) -> Result<Vec<Desired>, StageError> {
    let mut answered: BTreeMap<Key, Result<Table, MysqlError>> = BTreeMap::new();
    let mut missing: BTreeMap<Key, &Desired> = BTreeMap::new();
    let keys: Vec<Key> = open.iter().map(|desired| settled::fresh_key(observed, desired)).collect();
    for (key, desired) in keys.iter().zip(&open) {
        if desired.declared.ensure == Ensure::Absent || answered.contains_key(key) || missing.contains_key(key) {
            continue;
        }
        // What a scratch schema told is whole, and better than what temporary tables tell.
        match memory.canonical(key) {
            Some(canonical) => drop(answered.insert(key.clone(), Ok(canonical))),
            None => drop(missing.insert(key.clone(), desired)),
        }
    }
    let asked: Vec<&Desired> = missing.values().copied().collect();
    let answers = match oracle {
        Oracle::Scratch(stage) => in_scratch(stage, observed, &asked).await?,
        Oracle::Temporary(canonicalizer) => as_temporary(canonicalizer, observed, &asked).await?,
    };
    for (key, answer) in missing.into_keys().zip(answers) {
        let answer = match answer {
            Err(error) if !is_about_the_table(&error) => return Err(error.into()),
            answer => answer,
        };
        if let (Ok(canonical), Oracle::Scratch(_)) = (&answer, &mut *oracle) {
            memory.keep_canonical(key.clone(), canonical.clone());
        }
        answered.insert(key, answer);
    }
    let mut kept = Vec::with_capacity(open.len());
    for (key, mut desired) in keys.iter().zip(open) {
        if desired.declared.ensure == Ensure::Absent {
            kept.push(desired);
            continue;
        }
        let name = desired.declared.table.name.clone();
        match answered.get(key) {
            Some(Ok(canonical)) => {
                desired.canonical = renamed(canonical, &name);
                let live = observed.live_name(&name).and_then(|live| observed.definitions.get(live));
                if let (Oracle::Scratch(stage), Some(Ok(live))) =
                    (&mut *oracle, live.map(|definition| definition.table()))
                {
                    settled::settle(stage, memory, observed, &mut desired, live).await?;
                }
                kept.push(desired);
            }
            Some(Err(error)) => refusals.push(refuse(&desired.declared, reason_of(error), &in_words(error))),
            None => kept.push(desired),
        }
    }
    Ok(kept)
}

/// The canonical forms, from a scratch schema: as temporary tables where those take all of the definition.
async fn in_scratch(
    stage: &mut Stage<'_>,
    observed: &Observed,
    asked: &[&Desired],
) -> Result<Vec<Result<Table, MysqlError>>, StageError> {
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    let reductions: Vec<Option<Reduction>> = asked.iter().map(|desired| reduction(observed, desired)).collect();
    let texts: Vec<(bool, String)> = asked
        .iter()
        .zip(&reductions)
        .map(|(desired, reduction)| {
            let mut stripped = without_outside(&desired.declared.table);
            if let Some(reduction) = reduction {
                stripped = reduction.without(&stripped);
            }
            // A schema that is yet to be made has other defaults than the scratch schema.
            if stripped.options.character_set.is_none() && stripped.options.collation.is_none() {
                stripped.options.character_set = Some(observed.defaults.character_set.clone());
                stripped.options.collation = Some(observed.defaults.collation.clone());
            }
            (
                fits_temporary(&desired.declared.table, &desired.canonical),
                sql::print_create_table(&stripped, Style::Plain, observed.facts().dialect()),
            )
        })
        .collect();
    let mut answers: Vec<Option<Result<Option<String>, MysqlError>>> = asked.iter().map(|_| None).collect();
    for temporary in [true, false] {
        // What a temporary table refuses is asked again as a table: only that counts.
        let places: Vec<usize> = (0..asked.len())
            .filter(|place| {
                let (fits, _) = &texts[*place];
                if temporary { *fits } else { !matches!(answers[*place], Some(Ok(_))) }
            })
            .collect();
        let trials: Vec<Trial<'_>> = places
            .iter()
            .map(|place| Trial { name: &asked[*place].declared.table.name, definition: &texts[*place].1, changes: &[] })
            .collect();
        let trials = Trials::new(&trials, temporary);
        if temporary {
            let mut companion = stage.companion(&trials).await?;
            beside(&mut companion, &trials, stage.answer(&trials)).await?;
            stage.keep(companion);
        } else if trials.messages() > 0 {
            // Every parent may be missing: what the server says of it is the rehearsal's business.
            let scratch = stage.scratch().await?;
            scratch.foreign_key_checks(false).await?;
            scratch.answer(&trials).await?;
            scratch.foreign_key_checks(true).await?;
        }
        for (place, answer) in places.iter().zip(trials.into_answers()) {
            answers[*place] = Some(answer.map(|mut texts| texts.pop()));
        }
    }
    Ok(answers
        .into_iter()
        .zip(asked)
        .zip(&reductions)
        .map(|((answer, desired), reduction)| {
            let text = answer.transpose()?.flatten();
            let ours = &desired.canonical;
            let told = read(text, observed).map(|table| match reduction {
                Some(reduction) => reduction.with(table),
                None => table,
            });
            Ok(told.map_or_else(|| ours.clone(), |table| with_outside(table, ours)))
        })
        .collect())
}

/// What need not be asked of a table that exists and has many partitions.
fn reduction(observed: &Observed, desired: &Desired) -> Option<Reduction> {
    let live = observed.live_name(&desired.declared.table.name).and_then(|live| observed.definitions.get(live))?;
    Reduction::of(live.table().ok()?, &desired.canonical)
}

/// Whether a temporary table can have all of it.
fn fits_temporary(table: &Table, canonical: &Table) -> bool {
    let options = &canonical.options;
    options.engine.as_deref() == Some("InnoDB")
        && table.foreign_keys.is_empty()
        && table.partitioning.is_none()
        // Of an index's KEY_BLOCK_SIZE, temporary tables show what InnoDB tables forget.
        && table.indexes.iter().all(|index| index.kind != IndexKind::Fulltext && index.key_block_size.is_none())
        && table.primary_key.as_ref().is_none_or(|key| key.key_block_size.is_none())
        && options.row_format.is_none()
        && options.key_block_size.is_none()
        && options.compression.is_none()
        && options.encryption.is_none()
        && options.tablespace.is_none()
        && options.autoextend_size.is_none()
}

/// The canonical forms, as far as temporary tables tell.
async fn as_temporary(
    canonicalizer: &mut Canonicalizer,
    observed: &Observed,
    asked: &[&Desired],
) -> Result<Vec<Result<Table, MysqlError>>, StageError> {
    let mut answers = Vec::with_capacity(asked.len());
    for desired in asked {
        let written = &desired.declared.table;
        let mut stripped = without_outside(written);
        stripped.foreign_keys.clear();
        stripped.partitioning = None;
        stripped.indexes.retain(|index| index.kind != IndexKind::Fulltext);
        let text = canonicalizer
            .canonical(&written.name, &sql::print_create_table(&stripped, Style::Plain, observed.facts().dialect()))
            .await;
        answers.push(text.map(|text| {
            read(Some(text), observed)
                .map_or_else(|| desired.canonical.clone(), |table| merged(table, &desired.canonical))
        }));
    }
    Ok(answers)
}

fn read(text: Option<String>, observed: &Observed) -> Option<Table> {
    meaning(&text?, observed.facts(), &observed.defaults).ok()
}

/// The table without what reaches outside of its schema: foreign keys to other schemas, tablespaces, directories.
pub(super) fn without_outside(table: &Table) -> Table {
    let mut table = table.clone();
    let (inside, outside) = std::mem::take(&mut table.foreign_keys)
        .into_iter()
        .partition(|foreign_key| foreign_key.referenced_schema.is_none());
    table.foreign_keys = inside;
    for key in outside {
        // The index that MySQL makes for it.
        let primary = table.primary_key.iter().any(|primary| serves(&primary.parts, &key));
        if let (Some(name), false) =
            (&key.name, primary || table.indexes.iter().any(|index| serves(&index.parts, &key)))
        {
            let part = |name: &ColumnName| KeyPart {
                target: KeyTarget::Column { name: name.clone(), length: None },
                descending: false,
            };
            let parts = key.columns.iter().map(part).collect();
            table.indexes.push(Index::new(Some(IndexName::new(name.as_str())), IndexKind::Plain, parts));
        }
    }
    table.options.tablespace = None;
    table.options.data_directory = None;
    table.options.index_directory = None;
    if let Some(partitioning) = &mut table.partitioning {
        for partition in &mut partitioning.partitions {
            let subpartitions = partition.subpartitions.iter_mut();
            for part in subpartitions {
                part.tablespace = None;
                part.data_directory = None;
                part.index_directory = None;
            }
            partition.tablespace = None;
            partition.data_directory = None;
            partition.index_directory = None;
        }
    }
    table
}

/// Whether [`without_outside`] would take something away.
pub(super) fn reaches_outside(table: &Table) -> bool {
    without_outside(table) != *table
}

/// Whether two canonical tables are the same, apart from the counter and from what reaches outside of the schema.
pub(in crate::apply) fn same_definition(live: &Table, expected: &Table) -> bool {
    let comparable = |table: &Table| {
        let mut table = without_outside(table);
        table.options.auto_increment = None;
        table
    };
    comparable(live) == comparable(expected)
}

/// Puts back what [`without_outside`] took.
fn with_outside(mut table: Table, ours: &Table) -> Table {
    table
        .foreign_keys
        .extend(ours.foreign_keys.iter().filter(|foreign_key| foreign_key.referenced_schema.is_some()).cloned());
    table.options.tablespace.clone_from(&ours.options.tablespace);
    table.options.data_directory.clone_from(&ours.options.data_directory);
    table.options.index_directory.clone_from(&ours.options.index_directory);
    if reaches_outside(ours) && ours.partitioning.is_some() {
        table.partitioning.clone_from(&ours.partitioning);
    }
    table
}

/// What a temporary table told, completed by what it could not have.
fn merged(mut table: Table, ours: &Table) -> Table {
    let told = std::mem::take(&mut table.indexes);
    table.indexes = ours
        .indexes
        .iter()
        .map(|index| told.iter().find(|told| told.name == index.name).unwrap_or(index).clone())
        .collect();
    table.foreign_keys.clone_from(&ours.foreign_keys);
    table.partitioning.clone_from(&ours.partitioning);
    with_outside(table, ours)
}

/// Whether an answer is about the table, and not about the server or the account.
pub(super) fn is_about_the_table(error: &MysqlError) -> bool {
    match error.kind {
        MysqlErrorKind::Refused
        | MysqlErrorKind::NoSuchTable
        | MysqlErrorKind::DataRefused
        | MysqlErrorKind::AlgorithmRefused => true,
        // A MERGE table asks for the right to write rows of its tables, which the account never has.
        MysqlErrorKind::Denied => error.code == Some(1142) && error.message.starts_with("UPDATE, DELETE command"),
        MysqlErrorKind::LoginRefused
        | MysqlErrorKind::UnknownHost
        | MysqlErrorKind::Unreachable
        | MysqlErrorKind::Tls
        | MysqlErrorKind::UnknownSchema
        | MysqlErrorKind::ConnectionLost
        | MysqlErrorKind::Deadlock
        | MysqlErrorKind::LockWaitTimeout
        | MysqlErrorKind::ReadOnly
        | MysqlErrorKind::Interrupted
        | MysqlErrorKind::Unexpected => false,
    }
}

/// The reason of a table that the server refuses.
pub(super) fn reason_of(error: &MysqlError) -> RefusalReason {
    match (error.kind, error.code) {
        // No such parent, no column or no (unique) index there.
        (_, Some(1822 | 1824 | 3734 | 6125)) | (MysqlErrorKind::NoSuchTable, _) => RefusalReason::MissingReference,
        (MysqlErrorKind::AlgorithmRefused, _) => RefusalReason::NotConvertible,
        (MysqlErrorKind::Denied, _) => RefusalReason::NotProvable,
        _ => RefusalReason::InvalidDefinition,
    }
}

/// The server's words, with its number.
pub(super) fn in_words(error: &MysqlError) -> String {
    match error.code {
        Some(code) => format!("the server refuses it: {} (error {code})", error.message),
        None => format!("the server refuses it: {}", error.message),
    }
}
