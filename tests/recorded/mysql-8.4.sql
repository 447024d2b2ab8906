-- versions: 8.4.0, 8.4.11, 9.7.0
-- unlike: 8.0.18

-- a dump of 8.4.2: the primary key that the server adds by itself, written out
CREATE TABLE versions (
  my_row_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT INVISIBLE,
  app VARCHAR(10) NOT NULL,
  made TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (my_row_id)
);
CREATE TABLE `versions` (
  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,
  `app` varchar(10) NOT NULL,
  `made` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  PRIMARY KEY (`my_row_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- a dump of 8.4.11: scaled defaults, small integers, booleans, RESTRICT where it was said
CREATE TABLE recipes (
  id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
  parent INT UNSIGNED NOT NULL,
  minutes SMALLINT UNSIGNED NOT NULL,
  scale DECIMAL(4,2) NOT NULL DEFAULT 1,
  unit VARCHAR(10) NOT NULL DEFAULT 'g',
  gluten BOOLEAN NOT NULL,
  UNIQUE KEY units (unit),
  KEY parents (parent),
  CONSTRAINT parents FOREIGN KEY (parent) REFERENCES recipes (id) ON DELETE RESTRICT
);
CREATE TABLE `recipes` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `parent` int unsigned NOT NULL,
  `minutes` smallint unsigned NOT NULL,
  `scale` decimal(4,2) NOT NULL DEFAULT '1.00',
  `unit` varchar(10) NOT NULL DEFAULT 'g',
  `gluten` tinyint(1) NOT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `units` (`unit`),
  KEY `parents` (`parent`),
  CONSTRAINT `parents` FOREIGN KEY (`parent`) REFERENCES `recipes` (`id`) ON DELETE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
