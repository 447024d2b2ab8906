-- versions: 8.0.45, 8.4.0, 9.7.0

-- a dump of 8.0.45: checks with strings, and RANGE COLUMNS
CREATE TABLE payments (
  id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  way ENUM('CASH','BOXES','BOTH') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  cash DECIMAL(14,2) NOT NULL DEFAULT 0,
  boxes INT NOT NULL DEFAULT 0,
  note TEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  paid_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (id, paid_at),
  KEY by_way (way, paid_at),
  CONSTRAINT none_negative CHECK (cash >= 0 AND boxes >= 0),
  CONSTRAINT ways CHECK ((way = 'CASH' AND cash > 0) OR (way IN ('BOXES', 'BOTH') AND boxes > 0))
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
PARTITION BY RANGE COLUMNS (paid_at) (
  PARTITION may VALUES LESS THAN ('2026-06-01'),
  PARTITION later VALUES LESS THAN (MAXVALUE)
);
CREATE TABLE `payments` (
  `id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `way` enum('CASH','BOXES','BOTH') CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  `cash` decimal(14,2) NOT NULL DEFAULT '0.00',
  `boxes` int NOT NULL DEFAULT '0',
  `note` text CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci,
  `paid_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`,`paid_at`),
  KEY `by_way` (`way`,`paid_at`),
  CONSTRAINT `none_negative` CHECK (((`cash` >= 0) and (`boxes` >= 0))),
  CONSTRAINT `ways` CHECK ((((`way` = _utf8mb4'CASH') and (`cash` > 0)) or ((`way` in (_utf8mb4'BOXES',_utf8mb4'BOTH')) and (`boxes` > 0))))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci
/*!50500 PARTITION BY RANGE  COLUMNS(paid_at)
(PARTITION may VALUES LESS THAN ('2026-06-01') ENGINE = InnoDB,
 PARTITION later VALUES LESS THAN (MAXVALUE) ENGINE = InnoDB) */;

-- a dump of 8.0.45: a collation that is inherited is shown alone
CREATE TABLE grades (
  id BIGINT UNSIGNED NOT NULL,
  name VARCHAR(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  grade VARCHAR(80) NOT NULL DEFAULT '',
  updated_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (id)
) DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
CREATE TABLE `grades` (
  `id` bigint unsigned NOT NULL,
  `name` varchar(120) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci NOT NULL,
  `grade` varchar(80) COLLATE utf8mb4_bin NOT NULL DEFAULT '',
  `updated_at` datetime NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;
