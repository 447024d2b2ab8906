-- versions: 8.0.11, 8.0.15
-- unlike: 8.0.16, 8.4.0

-- mysql/mysql-server mysql-test/suite/innodb/r/table_encrypt_1.result at c958ce4a: encryption without an executable comment
-- not run: it takes a keyring
CREATE TABLE secrets (c INT PRIMARY KEY) COMPRESSION='ZLIB' ENCRYPTION='Y';
CREATE TABLE `secrets` (
  `c` int(11) NOT NULL,
  PRIMARY KEY (`c`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci COMPRESSION='ZLIB' ENCRYPTION='Y';

-- mysql/mysql-server mysql-test/suite/innodb/r/table_encrypt_1.result at c958ce4a: behind the row format
-- not run: it takes a keyring
CREATE TABLE secrets (c INT) ROW_FORMAT=COMPRESSED ENCRYPTION='Y';
CREATE TABLE `secrets` (
  `c` int(11) DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci ROW_FORMAT=COMPRESSED ENCRYPTION='Y';
