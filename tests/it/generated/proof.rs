//! The proof of one batch of pairs.

use std::{collections::BTreeMap, fmt};

use crate::support::{
    binary::{Outcome, argument, run, run_client},
    compare,
    pair::{Pair, Role, without_counter},
};

/// What became of the pairs.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Proved in both directions.
    pub exact: usize,
    /// Of which one text is no table to the server.
    pub no_table: usize,
    /// Refused before anything was touched, with the reasons.
    pub refusals: Vec<String>,
}

impl Totals {
    pub fn add(&mut self, other: Self) {
        self.exact += other.exact;
        self.no_table += other.no_table;
        self.refusals.extend(other.refusals);
    }
}

impl fmt::Display for Totals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { exact, no_table, refusals } = self;
        write!(formatter, "{exact} pairs exact, {} refused, {no_table} that the server does not take", refusals.len())
    }
}

/// A line without what follows it in the list, and for a condition without its name and the character sets of its
/// strings.
fn content(line: &str) -> String {
    let line = line.trim_end_matches(',');
    let line = if line.starts_with("  CONSTRAINT ") {
        line.split_once(" CHECK ").map_or(line, |(_, rest)| rest)
    } else {
        line
    };
    plain(line)
}

/// Without character sets before strings: the server changes them as it likes.
fn plain(text: &str) -> String {
    ["_utf8mb4'", "_utf8mb3'", "_latin1'", "_ascii'"]
        .iter()
        .fold(text.to_owned(), |text, start| text.replace(start, "'"))
}

/// Both are in every schema, and declared by every manifest.
const PARENTS: &str = "CREATE TABLE parent_of_integers (id int NOT NULL PRIMARY KEY);\n\
                       CREATE TABLE parent_of_texts (v varchar(20) NOT NULL PRIMARY KEY);\n";

/// Proves (current, desired) texts; table n is `tn`.
pub fn prove(pair: &Pair, texts: &[(String, String)]) -> Result<Totals, String> {
    let schemas = [pair.schema("gen"), pair.schema("gen"), pair.schema("gen")];
    let [live, current, desired] = &schemas;
    let result = prove_in(pair, texts, live, current, desired);
    for schema in &schemas {
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
    result
}

/// What a text makes: when it is created, and after a later change of the table, for which the server rewrites
/// expressions once more.
struct Expected {
    fresh: BTreeMap<String, String>,
    settled: BTreeMap<String, String>,
}

impl Expected {
    fn of(pair: &Pair, schema: &str) -> Self {
        let fresh = definitions(pair, schema);
        let force =
            fresh.keys().map(|name| format!("ALTER TABLE `{name}` FORCE, ALGORITHM=COPY;\n")).collect::<String>();
        run_client(pair.client(Role::Primary, schema).arg("--force"), &force);
        Self { fresh, settled: definitions(pair, schema) }
    }

    /// The text of a table, each line in the form that `is` has.
    fn text(&self, name: &str, is: &str) -> String {
        let has = |line: &str| is.lines().any(|other| content(other) == content(line));
        let (Some(fresh), Some(settled)) = (self.fresh.get(name), self.settled.get(name)) else { return String::new() };
        // A later change may also take an index that the server made for a foreign key: that is not of the text.
        if fresh.lines().count() != settled.lines().count() {
            return fresh.clone();
        }
        let lines = fresh.lines().zip(settled.lines());
        let lines: Vec<&str> =
            lines.map(|(fresh, settled)| if has(settled) && !has(fresh) { settled } else { fresh }).collect();
        lines.join("\n")
    }
}

/// `SHOW CREATE TABLE` by table, of those that are there.
fn definitions(pair: &Pair, schema: &str) -> BTreeMap<String, String> {
    let names = pair.tables(Role::Primary, schema);
    let query: String = names.iter().map(|name| format!("SELECT '\x01'; SHOW CREATE TABLE `{name}`;\n")).collect();
    let shown = pair.sql(Role::Primary, schema, &query);
    let texts = shown.split('\x01').skip(1);
    let texts = texts.filter_map(|text| text.split_once('\t')).map(|(_, text)| without_counter(text.trim_end()));
    names.into_iter().zip(texts).collect()
}

fn load(pair: &Pair, schema: &str, texts: &[&str]) {
    let text = format!("SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION';\n{PARENTS}{}", texts.concat());
    // What the server does not take is left out.
    let said = run_client(pair.client(Role::Primary, schema).arg("--force"), &text).stderr;
    if std::env::var_os("GENERATED_SHOW_ERRORS").is_some() {
        eprint!("{}", String::from_utf8_lossy(&said));
    }
}

fn prove_in(
    pair: &Pair,
    texts: &[(String, String)],
    live: &str,
    current: &str,
    desired: &str,
) -> Result<Totals, String> {
    let currents: Vec<&str> = texts.iter().map(|(current, _)| current.as_str()).collect();
    load(pair, live, &currents);
    load(pair, current, &currents);
    load(pair, desired, &texts.iter().map(|(_, desired)| desired.as_str()).collect::<Vec<_>>());
    let (before, expected) = (Expected::of(pair, current), Expected::of(pair, desired));
    let mut taken: Vec<usize> = (0..texts.len())
        .filter(|at| [&before, &expected].iter().all(|tables| tables.fresh.contains_key(&format!("t{at}"))))
        .collect();
    let mut totals = Totals { no_table: texts.len() - taken.len(), ..Totals::default() };
    let extra =
        before.fresh.keys().filter(|name| name.starts_with('t') && !taken.iter().any(|at| **name == format!("t{at}")));
    let drop: String = extra.map(|name| format!("DROP TABLE `{name}`;\n")).collect();
    pair.sql(Role::Primary, live, &drop);

    let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
    let write = |name: &str, taken: &[usize], pick: fn(&(String, String)) -> &String| {
        let path = folder.path().join(name);
        let text: String = taken.iter().map(|at| pick(&texts[*at]).as_str()).collect();
        std::fs::write(&path, format!("{PARENTS}{text}")).map(|()| path).map_err(|error| error.to_string())
    };
    let url = pair.url(Role::Primary, live);
    for (direction, expected) in [("forwards", &expected), ("backwards", &before)] {
        // There in SQL, back in YAML.
        let manifest = |taken: &[usize]| match direction {
            "forwards" => write("desired.sql", taken, |(_, desired)| desired),
            _ => {
                let current = write("current.sql", taken, |(current, _)| current)?;
                let converted = run(&["convert", "-f", argument(&current), "--format", "yaml"]);
                let yaml = folder.path().join("current.yaml");
                if converted.code != 0 {
                    return Err(shown("converting", &converted, texts, taken));
                }
                std::fs::write(&yaml, &converted.stdout).map(|()| yaml).map_err(|error| error.to_string())
            }
        };
        // Refused pairs are counted, shown and set aside; nothing of them was touched.
        let path = manifest(&taken)?;
        let plan = run(&["plan", "-f", argument(&path), "--url", &url, "--format", "json"]);
        if plan.code == 3 {
            let json: serde_json::Value =
                serde_json::from_str(&plan.stdout).map_err(|error| format!("{error}: {}", plan.all()))?;
            for refusal in json["refusals"].as_array().into_iter().flatten() {
                let table = refusal["table"].as_str().unwrap_or_default();
                let at = taken.iter().position(|at| table == format!("t{at}"));
                let at = taken.remove(at.ok_or_else(|| plan.all())?);
                totals.refusals.push(format!("{direction}: {refusal}\n{}{}", texts[at].0, texts[at].1));
                pair.sql(Role::Primary, live, &format!("DROP TABLE `t{at}`"));
            }
        } else if plan.code != 0 {
            return Err(shown(&format!("{direction}: planning"), &plan, texts, &taken));
        }
        let path = manifest(&taken)?;
        let manifest = argument(&path);
        let apply = run(&["apply", "-f", manifest, "--url", &url, "--auto-approve"]);
        if apply.code != 0 {
            return Err(shown(direction, &apply, texts, &taken));
        }
        for (name, is) in definitions(pair, live) {
            let should = expected.text(&name, &is);
            if !compare::same(&plain(&is), &plain(&should), compare::collations(pair)) {
                let what = format!("{direction}: {name} is\n{is}\ninstead of\n{should}");
                return Err(shown(&what, &apply, texts, &taken));
            }
        }
        let again = run(&["plan", "-f", manifest, "--url", &url, "--detailed-exitcode"]);
        if again.code != 0 {
            return Err(shown(&format!("{direction}: the plan after the apply is not empty"), &again, texts, &taken));
        }
    }
    totals.exact += taken.len();
    Ok(totals)
}

fn shown(what: &str, outcome: &Outcome, texts: &[(String, String)], taken: &[usize]) -> String {
    let pairs: Vec<String> =
        taken.iter().map(|at| format!("-- current\n{}-- desired\n{}", texts[*at].0, texts[*at].1)).collect();
    format!("{what}: {}\n{}", outcome.all(), pairs.join("\n"))
}
