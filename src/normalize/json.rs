//! `json` where it is another word for text: `longtext` in utf8mb4_bin with the CHECK that it is JSON.
//! <https://mariadb.com/kb/en/json-data-type/>

use crate::model::{CharacterSpec, DataType, Dialect, Expression, Table, TextSize};
use crate::sql;

/// Applies to all columns; comes before character sets are filled in.
pub(super) fn columns(table: &mut Table, dialect: Dialect) {
    if !dialect.json_is_text() {
        return;
    }
    for column in &mut table.columns {
        if column.data_type != DataType::Json {
            continue;
        }
        column.data_type = DataType::Text {
            size: TextSize::Long,
            length: None,
            characters: CharacterSpec {
                character_set: Some("utf8mb4".to_owned()),
                collation: Some("utf8mb4_bin".to_owned()),
                binary: false,
            },
        };
        if column.check.is_none() {
            let valid = format!("json_valid({})", sql::quote_identifier(column.name.as_str()));
            column.check = Some(Expression::new(valid));
        }
    }
}
