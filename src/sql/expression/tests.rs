//! Expectations from the manual ("Operator Precedence", "Expressions") and from what a 9.7.4 server prints.

use super::super::parse_expression;
use super::*;

fn same(one: &str, other: &str) -> bool {
    same_expression(&parse_expression(one).unwrap(), &parse_expression(other).unwrap())
}

#[test]
fn what_means_the_same() {
    for (one, other) in [
        ("a+1", "(`A` + 1)"),
        ("a + b * c", "(`a` + (`b` * `c`))"),
        ("a - b - c", "((`a` - `b`) - `c`)"),
        ("a | b & c << d + e", "(`a` | (`b` & (`c` << (`d` + `e`))))"),
        ("a = 1 or b = 2 and c = 3", "((`a` = 1) or ((`b` = 2) and (`c` = 3)))"),
        ("a = b like c", "(a = (b like c))"),
        ("a between 1 and 2 and b", "((a between 1 and 2) and b)"),
        ("not a = b", "(not((a = b)))"),
        ("not a is true", "(not((a is true)))"),
        ("a = b is true", "((a = b) is true)"),
        ("a is null = b", "((a is null) = b)"),
        ("-a ^ b", "((-a) ^ b)"),
        ("a * b ^ c", "(a * (b ^ c))"),
        ("a != 'x' && b", "((`a` <> _utf8mb4'x') and `b`)"),
        ("a || b", "a or b"),
        ("a not like 'x'", "not (a like 'x')"),
        ("a not in (1, 2)", "not (a in (1,2))"),
        ("a regexp 'x'", "regexp_like(`a`,_utf8mb4'x')"),
        ("d->>'$.a'", "json_unquote(json_extract(`d`,_utf8mb4'$.a'))"),
        ("mod(a, 2)", "(`a` % 2)"),
        ("a mod 2", "a % 2"),
        ("current_timestamp", "now()"),
        ("date_add(d, interval 2 month)", "(`d` + interval 2 month)"),
        ("substring(s from 2 for 3)", "substr(`s`,2,3)"),
        ("position('x' in s)", "locate(_utf8mb4'x',`s`)"),
        ("'a' 'b'", "'ab'"),
        ("\"it's\"", "'it''s'"),
        ("x'0aFF'", "0x0Aff"),
        ("convert(s, signed)", "cast(`s` as signed)"),
        ("lcase(a)", "LOWER(a)"),
        ("a like 'x%'", "(`a` like _latin1'x%')"),
    ] {
        assert!(same(one, other), "{one} and {other}");
    }
}

#[test]
fn what_may_mean_something_else() {
    for (one, other) in [
        ("a = b = c", "a = (b = c)"),
        ("a - b - c", "a - (b - c)"),
        ("(a = b) like c", "a = b like c"),
        ("not a = b", "(not a) = b"),
        ("a or b and c", "(a or b) and c"),
        ("a xor b and c", "(a xor b) and c"),
        ("-a ^ b", "-(a ^ b)"),
        ("a << b + c", "(a << b) + c"),
        ("'a'", "'A'"),
        ("'a'", "_latin1'a'"),
        ("a like 'é'", "a like _latin1'é'"),
        ("a = 'x'", "a = _binary'x'"),
        ("a = 'x'", "a = _utf16'x'"),
        ("'a'", "_utf8mb4 0x61"),
        ("1", "'1'"),
        ("1", "1.0"),
        ("f(a, b)", "f(b, a)"),
        ("f((a, b))", "f(a, b)"),
        ("concat('a', 'bc')", "concat('ab', 'c')"),
        ("a is null", "a is not null"),
        ("a in (1)", "a in (1, 2)"),
        ("case when a then b end", "case a when b then c end"),
        ("interval(1, 2)", "(1, 2)"),
        ("a + interval 1 day", "a + interval 1 hour"),
        ("cast(a as char(5))", "cast(a as char(6))"),
        ("!a", "not a"),
    ] {
        assert!(!same(one, other), "{one} and {other}");
    }
}

#[test]
fn special_forms_are_taken() {
    for text in [
        "a + interval '1:30' minute_second",
        "interval(a, 1, 10)",
        "cast(c->'$.ids' as unsigned array)",
        "cast(c->>'$.x' as char(30)) collate utf8mb4_bin",
        "char(65 using latin1)",
        "weight_string('a') = 1",
        "weight_string(a as char(5))",
        "json_value(`j`, _utf8mb4'$.id' returning signed)",
        "json_value(doc, '$.d' returning decimal(4,2) default -1 on empty error on error)",
        "1 member of ('[1,2]')",
        "a sounds like 'b'",
        "trim(both 'x' from a)",
        "trim(leading from a)",
        "extract(year_month from a)",
        "get_format(date, 'usa')",
        "timestampdiff(day, a, '2020-01-01')",
        "timestamp '2020-01-02 03:04:05'",
        "{d '2020-01-02'}",
        "case a when 1 then 10 else 20 end",
        "(a > '2020-01-01') is true",
        "binary a = 'x'",
        "replace(a, 'b', 'c')",
        "insert('abc', 1, 1, 'z')",
        "a like 'x%' escape '|'",
        "t.a > 1",
        "(a, b) = (1, 2)",
        "n'nat'",
        "cast(a at time zone '+00:00' as datetime)",
    ] {
        assert!(parse_expression(text).is_ok(), "{text}: {:?}", parse_expression(text));
    }
}

#[test]
fn what_is_not_one_expression_is_refused() {
    for text in [
        "",
        "1; drop table t",
        "1) , b int, (c int",
        "(1",
        "1)",
        "a, b",
        "a b",
        "a +",
        "+",
        "= 1",
        "()",
        "@a",
        "@@version",
        "a := 1",
        "?",
        "(select 1)",
        "a in (select 1)",
        "a /*! + 1 */",
        "'a",
        "`a",
        "a and or b",
        "case end",
        "a like b + c",
        "a + not b",
        "x'0'",
        "f(,)",
        "a is",
        "a is true = b",
        "a is true is true",
        "\0",
    ] {
        assert!(parse_expression(text).is_err(), "{text}");
    }
    // A comment is white space.
    assert_eq!(parse_expression("a /* x */ + -- y\n 1").unwrap().as_str(), "a + 1");
}

#[test]
fn columns_and_only_columns() {
    let expression = parse_expression(
        "concat(a, `B c`, 'x', upper(t.d)) like A collate utf8mb4_bin and e + interval f day > timestampadd(week, 1, g) \
         and cast(h as char charset latin1) = get_format(date, 'usa') and doc->>'$.x' = current_date",
    )
    .unwrap();
    let columns: Vec<_> = expression_columns(&expression).iter().map(|column| column.as_str().to_owned()).collect();
    assert_eq!(columns, ["a", "B c", "d", "e", "f", "g", "h", "doc"]);
}

#[test]
fn renames_touch_columns_only() {
    let expression = parse_expression("lower(lower) = b and `LOWER` <> 'lower' or t.b > 0").unwrap();
    let renames = [("lower".into(), "x`y".into()), ("b".into(), "lower".into())];
    assert_eq!(
        rename_columns(&expression, &renames).as_str(),
        "lower(`x``y`) = `lower` and `x``y` <> 'lower' or t.`lower` > 0"
    );
}

#[test]
fn depth_is_bounded_and_length_is_not() {
    for (open, close) in [("(", ")"), ("-", ""), ("not ", ""), ("f(", ")"), ("case when ", " then 1 end")] {
        let text = format!("{}1{}", open.repeat(50_000), close.repeat(50_000));
        assert!(parse_expression(&text).is_err());
    }
    let chain = format!("a{}", " or a".repeat(100_000));
    let expression = parse_expression(&chain).unwrap();
    assert!(same_expression(&expression, &parse_expression(&chain.replace("or", "||")).unwrap()));
}
