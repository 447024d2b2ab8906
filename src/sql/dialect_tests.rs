//! What servers of several versions print, recorded: it comes back byte for byte, under the dialect that prints it.

use super::{Style, parse_create_table, print_create_table};
use crate::model::{Dialect, Flavour, Version};

const fn mysql(minor: u16, patch: u16) -> Dialect {
    Dialect::mysql(Version { major: 8, minor, patch })
}

const MARIADB: Dialect = Dialect::new(Flavour::Mariadb, Version { major: 10, minor: 11, patch: 18 });

fn comes_back(text: &str, dialect: Dialect) -> bool {
    let table = parse_create_table(text, dialect).unwrap_or_else(|error| panic!("{dialect}: {error}\n{text}"));
    print_create_table(&table, Style::ShowCreate, dialect) == text
}

/// Recorded texts with the dialects that print them so, and one that does not.
#[test]
fn each_server_prints_its_own_way() {
    let widths = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `y` year(4) DEFAULT NULL,\n  \
                  `name` varchar(9) CHARACTER SET utf8 COLLATE utf8_bin DEFAULT NULL,\n  PRIMARY KEY (`id`)\n\
                  ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci";
    assert!(comes_back(widths, mysql(0, 18)));
    assert!(!comes_back(widths, mysql(4, 0)), "8.0.19 and later print no `year(4)`");

    let utf8 = "CREATE TABLE `t` (\n  `a` varchar(9) DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3";
    assert!(comes_back(utf8, mysql(0, 28)) && comes_back(utf8, MARIADB));
    assert!(!comes_back(utf8, mysql(0, 27)), "utf8 before 8.0.28");

    let mysql_84 = "CREATE TABLE `t` (\n  `a` int DEFAULT '1',\n  `b` int DEFAULT (uuid()),\n  \
                    `c` int DEFAULT NULL /*!80023 INVISIBLE */,\n  `at` timestamp NULL DEFAULT CURRENT_TIMESTAMP,\n  \
                    KEY `k` (`a`) /*!80000 INVISIBLE */,\n  \
                    CONSTRAINT `t_chk_1` CHECK ((`a` > 0)) /*!80016 NOT ENFORCED */\n\
                    ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci\n\
                    /*!50100 PARTITION BY RANGE (`a`)\n(PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB) */";
    assert!(comes_back(mysql_84, mysql(4, 0)) && comes_back(mysql_84, Dialect::NEWEST));
    assert!(!comes_back(mysql_84, MARIADB));
}

#[test]
fn what_mariadb_prints_comes_back() {
    for columns in [
        "`a` int(11) DEFAULT 1,\n  `b` int(10) unsigned zerofill DEFAULT NULL,\n  `c` year(4) DEFAULT 2020",
        "`a` int(11) NOT NULL INVISIBLE AUTO_INCREMENT COMMENT 'c',\n  PRIMARY KEY (`a`)",
        "`a` varchar(9) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL INVISIBLE DEFAULT 'x' COMMENT 'c' CHECK (`a` <> 'y')",
        "`at` timestamp NOT NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n  \
         `b` datetime(6) DEFAULT current_timestamp(6),\n  `c` datetime DEFAULT (current_timestamp() + interval 1 day)",
        "`u` char(36) DEFAULT uuid(),\n  `n` int(11) DEFAULT (1 + 1),\n  `t` text DEFAULT NULL,\n  `x` text DEFAULT 'x'",
        "`j` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`))",
        "`a` int(11) DEFAULT NULL,\n  `b` int(11) GENERATED ALWAYS AS (`a` + 1) VIRTUAL INVISIBLE COMMENT 'c'",
        "`a` int(11) DEFAULT NULL,\n  KEY `k` (`a`) IGNORED,\n  KEY `h` (`a`) USING HASH KEY_BLOCK_SIZE=8",
        "`p` int(11) DEFAULT NULL,\n  KEY `f` (`p`),\n  \
         CONSTRAINT `f` FOREIGN KEY (`p`) REFERENCES `p` (`id`) ON DELETE NO ACTION ON UPDATE CASCADE,\n  \
         CONSTRAINT `CONSTRAINT_1` CHECK (`p` > 0)",
        "`g` geometrycollection DEFAULT NULL",
    ] {
        let text = format!(
            "CREATE TABLE `t` (\n  {columns}\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
        );
        assert!(comes_back(&text, MARIADB), "{text}");
    }
    for partitions in [
        " PARTITION BY RANGE (`a`)\n(PARTITION `p0` VALUES LESS THAN (10) ENGINE = InnoDB,\n \
         PARTITION `p1` VALUES LESS THAN MAXVALUE ENGINE = InnoDB)",
        " PARTITION BY RANGE  COLUMNS(`a`)\n(PARTITION `p0` VALUES LESS THAN (10) ENGINE = InnoDB)",
        " PARTITION BY KEY ALGORITHM = 1 (`a`)\nPARTITIONS 3",
        " PARTITION BY HASH (`a` + 1)\nPARTITIONS 2",
    ] {
        let text = format!(
            "CREATE TABLE `t` (\n  `a` int(11) DEFAULT NULL\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 \
             COLLATE=utf8mb4_general_ci\n{partitions}"
        );
        assert!(comes_back(&text, MARIADB), "{text}");
    }
}

/// Measured on 10.11.18: which executable comments count.
#[test]
fn executable_comments_count_by_flavour() {
    let visible = |comment: &str, dialect: Dialect| {
        let text = format!("CREATE TABLE t (a int, b int {comment})");
        parse_create_table(&text, dialect).unwrap().columns[1].visible
    };
    for (comment, counts_in_mariadb) in [
        ("/*! INVISIBLE */", true),
        ("/*!50699 INVISIBLE */", true),
        ("/*!50700 INVISIBLE */", false),
        ("/*!80023 INVISIBLE */", false),
        ("/*!99999 INVISIBLE */", false),
        ("/*!100100 INVISIBLE */", true),
        ("/*!101118 INVISIBLE */", true),
        ("/*!101119 INVISIBLE */", false),
        ("/*M!100100 INVISIBLE */", true),
        ("/*M! INVISIBLE */", true),
    ] {
        assert_eq!(!visible(comment, MARIADB), counts_in_mariadb, "{comment}");
    }
    assert!(!visible("/*!80023 INVISIBLE */", Dialect::NEWEST));
    assert!(visible("/*M!100100 INVISIBLE */", Dialect::NEWEST));
}

#[test]
fn a_column_keeps_its_check_where_it_has_one() {
    let text = "CREATE TABLE t (a int CHECK (a > 0))";
    let mariadb = parse_create_table(text, MARIADB).unwrap();
    assert!(mariadb.checks.is_empty() && mariadb.columns[0].check.is_some());
    let mysql = parse_create_table(text, Dialect::NEWEST).unwrap();
    assert!(mysql.checks.len() == 1 && mysql.columns[0].check.is_none());
}
