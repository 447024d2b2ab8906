-- versions: 8.0.17, 8.0.34, 8.4.0, 9.7.0

-- mysql/mysql-server mysql-test/suite/json/r/array_index.result at 13245422: multi-valued indexes
CREATE TABLE documents (
  body JSON,
  KEY numbers ((CAST(body AS UNSIGNED ARRAY))),
  KEY signs ((CAST(body AS SIGNED ARRAY))),
  KEY words ((CAST(body AS CHAR(512) ARRAY)))
);
CREATE TABLE `documents` (
  `body` json DEFAULT NULL,
  KEY `numbers` ((cast(`body` as unsigned array))),
  KEY `signs` ((cast(`body` as signed array))),
  KEY `words` ((cast(`body` as char(512) array)))
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
