//! One live definition: the server's text, and the table it means if the model can print exactly that text back.

use std::sync::{Arc, OnceLock};

use crate::model::{Dialect, SchemaDefaults, ServerFacts, Table};
use crate::normalize;
use crate::sql::{self, Style};

/// A live definition. It is parsed when somebody asks what it means: most tables are unchanged, and that their texts show.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// `SHOW CREATE TABLE`, as the server printed it.
    pub(crate) text: String,
    context: Arc<Context>,
    table: OnceLock<Result<Table, String>>,
}

/// What the meaning of a text depends on.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) server: ServerFacts,
    pub(crate) schema: SchemaDefaults,
}

impl Definition {
    /// A text that the server printed.
    pub(crate) fn new(text: String, context: Arc<Context>) -> Self {
        Self { text, context, table: OnceLock::new() }
    }

    /// The canonical table; or why the model does not have it (invariant 3: such a table is never altered).
    pub(crate) fn table(&self) -> Result<&Table, &str> {
        let read = || meaning(&self.text, &self.context.server, &self.context.schema);
        self.table.get_or_init(read).as_ref().map_err(String::as_str)
    }

    /// Whether this is the text that the server would print of this canonical table, whatever the counter is where the
    /// table gives none. `false` decides nothing: a text may be written in another way.
    pub(crate) fn prints(&self, canonical: &Table) -> bool {
        let is_default = normalize::has_default_collation(canonical);
        let printed = sql::print_canonical(canonical, is_default, self.context.server.dialect());
        if printed == self.text {
            return true;
        }
        canonical.options.auto_increment.is_none() && is_same_but_counter(&self.text, &printed)
    }
}

/// Reads a text that the server printed: the canonical table, or why the model does not have it.
pub(crate) fn meaning(text: &str, server: &ServerFacts, schema: &SchemaDefaults) -> Result<Table, String> {
    exact(text, server.dialect()).map(|parsed| normalize::live(&parsed, server, schema))
}

/// Whether `live` is `printed` with a counter among the table options, which stand on a line of their own and begin so.
fn is_same_but_counter(live: &str, printed: &str) -> bool {
    let Some(options) = printed.rfind("\n) ") else { return false };
    let (Some(rest), Some(ours)) = (live.get(options..), printed.get(options..)) else { return false };
    let Some((before, after)) = rest.split_once(" AUTO_INCREMENT=") else { return false };
    let after = after.trim_start_matches(|character: char| character.is_ascii_digit());
    live.get(..options) == printed.get(..options) && ours.strip_prefix(before) == Some(after)
}

/// Parses, prints back, and takes only what comes out byte for byte.
fn exact(text: &str, dialect: Dialect) -> Result<Table, String> {
    let parsed = sql::parse_create_table(text, dialect).map_err(|error| error.to_string())?;
    let printed = sql::print_create_table(&parsed, Style::ShowCreate, dialect);
    if let Some((column, name)) = parsed.unmodelled_type() {
        return Err(format!("column `{column}` has {}'s type {name}", dialect.product()));
    }
    if printed == text {
        return Ok(parsed);
    }
    if text.contains('\0') {
        // Text in quotes has it escaped: these are bytes that are no text.
        return Err("a default holds bytes that are no text, and is shown as it is stored".to_owned());
    }
    Err(first_difference(text, &printed))
}

/// Names the first line that differs; definitions hold no row values, so both may be shown.
pub(crate) fn first_difference(live: &str, printed: &str) -> String {
    // That a line is the last of the list is no difference of its own.
    fn plain(line: &str) -> &str {
        line.trim_end_matches(',')
    }
    let mut ours = printed.lines();
    for (number, line) in live.lines().enumerate() {
        let other = ours.next().unwrap_or("");
        if plain(line) != plain(other) {
            return format!(
                "line {}: the server has `{}`, and it reads as `{}`",
                number + 1,
                line.trim(),
                other.trim()
            );
        }
    }
    match ours.next() {
        Some(line) => format!("it reads with a line more: `{}`", line.trim()),
        None => "line ends differ".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Version;

    #[test]
    fn a_counter_is_no_difference_and_all_else_is() {
        let printed =
            "CREATE TABLE `t` (\n  `a` int COMMENT ' AUTO_INCREMENT=1'\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4";
        let live = |options: &str| printed.replace(") ENGINE=InnoDB", options);
        assert!(is_same_but_counter(&live(") ENGINE=InnoDB AUTO_INCREMENT=77"), printed));
        assert!(!is_same_but_counter(&live(") ENGINE=MyISAM AUTO_INCREMENT=77"), printed));
        assert!(!is_same_but_counter(&live(") ENGINE=InnoDB AUTO_INCREMENT=77 AVG_ROW_LENGTH=1"), printed));
        assert!(!is_same_but_counter(&printed.replace("`a` int", "`a` bigint"), printed));
        assert!(!is_same_but_counter(&printed.replace("=1'", "=2'"), printed));
        // A partitioned table has lines after its options: that decides nothing.
        let partitioned = format!("{printed}\n/*!50100 PARTITION BY HASH (`a`)\nPARTITIONS 2 */");
        assert!(!is_same_but_counter(&live(") ENGINE=InnoDB AUTO_INCREMENT=77"), &partitioned));
    }

    /// What MySQL 9.7 prints of tables whose columns inherit the table's pair, name it, and have another.
    const SHOWN: [&str; 4] = [
        "CREATE TABLE `t` (\n  `a` varchar(9) NOT NULL DEFAULT '',\n  `b` enum('x') DEFAULT NULL\n) ENGINE=InnoDB \
         DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
        "CREATE TABLE `t` (\n  `a` varchar(9) COLLATE utf8mb4_unicode_ci DEFAULT NULL,\n  `b` text COLLATE \
         utf8mb4_unicode_ci\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci",
        "CREATE TABLE `t` (\n  `a` char(1) DEFAULT NULL,\n  `b` set('x') CHARACTER SET utf8mb4 COLLATE utf8mb4_bin \
         DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=latin1",
        "CREATE TABLE `t` (\n  `a` varchar(9) CHARACTER SET latin1 COLLATE latin1_bin DEFAULT NULL,\n  `b` varbinary(9) \
         DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci",
    ];

    fn context() -> Arc<Context> {
        let server = ServerFacts::mysql_defaults(Version { major: 9, minor: 7, patch: 4 });
        let schema = SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() };
        Arc::new(Context { server, schema })
    }

    fn canonical(text: &str, context: &Context) -> Table {
        let mut table = meaning(text, &context.server, &context.schema).unwrap();
        table.options.auto_increment = None;
        table
    }

    #[test]
    fn a_text_that_names_no_inherited_character_set_needs_no_reading() {
        for text in SHOWN {
            let definition = Definition::new(text.to_owned(), context());
            assert!(definition.prints(&canonical(text, &context())), "{text}");
            assert!(definition.table.get().is_none());
        }
    }

    #[test]
    fn what_is_printed_of_a_canonical_table_means_it() {
        let context = context();
        for text in SHOWN {
            let table = canonical(text, &context);
            let printed =
                sql::print_canonical(&table, normalize::has_default_collation(&table), context.server.dialect());
            let read = sql::parse_create_table(&printed, context.server.dialect()).unwrap();
            assert_eq!(normalize::live(&read, &context.server, &context.schema), table, "{printed}");
        }
    }

    #[test]
    fn another_character_set_is_another_text() {
        let definition = Definition::new(SHOWN[0].to_owned(), context());
        for other in [
            SHOWN[0].replace("varchar(9)", "varchar(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci"),
            SHOWN[0].replace("varchar(9)", "varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
            SHOWN[0].replace("COLLATE=utf8mb4_0900_ai_ci", "COLLATE=utf8mb4_bin"),
        ] {
            assert!(!definition.prints(&canonical(&other, &context())), "{other}");
        }
    }

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(
            first_difference("CREATE TABLE `t` (\n  `a` int\n)", "CREATE TABLE `t` (\n  `a` bigint\n)"),
            "line 2: the server has ``a` int`, and it reads as ``a` bigint`"
        );
        assert_eq!(first_difference("a", "a\nb"), "it reads with a line more: `b`");
    }
}
