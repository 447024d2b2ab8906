//! Types with the values that rows of them have: the least, the greatest, the empty, and what other types make of them.

/// Types whose values mean the same kind of thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Integers, YEAR and BIT: exact numbers without a fraction.
    Whole,
    /// DECIMAL.
    Decimal,
    /// FLOAT and DOUBLE.
    Float,
    /// DATE, DATETIME and TIMESTAMP.
    Moment,
    /// TIME.
    Clock,
    /// CHAR and VARCHAR.
    Text,
    /// TEXT of each size: keys need a prefix of it.
    LongText,
    /// ENUM.
    Enum,
    /// SET.
    Set,
    /// BINARY and VARBINARY.
    Binary,
    /// BLOB of each size.
    LongBinary,
    /// JSON.
    Json,
    /// All geometries.
    Geometry,
    /// VECTOR.
    Vector,
}

/// One type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Type {
    /// As it stands in a definition, without a character set.
    pub text: &'static str,
    /// What its values are.
    pub family: Family,
    /// Literals of it; texts have those of their character set besides.
    pub values: &'static [&'static str],
    /// How many characters a text holds at most, or how many bytes (TEXT); 0 for everything else.
    pub holds: usize,
}

const fn of(text: &'static str, family: Family, values: &'static [&'static str]) -> Type {
    Type { text, family, values, holds: 0 }
}

const fn text(text: &'static str, family: Family, holds: usize) -> Type {
    Type { text, family, values: &[], holds }
}

/// All types that the generator knows, neighbours being those between which people change.
pub const TYPES: &[Type] = &[
    of("tinyint", Family::Whole, &["0", "1", "-1", "127", "-128", "5", "7"]),
    of("tinyint unsigned", Family::Whole, &["0", "1", "255", "128", "200"]),
    of("smallint", Family::Whole, &["0", "1", "-1", "32767", "-32768", "300"]),
    of("smallint unsigned", Family::Whole, &["0", "65535", "32768", "2020"]),
    of("mediumint", Family::Whole, &["0", "-1", "8388607", "-8388608", "70000"]),
    of("mediumint unsigned", Family::Whole, &["0", "16777215", "8388608"]),
    of("int", Family::Whole, &["0", "1", "-1", "2147483647", "-2147483648", "20200102", "70000"]),
    of("int", Family::Whole, &["0", "1", "2", "3", "100", "-5"]),
    of("int unsigned", Family::Whole, &["0", "1", "4294967295", "2147483648"]),
    of("int(6) zerofill", Family::Whole, &["0", "42", "4294967295"]),
    of(
        "bigint",
        Family::Whole,
        &[
            "0",
            "1",
            "-1",
            "9223372036854775807",
            "-9223372036854775808",
            "5000000000",
            "9007199254740993",
            "20200102030405",
        ],
    ),
    of("bigint unsigned", Family::Whole, &["0", "18446744073709551615", "9223372036854775808", "5000000000", "7"]),
    of("year", Family::Whole, &["1901", "2155", "2020", "0"]),
    of("bit(1)", Family::Whole, &["b'0'", "b'1'"]),
    of("bit(9)", Family::Whole, &["b'0'", "b'111111111'", "b'100000000'", "b'11111111'"]),
    of("bit(64)", Family::Whole, &["0", "18446744073709551615", "1"]),
    of("decimal(5,2)", Family::Decimal, &["0", "999.99", "-999.99", "1.50", "1.05", "-0.01"]),
    of("decimal(10,0)", Family::Decimal, &["0", "9999999999", "-9999999999", "42"]),
    of("decimal(10,4)", Family::Decimal, &["0", "999999.9999", "-999999.9999", "1.5", "1.0001", "123.45"]),
    of("decimal(20,6) unsigned", Family::Decimal, &["0", "99999999999999.999999", "0.000001", "5000000000"]),
    of(
        "decimal(65,30)",
        Family::Decimal,
        &[
            "0",
            "99999999999999999999999999999999999.999999999999999999999999999999",
            "-0.000000000000000000000000000001",
            "12345.678",
        ],
    ),
    of("float", Family::Float, &["0", "1.5", "0.1", "-3.4e38", "3.4e38", "1e-38", "16777217", "123456789", "-0e0"]),
    of("float(7,3)", Family::Float, &["0", "1.125", "9999.999", "-9999.999"]),
    of("float unsigned", Family::Float, &["0", "0.3", "3.4e38"]),
    of(
        "double",
        Family::Float,
        &[
            "0",
            "0.1",
            "1.7976931348623157e308",
            "-1.7976931348623157e308",
            "2.2250738585072014e-308",
            "9007199254740993",
            "1e20",
            "100.5",
            "3",
        ],
    ),
    of("double(12,2)", Family::Float, &["0", "9999999999.99", "1.25", "-7.10"]),
    of(
        "date",
        Family::Moment,
        &[
            "'2020-01-02'",
            "'1000-01-01'",
            "'9999-12-31'",
            "'2024-02-29'",
            "'0000-00-00'",
            "'2020-00-00'",
            "'1970-01-01'",
        ],
    ),
    of(
        "datetime",
        Family::Moment,
        &[
            "'2020-01-02 03:04:05'",
            "'1000-01-01 00:00:00'",
            "'9999-12-31 23:59:59'",
            "'2020-06-01 00:00:00'",
            "'2024-03-31 02:30:00'",
            "'0000-00-00 00:00:00'",
            "'2039-01-01 00:00:00'",
        ],
    ),
    of(
        "datetime(3)",
        Family::Moment,
        &[
            "'2020-01-02 03:04:05.678'",
            "'2020-01-02 23:59:59.999'",
            "'2020-01-02 03:04:05.500'",
            "'2020-01-02 00:00:00'",
        ],
    ),
    of(
        "datetime(6)",
        Family::Moment,
        &[
            "'2020-01-02 03:04:05.678901'",
            "'9999-12-31 23:59:59.499999'",
            "'2020-01-02 03:04:05.000001'",
            "'2020-07-02 00:00:00'",
        ],
    ),
    of(
        "timestamp",
        Family::Moment,
        &[
            "'2020-01-02 12:00:00'",
            "'1970-01-02 00:00:00'",
            "'2038-01-17 03:14:07'",
            "'2020-10-25 00:30:00'",
            // The second hour that a clock with summer time shows so.
            "'2020-10-25 02:30:00+01:00'",
            "'0000-00-00 00:00:00'",
            "'2020-07-01 22:30:00'",
        ],
    ),
    of(
        "timestamp(6)",
        Family::Moment,
        &["'2020-01-02 12:00:00.123456'", "'1970-01-02 00:00:00.999999'", "'2020-03-29 12:00:00'"],
    ),
    of("time", Family::Clock, &["'00:00:00'", "'838:59:59'", "'-838:59:59'", "'12:34:56'", "'-00:00:01'"]),
    of("time(3)", Family::Clock, &["'00:00:00.001'", "'12:34:56.789'", "'-12:34:56.5'", "'01:00:00'"]),
    of("time(6)", Family::Clock, &["'23:59:59.999999'", "'01:00:00.000001'", "'-838:59:58.5'"]),
    text("char(1)", Family::Text, 1),
    text("char(10)", Family::Text, 10),
    text("char(255)", Family::Text, 255),
    text("varchar(3)", Family::Text, 3),
    text("varchar(10)", Family::Text, 10),
    text("varchar(20)", Family::Text, 20),
    text("varchar(63)", Family::Text, 63),
    text("varchar(64)", Family::Text, 64),
    text("varchar(255)", Family::Text, 255),
    text("varchar(256)", Family::Text, 256),
    text("varchar(2000)", Family::Text, 2000),
    text("tinytext", Family::LongText, 255),
    text("text", Family::LongText, 65_535),
    text("text", Family::LongText, 65_535),
    text("mediumtext", Family::LongText, 70_000),
    text("longtext", Family::LongText, 70_000),
    of("enum('a','b','c')", Family::Enum, &["'a'", "'b'", "'c'"]),
    of("enum('a','b','c','d')", Family::Enum, &["'a'", "'b'", "'d'"]),
    of("enum('c','a')", Family::Enum, &["'a'", "'c'"]),
    of("enum('','12','007','long member of it')", Family::Enum, &["''", "'12'", "'007'", "'long member of it'"]),
    of("set('r','w','x')", Family::Set, &["''", "'r'", "'r,w,x'", "'x'"]),
    of("set('r','w','x','y')", Family::Set, &["'y'", "'r,y'", "'w'"]),
    of("set('x','r')", Family::Set, &["'x'", "'r,x'", "''"]),
    of("binary(1)", Family::Binary, &["0x00", "0xff", "'a'"]),
    of("binary(4)", Family::Binary, &["0x00", "0xff00ff00", "'a'", "'ab  '"]),
    of("varbinary(4)", Family::Binary, &["''", "0xff00", "'abcd'", "'a '"]),
    of("varbinary(20)", Family::Binary, &["''", "0x00", "'abcdefghijklmnopqrst'", "0xf09f9880", "'a  '"]),
    of("varbinary(300)", Family::Binary, &["''", "REPEAT(0xff, 300)", "'plain'"]),
    of("tinyblob", Family::LongBinary, &["''", "REPEAT(0xfe, 255)", "'x'"]),
    of("blob", Family::LongBinary, &["''", "REPEAT('b', 65535)", "0x00ff", "'{\"a\": 1}'"]),
    of("mediumblob", Family::LongBinary, &["''", "REPEAT('m', 65536)", "'x'"]),
    of(
        "json",
        Family::Json,
        &[
            "'{}'",
            "'null'",
            "'[1, 2, 3]'",
            "'{\"a\": 1, \"b\": \"\u{1f600}\"}'",
            "'\"text\"'",
            "'12'",
            "'{\"tags\": [1, 2], \"a\": \"x\"}'",
            "'{\"tags\": [\"no number\"]}'",
            "'{\"big\": 18446744073709551615, \"small\": 1.5e-7}'",
        ],
    ),
    of(
        "geometry",
        Family::Geometry,
        &[
            "POINT(1, 2)",
            "ST_GeomFromText('LINESTRING(0 0, 1 1)')",
            "ST_GeomFromText('POINT(1 2)', 4326)",
            "ST_GeomFromText('POLYGON((0 0,0 1,1 1,0 0))')",
        ],
    ),
    of("point", Family::Geometry, &["POINT(1, 2)", "POINT(-0.0, 1e300)", "ST_GeomFromText('POINT(1 2)', 4326)"]),
    of(
        "point srid 4326",
        Family::Geometry,
        &["ST_GeomFromText('POINT(1 2)', 4326)", "ST_GeomFromText('POINT(89.9 -179.9)', 4326)"],
    ),
    of("point srid 0", Family::Geometry, &["POINT(1, 2)", "POINT(0, 0)"]),
    of("vector(2)", Family::Vector, &["STRING_TO_VECTOR('[1,2]')", "STRING_TO_VECTOR('[0.1,-3.4e38]')"]),
    of("vector(4)", Family::Vector, &["STRING_TO_VECTOR('[1,2,3,4]')", "STRING_TO_VECTOR('[1,2]')"]),
];

/// Character sets and collations that texts have of their own, with the characters that each has beside ASCII's, the
/// last being the widest.
pub const CHARACTERS: &[(&str, &[&str])] = &[
    ("CHARACTER SET utf8mb4", UTF8MB4),
    ("CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", UTF8MB4),
    ("CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", UTF8MB4),
    ("CHARACTER SET utf8mb3", &["é", "Ω", "ß", "\u{6f22}"]),
    ("CHARACTER SET latin1", &["é", "ß", "ÿ", "\u{20ac}"]),
    ("CHARACTER SET latin1 COLLATE latin1_bin", &["é", "É"]),
    ("CHARACTER SET ascii", &[]),
    ("CHARACTER SET hebrew", &["\u{5e9}", "\u{5dc}"]),
    ("CHARACTER SET greek", &["Ω", "α"]),
    ("CHARACTER SET cp1251", &["Ж", "я"]),
    ("CHARACTER SET sjis", &["\u{6f22}", "ｱ"]),
    ("CHARACTER SET gb18030", UTF8MB4),
    ("CHARACTER SET ucs2", &["é", "\u{6f22}"]),
    ("CHARACTER SET utf16", UTF8MB4),
    ("CHARACTER SET utf32", UTF8MB4),
];

/// Characters of one to four bytes.
pub const UTF8MB4: &[&str] = &["é", "ß", "Ω", "\u{6f22}", "\u{1f600}"];

/// Texts of ASCII alone, many of which other types take.
const PLAIN: &[&str] = &[
    "''",
    "'a'",
    "'A'",
    "'b'",
    "'c'",
    "'r,w'",
    "'a  '",
    "' a'",
    "'12'",
    "'007'",
    "'-5'",
    "'300'",
    "'1.50'",
    "'1e2'",
    "'5000000000'",
    "'2020-01-02'",
    "'2020-01-02 03:04:05'",
    "'12:34:56'",
    "'not a number'",
    "'{\"a\": 1}'",
    "'{\"a\": 1, \"a\": 2}'",
    "'[1,2]'",
    "'x''y\\\\z'",
];

/// Literals of a text that holds so many characters, over these characters.
fn texts(holds: usize, characters: &[&str]) -> Vec<String> {
    let plain = PLAIN.iter().map(|text| (*text).to_owned());
    let others = characters.iter().flat_map(|one| [format!("'{one}'"), format!("'a{one}b'")]);
    let widest = characters.last().copied().unwrap_or("w");
    // A TEXT's limit is in bytes: what is too long is not inserted, and so not a row.
    let full = [
        format!("REPEAT('x', {holds})"),
        format!("REPEAT('y', {})", holds.saturating_sub(1)),
        format!("REPEAT('{widest}', {})", holds.min(255)),
        format!("REPEAT('{widest}', {})", holds.min(70_000) / widest.len()),
        format!("CONCAT(REPEAT('z', {}), ' ')", holds.saturating_sub(1)),
    ];
    plain
        .chain(others)
        .chain(full)
        .map(|text| if holds < 20 { format!("LEFT({text}, {holds})") } else { text })
        .collect()
}

impl Type {
    /// Whether it has a character set.
    pub fn has_characters(self) -> bool {
        matches!(self.family, Family::Text | Family::LongText | Family::Enum | Family::Set)
    }

    /// Literals of it, over these characters.
    pub fn literals(self, characters: &[&str]) -> Vec<String> {
        match self.family {
            Family::Text | Family::LongText => texts(self.holds, characters),
            Family::Whole
            | Family::Decimal
            | Family::Float
            | Family::Moment
            | Family::Clock
            | Family::Enum
            | Family::Set
            | Family::Binary
            | Family::LongBinary
            | Family::Json
            | Family::Geometry
            | Family::Vector => self.values.iter().map(|value| (*value).to_owned()).collect(),
        }
    }

    /// How a key names a column of it; `None` where no plain key can.
    pub fn key_part(self, prefix: Option<u8>) -> Option<String> {
        match self.family {
            Family::LongText | Family::LongBinary => Some(format!("({})", prefix.unwrap_or(5))),
            Family::Text if self.holds > 10 => Some(prefix.map(|prefix| format!("({prefix})")).unwrap_or_default()),
            Family::Text
            | Family::Whole
            | Family::Decimal
            | Family::Float
            | Family::Moment
            | Family::Clock
            | Family::Enum
            | Family::Set
            | Family::Binary => Some(String::new()),
            Family::Json | Family::Geometry | Family::Vector => None,
        }
    }

    /// A default that it takes.
    pub fn default(self) -> Option<&'static str> {
        match self.family {
            Family::Whole | Family::Decimal | Family::Float => Some("1"),
            Family::Moment => Some("'2021-05-06'"),
            Family::Clock => Some("'01:02:03'"),
            Family::Text | Family::Binary => Some("'d'"),
            Family::Enum | Family::Set => None,
            Family::LongText | Family::LongBinary => Some("('d')"),
            Family::Json => Some("(json_array(1))"),
            Family::Geometry | Family::Vector => None,
        }
    }
}
