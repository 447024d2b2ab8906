//! What a server says of time zones.

use std::collections::BTreeMap;

use super::one_statement::Batch;
use super::session::Session;
use super::{MysqlError, Server};
use crate::model::{ServerZone, ZoneOffsets};

/// Names of UTC, about which nothing has to be asked.
const UTC: [&str; 8] = ["+00:00", "-00:00", "UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Universal"];

/// The zone of a server with this `@@global.time_zone` and `@@global.system_time_zone`; `None` for UTC.
pub(super) async fn time_zone(
    session: &mut Session,
    global: &str,
    system: &str,
) -> Result<Option<ServerZone>, MysqlError> {
    let named = if global.eq_ignore_ascii_case("SYSTEM") { system } else { global };
    if UTC.iter().any(|utc| utc.eq_ignore_ascii_case(named)) {
        return Ok(None);
    }
    Ok(ServerZone::new(global, system, offsets(session, global).await?))
}

/// The offsets of a zone as this server knows it (`SYSTEM`: its own system's); `None` where it does not know the name.
pub async fn zone_offsets(server: &Server, zone: &str) -> Result<Option<ZoneOffsets>, MysqlError> {
    offsets(server.session().await?.get()?, zone).await
}

async fn offsets(session: &mut Session, zone: &str) -> Result<Option<ZoneOffsets>, MysqlError> {
    let row = session.query_row(include_str!("queries/zone_offsets.sql"), &[zone]).await?;
    let mut seconds = [0; 3];
    for (at, place) in seconds.iter_mut().enumerate() {
        match session.optional(&row, at)?.map(|text| text.parse()) {
            Some(Ok(number)) => *place = number,
            Some(Err(_)) => return Err(MysqlError::unexpected(session.address(), "an offset is not a number")),
            None => return Ok(None),
        }
    }
    let [least, most, now] = seconds;
    Ok(Some(ZoneOffsets { least, most, now, digest: session.number(&row, 3)? }))
}

/// Local times (`YYYY-MM-DD hh:mm:ss`, or whatever the server reads as one) of one zone as those of another. A text that
/// is none, and all where the server does not know a zone, are left out.
pub async fn converted(
    server: &Server,
    texts: &[String],
    from: &str,
    to: &str,
) -> Result<BTreeMap<String, String>, MysqlError> {
    let mut lease = server.session().await?;
    let session = lease.get()?;
    let mut found = BTreeMap::new();
    for some in texts.chunks(500) {
        let mut batch = Batch::default();
        for text in some {
            batch.push(&session.fixed("SELECT CONVERT_TZ(?, ?, ?)", &[text, from, to])?);
        }
        let mut answers = Vec::with_capacity(some.len());
        let (_, result) = session.send_batch(batch, |at, row| answers.push((at, row))).await;
        result?;
        for (at, row) in answers {
            if let (Some(text), Some(answer)) = (some.get(at), session.optional(&row, 0)?) {
                found.insert(text.clone(), answer);
            }
        }
    }
    Ok(found)
}
