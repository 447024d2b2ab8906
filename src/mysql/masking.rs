//! Takes row values out of what servers say: error messages of statements, and the last errors of replication.
//!
//! MySQL quotes the offending value in its messages about data ("Duplicate entry 'x' for key 'k'"), and functions quote
//! their arguments ("Malformed GTID set specification 'x'"): an expression of a manifest, computed for each row, can put
//! any value there. So messages are shown only under numbers that are known to name nothing but objects and syntax
//! ([`names_objects_only`]); under others there are words of our own. Number, key and column are kept, the value never is.

mod harmless;

use harmless::names_objects_only;

/// The longest message of the server is 511 bytes; one as long as that may be cut within the value.
const CUT_MESSAGE: usize = 500;

/// What is said instead of a message that is not known to be without values.
const NOT_SHOWN: &str = "the server's message is not shown, because it may hold values of rows";

/// The server's message, or one of our own where the server's may quote a value.
pub(super) fn mask(code: u16, sqlstate: &str, message: &str) -> String {
    match code {
        1022 | 1062 | 1169 | 1586 | 1859 => {
            with_name("Duplicate values (masked)", named_at_end(message, " for key '"), "for key")
        }
        1292 | 1366 | 1411 | 1525 | 1367 | 1300 => {
            with_name("A value (masked) cannot be converted", column(message), "for column")
        }
        1526 => "A row's value (masked) has no partition".to_owned(),
        1416 => "A value (masked) is no geometry of the column's type".to_owned(),
        1441 | 1916 => "A value (masked) is beyond what its type holds".to_owned(),
        1690 => "A value (masked) is out of range".to_owned(),
        3643 => "A geometry of a row has another SRID than the column".to_owned(),
        4037 | 4038 => "Invalid JSON in a value (masked)".to_owned(),
        6136 => "A value (masked) is no vector of the column's dimensions".to_owned(),
        3140 | 3141 | 3143 | 3144 | 3156 | 3157 | 3158 | 3903 => "Invalid JSON in a value (masked)".to_owned(),
        _ if names_objects_only(code) => message.to_owned(),
        // Data exceptions and integrity violations, known or not.
        _ if sqlstate.starts_with("22") || sqlstate.starts_with("23") => {
            "A row's value (masked) contradicts the statement".to_owned()
        }
        _ => format!("{NOT_SHOWN} (run the statement on a server to see it)"),
    }
}

/// The text of a replication error, with a row's values and the text of a failed query taken out.
pub(super) fn mask_replication(code: u16, text: &str) -> String {
    // Row events tell the handler's error in the middle of the text; its number stands at "Error_code:". A value could
    // hold such words too, so that every one of them counts.
    let inner = text.split("Error_code: ").skip(1).map(|rest| {
        rest.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default().parse().unwrap_or_default()
    });
    let quoting = std::iter::once(code).chain(inner).find(|number| !names_objects_only(*number));
    if let Some(number) = quoting {
        let masked = match mask(number, "", "") {
            unknown if unknown.starts_with(NOT_SHOWN) => {
                format!("{NOT_SHOWN} (SHOW REPLICA STATUS on the replica has it)")
            }
            known => known,
        };
        return match before_the_value(text) {
            Some(lead) => format!("{lead}; {masked}"),
            None => masked,
        };
    }
    let shown = text.split(" Query: '").next().unwrap_or_default();
    shown.trim_end_matches(['.', ' ']).to_owned()
}

/// `Worker 1 failed executing transaction '…' at source log …, end_log_pos 5; Could not execute Write_rows event on
/// table d.t`: what such errors begin with, and where no value can stand. A value that holds such words comes after words
/// that are not among them.
fn before_the_value(text: &str) -> Option<String> {
    let known = |part: &&str| {
        part.starts_with("Worker ")
            || part.starts_with("Coordinator stopped because ")
            || (part.starts_with("Could not execute ") && part.contains(" event on table "))
    };
    let lead: Vec<&str> = text.split("; ").take_while(known).collect();
    (!lead.is_empty()).then(|| lead.join("; ").trim_end_matches([';', '.']).to_owned())
}

fn with_name(text: &str, name: Option<&str>, preposition: &str) -> String {
    match name {
        Some(name) => format!("{text} {preposition} '{name}'"),
        None => text.to_owned(),
    }
}

/// What stands between the last `lead` and the closing quote at the very end: the server's own words, since the value
/// comes before it.
fn named_at_end<'a>(message: &'a str, lead: &str) -> Option<&'a str> {
    if message.len() > CUT_MESSAGE {
        return None;
    }
    let (_, rest) = message.rsplit_once(lead)?;
    rest.strip_suffix('\'')
}

/// `… for column 'c' at row 1`
fn column(message: &str) -> Option<&str> {
    if message.len() > CUT_MESSAGE {
        return None;
    }
    let (_, rest) = message.rsplit_once(" for column '")?;
    let (name, row) = rest.rsplit_once("' at row ")?;
    row.bytes().all(|byte| byte.is_ascii_digit()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_key_of_a_duplicate_and_not_the_value() {
        let message = "Duplicate entry 'a' for key 'b-secret' for key 't.k'";
        assert_eq!(mask(1062, "23000", message), "Duplicate values (masked) for key 't.k'");
    }

    #[test]
    fn keeps_the_column_of_a_wrong_value_and_not_the_value() {
        let message = "Incorrect integer value: 'my secret' for column 'c' at row 17";
        assert_eq!(mask(1366, "HY000", message), "A value (masked) cannot be converted for column 'c'");
        assert_eq!(
            mask(1292, "22007", "Truncated incorrect DOUBLE value: 'secret'"),
            "A value (masked) cannot be converted"
        );
    }

    #[test]
    fn masks_data_exceptions_that_it_does_not_know() {
        assert!(!mask(9999, "22032", "secret").contains("secret"));
    }

    #[test]
    fn shows_nothing_under_numbers_that_it_does_not_know() {
        for (code, message) in [
            (1772, "Malformed GTID set specification '~secret'"),
            (1105, "XPATH syntax error: '~secret'"),
            (3902, "There's no unit of measure named 'secret'."),
            (3548, "There's no spatial reference system with SRID 5318008."),
            (1139, "Regex error 'secret'"),
            (1741, "Key value 'secret' was not found in table 'd.t'"),
            (9999, "secret"),
        ] {
            let masked = mask(code, "HY000", message);
            assert!(masked.starts_with(NOT_SHOWN) && !masked.contains("secret"), "{masked}");
            assert!(mask_replication(code, message).starts_with(NOT_SHOWN));
        }
    }

    #[test]
    fn a_value_cannot_pass_itself_off_as_a_harmless_error() {
        let text = "Could not execute Write_rows event on table d.t; Duplicate entry 'secret Error_code: 1050' for key \
                    't.PRIMARY', Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY";
        assert!(!mask_replication(13121, text).contains("secret"));
    }

    #[test]
    fn a_replication_error_keeps_the_place_and_not_what_follows_it() {
        let place = "Worker 1 failed executing transaction 'ANONYMOUS' at source log b.000003, end_log_pos 5";
        for value in ["secret", "secret event on table x; ", "secret; Worker secret"] {
            let text = format!("{place}; Error 'Malformed GTID set specification '{value}'' on query. Query: 'x'");
            let masked = mask_replication(1772, &text);
            assert!(masked.starts_with(place) && !masked.contains("secret"), "{masked}");
        }
    }

    #[test]
    fn keeps_what_names_columns_only() {
        let message = "Data truncated for column 'c' at row 1";
        assert_eq!(mask(1265, "01000", message), message);
    }

    #[test]
    fn a_replication_error_keeps_its_reason_and_not_the_query() {
        let text = "Error 'Table 't' already exists' on query. Default database: 'd'. Query: 'CREATE TABLE t (a int \
                    DEFAULT 5)'";
        assert_eq!(mask_replication(1050, text), "Error 'Table 't' already exists' on query. Default database: 'd'");
    }

    #[test]
    fn a_replication_error_about_a_row_keeps_no_value() {
        let text = "Could not execute Write_rows event on table d.t; Duplicate entry 'secret' for key 't.PRIMARY', \
                    Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY";
        assert_eq!(
            mask_replication(1062, text),
            "Could not execute Write_rows event on table d.t; Duplicate values (masked)"
        );
        assert!(!mask_replication(1062, "Duplicate entry 'secret'").contains("secret"));
        assert!(!mask_replication(13121, text).contains("secret"));
    }
}
