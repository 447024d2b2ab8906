-- versions: 8.0.28, 8.0.29
-- unlike: 8.0.27, 8.0.30, 8.4.0

-- a dump of 8.0.28: the character set has its new name, its collations the old ones
CREATE TABLE savings (
  id INT NOT NULL AUTO_INCREMENT,
  kind VARCHAR(255) NOT NULL,
  money FLOAT NOT NULL,
  until DATE NOT NULL,
  PRIMARY KEY (id)
) DEFAULT CHARSET=utf8mb3 COLLATE=utf8_bin;
CREATE TABLE `savings` (
  `id` int NOT NULL AUTO_INCREMENT,
  `kind` varchar(255) COLLATE utf8_bin NOT NULL,
  `money` float NOT NULL,
  `until` date NOT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb3 COLLATE=utf8_bin;
