//! Random expressions as people write them: every operator has more than one spelling, and parentheses are not always needed.

use proptest::prelude::*;

use super::table::Column;
use super::types::Kind;

/// An expression; columns are chosen by a number among those of the fitting kind.
#[derive(Clone, Debug)]
pub enum Expression {
    /// A piece of text that needs no column.
    Literal(&'static str),
    /// The nth column of this kind, or the text where there is none.
    Column(Kind, usize, &'static str),
    /// Behind a JSON column, or the text where there is none.
    Path(&'static str, &'static str),
    /// `{0}`, `{1}`, `{2}` in the text are replaced.
    Call(&'static str, Vec<Expression>),
}

impl Expression {
    /// The text, over these columns.
    pub fn text(&self, columns: &[&Column]) -> String {
        match self {
            Self::Literal(text) => (*text).to_owned(),
            Self::Column(kind, number, otherwise) => {
                let fitting: Vec<&&Column> = columns.iter().filter(|column| column.kind() == *kind).collect();
                match fitting.len() {
                    0 => (*otherwise).to_owned(),
                    count => fitting[number % count].quoted(),
                }
            }
            Self::Path(path, otherwise) => match columns.iter().find(|column| column.kind() == Kind::Json) {
                Some(column) => format!("{}{path}", column.quoted()),
                None => (*otherwise).to_owned(),
            },
            Self::Call(text, arguments) => {
                arguments.iter().enumerate().fold((*text).to_owned(), |text, (at, argument)| {
                    text.replace(&format!("{{{at}}}"), &argument.text(columns))
                })
            }
        }
    }
}

fn column(kind: Kind, otherwise: &'static str) -> impl Strategy<Value = Expression> {
    (0usize..4).prop_map(move |number| Expression::Column(kind, number, otherwise))
}

fn one(texts: &'static [&'static str], argument: BoxedStrategy<Expression>) -> BoxedStrategy<Expression> {
    (prop::sample::select(texts), argument).prop_map(|(text, one)| Expression::Call(text, vec![one])).boxed()
}

fn two(
    texts: &'static [&'static str],
    left: BoxedStrategy<Expression>,
    right: BoxedStrategy<Expression>,
) -> BoxedStrategy<Expression> {
    (prop::sample::select(texts), left, right)
        .prop_map(|(text, one, other)| Expression::Call(text, vec![one, other]))
        .boxed()
}

fn literal(texts: &'static [&'static str]) -> BoxedStrategy<Expression> {
    prop::sample::select(texts).prop_map(Expression::Literal).boxed()
}

/// Of a number.
pub fn number(depth: u32) -> BoxedStrategy<Expression> {
    let leaf = prop_oneof![
        3 => column(Kind::Integer, "7"),
        1 => column(Kind::Decimal, "7.5"),
        1 => literal(&["0", "1", "-1", "10", "1.5", "0x1F", "b'101'", "TRUE", "1e2", "'3'"]),
    ]
    .boxed();
    if depth == 0 {
        return leaf;
    }
    let inner = || number(depth - 1);
    prop_oneof![
        3 => leaf,
        2 => two(&["{0} + {1}", "{0}-{1}", "({0} * {1})", "{0} & {1}", "{0} | {1}", "{0} ^ {1}", "{0} << 1", "mod({0}, 7)", "{0} % 5", "{0} MOD 3", "{0} div 2", "{0} / 4"], inner(), inner()),
        1 => one(&["abs({0})", "-({0})", "~{0}", "- {0}", "round({0}, 1)", "truncate({0},0)", "ceiling({0})", "floor({0})", "ifnull({0}, 0)", "coalesce({0}, 1, 2)", "nullif({0}, 0)", "cast({0} as signed)", "CAST({0} AS DECIMAL(10,2))", "convert({0}, unsigned)", "pow({0}, 2)", "sign({0})"], inner()),
        1 => one(&["length({0})", "char_length({0})", "CHARACTER_LENGTH({0})", "locate('a', {0})", "instr({0}, 'b')", "position('c' in ({0}))", "ascii({0})", "crc32({0})", "octet_length({0})"], string(depth - 1)),
        1 => two(&["if({0}, {1}, 0)", "case when {0} then {1} else 0 end", "CASE WHEN {0} THEN {1} END", "case {1} when 1 then 2 else 3 end", "greatest({1}, 1)", "({0}) + {1}"], truth(depth - 1), inner()),
        1 => one(&["year({0})", "day({0})", "dayofmonth({0})", "month({0})", "week({0})", "weekofyear({0})", "quarter({0})", "to_days({0})", "extract(year from {0})", "hour({0})", "dayofweek({0})", "datediff({0}, '2020-01-01')"], moment()),
    ]
    .boxed()
}

/// Of text.
pub fn string(depth: u32) -> BoxedStrategy<Expression> {
    let leaf = prop_oneof![
        3 => column(Kind::Text, "'x'"),
        1 => literal(&["'a'", "''", "'it''s'", "'back\\\\slash'", "_utf8mb4'é'", "N'n'", "\"double\"", "'%'", "'ünï'"]),
        1 => Just(Expression::Path("->>'$.a'", "json_unquote(json_extract('{}', '$.a'))")),
    ]
    .boxed();
    if depth == 0 {
        return leaf;
    }
    let inner = || string(depth - 1);
    prop_oneof![
        3 => leaf,
        1 => two(&["concat({0}, {1})", "concat_ws('-', {0}, {1})", "replace({0}, 'a', {1})", "ifnull({0}, {1})", "coalesce({0},{1})"], inner(), inner()),
        2 => one(&["lower({0})", "LCASE({0})", "upper({0})", "ucase({0})", "trim({0})", "trim(leading ' ' from {0})", "ltrim({0})", "substring({0}, 1, 3)", "substr({0} from 2)", "mid({0}, 1, 2)", "left({0}, 2)", "right({0},2)", "reverse({0})", "cast({0} as char(10))", "hex({0})", "sha2({0}, 256)", "lpad({0}, 5, '0')", "json_unquote(json_extract({0}, '$.b'))", "({0}) collate utf8mb4_bin", "convert({0} using utf8mb4)"], inner()),
        1 => one(&["cast({0} as char)", "format({0}, 2)", "lpad({0}, 8, 0)", "conv({0}, 10, 16)"], number(depth - 1)),
        1 => one(&["date_format({0}, '%Y-%m')", "cast({0} as char(19))", "dayname({0})"], moment()),
    ]
    .boxed()
}

/// Of a date.
fn moment() -> BoxedStrategy<Expression> {
    let leaf = || {
        prop_oneof![3 => column(Kind::Moment, "'2020-02-03'"), 1 => literal(&["'2021-01-01'", "DATE '2022-03-04'", "timestamp'2022-03-04 05:06:07'"])].boxed()
    };
    prop_oneof![
        2 => leaf(),
        1 => one(&["date({0})", "date_add({0}, interval 1 day)", "{0} + interval 2 month", "date_sub({0}, INTERVAL 1 HOUR)", "adddate({0}, 3)", "last_day({0})", "{0} - interval 1 week", "cast({0} as date)"], leaf()),
    ]
    .boxed()
}

/// Of a condition.
pub fn truth(depth: u32) -> BoxedStrategy<Expression> {
    let numbers = || number(depth.saturating_sub(1));
    let strings = || string(depth.saturating_sub(1));
    let leaf = prop_oneof![
        3 => two(&["{0} > {1}", "{0} >= {1}", "{0} <> {1}", "{0} != {1}", "{0}={1}", "{0} <=> {1}", "not {0} < {1}", "NOT ({0} = {1})", "{0} between 1 and {1}", "{0} not between {1} and 9", "{0} in ({1}, 2, 3)", "{0} NOT IN (4, {1})"], numbers(), numbers()),
        2 => two(&["{0} = {1}", "{0} <> {1}", "{0} > {1}", "{0} in ('x', {1})", "strcmp({0}, {1}) = 0"], strings(), strings()),
        2 => one(&["{0} like 'a%'", "{0} not like '%\\_b' ", "{0} LIKE 'a|%' escape '|'", "{0} regexp '^[a-z]+$'", "{0} rlike 'x'", "NOT {0} REGEXP 'y'", "regexp_like({0}, 'z', 'c')", "{0} is null", "{0} is not null", "isnull({0})", "char_length({0}) > 0"], strings()),
        1 => one(&["{0} is null", "{0} IS NOT NULL", "{0} is true", "{0} is not false", "{0} is unknown", "!({0})", "{0}"], numbers()),
        1 => two(&["{0} > {1}", "{0} <= {1}", "{0} between {1} and '2030-01-01'"], moment(), moment()),
        1 => literal(&["TRUE", "1", "1 = 1"]),
        1 => Just(Expression::Call("json_valid({0})", vec![Expression::Column(Kind::Json, 0, "'[]'")])),
        1 => Just(Expression::Path("->'$.n' > 3", "json_extract('{}', '$.n') > 3")),
    ]
    .boxed();
    if depth == 0 {
        return leaf;
    }
    let inner = || truth(depth - 1);
    prop_oneof![
        3 => leaf,
        2 => two(&["{0} and {1}", "{0} AND ({1})", "({0}) or ({1})", "{0} || {1}", "({0}) && {1}", "({0}) xor ({1})"], inner(), inner()),
        1 => one(&["not ({0})", "!({0})", "({0})", "(({0}))", "({0}) is true"], inner()),
    ]
    .boxed()
}
