//! The column types of MySQL 8.0 and later, synonyms already resolved.

/// A column's type. Synonyms (`integer`, `bool`, `dec`, `nchar`, `long` …) are resolved by the parser; what depends on
/// the table's character set is resolved by `normalize`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum DataType {
    /// `bit(length)`, 1 to 64. Canonical: length always given.
    Bit {
        /// Bits; as written `bit` is 1.
        length: u8,
    },
    /// `tinyint` to `bigint`.
    Integer {
        /// Which of the five sizes.
        kind: IntegerKind,
        /// `unsigned`; implied by `zerofill`.
        unsigned: bool,
        /// `zerofill`.
        zerofill: bool,
        /// Display width. Canonical: only for signed `tinyint(1)` and with `zerofill`.
        width: Option<u32>,
    },
    /// `decimal(precision, scale)`. Canonical and parsed: always both; `decimal` is (10,0).
    Decimal {
        /// Digits in all, 1 to 65.
        precision: u8,
        /// Digits after the point, 0 to 30.
        scale: u8,
        /// `unsigned`; implied by `zerofill`.
        unsigned: bool,
        /// `zerofill`.
        zerofill: bool,
    },
    /// `float` or `double`; `float(p)` is already one of them.
    Float {
        /// `double` rather than `float`.
        double: bool,
        /// `(M, D)`, deprecated but kept.
        digits: Option<(u8, u8)>,
        /// `unsigned`; implied by `zerofill`.
        unsigned: bool,
        /// `zerofill`.
        zerofill: bool,
    },
    /// `date`.
    Date,
    /// `time(fractional)`; 0 is printed without parentheses.
    Time {
        /// Fractional digits, 0 to 6.
        fractional: u8,
    },
    /// `datetime(fractional)`.
    DateTime {
        /// Fractional digits, 0 to 6.
        fractional: u8,
    },
    /// `timestamp(fractional)`.
    Timestamp {
        /// Fractional digits, 0 to 6.
        fractional: u8,
    },
    /// `year`.
    Year,
    /// `char(length)`, 0 to 255 characters.
    Char {
        /// Characters.
        length: u32,
        /// Character set and collation.
        characters: CharacterSpec,
    },
    /// `varchar(length)`.
    VarChar {
        /// Characters.
        length: u32,
        /// Character set and collation.
        characters: CharacterSpec,
    },
    /// `tinytext` to `longtext`.
    Text {
        /// Size class.
        size: TextSize,
        /// `text(n)` as written: `normalize` turns it into the size class that holds n characters. Canonical: `None`.
        length: Option<u64>,
        /// Character set and collation.
        characters: CharacterSpec,
    },
    /// `binary(length)`, 0 to 255 bytes.
    Binary {
        /// Bytes.
        length: u32,
    },
    /// `varbinary(length)`.
    VarBinary {
        /// Bytes.
        length: u32,
    },
    /// `tinyblob` to `longblob`.
    Blob {
        /// Size class.
        size: TextSize,
        /// `blob(n)` as written. Canonical: `None`.
        length: Option<u64>,
    },
    /// `enum(...)`.
    Enum {
        /// Members, unescaped, in order.
        members: Vec<String>,
        /// Character set and collation.
        characters: CharacterSpec,
    },
    /// `set(...)`.
    Set {
        /// Members, unescaped, in order.
        members: Vec<String>,
        /// Character set and collation.
        characters: CharacterSpec,
    },
    /// `json`.
    Json,
    /// `vector(dimensions)` (9.0 and later). Canonical and parsed: always given; `vector` is 2048.
    Vector {
        /// Entries, 1 to 16383.
        dimensions: u32,
    },
    /// `geometry` and its subtypes.
    Geometry {
        /// Which.
        kind: GeometryKind,
        /// `SRID n`.
        srid: Option<u32>,
    },
    /// A type that only MariaDB has, by its name: its table is refused, and the tables beside it are not.
    Unmodelled {
        /// `uuid`, `inet4` or `inet6`.
        name: String,
    },
}

/// The five integer sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IntegerKind {
    /// 1 byte.
    TinyInt,
    /// 2 bytes.
    SmallInt,
    /// 3 bytes.
    MediumInt,
    /// 4 bytes.
    Int,
    /// 8 bytes.
    BigInt,
}

/// Size class of `text` and `blob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TextSize {
    /// Up to 255 bytes.
    Tiny,
    /// Up to 65,535 bytes.
    Regular,
    /// Up to 16 MiB.
    Medium,
    /// Up to 4 GiB.
    Long,
}

/// Spatial types. `geometrycollection` is `geomcollection`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GeometryKind {
    /// `geometry`
    Geometry,
    /// `point`
    Point,
    /// `linestring`
    LineString,
    /// `polygon`
    Polygon,
    /// `multipoint`
    MultiPoint,
    /// `multilinestring`
    MultiLineString,
    /// `multipolygon`
    MultiPolygon,
    /// `geomcollection`
    GeomCollection,
}

/// Character set and collation of a character column, names in lower case.
///
/// Canonical: both are `Some` and effective (what the column really has), `binary` is false. As read from
/// `SHOW CREATE TABLE` the two may be absent (inherited); `normalize` resolves them against the table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct CharacterSpec {
    /// `CHARACTER SET`.
    pub character_set: Option<String>,
    /// `COLLATE`.
    pub collation: Option<String>,
    /// The `binary` attribute as written: the `_bin` collation of the character set.
    pub binary: bool,
}

impl DataType {
    /// Whether its values are dates, with or without a time of day: those that strict mode may refuse as zero dates.
    pub fn holds_dates(&self) -> bool {
        matches!(self, Self::Date | Self::DateTime { .. } | Self::Timestamp { .. })
    }

    /// The character set and collation, for the types that have them.
    pub fn characters(&self) -> Option<&CharacterSpec> {
        match self {
            Self::Char { characters, .. }
            | Self::VarChar { characters, .. }
            | Self::Text { characters, .. }
            | Self::Enum { characters, .. }
            | Self::Set { characters, .. } => Some(characters),
            Self::Bit { .. }
            | Self::Integer { .. }
            | Self::Decimal { .. }
            | Self::Float { .. }
            | Self::Date
            | Self::Time { .. }
            | Self::DateTime { .. }
            | Self::Timestamp { .. }
            | Self::Year
            | Self::Binary { .. }
            | Self::VarBinary { .. }
            | Self::Blob { .. }
            | Self::Json
            | Self::Vector { .. }
            | Self::Geometry { .. }
            | Self::Unmodelled { .. } => None,
        }
    }

    /// As [`DataType::characters`], to be changed in place.
    pub fn characters_mut(&mut self) -> Option<&mut CharacterSpec> {
        match self {
            Self::Char { characters, .. }
            | Self::VarChar { characters, .. }
            | Self::Text { characters, .. }
            | Self::Enum { characters, .. }
            | Self::Set { characters, .. } => Some(characters),
            Self::Bit { .. }
            | Self::Integer { .. }
            | Self::Decimal { .. }
            | Self::Float { .. }
            | Self::Date
            | Self::Time { .. }
            | Self::DateTime { .. }
            | Self::Timestamp { .. }
            | Self::Year
            | Self::Binary { .. }
            | Self::VarBinary { .. }
            | Self::Blob { .. }
            | Self::Json
            | Self::Vector { .. }
            | Self::Geometry { .. }
            | Self::Unmodelled { .. } => None,
        }
    }
}
