//! A time zone with summer time, for servers without time zone tables.

/// Its name: it has summer time as most of Europe has it, in every year.
pub const SUMMER_TIME: &str = "Test/Summer";

/// Makes the zone known to a server; `sql` runs statements there as an administrator.
pub fn load_summer_time(sql: &dyn Fn(&str) -> String) {
    let mut rows = Vec::new();
    for year in 1970..2038_i16 {
        for (month, kind) in [(3, 1), (10, 0)] {
            let last = jiff::civil::date(year, month, 31);
            let back = i64::from(last.weekday().to_sunday_zero_offset());
            let sunday = last.checked_sub(jiff::Span::new().days(back)).expect("a date");
            let seconds =
                sunday.at(1, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).expect("a time").timestamp().as_second();
            rows.push(format!("(@zone, {seconds}, {kind})"));
        }
    }
    sql(&format!(
        "SET @was = @@GLOBAL.super_read_only; SET GLOBAL super_read_only = 0; SET sql_log_bin = 0; USE mysql;
         INSERT INTO time_zone (Use_leap_seconds) VALUES ('N');
         SET @zone = LAST_INSERT_ID();
         INSERT INTO time_zone_name (Name, Time_zone_id) VALUES ('{SUMMER_TIME}', @zone);
         INSERT INTO time_zone_transition_type (Time_zone_id, Transition_type_id, `Offset`, Is_DST, Abbreviation)
           VALUES (@zone, 0, 3600, 0, 'CET'), (@zone, 1, 7200, 1, 'CEST');
         INSERT INTO time_zone_transition (Time_zone_id, Transition_time, Transition_type_id) VALUES {};
         SET GLOBAL super_read_only = @was",
        rows.join(", ")
    ));
}
