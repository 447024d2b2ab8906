SELECT MIN(`offset`), MAX(`offset`), TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), CONVERT_TZ(UTC_TIMESTAMP(), '+00:00', `zone`)),
       BIT_XOR(CRC32(CONCAT(`at`, ' ', `offset`)) * 65599 + CRC32(CONCAT(`offset`, ' ', `at`)))
  FROM (SELECT `at`, `zone`, TIMESTAMPDIFF(SECOND, `at`, CONVERT_TZ(`at`, '+00:00', `zone`)) AS `offset`
          FROM (WITH RECURSIVE `years` (`y`) AS (SELECT 0 UNION ALL SELECT `y` + 1 FROM `years` WHERE `y` < 67),
                               `weeks` (`w`) AS (SELECT 0 UNION ALL SELECT `w` + 1 FROM `weeks` WHERE `w` < 52)
                SELECT '1970-01-01 00:00:01' + INTERVAL `y` YEAR + INTERVAL `w` WEEK + INTERVAL (`y` * 5 + `w` * 7) % 24 HOUR AS `at`,
                       ? AS `zone`
                  FROM `years`, `weeks`) AS `moments`) AS `offsets`
 GROUP BY `zone`
