//! The texts of a table: its definition and its rows.

use super::{
    table::{Check, Column, DEFAULTS, Generated, Index, Key, Row, Table, World},
    types::{CHARACTERS, Family, Type},
};

/// Expressions over a column, each with a type that holds most of what comes out.
fn expressions(family: Family) -> &'static [(&'static str, &'static str)] {
    match family {
        Family::Whole => &[("? + 1", "bigint"), ("? * 1000", "int"), ("? DIV 2", "decimal(30,0)")],
        Family::Decimal | Family::Float => &[("? * 2", "double"), ("ROUND(?)", "decimal(20,0)")],
        Family::Moment => &[("YEAR(?)", "int"), ("DATE(?)", "date")],
        Family::Clock => &[("HOUR(?)", "int")],
        Family::Text | Family::LongText => &[
            ("UPPER(?)", "varchar(10)"),
            ("CHAR_LENGTH(?)", "int"),
            ("LEFT(?, 3)", "varchar(3)"),
            ("JSON_UNQUOTE(JSON_EXTRACT(?, '$.a'))", "varchar(5)"),
        ],
        Family::Enum | Family::Set => &[("CONCAT(?, '!')", "varchar(40)"), ("? + 0", "int")],
        Family::Binary | Family::LongBinary => &[("LENGTH(?)", "int"), ("HEX(?)", "varchar(600)")],
        Family::Json => &[
            ("JSON_UNQUOTE(JSON_EXTRACT(?, '$.a'))", "varchar(5)"),
            ("JSON_LENGTH(?)", "int"),
            ("JSON_EXTRACT(?, '$.a')", "int"),
        ],
        Family::Geometry => &[("ST_SRID(?)", "int")],
        Family::Vector => &[],
    }
}

fn conditions(family: Family) -> &'static [&'static str] {
    match family {
        Family::Whole | Family::Decimal | Family::Float => &["? > 0", "? < 100", "? <> 1"],
        Family::Moment => &["? > '2000-01-01'", "YEAR(?) < 2038"],
        Family::Clock => &["? >= '00:00:00'"],
        Family::Text | Family::LongText => &["CHAR_LENGTH(?) < 10", "? <> 'a'", "? > ''"],
        Family::Enum | Family::Set => &["? <> 'a'"],
        Family::Binary | Family::LongBinary => &["LENGTH(?) < 10"],
        Family::Json => &["JSON_LENGTH(?) > 0", "JSON_TYPE(?) = 'OBJECT'"],
        Family::Geometry => &["ST_SRID(?) = 0"],
        Family::Vector => &[],
    }
}

fn chosen<T: Copy>(list: &[T], number: usize) -> Option<T> {
    (!list.is_empty()).then(|| list[number % list.len()])
}

/// The character set behind a type, where it takes one.
fn with_characters(data_type: Type, characters: Option<usize>) -> String {
    match characters {
        Some(number) if data_type.has_characters() => format!("{} {}", data_type.text, CHARACTERS[number].0),
        Some(_) | None => data_type.text.to_owned(),
    }
}

impl Table {
    /// Its definition, and its parent's before it.
    pub fn text(&self, name: &str) -> String {
        let mut lines = vec!["`tok` bigint NOT NULL".to_owned()];
        if let Some(id) = self.key.id() {
            let counts = if self.counts() { " AUTO_INCREMENT" } else { "" };
            lines.push(format!("`id` {id} NOT NULL{counts}"));
            if self.is_self_referencing() {
                lines.push(format!("`up` {id}"));
            }
        }
        if self.world == World::Partitioned {
            let null = if self.is_keyless() { "" } else { " NOT NULL" };
            lines.push(format!("`p` int{null}"));
            lines.push("`ts` timestamp NOT NULL DEFAULT '2020-01-01 00:00:00'".to_owned());
        }
        lines.extend(self.columns.iter().filter(|column| self.takes(column)).map(column_line));
        if self.world == World::Child {
            let data_type = with_characters(self.foreign_key.data_type, Some(self.foreign_key.characters));
            lines.push(format!("`f` {data_type}"));
        }
        let mut seen: Vec<u8> = Vec::new();
        for generated in &self.generated {
            let line = self.generated_line(generated).filter(|_| !seen.contains(&generated.number));
            if let Some(line) = line {
                seen.push(generated.number);
                lines.push(line);
            }
        }
        lines.extend(self.key_line());
        let mut seen: Vec<u8> = Vec::new();
        for index in &self.indexes {
            if !seen.contains(&index.number) {
                seen.push(index.number);
                lines.extend(self.index_line(index));
            }
        }
        let mut seen: Vec<u8> = Vec::new();
        for check in &self.checks {
            if !seen.contains(&check.number) {
                seen.push(check.number);
                lines.extend(self.check_line(name, check));
            }
        }
        let key = &self.foreign_key;
        if self.world == World::Child {
            lines.push("KEY `f` (`f`)".to_owned());
            if key.there {
                let target = format!("`{name}_parent` (`k`)");
                lines.push(format!("CONSTRAINT `{name}_f` FOREIGN KEY (`f`) REFERENCES {target} {}", key.actions));
            }
        }
        if self.is_self_referencing() {
            lines.push("KEY `up` (`up`)".to_owned());
            if key.there {
                lines.push(format!("CONSTRAINT `{name}_up` FOREIGN KEY (`up`) REFERENCES `{name}` (`id`)"));
            }
        }
        let cut = if self.world == World::Partitioned { self.cut.text() } else { String::new() };
        let table = format!(
            "CREATE TABLE `{name}` (\n  {}\n) {} {}\n{cut};\n",
            lines.join(",\n  "),
            DEFAULTS[self.characters].0,
            self.format
        );
        format!("{}{table}", self.parent_text(name))
    }

    fn parent_text(&self, name: &str) -> String {
        if self.world != World::Child {
            return String::new();
        }
        let data_type = with_characters(self.foreign_key.data_type, Some(self.foreign_key.characters));
        format!("CREATE TABLE `{name}_parent` (`k` {data_type} NOT NULL PRIMARY KEY, `tok` bigint NOT NULL);\n")
    }

    pub fn is_self_referencing(&self) -> bool {
        self.world == World::SelfReference && self.key.is_id_unique()
    }

    /// Partitioned tables take no geometry.
    pub fn takes(&self, column: &Column) -> bool {
        self.world != World::Partitioned || column.data_type.family != Family::Geometry
    }

    fn generated_line(&self, generated: &Generated) -> Option<String> {
        let source = self.column(generated.source)?;
        let (expression, data_type) = chosen(expressions(source.data_type.family), generated.form)?;
        let expression = expression.replace('?', &format!("`{}`", source.name()));
        let stored = if generated.stored { "STORED" } else { "VIRTUAL" };
        self.takes(source).then(|| format!("`g{}` {data_type} AS ({expression}) {stored}", generated.number))
    }

    /// The names of generated columns whose values are stored: one that is virtual may have none that can be read.
    pub fn generated_names(&self) -> Vec<String> {
        let mut names: Vec<(String, bool)> = Vec::new();
        for generated in &self.generated {
            let name = format!("g{}", generated.number);
            if names.iter().all(|(other, _)| *other != name) && self.generated_line(generated).is_some() {
                names.push((name, generated.stored));
            }
        }
        names.into_iter().filter(|(_, stored)| *stored).map(|(name, _)| name).collect()
    }

    /// What each unique key of a partitioned table must hold.
    fn everywhere(&self) -> &'static str {
        if self.world == World::Partitioned { ", `p`, `ts`" } else { "" }
    }

    fn key_line(&self) -> Option<String> {
        let more = self.everywhere();
        match self.key {
            Key::Nothing | Key::Unkeyed(_) => None,
            Key::Token => Some(format!("PRIMARY KEY (`tok`{more})")),
            Key::Counted(_) | Key::Plain(_) => Some(format!("PRIMARY KEY (`id`{more})")),
            Key::CountedUnique(_) => Some(format!("UNIQUE KEY `id` (`id`{more})")),
            Key::Both(_) => Some(format!("PRIMARY KEY (`tok`, `id`{more})")),
        }
    }

    fn index_line(&self, index: &Index) -> Option<String> {
        let first = self.column(*index.columns.first()?)?;
        let unique = if index.unique { "UNIQUE KEY" } else { "KEY" };
        let more = if index.unique { self.everywhere() } else { "" };
        let name = format!("{unique} `i{}`", index.number);
        if !self.takes(first) || first.data_type.family == Family::Vector {
            return None;
        }
        if first.data_type.family == Family::Geometry {
            let spatial = !first.null && first.data_type.text.contains("srid");
            return spatial.then(|| format!("SPATIAL KEY `i{}` (`{}`)", index.number, first.name()));
        }
        if first.data_type.family == Family::Json {
            let tags = format!("((CAST(`{}`->'$.tags' AS UNSIGNED ARRAY)))", first.name());
            return Some(format!("KEY `i{}` {tags}", index.number));
        }
        if index.expression {
            let (expression, data_type) = chosen(expressions(first.data_type.family), usize::from(index.number))?;
            let expression = expression.replace('?', &format!("`{}`", first.name()));
            let expression =
                if data_type.starts_with("varchar") { format!("CAST({expression} AS CHAR(40))") } else { expression };
            return Some(format!("{name} (({expression}){more})"));
        }
        let mut parts: Vec<String> = Vec::new();
        for number in &index.columns {
            let Some(column) = self.column(*number) else { continue };
            let Some(prefix) = column.data_type.key_part(index.prefix) else { continue };
            let part = format!("`{}`{prefix}", column.name());
            if self.takes(column) && !parts.iter().any(|other| other.starts_with(&format!("`{}`", column.name()))) {
                parts.push(part);
            }
        }
        Some(format!("{name} ({}{more})", parts.join(", ")))
    }

    fn check_line(&self, name: &str, check: &Check) -> Option<String> {
        let column = self.column(check.column)?;
        let condition = chosen(conditions(column.data_type.family), check.form)?;
        let condition = condition.replace('?', &format!("`{}`", column.name()));
        self.takes(column).then(|| format!("CONSTRAINT `{name}_k{}` CHECK ({condition})", check.number))
    }

    /// Statements that make its rows, one each: what the server does not take is no row.
    pub fn inserts(&self, name: &str, rows: &[Row]) -> (Vec<String>, Vec<String>) {
        let parents = match self.world {
            World::Child => (0usize..5)
                .map(|number| format!("INSERT INTO `{name}_parent` VALUES ({}, {number})", self.parent_value(number)))
                .collect(),
            World::Plain | World::Partitioned | World::SelfReference => Vec::new(),
        };
        (parents, rows.iter().enumerate().map(|(at, row)| self.insert(name, at, row, rows.len())).collect())
    }

    fn parent_value(&self, number: usize) -> String {
        let literals = self.foreign_key.data_type.literals(CHARACTERS[self.foreign_key.characters].1);
        literals[number % literals.len()].clone()
    }

    fn insert(&self, name: &str, at: usize, row: &Row, all: usize) -> String {
        let pick = |place: usize| usize::from(row[place % row.len()]);
        let mut names = vec!["`tok`".to_owned()];
        let mut values = vec![(at + 1).to_string()];
        let mut put = |name: &str, value: String| {
            names.push(format!("`{name}`"));
            values.push(value);
        };
        const NUMBERS: [i64; 20] = [1, 2, 0, 3, -1, 5, 6, 100, 127, 9, 10, 11, 12, 300, 4, 7, 8, 13, 14, 15];
        if self.key.id().is_some() {
            let number = if self.key.is_id_unique() { at } else { pick(6) };
            put("id", NUMBERS[number % NUMBERS.len()].to_string());
            if self.is_self_referencing() {
                let up = if pick(7) % 3 == 0 { "NULL".to_owned() } else { NUMBERS[pick(7) % all].to_string() };
                put("up", up);
            }
        }
        if self.world == World::Partitioned {
            let p = if self.is_keyless() && pick(8) % 6 == 5 { "NULL".to_owned() } else { (pick(8) % 9).to_string() };
            put("p", p);
            const MOMENTS: [&str; 4] =
                ["2020-01-02 12:00:00", "2020-07-01 22:30:00", "2018-05-05 05:05:05", "2020-01-02 11:00:00"];
            put("ts", format!("'{}'", MOMENTS[pick(9) % MOMENTS.len()]));
        }
        if self.world == World::Child {
            // One in thirty has no parent.
            let number = if pick(9) == 29 { 6 } else { pick(9) % 5 };
            let value = if pick(9) % 7 == 6 { "NULL".to_owned() } else { self.parent_value(number) };
            put("f", value);
        }
        for (place, column) in self.columns.iter().enumerate().filter(|(_, column)| self.takes(column)) {
            let literals = column.data_type.literals(self.characters_of(column));
            let number = pick(place);
            let null = column.null && number % 6 == 5;
            // A step of the place, so that columns do not all have their least values in the same row.
            let value = if null { "NULL".to_owned() } else { literals[(number + place) % literals.len()].clone() };
            put(&column.name(), value);
        }
        format!("INSERT INTO `{name}` ({}) VALUES ({})", names.join(", "), values.join(", "))
    }
}

fn column_line(column: &Column) -> String {
    let null = if column.null { "" } else { " NOT NULL" };
    let default = match (column.computed, column.data_type.default()) {
        (Some(computed), _) => format!(" DEFAULT {computed}"),
        (None, Some(default)) if column.default => format!(" DEFAULT {default}"),
        (None, _) => String::new(),
    };
    // NOT NULL stands behind a SRID, as the server writes it.
    let data_type = with_characters(column.data_type, column.characters);
    match data_type.split_once(" srid ") {
        Some((data_type, srid)) => format!("`{}` {data_type}{null} SRID {srid}{default}", column.name()),
        None => format!("`{}` {data_type}{null}{default}", column.name()),
    }
}
