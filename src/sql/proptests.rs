//! Whatever comes in, nothing panics, hangs or leaves its quotes.

use proptest::prelude::*;

use super::*;
use crate::model::Dialect;

const VERSION: Dialect = Dialect::mysql(crate::model::Version { major: 9, minor: 7, patch: 4 });

/// Pieces that make texts which get far into the grammar.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,3}",
        "\\PC{0,4}",
        prop::sample::select(vec![
            "CREATE TABLE",
            "ALTER TABLE",
            "(",
            ")",
            ",",
            ";",
            "'",
            "\"",
            "`",
            "/*!80000",
            "*/",
            "--",
            "\n",
            "#",
            "\\",
            "int",
            "varchar(3)",
            "enum('a')",
            "DEFAULT",
            "CHECK",
            "KEY",
            "PRIMARY KEY",
            "PARTITION BY",
            "RANGE",
            "VALUES LESS THAN",
            "REFERENCES",
            "t",
            "a",
            "=",
            "1",
            "1.5e",
            "0x",
            "x'",
            "b'01'",
            "N'",
            "_utf8mb4",
            "CASE",
            "WHEN",
            "INTERVAL",
            "CAST(",
            "AS",
            "NOT",
            "->",
            "->>",
            "@",
            "?",
            ":=",
            "DELIMITER $$",
            "$$",
            "\u{0}",
            "😀",
            "COMMENT",
            "GENERATED ALWAYS AS",
        ])
        .prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics(pieces in prop::collection::vec(piece(), 0..40), glue in prop::bool::ANY) {
        let text = pieces.join(if glue { " " } else { "" });
        let _ = parse_create_table(&text, VERSION);
        let _ = parse_create_table(&format!("CREATE TABLE t (a int {text}"), VERSION);
        let _ = parse_script(&text, VERSION).map(fold_script);
        let _ = parse_statement(&format!("ALTER TABLE t {text}"), VERSION);
        let _ = parse_data_type(&text);
        let _ = parse_partitioning(&format!("PARTITION BY {text}"));
        if let Ok(expression) = parse_expression(&text) {
            // What is taken stays where it is put.
            let check = format!("CREATE TABLE `t` (`a` int, CHECK ({}))", expression.as_str());
            let table = parse_create_table(&check, VERSION).unwrap();
            prop_assert_eq!(&table.checks[0].expression, &expression);
            prop_assert_eq!(table.columns.len(), 1);
            prop_assert!(same_expression(&expression, &expression));
            let _ = expression_columns(&expression);
        }
    }

    #[test]
    fn quoted_text_comes_back(text in "\\PC{0,20}|[\\x00-\\x7f]{0,20}") {
        let table = parse_create_table(
            &format!("CREATE TABLE t (a int COMMENT {}) COMMENT={}", quote_string(&text), quote_string(&text)),
            VERSION,
        ).unwrap();
        prop_assert_eq!(&table.columns[0].comment, &text);
        prop_assert_eq!(table.options.comment.unwrap_or_default(), text.clone());
        if check_identifier(&text).is_ok() {
            let table = parse_create_table(&format!("CREATE TABLE {} (a int)", quote_identifier(&text)), VERSION).unwrap();
            prop_assert_eq!(table.name.as_str(), text);
        }
    }
}
