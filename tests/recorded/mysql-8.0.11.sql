-- versions: 8.0.11, 8.0.18
-- unlike: 8.0.19, 8.4.0

-- a dump of 8.0.11: widths as they were written, and the type's own where none was
CREATE TABLE purchases (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  item INT,
  price DOUBLE(8,2) NOT NULL,
  pieces INT(10) NOT NULL DEFAULT 1,
  clerk INT(6),
  bought DATETIME NOT NULL,
  KEY clerk (clerk) USING BTREE
);
CREATE TABLE `purchases` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `item` int(11) DEFAULT NULL,
  `price` double(8,2) NOT NULL,
  `pieces` int(10) NOT NULL DEFAULT '1',
  `clerk` int(6) DEFAULT NULL,
  `bought` datetime NOT NULL,
  PRIMARY KEY (`id`),
  KEY `clerk` (`clerk`) USING BTREE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;

-- a dump of 8.0.11: utf8 goes by that name, also where a column says what its table says
CREATE TABLE menu (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  title VARCHAR(255) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL,
  parent INT
) DEFAULT CHARSET=utf8;
CREATE TABLE `menu` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `title` varchar(255) CHARACTER SET utf8 COLLATE utf8_general_ci NOT NULL,
  `parent` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8;

-- a dump of 8.0.17: SRID of a nullable point; latin1 with its default collation
CREATE TABLE trucks (
  id INT NOT NULL AUTO_INCREMENT PRIMARY KEY,
  name VARCHAR(100) NOT NULL,
  place POINT SRID 4326,
  owner INT,
  price DECIMAL,
  KEY owner (owner)
) DEFAULT CHARSET=latin1;
CREATE TABLE `trucks` (
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `name` varchar(100) NOT NULL,
  `place` point /*!80003 SRID 4326 */ DEFAULT NULL,
  `owner` int(11) DEFAULT NULL,
  `price` decimal(10,0) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `owner` (`owner`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1;
