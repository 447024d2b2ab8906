-- versions: 8.0.30, 8.0.39, 8.4.0, 9.7.0
-- unlike: 8.0.27, 8.0.29

-- a dump of 8.0.39: collations of utf8mb3 are called after it; a column that says what its table says shows both
CREATE TABLE regions (
  code VARCHAR(255) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL,
  title VARCHAR(255) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin,
  PRIMARY KEY (code)
) DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin;
CREATE TABLE `regions` (
  `code` varchar(255) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin NOT NULL,
  `title` varchar(255) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin DEFAULT NULL,
  PRIMARY KEY (`code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8mb3_bin;
