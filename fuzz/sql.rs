//! Arbitrary bytes as SQL: no panic, no hang, no more than linear memory; and what is taken as a table prints as a text
//! that is taken as the same table.

#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tablewright::model::Version;
use tablewright::sql::{self, Style};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    memory::bounded(bytes.len(), || {
        for version in [Version { major: 9, minor: 7, patch: 4 }, Version { major: 8, minor: 0, patch: 11 }] {
            let _ = sql::parse_script(text, version).map(sql::fold_script);
            if let Ok(table) = sql::parse_create_table(text, version) {
                let printed = sql::print_create_table(&table, Style::Plain);
                let again = sql::parse_create_table(&printed, version);
                assert_eq!(again.as_ref().ok(), Some(&table), "{printed}");
            }
        }
        if let Ok(statement) = sql::parse_statement(text) {
            let printed = sql::print_statement(&statement);
            let again = sql::parse_statement(&printed);
            assert_eq!(again.as_ref().ok(), Some(&statement), "{printed}");
        }
        if let Ok(expression) = sql::parse_expression(text) {
            let _ = sql::expression_columns(&expression);
            assert!(sql::same_expression(&expression, &expression));
        }
    });
});
