//! The time zone in which a server's own clients read and write TIMESTAMP values.

/// A server's time zone, where it is not UTC. TIMESTAMP values are stored in UTC; what a session sees of them, and what a
/// text means that becomes one, depends on the session's `time_zone`, for which `@@global.time_zone` is the default.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerZone {
    /// What sessions set `time_zone` to: an offset such as `+02:00` where it is always the same, whatever the zone is called,
    /// since every server knows offsets; else `Europe/Berlin`, or `SYSTEM`. The binary log has this text, and a replica
    /// reads `SYSTEM` as its own system's zone.
    pub session: String,
    /// Its name for people: as the server has it, e.g. `Europe/Berlin`, and for the system's zone `SYSTEM (CET)`.
    pub name: String,
    /// How far it is ahead of UTC at this moment, in seconds; `None`: the server does not tell.
    pub offset: Option<i32>,
    /// What distinguishes it from other zones where its offset is not always the same (summer time): a number over its
    /// offsets from 1970 to 2037.
    pub changes: Option<u64>,
}

/// What a server says of a time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZoneOffsets {
    /// The smallest offset from UTC between 1970 and 2037, in seconds.
    pub least: i32,
    /// The greatest.
    pub most: i32,
    /// The offset at this moment.
    pub now: i32,
    /// A number over all of them, with their times.
    pub digest: u64,
}

impl ServerZone {
    /// The zone of a server with this `@@global.time_zone` and `@@global.system_time_zone`; `None` for UTC. `offsets` is
    /// `None` where the server does not know its own zone.
    pub fn new(global: &str, system: &str, offsets: Option<ZoneOffsets>) -> Option<Self> {
        let is_system = global.eq_ignore_ascii_case("SYSTEM");
        let name = if is_system { format!("SYSTEM ({system})") } else { global.to_owned() };
        let Some(ZoneOffsets { least, most, now, digest }) = offsets else {
            return Some(Self { session: global.to_owned(), name, offset: None, changes: None });
        };
        if least == 0 && most == 0 {
            return None;
        }
        let fixed = (least == most).then(|| written(least)).flatten();
        let session = fixed.unwrap_or_else(|| global.to_owned());
        Some(Self { session, name, offset: Some(now), changes: (least != most).then_some(digest) })
    }

    /// Whether it means another zone on another server: it is that server's system's.
    pub fn is_each_servers_own(&self) -> bool {
        self.session.eq_ignore_ascii_case("SYSTEM")
    }
}

/// An offset in seconds as `time_zone` takes it, from -13:59 to +14:00; `None` where it has seconds, or is beyond.
fn written(offset: i32) -> Option<String> {
    let minutes = offset / 60;
    let fits = offset % 60 == 0 && (-839..=840).contains(&minutes);
    let sign = if offset < 0 { '-' } else { '+' };
    fits.then(|| format!("{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(least: i32, most: i32) -> Option<ZoneOffsets> {
        Some(ZoneOffsets { least, most, now: most, digest: 255 })
    }

    #[test]
    fn utc_is_no_zone_under_whatever_name() {
        for (global, system) in [("SYSTEM", "UTC"), ("+00:00", "CET"), ("Africa/Abidjan", "GMT")] {
            assert_eq!(ServerZone::new(global, system, offsets(0, 0)), None, "{global}");
        }
    }

    #[test]
    fn a_zone_is_an_offset_where_it_has_one() {
        let zone = ServerZone::new("SYSTEM", "IST", offsets(19_800, 19_800)).unwrap();
        assert_eq!((zone.session.as_str(), zone.name.as_str()), ("+05:30", "SYSTEM (IST)"));
        assert!(!zone.is_each_servers_own());
        let west = ServerZone::new("SYSTEM", "X", offsets(-12_600, -12_600)).unwrap();
        assert_eq!(west.session, "-03:30");
        let summer = ServerZone::new("SYSTEM", "CEST", offsets(3_600, 7_200)).unwrap();
        assert_eq!(summer.session, "SYSTEM");
        assert!(summer.is_each_servers_own());
    }

    #[test]
    fn zones_with_summer_time_are_told_apart() {
        let one = ServerZone::new("Europe/Berlin", "UTC", offsets(3_600, 7_200)).unwrap();
        assert_eq!((one.session.as_str(), one.changes), ("Europe/Berlin", Some(255)));
        let fixed = ServerZone::new("Etc/GMT-2", "UTC", offsets(7_200, 7_200)).unwrap();
        assert_eq!((fixed.session.as_str(), fixed.name.as_str(), fixed.changes), ("+02:00", "Etc/GMT-2", None));
    }
}
