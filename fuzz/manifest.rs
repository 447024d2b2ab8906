//! Arbitrary bytes as manifests, YAML and SQL: no panic, no hang, no more than linear memory.

#![no_main]

mod memory;

use libfuzzer_sys::fuzz_target;
use tablewright::api::manifest;
use tablewright::model::{Dialect, SchemaDefaults, ServerFacts};
use tablewright::normalize;

const DIALECT: Dialect = Dialect::NEWEST;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    memory::bounded(bytes.len(), || {
        let server = ServerFacts::mysql_defaults(DIALECT.version());
        let defaults =
            SchemaDefaults { character_set: "utf8mb4".to_owned(), collation: "utf8mb4_0900_ai_ci".to_owned() };
        let read = [manifest::read_yaml("fuzz.yaml", text, DIALECT), manifest::read_sql("fuzz.sql", text, DIALECT)];
        for desired in read.iter().flat_map(|read| &read.tables) {
            let _ = normalize::desired(&desired.table, &server, &defaults);
        }
        for problem in read.iter().flat_map(|read| &read.problems) {
            let _ = problem.to_string();
        }
    });
});
