//! Types as people write them, with what may stand beside them.

/// What an expression may take a column for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Decimal,
    Text,
    /// TEXT: neither a literal default nor an index without a prefix.
    LongText,
    Binary,
    /// BLOB, as [`Kind::LongText`].
    LongBinary,
    /// With a date.
    Moment,
    /// TIME and YEAR.
    Clock,
    Json,
    Bit,
    Geometry,
    Vector,
}

/// One type.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub text: &'static str,
    pub kind: Kind,
    /// Defaults that fit, each behind DEFAULT; `ON UPDATE` may follow.
    pub defaults: &'static [&'static str],
}

const INTEGERS: &[&str] =
    &["0", "1", "'2'", "3.4", "TRUE", "0x10", "b'11'", "(1 + 2)", "(abs(-3))", "-1", "'-0'", "+5"];
const DECIMALS: &[&str] = &["0", "1.005", "'1.50'", "1e1", "-2.5", "(1.5 * 2)", ".5", "'007'"];
const TEXTS: &[&str] = &[
    "''",
    "'a'",
    "'it''s'",
    "\"q\"",
    "'trail  '",
    "'é'",
    "_utf8mb4'ü'",
    "0x6162",
    "1",
    "'b\\\\c'",
    "'x\\'y'",
    "'\\n'",
    "(upper('k'))",
    "(concat('a', \"b\"))",
    "'NULL'",
    "N'n'",
    "'a%b_c'",
    "'1' '2'",
    "''''",
];
const LONG: &[&str] = &["('x')", "(concat('a', 'b'))", "(_utf8mb4'ü')", "('')"];
const BINARY: &[&str] = &["'a'", "0x00FF", "x'61'", "'a\\0b'", "b'1100001'", "''", "(unhex('6162'))"];
const MOMENTS: &[&str] = &[
    "CURRENT_TIMESTAMP",
    "now()",
    "'2020-01-02 03:04:05'",
    "'2020-1-2'",
    "(now())",
    "LOCALTIME",
    "'2021-12-31 23:59:59' ON UPDATE CURRENT_TIMESTAMP",
    "CURRENT_TIMESTAMP ON UPDATE current_timestamp()",
    "(now() + interval 1 day)",
    "20200304",
    "TIMESTAMP'2020-01-02 03:04:05'",
];
const FINE: &[&str] =
    &["CURRENT_TIMESTAMP(3)", "now(3) on update now(3)", "'2020-01-02 03:04:05.6789'", "'2020-01-02'", "(now(3))"];
const DATES: &[&str] = &[
    "'2020-01-02'",
    "'20-1-2'",
    "(curdate())",
    "20200102",
    "(current_date)",
    "'2020-01-02 00:00:00'",
    "DATE'2020-02-29'",
];
const TIMES: &[&str] = &["'01:02:03'", "'1:2'", "10", "'-838:59:59'", "(curtime())", "TIME'10:00:00'", "'100:00'"];
const YEARS: &[&str] = &["2020", "'99'", "0", "70"];

const fn of(text: &'static str, kind: Kind, defaults: &'static [&'static str]) -> Type {
    Type { text, kind, defaults }
}

/// All that the generator knows.
pub const TYPES: &[Type] = &[
    // The types of the parents' columns stand first and often: foreign keys need them.
    of("int", Kind::Integer, INTEGERS),
    of("int", Kind::Integer, INTEGERS),
    of("varchar(20)", Kind::Text, TEXTS),
    of("varchar(20)", Kind::Text, TEXTS),
    of("bigint unsigned", Kind::Integer, &["0", "1", "'18446744073709551615'"]),
    of("bigint unsigned", Kind::Integer, &["7"]),
    of("INTEGER", Kind::Integer, INTEGERS),
    of("int(11)", Kind::Integer, INTEGERS),
    of("int(5) zerofill", Kind::Integer, &["1", "'00007'"]),
    of("int signed", Kind::Integer, INTEGERS),
    of("tinyint", Kind::Integer, INTEGERS),
    of("tinyint(1)", Kind::Integer, INTEGERS),
    of("tinyint(1) unsigned", Kind::Integer, &["1"]),
    of("bool", Kind::Integer, &["TRUE", "false", "1"]),
    of("smallint unsigned", Kind::Integer, &["1", "65535"]),
    of("mediumint", Kind::Integer, INTEGERS),
    of("int4", Kind::Integer, INTEGERS),
    of("bigint", Kind::Integer, INTEGERS),
    of("dec(10,2)", Kind::Decimal, DECIMALS),
    of("numeric", Kind::Decimal, DECIMALS),
    of("decimal(8)", Kind::Decimal, DECIMALS),
    of("decimal(12,4) unsigned", Kind::Decimal, &["1.00005", "0"]),
    of("fixed(5,1)", Kind::Decimal, &["1.25"]),
    of("float", Kind::Decimal, DECIMALS),
    of("float(30)", Kind::Decimal, DECIMALS),
    of("float(7,3)", Kind::Decimal, DECIMALS),
    of("double", Kind::Decimal, DECIMALS),
    of("double precision", Kind::Decimal, DECIMALS),
    of("real", Kind::Decimal, DECIMALS),
    of("double(10,2) unsigned zerofill", Kind::Decimal, &["1.5"]),
    of("varchar(64)", Kind::Text, TEXTS),
    of("varchar(255)", Kind::Text, TEXTS),
    of("varchar(256)", Kind::Text, TEXTS),
    of("character varying(30)", Kind::Text, TEXTS),
    of("char(10)", Kind::Text, TEXTS),
    of("char", Kind::Text, &["'a'", "''"]),
    of("nchar(8)", Kind::Text, &["'a'", "N'b'"]),
    of("national varchar(12)", Kind::Text, &["'a'"]),
    of("varchar(40) charset latin1", Kind::Text, &["'a'", "'é'"]),
    of("varchar(40) character set utf8mb4 collate utf8mb4_bin", Kind::Text, TEXTS),
    of("varchar(40) collate utf8mb4_general_ci", Kind::Text, TEXTS),
    of("char(12) charset ascii", Kind::Text, &["'a'"]),
    of("varchar(20) binary", Kind::Text, &["'a'"]),
    of("varchar(20) charset utf8mb3", Kind::Text, &["'a'"]),
    of("enum('a','b','c')", Kind::Text, &["'a'", "'B'", "2"]),
    of("enum('a','b','c','d e')", Kind::Text, &["'d e'"]),
    of("enum('it''s','back\\\\slash','','x ')", Kind::Text, &["''", "'x'"]),
    of("enum('é','ü') charset latin1", Kind::Text, &["'ü'"]),
    of("set('r','w','x')", Kind::Text, &["'x,r'", "''", "3"]),
    of("set('r','w','x','y')", Kind::Text, &["'y'"]),
    of("text", Kind::LongText, LONG),
    of("tinytext", Kind::LongText, LONG),
    of("text(300)", Kind::LongText, LONG),
    of("mediumtext", Kind::LongText, LONG),
    of("longtext collate utf8mb4_bin", Kind::LongText, LONG),
    of("long varchar", Kind::LongText, LONG),
    of("binary(4)", Kind::Binary, BINARY),
    of("varbinary(30)", Kind::Binary, BINARY),
    of("char byte", Kind::Binary, &["'a'"]),
    of("blob", Kind::LongBinary, &["('a')", "(0x00)"]),
    of("tinyblob", Kind::LongBinary, &["(unhex('00'))"]),
    of("blob(70000)", Kind::LongBinary, &[]),
    of("date", Kind::Moment, DATES),
    of("datetime", Kind::Moment, MOMENTS),
    of("datetime(3)", Kind::Moment, FINE),
    of("timestamp", Kind::Moment, MOMENTS),
    of("timestamp(3)", Kind::Moment, FINE),
    of("time", Kind::Clock, TIMES),
    of("time(6)", Kind::Clock, &["'01:02:03.5'"]),
    of("year", Kind::Clock, YEARS),
    of("year(4)", Kind::Clock, YEARS),
    of("json", Kind::Json, &["('{}')", "(json_object('a', 1))", "(json_array())"]),
    of("bit", Kind::Bit, &["1", "b'1'"]),
    of("bit(12)", Kind::Bit, &["b'1010'", "0x0F", "5"]),
    of("geometry", Kind::Geometry, &["(point(1, 2))"]),
    of("point srid 4326", Kind::Geometry, &[]),
    of("polygon", Kind::Geometry, &[]),
    of("geometrycollection", Kind::Geometry, &[]),
    of("vector(8)", Kind::Vector, &[]),
];
