//! What was renamed, and the live schema as it is after these renames.
//!
//! A table or column is renamed only where its desired name is not live and a former name is; so a manifest may keep its
//! `renamedFrom` for ever. After `RENAME TABLE` the names that MySQL made up follow (`a_ibfk_1` becomes `b_ibfk_1`), and
//! foreign keys that refer to the table or column name the new one.
//! <https://dev.mysql.com/doc/refman/9.0/en/rename-table.html>

use std::collections::BTreeMap;

use crate::model::{ColumnName, ConstraintName, DesiredTable, Ensure, KeyTarget, ServerFacts, Table, TableName};
use crate::sql;

use super::{Desired, LiveSchema, Refusal, RefusalReason};

/// The live schema under desired names, with what it took to get there.
#[derive(Debug, Default)]
pub(super) struct Renamed {
    /// Per desired name the live table as it is after all renames.
    pub(super) tables: BTreeMap<TableName, Table>,
    /// Per desired name the live name, where it is another one.
    pub(super) table_names: BTreeMap<TableName, TableName>,
    /// Per desired table its renamed columns (live, desired).
    pub(super) columns: BTreeMap<TableName, Vec<(ColumnName, ColumnName)>>,
    /// Names that two manifests claim.
    pub(super) refusals: Vec<Refusal>,
}

/// Finds the renames and applies them to the live tables.
pub(super) fn apply(live: &LiveSchema, desired: &[Desired], server: &ServerFacts) -> Renamed {
    let case = server.lower_case_table_names;
    let mut renamed = Renamed::default();
    let is_live = |name: &TableName| live.tables.keys().find(|live| live.same(name, case));
    for item in desired {
        let declared = &item.declared;
        if declared.ensure == Ensure::Absent || is_live(&declared.table.name).is_some() {
            continue;
        }
        let Some(from) = declared.renamed_from.iter().find_map(is_live) else { continue };
        let claimed_by_manifest = desired.iter().any(|other| other.declared.table.name.same(from, case));
        let claimed_by_rename = renamed.table_names.values().any(|other| other == from);
        if claimed_by_manifest || claimed_by_rename {
            renamed.refusals.push(Refusal {
                table: declared.table.name.clone(),
                reason: RefusalReason::Conflict,
                message: format!(
                    "{}: table `{}` is to be renamed from `{from}`, which another manifest claims too; \
                     remove one of the two claims",
                    declared.origin, declared.table.name
                ),
            });
            continue;
        }
        renamed.table_names.insert(declared.table.name.clone(), from.clone());
    }
    let desired_name =
        |name: &TableName| renamed.table_names.iter().find(|(_, from)| from.same(name, case)).map(|(to, _)| to.clone());
    for item in desired {
        let name = &item.declared.table.name;
        let Some(live_name) = renamed.table_names.get(name).or_else(|| is_live(name)) else { continue };
        let Some(found) = live.tables.get(live_name) else { continue };
        let mut table = found.table.clone();
        if live_name != name && !live_name.same(name, case) {
            follow_name(&mut table, live_name, name);
        }
        table.name = name.clone();
        for key in &mut table.foreign_keys {
            if key.referenced_schema.is_none()
                && let Some(to) = desired_name(&key.referenced_table)
            {
                key.referenced_table = to;
            }
        }
        let columns = column_renames(&item.declared, &table);
        if !columns.is_empty() {
            rename_columns(&mut table, &columns);
            renamed.columns.insert(name.clone(), columns);
        }
        renamed.tables.insert(name.clone(), table);
    }
    follow_columns(&mut renamed, case);
    renamed
}

/// Names that MySQL made up from the table's name.
fn follow_name(table: &mut Table, from: &TableName, to: &TableName) {
    let follow = |name: &mut Option<ConstraintName>, infix: &str| {
        let Some(text) = name.as_ref().map(ConstraintName::as_str) else { return };
        if let Some(number) = text.strip_prefix(from.as_str()).and_then(|rest| rest.strip_prefix(infix))
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
        {
            *name = Some(ConstraintName::new(format!("{to}{infix}{number}")));
        }
    };
    for key in &mut table.foreign_keys {
        follow(&mut key.name, "_ibfk_");
    }
    for check in &mut table.checks {
        follow(&mut check.name, "_chk_");
    }
}

/// Renames of columns (live, desired), spelling included: `Id` to `id` is one.
fn column_renames(declared: &DesiredTable, live: &Table) -> Vec<(ColumnName, ColumnName)> {
    let is_desired = |name: &ColumnName| declared.table.column(name).is_some();
    let sources = |name: &ColumnName| {
        declared.column_renames.iter().filter(|(to, _)| to.same(name)).flat_map(|(_, from)| from).collect::<Vec<_>>()
    };
    // A former name that is a desired column of its own is free only if that column in turn comes from elsewhere.
    let moves_away =
        |name: &ColumnName| sources(name).into_iter().any(|from| live.column(from).is_some() && !is_desired(from));
    let mut renames: Vec<(ColumnName, ColumnName)> = Vec::new();
    let mut vacated: Vec<ColumnName> = Vec::new();
    for column in &declared.table.columns {
        if live.column(&column.name).is_some() {
            continue;
        }
        let source = sources(&column.name).into_iter().find(|from| {
            live.column(from).is_some()
                && !renames.iter().any(|(taken, _)| taken.same(from))
                && (!is_desired(from) || moves_away(from))
        });
        if let Some(found) = source.and_then(|from| live.column(from)) {
            renames.push((found.name.clone(), column.name.clone()));
            vacated.push(found.name.clone());
        }
    }
    for column in &declared.table.columns {
        let Some(found) = live.column(&column.name) else { continue };
        if vacated.iter().any(|name| name.same(&column.name)) {
            let source = sources(&column.name).into_iter().find(|from| {
                live.column(from).is_some() && !is_desired(from) && !renames.iter().any(|(taken, _)| taken.same(from))
            });
            if let Some(found) = source.and_then(|from| live.column(from)) {
                renames.push((found.name.clone(), column.name.clone()));
            }
        } else if found.name != column.name {
            renames.push((found.name.clone(), column.name.clone()));
        }
    }
    renames
}

fn renamed_to<'a>(renames: &'a [(ColumnName, ColumnName)], name: &ColumnName) -> Option<&'a ColumnName> {
    renames.iter().find(|(from, _)| from.same(name)).map(|(_, to)| to)
}

fn rename_columns(table: &mut Table, renames: &[(ColumnName, ColumnName)]) {
    let rename = |name: &mut ColumnName| {
        if let Some(to) = renamed_to(renames, name) {
            *name = to.clone();
        }
    };
    for column in &mut table.columns {
        rename(&mut column.name);
        if let Some(generated) = &mut column.generated {
            generated.expression = sql::rename_columns(&generated.expression, renames);
        }
    }
    let keys = table.primary_key.iter_mut().flat_map(|key| &mut key.parts);
    for part in keys.chain(table.indexes.iter_mut().flat_map(|index| &mut index.parts)) {
        match &mut part.target {
            KeyTarget::Column { name, .. } => rename(name),
            KeyTarget::Expression(expression) => *expression = sql::rename_columns(expression, renames),
        }
    }
    for key in &mut table.foreign_keys {
        key.columns.iter_mut().for_each(rename);
    }
    for check in &mut table.checks {
        check.expression = sql::rename_columns(&check.expression, renames);
    }
}

/// Foreign keys name the parent's columns as the parent has them now.
fn follow_columns(renamed: &mut Renamed, case: u8) {
    let Renamed { tables, columns, .. } = renamed;
    for table in tables.values_mut() {
        for key in &mut table.foreign_keys {
            if key.referenced_schema.is_some() {
                continue;
            }
            let parent = columns.iter().find(|(name, _)| name.same(&key.referenced_table, case));
            if let Some((_, renames)) = parent {
                for name in &mut key.referenced_columns {
                    if let Some(to) = renamed_to(renames, name) {
                        *name = to.clone();
                    }
                }
            }
        }
    }
}
