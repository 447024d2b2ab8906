//! A random table. What does not fit together is left out when the text is made, so that most texts are tables.

use proptest::{option::weighted, prelude::*, sample::select};

use super::expression::{Expression, number, string, truth};
use super::types::{Kind, TYPES, Type};

/// Names, some of which need their quotes.
const NAMES: &[&str] = &[
    "a",
    "b",
    "c",
    "d",
    "e",
    "Amount",
    "order",
    "with space",
    "back`tick",
    "ünïcode",
    "created_at",
    "x'y",
    "1st",
    "select",
    "UPPER",
    "dot.ted",
    "a-b",
    "$x",
    "key",
    "value",
    "status",
    "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijkl",
];
const COMMENTS: &[&str] = &[
    "''",
    "'plain'",
    "'it''s'",
    "'back\\\\slash \\n line'",
    "\"double\"",
    "'/* x */ -- #'",
    "'é ü'",
    "'%'",
    "' lead and trail '",
];

#[derive(Clone, Debug)]
pub struct Column {
    pub name: &'static str,
    pub data_type: Type,
    pub null: Option<bool>,
    pub default: Option<usize>,
    pub generated: Option<Generated>,
    pub comment: Option<&'static str>,
    pub invisible: bool,
    /// A condition of its own.
    pub check: Option<Expression>,
    pub unique: bool,
}

#[derive(Clone, Debug)]
pub struct Generated {
    pub expression: Expression,
    pub data_type: Type,
    pub words: &'static str,
}

impl Column {
    pub fn kind(&self) -> Kind {
        self.data_type().kind
    }

    pub fn data_type(&self) -> Type {
        self.generated.as_ref().map_or(self.data_type, |generated| generated.data_type)
    }

    pub fn quoted(&self) -> String {
        quoted(self.name)
    }
}

pub fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

#[derive(Clone, Debug)]
pub struct Index {
    pub words: &'static str,
    pub name: Option<&'static str>,
    pub parts: Vec<Part>,
    pub options: Vec<&'static str>,
}

#[derive(Clone, Debug)]
pub enum Part {
    Column { number: usize, prefix: Option<u32>, descending: bool },
    Expression(Expression),
}

#[derive(Clone, Debug)]
pub struct Check {
    pub name: Option<&'static str>,
    pub condition: Expression,
    pub enforced: Option<bool>,
}

#[derive(Clone, Debug)]
pub struct ForeignKey {
    pub name: Option<&'static str>,
    pub number: usize,
    pub parent: Parent,
    pub actions: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parent {
    Integers,
    Texts,
    Itself,
}

#[derive(Clone, Debug)]
pub struct Table {
    pub primary: &'static str,
    pub columns: Vec<Column>,
    pub indexes: Vec<Index>,
    pub checks: Vec<Check>,
    pub foreign_keys: Vec<ForeignKey>,
    pub options: Vec<&'static str>,
    pub partitioning: Option<&'static str>,
}

/// First lines of the primary key, with the type of `id`.
pub const PRIMARIES: &[&str] = &[
    "`id` int NOT NULL AUTO_INCREMENT PRIMARY KEY",
    "`id` int NOT NULL, PRIMARY KEY (`id`)",
    "`id` int NOT NULL, `k2` int NOT NULL DEFAULT 3, PRIMARY KEY (`id`, `k2`)",
    "`id` int NOT NULL, `k2` int NOT NULL DEFAULT 3, PRIMARY KEY (`k2` DESC, `id`)",
    "`id` int NOT NULL",
    "`id` int NOT NULL, `k2` varchar(20) NOT NULL, PRIMARY KEY (`id`, `k2`(5)) COMMENT 'pk'",
    "`id` int AUTO_INCREMENT, UNIQUE KEY `id_u` (`id`)",
];

pub const OPTIONS: &[&str] = &[
    "COMMENT='it''s \\\\ a table'",
    "COMMENT='é'",
    "DEFAULT CHARSET=latin1",
    "CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
    "COLLATE=utf8mb4_general_ci",
    "CHARSET utf8mb3",
    "ROW_FORMAT=DYNAMIC",
    "ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8",
    "ROW_FORMAT=COMPACT",
    "KEY_BLOCK_SIZE=4",
    "AUTO_INCREMENT=1000",
    "STATS_PERSISTENT=1",
    "STATS_AUTO_RECALC=0",
    "STATS_SAMPLE_PAGES=30",
    "COMPRESSION='zlib'",
    "MAX_ROWS=1000",
    "MIN_ROWS=10",
    "AVG_ROW_LENGTH=100",
    "CHECKSUM=1",
    "PACK_KEYS=1",
    "DELAY_KEY_WRITE=1",
    "ENGINE=MyISAM",
    "ENGINE=InnoDB",
    "AUTOEXTEND_SIZE=4M",
    "ENCRYPTION='N'",
];

pub const PARTITIONINGS: &[&str] = &[
    "PARTITION BY HASH (id) PARTITIONS 4",
    "PARTITION BY HASH (id) PARTITIONS 6",
    "PARTITION BY LINEAR HASH (id % 10) PARTITIONS 3",
    "PARTITION BY KEY (id) PARTITIONS 2",
    "PARTITION BY LINEAR KEY ALGORITHM=2 (id) PARTITIONS 2",
    "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20), PARTITION pm VALUES LESS THAN MAXVALUE)",
    "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20) COMMENT 'c', PARTITION p2 VALUES LESS THAN (30), PARTITION pm VALUES LESS THAN MAXVALUE)",
    "PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN (20))",
    "PARTITION BY RANGE (id) (PARTITION p1 VALUES LESS THAN (20), PARTITION p3 VALUES LESS THAN (50))",
    "PARTITION BY RANGE COLUMNS (id) (PARTITION p0 VALUES LESS THAN (10), PARTITION `p 1` VALUES LESS THAN (MAXVALUE))",
    "PARTITION BY LIST (id) (PARTITION a VALUES IN (1,2,3), PARTITION b VALUES IN (4, 5))",
    "PARTITION BY LIST (id) (PARTITION a VALUES IN (1,2), PARTITION b VALUES IN (4, 5), PARTITION c VALUES IN (3, 6))",
    "PARTITION BY LIST COLUMNS (id) (PARTITION a VALUES IN (1,2), PARTITION b VALUES IN (7))",
    "PARTITION BY RANGE (id) SUBPARTITION BY HASH (id) SUBPARTITIONS 2 (PARTITION p0 VALUES LESS THAN (10), PARTITION p1 VALUES LESS THAN MAXVALUE)",
    "PARTITION BY RANGE (id) SUBPARTITION BY KEY (id) (PARTITION p0 VALUES LESS THAN (10) (SUBPARTITION s0, SUBPARTITION s1 COMMENT 'x'), PARTITION p1 VALUES LESS THAN (20) (SUBPARTITION s2, SUBPARTITION s3))",
];

pub fn data_type() -> impl Strategy<Value = Type> {
    select(TYPES)
}

fn generated() -> impl Strategy<Value = Generated> {
    let words = select(&["AS ({0})", "AS ({0}) VIRTUAL", "GENERATED ALWAYS AS ({0}) STORED", "AS ({0}) STORED"][..]);
    let typed = |text, kind| Type { text, kind, defaults: &[] };
    let expression = prop_oneof![
        (number(2), select(&["bigint", "double", "decimal(20,4)"][..])).prop_map(move |(expression, text)| {
            let kind = if text == "bigint" { Kind::Integer } else { Kind::Decimal };
            (expression, typed(text, kind))
        }),
        (string(2), select(&["varchar(200)", "varchar(100) collate utf8mb4_bin", "text"][..])).prop_map(
            move |(expression, text)| {
                let kind = if text == "text" { Kind::LongText } else { Kind::Text };
                (expression, typed(text, kind))
            }
        ),
        truth(2).prop_map(move |expression| (expression, typed("tinyint(1)", Kind::Integer))),
    ];
    (expression, words).prop_map(|((expression, data_type), words)| Generated { expression, data_type, words })
}

pub fn column() -> impl Strategy<Value = Column> {
    (
        (select(NAMES), data_type(), prop::option::of(any::<bool>()), weighted(0.4, 0usize..20)),
        (
            weighted(0.15, generated()),
            weighted(0.2, select(COMMENTS)),
            prop::bool::weighted(0.07),
            weighted(0.08, truth(1)),
            prop::bool::weighted(0.06),
        ),
    )
        .prop_map(|((name, data_type, null, default), (generated, comment, invisible, check, unique))| Column {
            name,
            data_type,
            null,
            default,
            generated,
            comment,
            invisible,
            check,
            unique,
        })
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        8 => (0usize..8, weighted(0.2, 1u32..12), prop::bool::weighted(0.2))
            .prop_map(|(number, prefix, descending)| Part::Column { number, prefix, descending }),
        1 => prop_oneof![number(1), truth(1)].prop_map(Part::Expression),
    ]
}

pub fn index() -> impl Strategy<Value = Index> {
    let words = prop_oneof![6 => Just("KEY"), 1 => Just("INDEX"), 3 => Just("UNIQUE KEY"), 1 => Just("UNIQUE"), 1 => Just("FULLTEXT KEY"), 1 => Just("SPATIAL KEY")];
    let name = weighted(0.7, select(&["i1", "i2", "i3", "Ix", "an index", "a", "back`tick"][..]));
    let option = select(
        &["COMMENT 'x''y'", "INVISIBLE", "USING BTREE", "KEY_BLOCK_SIZE=1024", "WITH PARSER ngram", "VISIBLE"][..],
    );
    (words, name, prop::collection::vec(part(), 1..4), prop::collection::vec(option, 0..2))
        .prop_map(|(words, name, parts, options)| Index { words, name, parts, options })
}

pub fn check() -> impl Strategy<Value = Check> {
    (weighted(0.6, select(&["c1", "c2", "a check"][..])), truth(2), weighted(0.3, any::<bool>()))
        .prop_map(|(name, condition, enforced)| Check { name, condition, enforced })
}

pub fn foreign_key() -> impl Strategy<Value = ForeignKey> {
    let actions = select(
        &[
            "",
            "ON DELETE CASCADE",
            "ON UPDATE CASCADE ON DELETE RESTRICT",
            "ON DELETE NO ACTION",
            "ON DELETE SET NULL",
            "ON UPDATE RESTRICT",
        ][..],
    );
    let parent = select(&[Parent::Integers, Parent::Texts, Parent::Itself][..]);
    (weighted(0.6, select(&["f1", "f2", "a key"][..])), 0usize..4, parent, actions)
        .prop_map(|(name, number, parent, actions)| ForeignKey { name, number, parent, actions })
}

pub fn table() -> impl Strategy<Value = Table> {
    (
        select(PRIMARIES),
        prop::collection::vec(column(), 1..8),
        prop::collection::vec(index(), 0..4),
        prop::collection::vec(check(), 0..2),
        prop::collection::vec(foreign_key(), 0..2),
        prop::collection::vec(select(OPTIONS), 0..3),
        weighted(0.15, select(PARTITIONINGS)),
    )
        .prop_map(|(primary, columns, indexes, checks, foreign_keys, options, partitioning)| Table {
            primary,
            columns,
            indexes,
            checks,
            foreign_keys,
            options,
            partitioning,
        })
}
