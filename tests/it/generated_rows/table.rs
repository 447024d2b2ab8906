//! A random table with its rows. What does not fit together is left out when the text is made, so that most texts are
//! tables; rows that the server does not take are no rows.

use proptest::{option::weighted, prelude::*, sample::select};

use super::{
    cut::{self, Cut},
    types::{CHARACTERS, TYPES, Type, UTF8MB4},
};

/// What a table is part of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// It stands alone.
    Plain,
    /// It has partitions, before or afterwards: `p` and `ts` are part of each unique key.
    Partitioned,
    /// It has a parent with rows.
    Child,
    /// It refers to itself.
    SelfReference,
}

/// How rows are told apart, besides the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Neither a key nor an `id`.
    Nothing,
    /// The token is the primary key.
    Token,
    /// `id` counts, and is the primary key.
    Counted(&'static str),
    /// `id` counts, and is unique.
    CountedUnique(&'static str),
    /// `id` is the primary key.
    Plain(&'static str),
    /// `id` is a column as others.
    Unkeyed(&'static str),
    /// Token and `id` together.
    Both(&'static str),
}

impl Key {
    /// The type of `id`, where there is one.
    pub fn id(self) -> Option<&'static str> {
        match self {
            Self::Nothing | Self::Token => None,
            Self::Counted(id) | Self::CountedUnique(id) | Self::Plain(id) | Self::Unkeyed(id) | Self::Both(id) => {
                Some(id)
            }
        }
    }

    /// The same with another type of `id`.
    pub fn of_type(self, id: &'static str) -> Self {
        match self {
            Self::Nothing => Self::Nothing,
            Self::Token => Self::Token,
            Self::Counted(_) => Self::Counted(id),
            Self::CountedUnique(_) => Self::CountedUnique(id),
            Self::Plain(_) => Self::Plain(id),
            Self::Unkeyed(_) => Self::Unkeyed(id),
            Self::Both(_) => Self::Both(id),
        }
    }

    /// Whether `id` alone is unique.
    pub fn is_id_unique(self) -> bool {
        match self {
            Self::Counted(_) | Self::CountedUnique(_) | Self::Plain(_) => true,
            Self::Nothing | Self::Token | Self::Unkeyed(_) | Self::Both(_) => false,
        }
    }

    fn counts(self) -> bool {
        match self {
            Self::Counted(_) | Self::CountedUnique(_) => true,
            Self::Nothing | Self::Token | Self::Plain(_) | Self::Unkeyed(_) | Self::Both(_) => false,
        }
    }
}

/// A column; its name stays what it is, whatever becomes of it.
#[derive(Clone, Debug)]
pub struct Column {
    pub number: u8,
    pub data_type: Type,
    /// Of [`CHARACTERS`]; otherwise the table's.
    pub characters: Option<usize>,
    pub null: bool,
    pub default: bool,
    /// A default that is computed for each row, of a new column.
    pub computed: Option<&'static str>,
}

impl Column {
    pub fn name(&self) -> String {
        format!("c{}", self.number)
    }
}

/// A generated column over the column of this number; its form is one of those that fit it.
#[derive(Clone, Debug)]
pub struct Generated {
    pub number: u8,
    pub source: usize,
    pub form: usize,
    pub stored: bool,
}

#[derive(Clone, Debug)]
pub struct Index {
    pub number: u8,
    pub unique: bool,
    pub columns: Vec<usize>,
    pub prefix: Option<u8>,
    /// Over an expression of its first column.
    pub expression: bool,
}

#[derive(Clone, Debug)]
pub struct Check {
    pub number: u8,
    pub column: usize,
    pub form: usize,
}

/// A foreign key's type, character set and actions.
#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub data_type: Type,
    pub characters: usize,
    pub there: bool,
    pub actions: &'static str,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub world: World,
    pub key: Key,
    pub columns: Vec<Column>,
    pub generated: Vec<Generated>,
    pub indexes: Vec<Index>,
    pub checks: Vec<Check>,
    pub foreign_key: ForeignKey,
    pub cut: Cut,
    /// Of [`DEFAULTS`].
    pub characters: usize,
    pub format: &'static str,
}

/// A row: numbers that choose among a column's values.
pub type Row = Vec<u8>;

/// Default character sets of tables, with their characters beside ASCII's.
pub const DEFAULTS: &[(&str, &[&str])] = &[
    ("", UTF8MB4),
    ("DEFAULT CHARSET=latin1", &["é", "ß"]),
    ("DEFAULT CHARSET=utf8mb3", &["é", "\u{6f22}"]),
    ("DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin", UTF8MB4),
    ("DEFAULT CHARSET=hebrew", &["\u{5e9}"]),
    ("DEFAULT CHARSET=ascii", &[]),
];

pub const FORMATS: &[&str] = &["", "", "ROW_FORMAT=COMPACT", "ROW_FORMAT=COMPRESSED", "ROW_FORMAT=REDUNDANT"];

pub const IDS: &[&str] = &["int", "bigint", "smallint", "tinyint", "int unsigned", "bigint unsigned", "decimal(10,0)"];

const ACTIONS: &[&str] = &["", "ON DELETE CASCADE", "ON DELETE SET NULL ON UPDATE CASCADE", "ON UPDATE CASCADE"];

pub fn data_type() -> impl Strategy<Value = Type> {
    select(TYPES)
}

pub fn characters() -> impl Strategy<Value = Option<usize>> {
    weighted(0.5, 0..CHARACTERS.len())
}

pub fn key() -> impl Strategy<Value = Key> {
    let id = || select(IDS);
    prop_oneof![
        2 => Just(Key::Nothing),
        3 => Just(Key::Token),
        3 => id().prop_map(Key::Counted),
        1 => id().prop_map(Key::CountedUnique),
        3 => id().prop_map(Key::Plain),
        1 => id().prop_map(Key::Unkeyed),
        1 => id().prop_map(Key::Both),
    ]
}

pub fn column(numbers: std::ops::Range<u8>) -> impl Strategy<Value = Column> {
    (numbers, data_type(), characters(), prop::bool::weighted(0.7), prop::bool::weighted(0.2)).prop_map(
        |(number, data_type, characters, null, default)| Column {
            number,
            data_type,
            characters,
            null,
            default,
            computed: None,
        },
    )
}

pub fn generated() -> impl Strategy<Value = Generated> {
    (0u8..3, 0usize..6, 0usize..8, any::<bool>()).prop_map(|(number, source, form, stored)| Generated {
        number,
        source,
        form,
        stored,
    })
}

pub fn index() -> impl Strategy<Value = Index> {
    (
        0u8..4,
        prop::bool::weighted(0.4),
        prop::collection::vec(0usize..6, 1..3),
        weighted(0.2, 1u8..8),
        prop::bool::weighted(0.15),
    )
        .prop_map(|(number, unique, columns, prefix, expression)| Index {
            number,
            unique,
            columns,
            prefix,
            expression,
        })
}

pub fn check() -> impl Strategy<Value = Check> {
    (0u8..3, 0usize..6, 0usize..4).prop_map(|(number, column, form)| Check { number, column, form })
}

pub fn foreign_key() -> impl Strategy<Value = ForeignKey> {
    (parent_type(), 0..CHARACTERS.len(), prop::bool::weighted(0.8), select(ACTIONS))
        .prop_map(|(data_type, characters, there, actions)| ForeignKey { data_type, characters, there, actions })
}

/// Types of a parent's key.
pub fn parent_type() -> impl Strategy<Value = Type> {
    let names = [
        "int",
        "bigint",
        "smallint",
        "int unsigned",
        "varchar(10)",
        "varchar(20)",
        "char(10)",
        "decimal(10,0)",
        "date",
        "binary(4)",
        "varbinary(20)",
    ];
    let types: Vec<Type> = TYPES.iter().filter(|data_type| names.contains(&data_type.text)).copied().collect();
    select(types)
}

pub fn table() -> impl Strategy<Value = Table> {
    let world = prop_oneof![
        5 => Just(World::Plain),
        2 => Just(World::Partitioned),
        2 => Just(World::Child),
        1 => Just(World::SelfReference),
    ];
    (
        (world, key(), prop::collection::vec(column(0..6), 1..6)),
        prop::collection::vec(generated(), 0..2),
        prop::collection::vec(index(), 0..3),
        prop::collection::vec(check(), 0..2).prop_map(|checks| checks.into_iter().skip(1).collect::<Vec<_>>()),
        (foreign_key(), cut::cut(), 0..DEFAULTS.len(), select(FORMATS)),
    )
        .prop_map(|((world, key, columns), generated, indexes, checks, (foreign_key, cut, characters, format))| {
            let mut table = Table {
                world,
                key,
                columns: first_of_each(columns),
                generated: Vec::new(),
                indexes: Vec::new(),
                checks: Vec::new(),
                foreign_key,
                cut,
                characters,
                format,
            };
            table.generated = generated.iter().map(|one| one.over(&table)).collect();
            table.indexes = indexes.iter().map(|one| one.over(&table)).collect();
            table.checks = checks.iter().map(|one| one.over(&table)).collect();
            table
        })
}

/// The first column of each name.
fn first_of_each(columns: Vec<Column>) -> Vec<Column> {
    let mut kept: Vec<Column> = Vec::new();
    for column in columns {
        if kept.iter().all(|other| other.number != column.number) {
            kept.push(column);
        }
    }
    kept
}

pub fn rows() -> impl Strategy<Value = Vec<Row>> {
    // Few numbers, so that values come again.
    prop::collection::vec(prop::collection::vec(0u8..30, 10), 0..20)
}

impl Generated {
    /// With its source as the number of a column that is there.
    pub fn over(&self, table: &Table) -> Self {
        Self { source: table.number_of(self.source), ..self.clone() }
    }
}

impl Index {
    /// As [`Generated::over`].
    pub fn over(&self, table: &Table) -> Self {
        Self { columns: self.columns.iter().map(|nth| table.number_of(*nth)).collect(), ..self.clone() }
    }
}

impl Check {
    /// As [`Generated::over`].
    pub fn over(&self, table: &Table) -> Self {
        Self { column: table.number_of(self.column), ..self.clone() }
    }
}

impl Table {
    /// The column of this number, where it is there.
    pub fn column(&self, number: usize) -> Option<&Column> {
        self.columns.iter().find(|column| usize::from(column.number) == number)
    }

    /// The number of the nth column: what stands on a column stays with it when others come and go.
    pub fn number_of(&self, nth: usize) -> usize {
        usize::from(self.columns[nth % self.columns.len()].number)
    }

    /// The characters of a column beside ASCII's.
    pub fn characters_of(&self, column: &Column) -> &'static [&'static str] {
        column.characters.map_or(DEFAULTS[self.characters].1, |number| CHARACTERS[number].1)
    }

    /// Whether `id` counts.
    pub fn counts(&self) -> bool {
        self.key.counts()
    }

    /// Whether two transactions can write rows at once: on a unique key one waits for the other.
    pub fn takes_overlapping_rows(&self) -> bool {
        self.is_keyless() && self.indexes.iter().all(|index| !index.unique)
    }

    /// Whether the table has neither a primary nor a unique key beside its indexes.
    pub fn is_keyless(&self) -> bool {
        matches!(self.key, Key::Nothing | Key::Unkeyed(_))
    }
}
