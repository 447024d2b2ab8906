//! Changes that are alike: the server answers them with the same algorithm and lock, although tables, columns and indexes
//! have other names and other company. One of them is rehearsed, and speaks for the algorithms of the others. Pure.
//!
//! Only plain changes of plain tables are ever alike: what else a table has (FULLTEXT, generated columns, foreign keys,
//! partitions, another engine or row format …) can change the answer, and so can what is not listed here. A test on a
//! server holds this to be true: planned together and each by itself, tables get the same statements.

use std::fmt::Write as _;

use crate::model::{
    AlterClause, Column, ColumnDefault, ColumnName, DataType, Index, IndexKind, KeyTarget, Position, PrimaryKey,
    Statement, Table, TableOptions,
};
use crate::plan::DraftStatement;

/// Tables with more columns come near the 1,017 that a table can have.
const COLUMNS: usize = 500;
/// Tables with more indexes come near the 64 that a table can have.
const INDEXES: usize = 50;

/// What the server's choice of algorithms depends on: the same text for changes that are alike. `None` where only a
/// rehearsal of this very table can tell. `page_size` is InnoDB's, in bytes.
pub(super) fn likeness(live: &Table, statements: &[&DraftStatement], page_size: u32) -> Option<String> {
    let mut shape = Shape::of(live)?;
    let mut likeness = format!("checks: {}\n", shape.has_checks);
    for statement in statements {
        let Statement::AlterTable(alter) = &statement.statement else { return None };
        if alter.table != live.name {
            return None;
        }
        shape.touched.clear();
        for clause in &alter.clauses {
            writeln!(likeness, "{}", shape.clause(clause)?).ok()?;
        }
        writeln!(likeness, "{:?}", statement.candidates).ok()?;
    }
    let length: u64 = shape.lengths + live.columns.iter().map(|column| bytes_in_row(&column.data_type)).sum::<u64>();
    // INSTANT is refused where a row might no longer fit into half a page: short ones are all the same.
    if length > u64::from(page_size) / 4 {
        write!(likeness, "rows of {length} bytes").ok()?;
    }
    (shape.columns.len() <= COLUMNS && shape.indexes.len() <= INDEXES).then_some(likeness)
}

/// The table as the statements find it.
struct Shape {
    columns: Vec<Column>,
    primary_key: PrimaryKey,
    indexes: Vec<Index>,
    has_checks: bool,
    /// Columns that this very statement adds or changes.
    touched: Vec<ColumnName>,
    /// Bytes of a row that were not there before.
    lengths: u64,
}

impl Shape {
    /// `None` where the table has what can change the server's mind.
    fn of(live: &Table) -> Option<Self> {
        let Table { name: _, columns, primary_key, indexes, foreign_keys, checks, options, partitioning } = live;
        let plain = foreign_keys.is_empty()
            && partitioning.is_none()
            && plain_options(options)
            && columns.iter().all(plain_column)
            && indexes.iter().all(plain_index);
        let primary_key = primary_key.clone().filter(|key| plain && plain_primary_key(key))?;
        Some(Self {
            columns: columns.clone(),
            primary_key,
            indexes: indexes.clone(),
            has_checks: !checks.is_empty(),
            touched: Vec::new(),
            lengths: 0,
        })
    }

    /// What matters of a clause, which then counts as done.
    fn clause(&mut self, clause: &AlterClause) -> Option<String> {
        match clause {
            AlterClause::AddColumn { column, position } if plain_column(column) && !column.auto_increment => {
                self.lengths += bytes_in_row(&column.data_type);
                self.columns.push((**column).clone());
                self.touched.push(column.name.clone());
                Some(format!("add column {} {:?}", added(column), place(position.as_ref())))
            }
            AlterClause::DropColumn(name) if !self.has_checks && !self.indexed(name) => {
                let column = self.take(name)?;
                (!column.auto_increment).then(|| format!("drop column {}", added(&column)))
            }
            AlterClause::ModifyColumn { column, position }
                if !self.has_checks && plain_column(column) && !column.auto_increment =>
            {
                let live = self.take(&column.name)?;
                let indexed = (self.in_primary_key(&column.name), self.indexed(&column.name));
                self.touched.push(column.name.clone());
                self.lengths += bytes_in_row(&column.data_type);
                self.columns.push((**column).clone());
                Some(format!(
                    "modify column from {:?} to {:?}, comment {}, indexed {indexed:?}, {:?}",
                    nameless(&live),
                    nameless(column),
                    live.comment != column.comment,
                    place(position.as_ref()),
                ))
            }
            AlterClause::RenameColumn { from, to } if !self.has_checks => {
                let (indexed, touched) = (self.indexed(from), self.is_touched(from));
                let column = self.take(from)?;
                self.columns.push(Column { name: to.clone(), ..column });
                self.touched.push(to.clone());
                self.rename_in_indexes(from, to);
                (!touched).then(|| format!("rename column, indexed {indexed}"))
            }
            AlterClause::AlterColumnDefault { column, default } => {
                let live = self.columns.iter().find(|live| live.name.same(column))?;
                Some(format!("default of {} to {}", added(live), default_kind(default.as_ref())?))
            }
            AlterClause::AlterColumnVisibility { column, visible } => {
                self.columns.iter().find(|live| live.name.same(column))?;
                Some(format!("column visible {visible}"))
            }
            AlterClause::AddIndex(index) if plain_index(index) => {
                let parts: Option<Vec<String>> = index.parts.iter().map(|part| self.part(&part.target)).collect();
                let text = format!(
                    "add index {:?} {:?} visible {} over {:?} descending {:?}",
                    index.kind,
                    index.algorithm,
                    index.visible,
                    parts?,
                    index.parts.iter().map(|part| part.descending).collect::<Vec<_>>(),
                );
                self.indexes.push((**index).clone());
                Some(text)
            }
            AlterClause::DropIndex(name) => {
                let at = self.indexes.iter().position(|index| index.name.as_ref() == Some(name))?;
                let index = self.indexes.remove(at);
                Some(format!("drop index {:?}", index.kind))
            }
            AlterClause::RenameIndex { from, to } => {
                let index = self.indexes.iter_mut().find(|index| index.name.as_ref() == Some(from))?;
                index.name = Some(to.clone());
                Some(format!("rename index {:?}", index.kind))
            }
            AlterClause::AlterIndexVisibility { index, visible } => {
                let index = self.indexes.iter().find(|live| live.name.as_ref() == Some(index))?;
                Some(format!("index {:?} visible {visible}", index.kind))
            }
            AlterClause::Options { set, reset } => {
                let besides = TableOptions { comment: None, ..(**set).clone() };
                let comment = besides == TableOptions::default() && reset.iter().all(|option| option == "COMMENT");
                comment.then(|| "comment".to_owned())
            }
            AlterClause::AddColumn { .. }
            | AlterClause::DropColumn(_)
            | AlterClause::ModifyColumn { .. }
            | AlterClause::ChangeColumn { .. }
            | AlterClause::RenameColumn { .. }
            | AlterClause::AddIndex(_)
            | AlterClause::AddPrimaryKey(_)
            | AlterClause::DropPrimaryKey
            | AlterClause::AddForeignKey(_)
            | AlterClause::DropForeignKey(_)
            | AlterClause::AddCheck(_)
            | AlterClause::DropCheck(_)
            | AlterClause::AlterCheck { .. }
            | AlterClause::ConvertTo { .. }
            | AlterClause::PartitionBy(_)
            | AlterClause::RemovePartitioning
            | AlterClause::AddPartitions(_)
            | AlterClause::AddPartitionCount(_)
            | AlterClause::DropPartitions(_)
            | AlterClause::ReorganizePartitions { .. }
            | AlterClause::CoalescePartitions(_)
            | AlterClause::Force
            | AlterClause::OrderBy(_) => None,
        }
    }

    fn take(&mut self, name: &ColumnName) -> Option<Column> {
        let at = self.columns.iter().position(|column| column.name.same(name))?;
        Some(self.columns.remove(at))
    }

    fn is_touched(&self, name: &ColumnName) -> bool {
        self.touched.iter().any(|touched| touched.same(name))
    }

    fn indexed(&self, name: &ColumnName) -> bool {
        let of_indexes = self.indexes.iter().flat_map(|index| &index.parts);
        self.primary_key.parts.iter().chain(of_indexes).any(|part| names(&part.target, name))
    }

    fn in_primary_key(&self, name: &ColumnName) -> bool {
        self.primary_key.parts.iter().any(|part| names(&part.target, name))
    }

    fn rename_in_indexes(&mut self, from: &ColumnName, to: &ColumnName) {
        let of_indexes = self.indexes.iter_mut().flat_map(|index| &mut index.parts);
        for part in self.primary_key.parts.iter_mut().chain(of_indexes) {
            if let KeyTarget::Column { name, length: _ } = &mut part.target
                && name.same(from)
            {
                name.clone_from(to);
            }
        }
    }

    /// What matters of a part of a new index.
    fn part(&self, target: &KeyTarget) -> Option<String> {
        let KeyTarget::Column { name, length } = target else { return None };
        let column = self.columns.iter().find(|column| column.name.same(name))?;
        let (nullable, prefix, touched) = (column.nullable, length.is_some(), self.is_touched(name));
        Some(format!("nullable {nullable:?} prefix {prefix} touched {touched}"))
    }
}

fn names(target: &KeyTarget, column: &ColumnName) -> bool {
    match target {
        KeyTarget::Column { name, length: _ } => name.same(column),
        // Not in a plain table.
        KeyTarget::Expression(_) => true,
    }
}

/// Where, without the neighbour's name.
#[derive(Debug)]
enum Place {
    Unsaid,
    First,
    After,
}

fn place(position: Option<&Position>) -> Place {
    match position {
        None => Place::Unsaid,
        Some(Position::First) => Place::First,
        Some(Position::After(_)) => Place::After,
    }
}

fn plain_options(options: &TableOptions) -> bool {
    let besides = TableOptions {
        engine: None,
        character_set: None,
        collation: None,
        comment: None,
        auto_increment: None,
        ..options.clone()
    };
    options.engine.as_deref() == Some("InnoDB") && besides == TableOptions::default()
}

fn plain_column(column: &Column) -> bool {
    let Column {
        name: _,
        data_type,
        nullable: _,
        default,
        on_update: _,
        auto_increment: _,
        generated,
        visible: _,
        comment: _,
        check,
        format,
        storage,
        engine_attribute,
        secondary_engine_attribute,
        not_secondary,
    } = column;
    let geometry = matches!(data_type, DataType::Geometry { .. } | DataType::Vector { .. });
    !geometry
        && default_kind(default.as_ref()).is_some()
        && generated.is_none()
        && check.is_none()
        && format.is_none()
        && storage.is_none()
        && engine_attribute.is_none()
        && secondary_engine_attribute.is_none()
        && !not_secondary
}

fn plain_index(index: &Index) -> bool {
    let Index {
        name: _,
        kind,
        parts,
        algorithm: _,
        key_block_size,
        parser,
        visible: _,
        comment: _,
        engine_attribute,
        secondary_engine_attribute,
        constraint: _,
    } = index;
    matches!(kind, IndexKind::Plain | IndexKind::Unique)
        && parts.iter().all(|part| matches!(part.target, KeyTarget::Column { .. }))
        && key_block_size.is_none()
        && parser.is_none()
        && engine_attribute.is_none()
        && secondary_engine_attribute.is_none()
}

fn plain_primary_key(key: &PrimaryKey) -> bool {
    let PrimaryKey { parts: _, algorithm: _, key_block_size, comment: _, engine_attribute, secondary_engine_attribute } =
        key;
    key_block_size.is_none() && engine_attribute.is_none() && secondary_engine_attribute.is_none()
}

/// Which kind of default; `None` where its expression matters.
fn default_kind(default: Option<&ColumnDefault>) -> Option<&'static str> {
    match default {
        None => Some("no default"),
        Some(ColumnDefault::Null) => Some("NULL"),
        Some(ColumnDefault::Literal(_)) => Some("a literal"),
        Some(ColumnDefault::CurrentTimestamp(_)) => Some("the current time"),
        Some(ColumnDefault::Expression(_)) => None,
    }
}

/// What matters of a column that comes or goes: nothing of its name, its comment, its length, its members and the value
/// of its default.
fn added(column: &Column) -> String {
    let Column { nullable, default, on_update, auto_increment, visible, data_type, .. } = column;
    let data_type = match data_type {
        DataType::VarChar { length: _, characters } => format!("varchar {:?}", characters.character_set),
        DataType::VarBinary { length: _ } => "varbinary".to_owned(),
        DataType::Enum { members: _, characters } => format!("enum {:?}", characters.character_set),
        DataType::Set { members: _, characters } => format!("set {:?}", characters.character_set),
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Decimal { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Char { .. }
        | DataType::Text { .. }
        | DataType::Binary { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => format!("{data_type:?}"),
    };
    let default = default_kind(default.as_ref());
    format!("{data_type} {nullable:?} {default:?} {on_update:?} {auto_increment} {visible}")
}

/// All of a column but its name and comment.
fn nameless(column: &Column) -> Column {
    Column { name: ColumnName::new(""), comment: String::new(), ..column.clone() }
}

/// How many bytes of a row a value takes at most, generously.
fn bytes_in_row(data_type: &DataType) -> u64 {
    /// Longer values can be kept elsewhere, with this much of them left in the row at most (COMPACT keeps 768 bytes).
    const KEPT: u64 = 788;
    let variable = |bytes: u64| bytes.min(KEPT) + 2;
    1 + match data_type {
        DataType::Bit { .. }
        | DataType::Integer { .. }
        | DataType::Float { .. }
        | DataType::Date
        | DataType::Time { .. }
        | DataType::DateTime { .. }
        | DataType::Timestamp { .. }
        | DataType::Year
        | DataType::Enum { .. }
        | DataType::Set { .. } => 8,
        DataType::Decimal { .. } => 33,
        DataType::Char { length, .. } => variable(u64::from(*length) * 4),
        DataType::VarChar { length, .. } => variable(u64::from(*length) * 4),
        DataType::Binary { length } | DataType::VarBinary { length } => variable(u64::from(*length)),
        DataType::Text { .. }
        | DataType::Blob { .. }
        | DataType::Json
        | DataType::Vector { .. }
        | DataType::Geometry { .. }
        | DataType::Unmodelled { .. } => variable(KEPT),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AlterTable, Dialect};
    use crate::plan::{Candidate, Effect, Part};
    use crate::sql;

    const USERS: &str = "CREATE TABLE users (id bigint NOT NULL, name varchar(60) NOT NULL, age int DEFAULT NULL, \
                         PRIMARY KEY (id), KEY by_name (name)) ENGINE=InnoDB";
    const PARTS: &str = "CREATE TABLE parts (number int NOT NULL, label varchar(40) NOT NULL, sizes int DEFAULT NULL, \
                         weight double DEFAULT NULL, PRIMARY KEY (number), UNIQUE KEY labels (label)) ENGINE=InnoDB";

    fn of(table: &str, change: &str) -> Option<String> {
        let table = sql::parse_create_table(table, Dialect::NEWEST).unwrap();
        let text = format!("ALTER TABLE {} {change}", sql::quote_identifier(table.name.as_str()));
        let statement = sql::parse_statement(&text, Dialect::NEWEST).unwrap();
        let Statement::AlterTable(AlterTable { table: name, .. }) = &statement else { panic!("{text}") };
        let statement = DraftStatement {
            table: name.clone(),
            summary: String::new(),
            effect: Effect::Part(Part::default()),
            candidates: vec![Candidate { algorithm: None, lock: None }],
            expected: 0,
            rebuilds: false,
            statement,
        };
        likeness(&table, &[&statement], 16_384)
    }

    #[test]
    fn names_and_company_do_not_matter() {
        for (one, other) in [
            ("ADD COLUMN a varchar(10)", "ADD COLUMN b varchar(200) COMMENT 'x'"),
            ("ADD COLUMN a int DEFAULT 1 AFTER id", "ADD COLUMN b int DEFAULT 2 AFTER label"),
            ("ADD KEY a (age)", "ADD KEY b (weight)"),
            ("DROP COLUMN age", "DROP COLUMN sizes"),
            ("RENAME COLUMN age TO years", "RENAME COLUMN weight TO grams"),
            ("COMMENT='one'", "COMMENT='two'"),
        ] {
            let (one_text, other_text) = (of(USERS, one), of(PARTS, other));
            assert!(one_text.is_some() && one_text == other_text, "{one_text:?}\n{other_text:?}");
        }
    }

    #[test]
    fn what_the_server_looks_at_does() {
        for (one, other) in [
            ("ADD COLUMN a varchar(10)", "ADD COLUMN a varbinary(10)"),
            ("ADD COLUMN a int", "ADD COLUMN a int NOT NULL"),
            ("ADD COLUMN a int", "ADD COLUMN a int FIRST"),
            ("ADD COLUMN a int, ADD KEY k (a)", "ADD COLUMN a int, ADD KEY k (age)"),
            ("ADD KEY k (age)", "ADD UNIQUE KEY k (age)"),
            ("ADD KEY k (age)", "ADD KEY k (name)"),
            ("MODIFY COLUMN age bigint", "MODIFY COLUMN age int NOT NULL"),
            ("MODIFY COLUMN name varchar(63) NOT NULL", "MODIFY COLUMN name varchar(64) NOT NULL"),
            ("RENAME COLUMN age TO years", "RENAME COLUMN name TO years"),
        ] {
            let (one_text, other_text) = (of(USERS, one), of(USERS, other));
            assert!(one_text.is_some() && other_text.is_some() && one_text != other_text, "{one}: {one_text:?}");
        }
    }

    #[test]
    fn what_is_not_plain_speaks_for_itself() {
        for change in [
            "ADD FULLTEXT KEY k (name)",
            "ADD KEY k ((lower(name)))",
            "ADD COLUMN a int GENERATED ALWAYS AS (age)",
            "ADD COLUMN a int DEFAULT (age)",
            "DROP COLUMN name",
            "DROP PRIMARY KEY",
            "ROW_FORMAT=COMPRESSED",
            "ADD CONSTRAINT c CHECK (age > 0)",
        ] {
            assert_eq!(of(USERS, change), None, "{change}");
        }
        for table in [
            USERS.replace("PRIMARY KEY (id), ", ""),
            USERS.replace("KEY by_name (name)", "FULLTEXT KEY by_name (name)"),
            USERS.replace("age int DEFAULT NULL", "age int GENERATED ALWAYS AS (id)"),
            USERS.replace("ENGINE=InnoDB", "ENGINE=MyISAM"),
            format!("{USERS} ROW_FORMAT=COMPACT"),
            format!("{USERS} PARTITION BY HASH (id) PARTITIONS 2"),
        ] {
            assert_eq!(of(&table, "ADD COLUMN a int"), None, "{table}");
        }
    }

    #[test]
    fn long_rows_are_alike_only_if_they_are_as_long() {
        let columns: String = (0..6).map(|at| format!("c{at} varchar(300), ")).collect();
        let long = USERS.replace("PRIMARY KEY", &format!("{columns} PRIMARY KEY"));
        assert_ne!(of(&long, "ADD COLUMN a varchar(30)"), of(&long, "ADD COLUMN a varchar(70)"));
        let other = long.replace("KEY by_name", "KEY name");
        assert_eq!(of(&long, "ADD COLUMN a varchar(600)"), of(&other, "ADD COLUMN b varchar(700)"));
        assert_eq!(of(USERS, "ADD COLUMN a varchar(30)"), of(USERS, "ADD COLUMN a varchar(70)"));
    }
}
