//! Columns: which are added, dropped, modified, moved.

use crate::model::{
    CharacterSpec, Column, ColumnDefault, ColumnName, DataType, Dialect, Expression, Generated, GeneratedKind,
    Position, Table,
};
use crate::sql;

use super::change::TableChange;
use super::order;

/// Whether two canonical columns are the same, names apart. Destructured in full, so that a new field cannot be
/// forgotten here.
pub(crate) fn same_definition(live: &Column, desired: &Column) -> bool {
    let Column {
        name: _,
        data_type,
        nullable,
        default,
        on_update,
        auto_increment,
        generated,
        visible,
        comment,
        check,
        format,
        storage,
        engine_attribute,
        secondary_engine_attribute,
        not_secondary,
    } = live;
    *data_type == desired.data_type
        && *nullable == desired.nullable
        && same_default(default.as_ref(), desired.default.as_ref())
        && *on_update == desired.on_update
        && *auto_increment == desired.auto_increment
        && same_generated(generated.as_ref(), desired.generated.as_ref())
        && *visible == desired.visible
        && *comment == desired.comment
        && same_check(check.as_ref(), desired.check.as_ref())
        && *format == desired.format
        && *storage == desired.storage
        && *engine_attribute == desired.engine_attribute
        && *secondary_engine_attribute == desired.secondary_engine_attribute
        && *not_secondary == desired.not_secondary
}

/// Whether two defaults are the same.
pub(crate) fn same_default(live: Option<&ColumnDefault>, desired: Option<&ColumnDefault>) -> bool {
    match (live, desired) {
        (Some(ColumnDefault::Expression(live)), Some(ColumnDefault::Expression(desired))) => {
            sql::same_expression(live, desired)
        }
        (live, desired) => live == desired,
    }
}

fn same_check(live: Option<&Expression>, desired: Option<&Expression>) -> bool {
    match (live, desired) {
        (None, None) => true,
        (Some(live), Some(desired)) => sql::same_expression(live, desired),
        (None, Some(_)) | (Some(_), None) => false,
    }
}

fn same_generated(live: Option<&Generated>, desired: Option<&Generated>) -> bool {
    match (live, desired) {
        (None, None) => true,
        (Some(live), Some(desired)) => {
            let Generated { expression, kind } = live;
            *kind == desired.kind && sql::same_expression(expression, &desired.expression)
        }
        (None, Some(_)) | (Some(_), None) => false,
    }
}

/// What MySQL keeps of a column's values, and when it computes them.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Regular,
    Virtual,
    Stored,
}

fn kind(column: &Column) -> Kind {
    match &column.generated {
        None => Kind::Regular,
        Some(generated) => match generated.kind {
            GeneratedKind::Virtual => Kind::Virtual,
            GeneratedKind::Stored => Kind::Stored,
        },
    }
}

/// Error 3106: MySQL turns only a stored column into a regular one and back; anything with virtual is drop and add.
fn needs_replacement(live: &Column, desired: &Column) -> bool {
    match (kind(live), kind(desired)) {
        (Kind::Regular, Kind::Virtual)
        | (Kind::Virtual, Kind::Regular)
        | (Kind::Virtual, Kind::Stored)
        | (Kind::Stored, Kind::Virtual) => true,
        (Kind::Regular, Kind::Regular | Kind::Stored)
        | (Kind::Stored, Kind::Regular | Kind::Stored)
        | (Kind::Virtual, Kind::Virtual) => false,
    }
}

/// Compares the columns. `live` carries desired names already; `written` is the desired table as written;
/// `renames` are the pairs (live, desired) that led to the names.
pub(super) fn changes(
    live: &Table,
    desired: &Table,
    written: &Table,
    renames: &[(ColumnName, ColumnName)],
    dialect: Dialect,
) -> Vec<TableChange> {
    let mut changes: Vec<TableChange> =
        renames.iter().map(|(from, to)| TableChange::RenameColumn { from: from.clone(), to: to.clone() }).collect();
    for column in &live.columns {
        if desired.column(&column.name).is_none() {
            changes.push(TableChange::DropColumn { column: Box::new(column.clone()) });
        }
    }
    let characters = TableCharacters::of(live, desired);
    let shown = |column: &Column| dialect.shows_named_characters() && characters.shown_otherwise(column, written);
    let kept: Vec<&Column> = live.columns.iter().filter(|column| desired.column(&column.name).is_some()).collect();
    let replaced = |column: &Column| live.column(&column.name).is_some_and(|found| needs_replacement(found, column));
    // Replaced columns are dropped and added: they have no place of their own to keep.
    let order: Vec<(usize, usize)> = desired
        .columns
        .iter()
        .enumerate()
        .filter(|(_, column)| !replaced(column))
        .filter_map(|(index, column)| {
            kept.iter().position(|found| found.name.same(&column.name)).map(|position| (index, position))
        })
        .collect();
    let stays = order::staying(&order.iter().map(|(_, position)| *position).collect::<Vec<_>>());
    let moved: Vec<usize> =
        order.iter().zip(&stays).filter(|(_, stays)| !**stays).map(|((index, _), _)| *index).collect();
    let first_of_tail = desired
        .columns
        .iter()
        .rposition(|column| live.column(&column.name).is_some() && !replaced(column))
        .map_or(0, |last| last + 1);
    // With a moved column at the end, "last" is not the end yet while the clauses are worked off.
    let tail_is_free = first_of_tail == 0 || !moved.contains(&(first_of_tail - 1));
    let mut before: Option<&Column> = None;
    for (index, column) in desired.columns.iter().enumerate() {
        let place = before.map_or(Position::First, |column| Position::After(column.name.clone()));
        let added_position = if index >= first_of_tail && tail_is_free { None } else { Some(place.clone()) };
        let to_write = Box::new(statement_column(column, written));
        match live.column(&column.name) {
            None => changes.push(TableChange::AddColumn {
                written: to_write,
                column: Box::new(column.clone()),
                position: added_position,
            }),
            Some(found) if needs_replacement(found, column) => changes.push(TableChange::ReplaceColumn {
                live: Box::new(found.clone()),
                desired: Box::new(column.clone()),
                written: to_write,
                position: added_position,
            }),
            Some(found) => {
                let mentions_renamed = column.generated.as_ref().is_some_and(|generated| {
                    sql::expression_columns(&generated.expression)
                        .iter()
                        .any(|name| renames.iter().any(|(_, to)| to.same(name)))
                });
                if !same_definition(found, column) || mentions_renamed || shown(column) {
                    changes.push(TableChange::ModifyColumn {
                        live: Box::new(found.clone()),
                        desired: Box::new(column.clone()),
                        written: to_write.clone(),
                    });
                }
                if moved.contains(&index) {
                    changes.push(TableChange::MoveColumn { written: to_write, position: place });
                }
            }
        }
        before = Some(column);
    }
    changes
}

/// The table's own character set and collation, before and after.
struct TableCharacters<'a> {
    live: CharacterPair<'a>,
    desired: CharacterPair<'a>,
}

/// A character set with a collation.
type CharacterPair<'a> = (Option<&'a str>, Option<&'a str>);

impl<'a> TableCharacters<'a> {
    fn of(live: &'a Table, desired: &'a Table) -> Self {
        let pair = |table: &'a Table| (table.options.character_set.as_deref(), table.options.collation.as_deref());
        Self { live: pair(live), desired: pair(desired) }
    }

    /// Whether a column that stays what it is would be shown otherwise than a new table shows it, because the table's pair
    /// changes under it: one that named its pair goes on to show it where the table's is the same by now, and one that
    /// inherited it shows the character set alone. The column written once more, beside the table's new pair, is shown as
    /// in a new table; that costs no more than the change of the table's pair.
    fn shown_otherwise(&self, column: &Column, written: &Table) -> bool {
        let Some(spec) = column.data_type.characters() else { return false };
        // One that is computed would be computed anew.
        if self.live == self.desired || column.generated.is_some() {
            return false;
        }
        let own = (spec.character_set.as_deref(), spec.collation.as_deref());
        let named = written
            .column(&column.name)
            .and_then(|column| column.data_type.characters())
            .is_some_and(|spec| *spec != CharacterSpec::default());
        if named { own == self.live } else { own == self.desired }
    }
}

/// The column as it is written into a statement: as the manifest has it, with NOT NULL said where it holds. What it does
/// not say of its characters it takes from the table's new pair, which is set by the same statement or an earlier one.
fn statement_column(canonical: &Column, written: &Table) -> Column {
    let Some(as_written) = written.column(&canonical.name) else { return canonical.clone() };
    let mut column = as_written.clone();
    if canonical.nullable == Some(false) {
        column.nullable = Some(false);
    }
    if let (Some(_), None) = (column.data_type.characters(), canonical.data_type.characters()) {
        // `char` under character set `binary` is a binary type: said plainly.
        column.data_type = canonical.data_type.clone();
    } else if let DataType::Text { length: Some(_), .. } | DataType::Blob { length: Some(_), .. } = &column.data_type {
        let spec = column.data_type.characters().cloned();
        column.data_type = canonical.data_type.clone();
        if let (Some(spec), Some(own)) = (spec, column.data_type.characters_mut()) {
            *own = spec;
        }
    }
    column
}
