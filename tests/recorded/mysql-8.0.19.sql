-- versions: 8.0.19, 8.0.34, 8.4.0, 9.7.0
-- unlike: 8.0.18

-- a dump of 8.0.19: columns generated from a document, and a check that is not enforced
CREATE TABLE accounts (
  doc JSON,
  id VARBINARY(32) GENERATED ALWAYS AS (json_unquote(json_extract(doc, '$._id'))) STORED NOT NULL,
  shape JSON GENERATED ALWAYS AS ('{"type":"object"}') VIRTUAL,
  event INT GENERATED ALWAYS AS (json_unquote(json_extract(doc, '$.event'))) STORED NOT NULL,
  PRIMARY KEY (id),
  KEY events (event),
  CHECK (json_schema_valid(shape, doc)) NOT ENFORCED
);
CREATE TABLE `accounts` (
  `doc` json DEFAULT NULL,
  `id` varbinary(32) GENERATED ALWAYS AS (json_unquote(json_extract(`doc`,_utf8mb4'$._id'))) STORED NOT NULL,
  `shape` json GENERATED ALWAYS AS (_utf8mb4'{"type":"object"}') VIRTUAL,
  `event` int GENERATED ALWAYS AS (json_unquote(json_extract(`doc`,_utf8mb4'$.event'))) STORED NOT NULL,
  PRIMARY KEY (`id`),
  KEY `events` (`event`),
  CONSTRAINT `accounts_chk_1` CHECK (json_schema_valid(`shape`,`doc`)) /*!80016 NOT ENFORCED */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/check_constraints.result at 018fcd50: the table's check is named before the column's where it stands before it
CREATE TABLE measured (CHECK ((low + high) > 10), low INT CHECK (low < 10), high INT);
CREATE TABLE `measured` (
  `low` int DEFAULT NULL,
  `high` int DEFAULT NULL,
  CONSTRAINT `measured_chk_1` CHECK (((`low` + `high`) > 10)),
  CONSTRAINT `measured_chk_2` CHECK ((`low` < 10))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/check_constraints.result at 018fcd50: names that differ by an accent
CREATE TABLE named (low INT, CONSTRAINT cafe CHECK (low < 12), CONSTRAINT `café` CHECK (low < 13));
CREATE TABLE `named` (
  `low` int DEFAULT NULL,
  CONSTRAINT `cafe` CHECK ((`low` < 12)),
  CONSTRAINT `café` CHECK ((`low` < 13))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/check_constraints.result at 018fcd50: a name that is a reserved word
CREATE TABLE reserved (low INT, high INT, CONSTRAINT `FLOAT` CHECK (high < 10));
CREATE TABLE `reserved` (
  `low` int DEFAULT NULL,
  `high` int DEFAULT NULL,
  CONSTRAINT `FLOAT` CHECK ((`high` < 10))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
