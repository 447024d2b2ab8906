//! The text of a random table.

use super::table::{Column, Index, Parent, Part, Table, quoted};
use super::types::{Kind, Type};

impl Table {
    /// `CREATE TABLE`, over several lines, with its semicolon. Names of constraints are made unique by the table's.
    pub fn text(&self, name: &str) -> String {
        let all = self.kept_columns();
        let partitioned = self.partitioning.is_some();
        let mut lines = vec![self.primary.to_owned()];
        lines.extend(all.iter().map(|column| self.column_line(column, &all)));
        let mut names: Vec<String> = Vec::new();
        for index in &self.indexes {
            let Some(line) = index_line(index, &all, &mut names, partitioned, &self.options) else { continue };
            lines.push(line);
        }
        let mut checks: Vec<&str> = Vec::new();
        for check in &self.checks {
            let given = check.name.filter(|name| !checks.contains(name));
            checks.extend(given);
            let start =
                given.map_or_else(String::new, |given| format!("CONSTRAINT {} ", quoted(&format!("{name} {given}"))));
            let end = match check.enforced {
                Some(true) => " ENFORCED",
                Some(false) => " NOT ENFORCED",
                None => "",
            };
            lines.push(format!("{start}CHECK ({}){end}", check.condition.text(&all)));
        }
        if !partitioned && !self.options.contains(&"ENGINE=MyISAM") {
            lines.extend(self.foreign_key_lines(name, &all));
        }
        let options = self.options.iter().enumerate().filter(|(at, option)| !self.options[..*at].contains(option));
        let options: Vec<&str> = options.map(|(_, option)| *option).collect();
        let tail = self.partitioning.filter(|_| !self.options.contains(&"ENGINE=MyISAM")).unwrap_or_default();
        format!("CREATE TABLE {} (\n  {}\n) {}\n{tail};\n", quoted(name), lines.join(",\n  "), options.join(" "))
    }

    /// The first of each name; partitioned tables take no geometry.
    pub fn kept_columns(&self) -> Vec<&Column> {
        let mut seen: Vec<String> = Vec::new();
        let mut kept = Vec::new();
        for column in &self.columns {
            let key = column.name.to_lowercase();
            let taken = self.partitioning.is_none() || column.kind() != Kind::Geometry;
            if taken && !seen.contains(&key) {
                seen.push(key);
                kept.push(column);
            }
        }
        kept
    }

    fn column_line(&self, column: &Column, all: &[&Column]) -> String {
        let plain: Vec<&Column> =
            all.iter().copied().filter(|other| other.generated.is_none() && other.name != column.name).collect();
        let mut line = format!("{} {}", column.quoted(), column.data_type().text);
        if let Some(generated) = &column.generated {
            line += " ";
            line += &generated.words.replace("{0}", &generated.expression.text(&plain));
        }
        match column.null {
            Some(true) => line += " NULL",
            Some(false) => line += " NOT NULL",
            None => {}
        }
        if column.generated.is_none() {
            line += &default(column.data_type, column.default, column.null);
        }
        if column.invisible {
            line += " INVISIBLE";
        }
        if column.unique && self.partitioning.is_none() && indexable(column.kind()) {
            line += " UNIQUE";
        }
        if let Some(comment) = column.comment {
            line += " COMMENT ";
            line += comment;
        }
        if let Some(check) = &column.check {
            // A condition of a column may name that column alone.
            line += &format!(" CHECK ({})", check.text(&[column]));
        }
        line
    }

    fn foreign_key_lines(&self, name: &str, all: &[&Column]) -> Vec<String> {
        let mut lines = Vec::new();
        let mut names: Vec<&str> = Vec::new();
        for key in &self.foreign_keys {
            let (wanted, parent, parent_column) = match key.parent {
                Parent::Integers => ("int", "parent_of_integers", "id"),
                Parent::Texts => ("varchar(20)", "parent_of_texts", "v"),
                Parent::Itself => ("int", name, "id"),
            };
            let fitting: Vec<&&Column> =
                all.iter().filter(|column| column.generated.is_none() && column.data_type.text == wanted).collect();
            if fitting.is_empty() {
                continue;
            }
            let given = key.name.filter(|name| !names.contains(name));
            names.extend(given);
            let start =
                given.map_or_else(String::new, |given| format!("CONSTRAINT {} ", quoted(&format!("{name} {given}"))));
            lines.push(format!(
                "{start}FOREIGN KEY ({}) REFERENCES {} ({parent_column}) {}",
                fitting[key.number % fitting.len()].quoted(),
                quoted(parent),
                key.actions
            ));
        }
        lines
    }
}

fn default(data_type: Type, number: Option<usize>, null: Option<bool>) -> String {
    match number {
        None => String::new(),
        Some(0) if null != Some(false) => " DEFAULT NULL".to_owned(),
        Some(_) if data_type.defaults.is_empty() => String::new(),
        Some(number) => format!(" DEFAULT {}", data_type.defaults[number % data_type.defaults.len()]),
    }
}

fn indexable(kind: Kind) -> bool {
    match kind {
        Kind::Integer | Kind::Decimal | Kind::Text | Kind::Binary | Kind::Moment | Kind::Clock | Kind::Bit => true,
        Kind::LongText | Kind::LongBinary | Kind::Json | Kind::Geometry | Kind::Vector => false,
    }
}

fn index_line(
    index: &Index,
    all: &[&Column],
    names: &mut Vec<String>,
    partitioned: bool,
    options: &[&str],
) -> Option<String> {
    let unique = index.words.starts_with("UNIQUE");
    let fulltext = index.words.starts_with("FULLTEXT");
    let spatial = index.words.starts_with("SPATIAL");
    if partitioned && (unique || fulltext || spatial) {
        return None;
    }
    let mut seen: Vec<&str> = Vec::new();
    let mut parts = Vec::new();
    for part in &index.parts {
        match part {
            Part::Column { number, prefix, descending } => {
                let fitting: Vec<&&Column> = all
                    .iter()
                    .filter(|column| {
                        let kind = column.kind();
                        if fulltext {
                            let text = column.data_type().text;
                            let letters = text.starts_with("varchar") || kind == Kind::LongText;
                            letters && column.generated.is_none()
                        } else if spatial {
                            kind == Kind::Geometry && column.null == Some(false)
                        } else {
                            indexable(kind) || matches!(kind, Kind::LongText | Kind::LongBinary)
                        }
                    })
                    .collect();
                if fitting.is_empty() {
                    continue;
                }
                let column = fitting[number % fitting.len()];
                if seen.contains(&column.name) || (spatial && !parts.is_empty()) {
                    continue;
                }
                seen.push(column.name);
                let mut text = column.quoted();
                if !fulltext && !spatial {
                    match column.kind() {
                        Kind::LongText | Kind::LongBinary => text += &format!("({})", prefix.unwrap_or(10)),
                        Kind::Text if column.data_type().text.starts_with("varchar") => {
                            text += &prefix.map(|prefix| format!("({prefix})")).unwrap_or_default();
                        }
                        Kind::Text
                        | Kind::Integer
                        | Kind::Decimal
                        | Kind::Binary
                        | Kind::Moment
                        | Kind::Clock
                        | Kind::Json
                        | Kind::Bit
                        | Kind::Geometry
                        | Kind::Vector => {}
                    }
                    if *descending && !options.contains(&"ENGINE=MyISAM") {
                        text += " DESC";
                    }
                }
                parts.push(text);
            }
            Part::Expression(expression) if !fulltext && !spatial => {
                parts.push(format!("(({}) + 0)", expression.text(all)));
            }
            Part::Expression(_) => {}
        }
    }
    if parts.is_empty() {
        return None;
    }
    let name = index.name.filter(|name| !names.iter().any(|other| other == &name.to_lowercase()));
    names.extend(name.map(str::to_lowercase));
    let fits = |option: &&&str| match **option {
        "WITH PARSER ngram" => fulltext,
        "USING BTREE" => !fulltext && !spatial,
        _ => true,
    };
    let options: Vec<&str> = index.options.iter().filter(fits).copied().collect();
    let name = name.map(|name| format!(" {}", quoted(name))).unwrap_or_default();
    Some(format!("{}{name} ({}) {}", index.words, parts.join(", "), options.join(" ")))
}
