//! What MySQL is expected to need for one change, as measured on 9.7 and as the manual has it. The server has the last
//! word: the expectation decides how changes are split into statements, and what is shown where no server was asked.
//! <https://dev.mysql.com/doc/refman/9.0/en/innodb-online-ddl-operations.html>

use crate::diff::{History, OptionsChange, PartitionChange, TableChange, TableDifference};
use crate::model::{
    Column, ColumnDefault, DataType, Dialect, GeneratedKind, Index, IndexKind, InstantAdd, KeyTarget, Table,
    TableOptions,
};
use crate::sql;

/// How much a change needs, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `ALGORITHM=INSTANT`.
    Instant,
    /// A virtual column is dropped: INSTANT, but only by itself.
    VirtualDrop,
    /// In place, nothing but the definition.
    Metadata,
    /// In place, reads the table, writes go on.
    Online,
    /// In place, reads the table, writes wait.
    Shared,
    /// In place, writes the table anew, writes go on.
    Rebuild,
    /// Copies the table.
    Copy,
}

/// The table as it is while a statement runs.
pub(super) struct Context<'a> {
    pub(super) difference: &'a TableDifference,
    pub(super) dialect: Dialect,
    /// What it has been through.
    pub(super) history: History,
}

impl Context<'_> {
    fn live(&self) -> &Table {
        &self.difference.live
    }

    fn is_innodb(&self) -> bool {
        self.live().options.engine.as_deref() == Some("InnoDB")
    }

    /// A table with a FULLTEXT index refuses INSTANT for columns (1846), so do ROW_FORMAT=COMPRESSED ones.
    fn refuses_instant_columns(&self) -> bool {
        self.history.forbids_instant()
            || self.live().indexes.iter().any(|index| index.kind == IndexKind::Fulltext)
            || self.live().options.row_format.as_deref() == Some("COMPRESSED")
    }

    /// Whether any virtual column has an index: none of them can then be dropped by INSTANT (1845).
    fn indexes_virtual(&self) -> bool {
        self.live().columns.iter().any(|column| column.is_virtual() && self.indexed(column))
    }

    /// Whether a column can be put at a place only by a copy.
    fn copies_to_place(&self) -> bool {
        self.dialect.copies_to_place_beside_virtual() && self.live().columns.iter().any(Column::is_virtual)
    }

    fn indexed(&self, column: &Column) -> bool {
        let names = |target: &KeyTarget| match target {
            KeyTarget::Column { name, .. } => name.same(&column.name),
            KeyTarget::Expression(expression) => {
                sql::expression_columns(expression).iter().any(|name| name.same(&column.name))
            }
        };
        let primary = self.live().primary_key.iter().flat_map(|key| &key.parts);
        primary.chain(self.live().indexes.iter().flat_map(|index| &index.parts)).any(|part| names(&part.target))
    }
}

fn generated_kind(column: &Column) -> Option<GeneratedKind> {
    column.generated.as_ref().map(|generated| generated.kind)
}

/// What one change needs.
pub(super) fn kind(change: &TableChange, context: &Context<'_>) -> Kind {
    if !context.is_innodb() {
        return Kind::Copy;
    }
    let kind = kind_of(change, context);
    // 1846: written anew in place, its FULLTEXT indexes would have to be built along with it.
    let fulltext = context.live().indexes.iter().any(|index| index.kind == IndexKind::Fulltext);
    if kind == Kind::Rebuild && fulltext { Kind::Copy } else { kind }
}

fn kind_of(change: &TableChange, context: &Context<'_>) -> Kind {
    match change {
        TableChange::AddColumn { column, position, .. } => add_column(column, position.is_some(), context),
        TableChange::DropColumn { column } => drop_column(column, context),
        TableChange::RenameColumn { .. } if !context.dialect.instant_rename() => Kind::Metadata,
        TableChange::RenameColumn { .. } => Kind::Instant,
        TableChange::ModifyColumn { live, desired, .. } => modify_column(live, desired, context),
        TableChange::MoveColumn { .. } if context.copies_to_place() => Kind::Copy,
        TableChange::MoveColumn { .. } if context.dialect.instant_move() && !context.refuses_instant_columns() => {
            Kind::Instant
        }
        TableChange::MoveColumn { .. } => Kind::Rebuild,
        TableChange::ReplaceColumn { .. } => Kind::Copy,
        TableChange::AddPrimaryKey(_) | TableChange::ChangePrimaryKey { .. } => Kind::Rebuild,
        TableChange::DropPrimaryKey(_) => Kind::Copy,
        TableChange::AddIndex(index) => add_index(index),
        TableChange::ChangeIndex { live, desired } => {
            if silently_ignored(live, desired) && serves_foreign_key(live, context) {
                Kind::Copy
            } else {
                add_index(desired)
            }
        }
        TableChange::DropIndex(_)
        | TableChange::RenameIndex { .. }
        | TableChange::SetIndexVisibility { .. }
        | TableChange::DropForeignKey(_) => Kind::Metadata,
        // With foreign_key_checks on, which a plan never switches off.
        TableChange::AddForeignKey(_) | TableChange::ChangeForeignKey { .. } => Kind::Copy,
        TableChange::AddCheck(check) | TableChange::SetCheckEnforced { check } => check_kind(check.enforced),
        TableChange::ChangeCheck { desired, .. } => check_kind(desired.enforced),
        TableChange::DropCheck(_) => Kind::Instant,
        TableChange::Options(options) => options_kind(options),
        TableChange::Partitions(partitions) => match partitions {
            PartitionChange::PartitionBy { .. } | PartitionChange::Remove { .. } => Kind::Copy,
            PartitionChange::Add(_) | PartitionChange::Drop(_) => Kind::Online,
            PartitionChange::AddCount(_) | PartitionChange::Reorganize { .. } | PartitionChange::Coalesce(_) => {
                Kind::Shared
            }
        },
    }
}

fn check_kind(enforced: bool) -> Kind {
    if enforced { Kind::Copy } else { Kind::Instant }
}

fn add_column(column: &Column, placed: bool, context: &Context<'_>) -> Kind {
    let instant = match context.dialect.instant_add() {
        InstantAdd::Anywhere => true,
        InstantAdd::Last => !placed,
        InstantAdd::Nowhere => false,
    };
    // A CHECK of its own is not looked at on the way of metadata: rows that exist must satisfy it.
    if column.check.is_some() || (placed && context.copies_to_place()) {
        return Kind::Copy;
    }
    match generated_kind(column) {
        Some(GeneratedKind::Stored) => Kind::Copy,
        Some(GeneratedKind::Virtual) if placed => Kind::Copy,
        Some(GeneratedKind::Virtual) => Kind::Instant,
        // Its key must come in the same statement.
        None if column.auto_increment => Kind::Copy,
        None if matches!(column.default, Some(ColumnDefault::Expression(_))) => Kind::Copy,
        None if context.refuses_instant_columns() || !instant || starts_at_zero(column) => Kind::Rebuild,
        None => Kind::Instant,
    }
}

/// Rows would get a zero date, which INSTANT does not give.
fn starts_at_zero(column: &Column) -> bool {
    column.nullable == Some(false)
        && column.default.is_none()
        && matches!(column.data_type, DataType::Date | DataType::DateTime { .. } | DataType::Timestamp { .. })
}

fn drop_column(column: &Column, context: &Context<'_>) -> Kind {
    let can = context.dialect.instant_drop();
    if context.indexed(column) {
        return if generated_kind(column).is_none() { Kind::Rebuild } else { Kind::Copy };
    }
    match generated_kind(column) {
        Some(GeneratedKind::Virtual) if context.indexes_virtual() => Kind::Metadata,
        Some(GeneratedKind::Virtual) => Kind::VirtualDrop,
        Some(GeneratedKind::Stored) | None if can && !context.refuses_instant_columns() => Kind::Instant,
        Some(GeneratedKind::Stored) | None => Kind::Rebuild,
    }
}

fn modify_column(live: &Column, desired: &Column, context: &Context<'_>) -> Kind {
    // What the statement leaves as it is, is compared as one value; what follows are the aspects one by one.
    let Column {
        name: _,
        data_type,
        nullable,
        default: _,
        on_update: _,
        auto_increment,
        generated,
        visible: _,
        comment: _,
        check,
        format,
        storage,
        engine_attribute: _,
        secondary_engine_attribute: _,
        not_secondary: _,
    } = live;
    let mut kind = Kind::Instant;
    if *data_type != desired.data_type {
        kind = kind.max(type_change(data_type, &desired.data_type, context.indexed(desired)));
    }
    if *nullable != desired.nullable {
        kind = kind.max(Kind::Rebuild);
    }
    // As metadata it would be taken without a look at the rows.
    if desired.check.is_some() && *check != desired.check {
        kind = Kind::Copy;
    }
    if *auto_increment != desired.auto_increment || *generated != desired.generated {
        kind = Kind::Copy;
    }
    if *format != desired.format || *storage != desired.storage {
        kind = kind.max(Kind::Rebuild);
    }
    kind
}

fn type_change(live: &DataType, desired: &DataType, indexed: bool) -> Kind {
    match (live, desired) {
        (DataType::VarChar { length, characters }, DataType::VarChar { length: longer, characters: wanted }) => {
            let bytes = |length: u32| u64::from(length) * character_bytes(characters.character_set.as_deref());
            let same_class = (bytes(*length) > 255) == (bytes(*longer) > 255);
            let same_set = characters.character_set == wanted.character_set;
            let same_collation = characters.collation == wanted.collation;
            if same_set && longer >= length && same_class && (same_collation || !indexed) {
                Kind::Metadata
            } else {
                Kind::Copy
            }
        }
        (DataType::VarBinary { length }, DataType::VarBinary { length: longer }) => {
            if longer >= length && (*length > 255) == (*longer > 255) { Kind::Metadata } else { Kind::Copy }
        }
        (DataType::Enum { members, characters }, DataType::Enum { members: more, characters: wanted })
            if characters == wanted =>
        {
            appended(members, more, |count| if count > 255 { 2 } else { 1 })
        }
        (DataType::Set { members, characters }, DataType::Set { members: more, characters: wanted })
            if characters == wanted =>
        {
            appended(members, more, set_bytes)
        }
        (DataType::Char { length, characters }, DataType::Char { length: other, characters: wanted })
            if length == other =>
        {
            collation_only(characters.character_set == wanted.character_set, indexed)
        }
        (DataType::Text { size, characters, .. }, DataType::Text { size: other, characters: wanted, .. })
            if size == other =>
        {
            collation_only(characters.character_set == wanted.character_set, indexed)
        }
        // Width and zerofill are a matter of display, signedness is not.
        (DataType::Integer { kind, unsigned, .. }, DataType::Integer { kind: other, unsigned: other_unsigned, .. })
            if kind == other && unsigned == other_unsigned =>
        {
            Kind::Instant
        }
        _ => Kind::Copy,
    }
}

fn collation_only(same_set: bool, indexed: bool) -> Kind {
    if same_set && !indexed { Kind::Metadata } else { Kind::Copy }
}

fn character_bytes(character_set: Option<&str>) -> u64 {
    match character_set {
        Some("utf8mb4" | "utf16" | "utf16le" | "utf32" | "gb18030") => 4,
        Some("utf8mb3" | "utf8" | "ujis" | "eucjpms") => 3,
        Some("ucs2" | "big5" | "cp932" | "euckr" | "gb2312" | "gbk" | "sjis") => 2,
        Some(_) => 1,
        None => 4,
    }
}

fn appended(live: &[String], desired: &[String], bytes: impl Fn(usize) -> usize) -> Kind {
    if desired.starts_with(live) && bytes(live.len()) == bytes(desired.len()) { Kind::Instant } else { Kind::Copy }
}

fn set_bytes(members: usize) -> usize {
    match members {
        0..=8 => 1,
        9..=16 => 2,
        17..=24 => 3,
        25..=32 => 4,
        _ => 8,
    }
}

fn add_index(index: &Index) -> Kind {
    let functional = index.parts.iter().any(|part| matches!(part.target, KeyTarget::Expression(_)));
    match index.kind {
        IndexKind::Plain | IndexKind::Unique if functional => Kind::Shared,
        IndexKind::Plain | IndexKind::Unique => Kind::Online,
        IndexKind::Fulltext | IndexKind::Spatial => Kind::Shared,
    }
}

/// One ALTER with DROP and ADD of an index that keeps name and columns and changes only parser or KEY_BLOCK_SIZE
/// succeeds and changes nothing; two ALTERs work.
pub(super) fn silently_ignored(live: &Index, desired: &Index) -> bool {
    live.kind == desired.kind
        && live.parts == desired.parts
        && live.algorithm == desired.algorithm
        && live.comment == desired.comment
        && live.engine_attribute == desired.engine_attribute
        && (live.parser != desired.parser || live.key_block_size != desired.key_block_size)
}

fn serves_foreign_key(index: &Index, context: &Context<'_>) -> bool {
    context.live().foreign_keys.iter().any(|key| crate::diff::serves(&index.parts, key))
}

fn options_kind(change: &OptionsChange) -> Kind {
    let TableOptions {
        engine,
        character_set: _,
        collation: _,
        comment: _,
        auto_increment: _,
        row_format,
        key_block_size,
        compression: _,
        encryption,
        tablespace,
        storage,
        autoextend_size: _,
        data_directory: _,
        index_directory: _,
        stats_persistent: _,
        stats_auto_recalc: _,
        stats_sample_pages: _,
        avg_row_length: _,
        min_rows: _,
        max_rows: _,
        pack_keys: _,
        checksum: _,
        delay_key_write: _,
        insert_method: _,
        union: _,
        connection: _,
        engine_attribute: _,
        secondary_engine_attribute: _,
        secondary_engine,
    } = change.set.as_ref();
    let resets = |name: &str| change.reset.iter().any(|reset| reset == name);
    if engine.is_some() || encryption.is_some() || storage.is_some() || resets("ENCRYPTION") {
        Kind::Copy
    } else if row_format.is_some()
        || key_block_size.is_some()
        || tablespace.is_some()
        || resets("ROW_FORMAT")
        || resets("KEY_BLOCK_SIZE")
    {
        Kind::Rebuild
    } else if secondary_engine.is_some() || resets("SECONDARY_ENGINE") {
        Kind::Copy
    } else {
        Kind::Metadata
    }
}
