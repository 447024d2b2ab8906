//! Argo CD's Lua as far as its scripts see it: 5.1 with the base and table libraries and two functions of `os`, for at
//! most a second. Tables become JSON by its rules: an empty one is an empty list.

use std::time::{Duration, Instant};

use mlua::{HookTriggers, Lua, LuaOptions, StdLib, Table, Value as LuaValue, VmState};
use serde_json::{Map, Value, json};

const LIMIT: Duration = Duration::from_secs(1);

/// What Argo CD's base library lacks, or what reads files.
const TAKEN_AWAY: [&str; 9] =
    ["dofile", "loadfile", "load", "loadstring", "require", "module", "collectgarbage", "newproxy", "coroutine"];

/// Runs a script on an object and returns what it returned.
pub(super) fn run(script: &str, object: &Value, parameters: &[(&str, &str)]) -> Result<Value, String> {
    let lua = sandbox().map_err(|error| error.to_string())?;
    let returned = (|| {
        lua.globals().set("obj", to_lua(&lua, object)?)?;
        let given = lua.create_table()?;
        for (name, value) in parameters {
            given.set(*name, *value)?;
        }
        lua.globals().set("actionParams", given)?;
        lua.load(script).eval::<LuaValue>()
    })();
    to_json(&returned.map_err(|error| error.to_string())?)
}

fn sandbox() -> mlua::Result<Lua> {
    let lua = Lua::new_with(StdLib::TABLE | StdLib::OS, LuaOptions::default())?;
    let globals = lua.globals();
    for name in TAKEN_AWAY {
        globals.set(name, LuaValue::Nil)?;
    }
    let os: Table = globals.get("os")?;
    let safe = lua.create_table()?;
    for name in ["time", "date"] {
        safe.set(name, os.get::<LuaValue>(name)?)?;
    }
    globals.set("os", safe)?;
    let started = Instant::now();
    lua.set_hook(HookTriggers::new().every_nth_instruction(1000), move |_, _| {
        if started.elapsed() > LIMIT {
            return Err(mlua::Error::runtime("context deadline exceeded"));
        }
        Ok(VmState::Continue)
    })?;
    Ok(lua)
}

/// Null is absent, as in Argo CD.
fn to_lua(lua: &Lua, value: &Value) -> mlua::Result<LuaValue> {
    Ok(match value {
        Value::Null => LuaValue::Nil,
        Value::Bool(value) => LuaValue::Boolean(*value),
        Value::Number(value) => LuaValue::Number(value.as_f64().unwrap_or(f64::NAN)),
        Value::String(value) => LuaValue::String(lua.create_string(value)?),
        Value::Array(values) => {
            let table = lua.create_table()?;
            for value in values {
                table.push(to_lua(lua, value)?)?;
            }
            LuaValue::Table(table)
        }
        Value::Object(values) => {
            let table = lua.create_table()?;
            for (key, value) in values {
                table.set(key.as_str(), to_lua(lua, value)?)?;
            }
            LuaValue::Table(table)
        }
    })
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what JSON cannot hold is an error, whatever it is")]
fn to_json(value: &LuaValue) -> Result<Value, String> {
    Ok(match value {
        LuaValue::Nil => Value::Null,
        LuaValue::Boolean(value) => json!(value),
        LuaValue::Integer(value) => json!(value),
        LuaValue::Number(value) => number(*value),
        LuaValue::String(value) => json!(value.to_string_lossy()),
        LuaValue::Table(table) => {
            let mut pairs = Vec::new();
            for pair in table.pairs::<LuaValue, LuaValue>() {
                pairs.push(pair.map_err(|error| error.to_string())?);
            }
            if pairs.iter().all(|(key, _)| key.is_number() || key.is_integer()) {
                let length = pairs.len();
                let values = (1..=length).map(|index| table.get::<LuaValue>(index).map_err(|error| error.to_string()));
                let values: Result<Vec<Value>, String> = values.map(|value| to_json(&value?)).collect();
                return values.map(Value::Array);
            }
            let mut map = Map::new();
            for (key, value) in &pairs {
                let LuaValue::String(key) = key else { return Err("a table with keys of two kinds".to_owned()) };
                map.insert(key.to_string_lossy(), to_json(value)?);
            }
            Value::Object(map)
        }
        other => return Err(format!("{} is no JSON", other.type_name())),
    })
}

/// Lua 5.1 has one kind of number; a whole one is written as a whole one.
fn number(value: f64) -> Value {
    #[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
    let whole = value as i64;
    #[expect(clippy::cast_precision_loss, reason = "compared with what it came from")]
    if (whole as f64).to_bits() == value.to_bits() { json!(whole) } else { json!(value) }
}

/// An empty list where the object had an empty map becomes that map again, as Argo CD does before it patches.
pub(super) fn clean(returned: &mut Value, object: &Value) {
    match (returned, object) {
        (returned @ Value::Array(_), Value::Object(_)) if returned.as_array().is_some_and(Vec::is_empty) => {
            *returned = json!({});
        }
        (Value::Object(returned), Value::Object(object)) => {
            for (key, before) in object {
                if let Some(value) = returned.get_mut(key) {
                    clean(value, before);
                }
            }
        }
        (Value::Array(returned), Value::Array(object)) => {
            for (value, before) in returned.iter_mut().zip(object) {
                clean(value, before);
            }
        }
        _ => {}
    }
}

#[test]
fn scripts_have_what_argo_cd_gives_them_and_no_more() {
    let is_nil = |name: &str| run(&format!("return {{ {name} == nil }}"), &json!({}), &[]).unwrap() == json!([true]);
    for name in ["string", "math", "io", "debug", "coroutine", "jit", "require", "load", "os.execute", "os.getenv"] {
        assert!(is_nil(name), "{name} is there");
    }
    for name in ["ipairs", "pairs", "type", "tostring", "error", "pcall", "table.insert", "os.time", "os.date"] {
        assert!(!is_nil(name), "{name} is missing");
    }
    let late = run("while true do end", &json!({}), &[]).expect_err("a second at most");
    assert!(late.contains("deadline"), "{late}");
}
