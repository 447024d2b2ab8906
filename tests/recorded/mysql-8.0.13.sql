-- versions: 8.0.13, 8.0.18
-- unlike: 8.0.19, 8.4.0

-- mysql/mysql-server mysql-test/r/functional_index.result at 0240b63d: unnamed indexes over expressions
CREATE TABLE doubled (
  amount INT,
  INDEX ((amount * 2)),
  INDEX ((amount * 4))
);
CREATE TABLE `doubled` (
  `amount` int(11) DEFAULT NULL,
  KEY `functional_index` (((`amount` * 2))),
  KEY `functional_index_2` (((`amount` * 4)))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/functional_index.result at 0240b63d: substring() becomes substr(); expressions beside columns
CREATE TABLE searched (
  number INTEGER,
  word VARCHAR(255),
  KEY by_size ((ABS(number))),
  KEY by_start ((SUBSTRING(word, 1, 2))),
  KEY pairs ((number + number), word)
);
CREATE TABLE `searched` (
  `number` int(11) DEFAULT NULL,
  `word` varchar(255) DEFAULT NULL,
  KEY `by_size` ((abs(`number`))),
  KEY `by_start` ((substr(`word`,1,2))),
  KEY `pairs` (((`number` + `number`)),`word`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/default_as_expr.result at 045af147: expressions as defaults, with the connection's character set before strings
CREATE TABLE fills (
  n INT,
  wide BIGINT,
  filling BLOB DEFAULT (repeat('b', n)),
  tag CHAR(36) DEFAULT (uuid())
);
CREATE TABLE `fills` (
  `n` int(11) DEFAULT NULL,
  `wide` bigint(20) DEFAULT NULL,
  `filling` blob DEFAULT (repeat(_utf8mb4'b',`n`)),
  `tag` char(36) DEFAULT (uuid())
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/r/default_as_expr.result at 045af147: ON UPDATE behind an expression
CREATE TABLE moments (
  n INT,
  touched TIMESTAMP NULL DEFAULT ('2003-01-02' + INTERVAL 1 MINUTE) ON UPDATE NOW()
);
CREATE TABLE `moments` (
  `n` int(11) DEFAULT NULL,
  `touched` timestamp NULL DEFAULT ((_utf8mb4'2003-01-02' + interval 1 minute)) ON UPDATE CURRENT_TIMESTAMP
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- mysql/mysql-server mysql-test/suite/secondary_engine/r/define.result at 15222326: columns that a secondary engine leaves out
CREATE TABLE reports (
  id INT NOT NULL,
  part INT NOT NULL NOT SECONDARY,
  note INT NOT SECONDARY,
  PRIMARY KEY (id, part)
) COMMENT='c' SECONDARY_ENGINE=mock;
CREATE TABLE `reports` (
  `id` int(11) NOT NULL,
  `part` int(11) NOT NULL NOT SECONDARY,
  `note` int(11) NOT SECONDARY DEFAULT NULL,
  PRIMARY KEY (`id`,`part`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMMENT='c' SECONDARY_ENGINE=mock;
