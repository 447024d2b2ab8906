//! The proof of one batch: its tables are made with their rows, planned, changed by the program, and read on both servers.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
    process::Stdio,
};

use serde_json::Value;

use crate::support::{
    binary::{Outcome, argument, run, run_client},
    pair::{Pair, Role},
    talk::Talk,
};

use super::{
    dump::{Dump, Shown, dump},
    judge::judge,
    said::{Answer, Said, findings},
    unit::{Member, Unit},
};

/// What became of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Changed, and rows and values are as the plan said, on both servers.
    Proved,
    /// Nothing was to be changed.
    Same,
    /// Said to fail, not begun, and fails by hand.
    Fails,
    /// Failed at the server where the plan had said that this was not counted.
    NotCounted(String),
    /// One of its texts is no table to the server.
    NoTable,
    /// Refused before anything was touched.
    Refused(String),
    /// Something was not as the plan said.
    Wrong(String),
}

/// Errors of the server that rows bring about, rather than definitions.
const OF_ROWS: &[u16] = &[
    1048, 1062, 1138, 1216, 1264, 1265, 1292, 1300, 1364, 1365, 1366, 1367, 1406, 1411, 1416, 1441, 1452, 1467, 1526,
    1569, 1690, 1748, 3140, 3141, 3144, 3146, 3147, 3156, 3157, 3158, 3548, 3617, 3643, 3732, 3751, 3752, 3753, 3819,
    3854, 3903, 3904, 3905, 3906, 3907, 4025, 6136, 6138,
];

const SETTINGS: &str = "SET sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION,NO_AUTO_VALUE_ON_ZERO', foreign_key_checks = 0, innodb_lock_wait_timeout = 1;\n";

/// Proves each unit; unit n has the table `un`.
pub fn prove(pair: &Pair, units: &[Unit]) -> Vec<Verdict> {
    let schemas = [pair.schema("rows"), pair.schema("wanted"), pair.schema("hand")];
    let folder = tempfile::tempdir().expect("a folder");
    let [live, wanted, hand] = &schemas;
    let mut batch = Batch {
        pair,
        units,
        live,
        hand,
        folder,
        findings: Vec::new(),
        plan: Value::Null,
        verdicts: vec![Verdict::Same; units.len()],
    };
    batch.prove(wanted);
    for schema in &schemas {
        pair.sql(Role::Primary, "", &format!("DROP DATABASE `{schema}`"));
    }
    batch.verdicts
}

struct Batch<'a> {
    pair: &'a Pair,
    units: &'a [Unit],
    live: &'a str,
    hand: &'a str,
    folder: tempfile::TempDir,
    findings: Vec<Said>,
    plan: Value,
    verdicts: Vec<Verdict>,
}

fn name(at: usize) -> String {
    format!("u{at}")
}

impl Batch<'_> {
    fn prove(&mut self, wanted: &str) {
        let mut taken = self.load(wanted);
        if !self.draft(&mut taken) {
            return;
        }
        let changed: Vec<usize> = taken.into_iter().filter(|at| !self.statements(*at).is_empty()).collect();
        let shown: Vec<Shown> =
            changed.iter().flat_map(|at| self.members(*at)).map(|one| Shown::before(&one)).collect();
        let before = dump(self.pair, Role::Primary, self.live, &shown);
        let goes: BTreeMap<usize, BTreeSet<String>> = changed.iter().map(|at| (*at, self.goes(*at))).collect();
        let definitions = self.definitions(&changed);

        let (sure, begun): (Vec<usize>, Vec<usize>) =
            changed.iter().partition(|at| self.said(**at).iter().any(|said| said.fails()));
        let doubtful = |said: &Said| said.answer == Some(Answer::NotLooked) || said.count() > 0 || said.deletes();
        let (doubtful, clean): (Vec<usize>, Vec<usize>) =
            begun.into_iter().partition(|at| self.said(*at).iter().any(doubtful));
        let mut done = Vec::new();
        let refused = |outcome: &Outcome| outcome.code == 1 && outcome.stderr.contains(" in the way in ");
        if !sure.is_empty() {
            let outcome = self.apply(&sure);
            for at in &sure {
                self.verdicts[*at] = match refused(&outcome) {
                    true => self.by_hand(*at),
                    false => self.wrong(*at, "BEGUN although it is sure to fail", &outcome),
                };
            }
        }
        // All at once; where that fails, each by itself.
        let outcome = if clean.is_empty() { None } else { Some(self.apply(&clean)) };
        let mut single = doubtful;
        match outcome {
            Some(outcome) if outcome.code == 0 => done.extend(&clean),
            Some(_) => single.extend(&clean),
            None => {}
        }
        for at in single {
            let mut outcome = self.apply(&[at]);
            if self.said(at).iter().any(Said::deletes) {
                if outcome.code == 0 {
                    self.verdicts[at] = self.wrong(at, "DELETED, and nobody had approved exactly this", &outcome);
                    continue;
                }
                outcome = self.apply_exactly(at);
            }
            if outcome.code == 0 {
                done.push(at);
            } else if refused(&outcome) {
                self.verdicts[at] = self.by_hand(at);
            } else {
                self.verdicts[at] = self.failed(at, &outcome);
            }
        }
        self.compare(&done, &before, &goes);
        // What was not begun is as it was.
        let untouched: Vec<usize> = changed.iter().copied().filter(|at| self.verdicts[*at] == Verdict::Fails).collect();
        let shown: Vec<Shown> =
            untouched.iter().flat_map(|at| self.members(*at)).map(|one| Shown::before(&one)).collect();
        if self.definitions(&untouched).iter().any(|(table, text)| definitions.get(table) != Some(text))
            || dump(self.pair, Role::Primary, self.live, &shown)
                .iter()
                .any(|(table, rows)| before.get(table) != Some(rows))
        {
            for at in untouched {
                self.verdicts[at] = Verdict::Wrong(format!("TOUCHED although not begun\n{}", self.case(at)));
            }
        }
    }

    /// Makes the tables and their rows; the units that the server takes, before and afterwards.
    fn load(&mut self, wanted: &str) -> Vec<usize> {
        let pair = self.pair;
        let force = |schema: &str, text: &str| {
            let said =
                run_client(pair.client(Role::Primary, schema).arg("--force"), &format!("{SETTINGS}{text}")).stderr;
            if std::env::var_os("GENERATED_SHOW_ERRORS").is_some() {
                eprint!("{}", String::from_utf8_lossy(&said));
            }
        };
        let all = |text: fn(&Unit, &str) -> String| -> String {
            self.units.iter().enumerate().map(|(at, unit)| text(unit, &name(at))).collect()
        };
        force(self.live, &all(|unit, name| unit.current.text(name)));
        force(wanted, &all(|unit, name| unit.desired.text(name)));
        let (current, desired) = (pair.tables(Role::Primary, self.live), pair.tables(Role::Primary, wanted));
        let taken: Vec<usize> = (0..self.units.len())
            .filter(|at| self.members(*at).iter().all(|one| current.contains(&one.name) && desired.contains(&one.name)))
            .collect();
        let kept: Vec<String> = taken.iter().flat_map(|at| self.members(*at)).map(|one| one.name).collect();
        let drop: String =
            current.iter().filter(|name| !kept.contains(name)).map(|name| format!("DROP TABLE `{name}`;\n")).collect();
        force(self.live, &drop);
        for at in (0..self.units.len()).filter(|at| !taken.contains(at)) {
            self.verdicts[at] = Verdict::NoTable;
        }
        let (keyless, keyed): (Vec<usize>, Vec<usize>) =
            taken.iter().partition(|at| self.units[**at].current.takes_overlapping_rows());
        let mut inserts = "BEGIN;\n".to_owned();
        for at in &keyed {
            let (parents, rows) = self.units[*at].current.inserts(&name(*at), &self.units[*at].rows);
            parents.iter().chain(&rows).for_each(|insert| inserts += &format!("{insert};\n"));
        }
        for at in &keyless {
            let (parents, _) = self.units[*at].current.inserts(&name(*at), &[]);
            parents.iter().for_each(|insert| inserts += &format!("{insert};\n"));
        }
        force(self.live, &format!("{inserts}COMMIT;\n"));
        self.overlap(&keyless);
        taken
    }

    /// Rows of tables without a key, written by two transactions at once: each server then has its own order of them.
    fn overlap(&self, keyless: &[usize]) {
        let session = || {
            let mut client = self.pair.client(Role::Primary, self.live);
            client.arg("--force").stderr(Stdio::null());
            let mut session = Talk::over(client);
            session.say(SETTINGS.trim_end().trim_end_matches(';'));
            session
        };
        if keyless.is_empty() {
            return;
        }
        let mut sessions = [session(), session()];
        for at in keyless {
            let (_, rows) = self.units[*at].current.inserts(&name(*at), &self.units[*at].rows);
            sessions.iter_mut().for_each(|session| drop(session.say("BEGIN")));
            rows.iter().enumerate().for_each(|(row, insert)| drop(sessions[row % 2].say(insert)));
            sessions.iter_mut().rev().for_each(|session| drop(session.say("COMMIT")));
        }
    }

    fn members(&self, at: usize) -> Vec<Member> {
        self.units[at].members(&name(at))
    }

    /// The findings about a unit's tables.
    fn said(&self, at: usize) -> Vec<Said> {
        let members = self.members(at);
        let own = |said: &&Said| members.iter().any(|one| said.is_of(&one.name));
        self.findings.iter().filter(own).cloned().collect()
    }

    fn statements(&self, at: usize) -> Vec<String> {
        let members = self.members(at);
        let all = self.plan["statements"].as_array().map(Vec::as_slice).unwrap_or_default();
        all.iter()
            .filter(|statement| members.iter().any(|one| statement["table"] == one.name.as_str()))
            .filter_map(|statement| statement["sql"].as_str().map(str::to_owned))
            .collect()
    }

    fn manifest(&self, units: &[usize]) -> PathBuf {
        let path = self.folder.path().join("desired.sql");
        let text: String = units.iter().map(|at| self.units[*at].desired.text(&name(*at))).collect();
        std::fs::write(&path, text).expect("written");
        path
    }

    /// Plans all; what is refused is set aside. Whether there is a plan.
    fn draft(&mut self, taken: &mut Vec<usize>) -> bool {
        loop {
            if taken.is_empty() {
                return false;
            }
            let path = self.manifest(taken);
            let url = self.pair.url(Role::Primary, self.live);
            let outcome = run(&["plan", "-f", argument(&path), "--url", &url, "--format", "json"]);
            let plan: Value = serde_json::from_str(&outcome.stdout).unwrap_or(Value::Null);
            let refusals = plan["refusals"].as_array().cloned().unwrap_or_default();
            if plan.is_null() || (outcome.code != 0 && refusals.is_empty()) {
                // Whose fault it is shows when each is planned by itself.
                if let [at] = taken[..] {
                    self.verdicts[at] = self.wrong(at, "PLAN", &outcome);
                    return false;
                }
                let alone = std::mem::take(taken);
                for at in alone {
                    let path = self.manifest(&[at]);
                    let outcome = run(&["plan", "-f", argument(&path), "--url", &url, "--format", "json"]);
                    match outcome.code {
                        0 | 3 => taken.push(at),
                        _ => self.verdicts[at] = self.wrong(at, "PLAN", &outcome),
                    }
                }
                continue;
            }
            self.findings = findings(&plan);
            self.plan = plan;
            if refusals.is_empty() {
                return true;
            }
            for refusal in &refusals {
                let table = refusal["table"].as_str().unwrap_or_default();
                if let Some(at) = taken.iter().copied().find(|at| self.members(*at).iter().any(|one| one.name == table))
                {
                    self.verdicts[at] = Verdict::Refused(format!("{refusal}\n{}", self.case(at)));
                    taken.retain(|other| *other != at);
                }
            }
        }
    }

    fn apply(&self, units: &[usize]) -> Outcome {
        let path = self.manifest(units);
        let (url, replica) = (self.pair.url(Role::Primary, self.live), self.pair.url(Role::Replica, self.live));
        run(&["apply", "-f", argument(&path), "--url", &url, "--replica-url", &replica, "--auto-approve"])
    }

    /// Approves the digest of the unit's own plan.
    fn apply_exactly(&self, at: usize) -> Outcome {
        let path = self.manifest(&[at]);
        let (url, replica) = (self.pair.url(Role::Primary, self.live), self.pair.url(Role::Replica, self.live));
        let plan = run(&["plan", "-f", argument(&path), "--url", &url, "--format", "json"]);
        let json: Value = serde_json::from_str(&plan.stdout).unwrap_or(Value::Null);
        let digest = json["digest"].as_str().unwrap_or_default();
        run(&["apply", "-f", argument(&path), "--url", &url, "--replica-url", &replica, "--approve", digest])
    }

    /// The same statements, sent to a copy of the table by hand: they must fail, and because of the rows.
    fn by_hand(&self, at: usize) -> Verdict {
        let unit = &self.units[at];
        let text = format!("{SETTINGS}{}", unit.live(&name(at)));
        run_client(self.pair.client(Role::Primary, self.hand).arg("--force"), &text);
        let statements: String = self.statements(at).iter().map(|statement| format!("{statement};\n")).collect();
        match self.pair.try_sql(Role::Primary, self.hand, &statements) {
            Err(message) if number_in(&message).is_some_and(|number| OF_ROWS.contains(&number)) => Verdict::Fails,
            Err(message) => Verdict::Wrong(format!("OTHERWISE: by hand it fails with {message}\n{}", self.case(at))),
            Ok(_) => Verdict::Wrong(format!("RUNS by hand what is said to fail\n{}", self.case(at))),
        }
    }

    /// A run that the server ended.
    fn failed(&self, at: usize, outcome: &Outcome) -> Verdict {
        let said = self.said(at);
        let number = number_in(&outcome.stderr);
        let of_rows = number.is_some_and(|number| OF_ROWS.contains(&number));
        if of_rows && said.iter().any(Said::fails) {
            self.wrong(at, "BEGUN although it is sure to fail", outcome)
        } else if of_rows && said.iter().any(|said| said.answer == Some(Answer::NotLooked)) {
            let not: Vec<&str> = said
                .iter()
                .filter(|said| said.answer == Some(Answer::NotLooked))
                .map(|said| said.text.as_str())
                .collect();
            Verdict::NotCounted(format!("error {}: {}", number.unwrap_or_default(), not.join("; ")))
        } else {
            self.wrong(at, &format!("FAILED with {number:?}, and nothing was said"), outcome)
        }
    }

    /// Tokens of rows in partitions that the plan says are dropped.
    fn goes(&self, at: usize) -> BTreeSet<String> {
        let mut tokens = BTreeSet::new();
        for said in self.said(at).iter().filter(|said| said.code == "TW019") {
            let names: Vec<String> =
                said.problem.split('`').skip(1).step_by(2).map(|name| format!("`{name}`")).collect();
            let query = format!("SELECT tok FROM `{}` PARTITION ({})", said.path, names.join(", "));
            tokens.extend(self.pair.sql(Role::Primary, self.live, &query).lines().map(str::to_owned));
        }
        tokens
    }

    fn definitions(&self, units: &[usize]) -> BTreeMap<String, String> {
        let members = units.iter().flat_map(|at| self.members(*at));
        members.map(|one| (one.name.clone(), self.pair.definition(Role::Primary, self.live, &one.name))).collect()
    }

    fn compare(&mut self, done: &[usize], before: &Dump, goes: &BTreeMap<usize, BTreeSet<String>>) {
        let shown: Vec<Shown> = done.iter().flat_map(|at| self.members(*at)).map(|one| Shown::after(&one)).collect();
        let [primary, replica] = [Role::Primary, Role::Replica].map(|role| dump(self.pair, role, self.live, &shown));
        for at in done {
            let said = self.said(*at);
            let mut wrong = Vec::new();
            for member in self.members(*at) {
                let (was, now) = (&before[&member.name], &primary[&member.name]);
                wrong.extend(judge(&member, &said, &goes[at], was, now));
                let there = &replica[&member.name];
                if now != there {
                    let differs: Vec<&String> =
                        now.keys().filter(|token| now.get(*token) != there.get(*token)).collect();
                    wrong.push(format!("REPLICA {}: rows {differs:?} differ", member.name));
                }
            }
            self.verdicts[*at] = match wrong.is_empty() {
                true => Verdict::Proved,
                false => Verdict::Wrong(format!("{}\n{}", wrong.join("\n"), self.case(*at))),
            };
        }
    }

    fn wrong(&self, at: usize, what: &str, outcome: &Outcome) -> Verdict {
        Verdict::Wrong(format!("{what}: exit code {}: {}\n{}", outcome.code, outcome.stderr, self.case(at)))
    }

    /// The unit for people: texts, rows, and what the plan said.
    fn case(&self, at: usize) -> String {
        let unit = &self.units[at];
        let said: Vec<String> = self.said(at).into_iter().map(|said| said.text).collect();
        format!(
            "-- {unit:?}\n-- live\n{}-- desired\n{}-- statements\n{}\n-- said\n{}\n",
            unit.live(&name(at)),
            unit.desired.text(&name(at)),
            self.statements(at).join("\n"),
            said.join("\n")
        )
    }
}

/// The number of the server's error in a message: `ERROR 1062 (23000)` or `error 1062`.
fn number_in(message: &str) -> Option<u16> {
    let lower = message.to_lowercase();
    let mut parts = lower.split("error ").skip(1);
    parts.find_map(|part| part.split(|character: char| !character.is_ascii_digit()).next()?.parse().ok())
}
