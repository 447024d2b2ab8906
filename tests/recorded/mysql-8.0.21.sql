-- versions: 8.0.21, 8.0.34, 8.4.0, 9.7.0
-- unlike: 8.0.18

-- mysql/mysql-server mysql-test/r/engine_attribute.result at 1164fb9e: attributes for a secondary engine, their JSON spaced by the server
CREATE TABLE hints (
  a INT,
  b VARCHAR(64) SECONDARY_ENGINE_ATTRIBUTE='{"of":"the column"}'
) SECONDARY_ENGINE_ATTRIBUTE='{"of":"the table"}';
CREATE TABLE `hints` (
  `a` int DEFAULT NULL,
  `b` varchar(64) DEFAULT NULL /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"of": "the column"}' */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci /*!80021 SECONDARY_ENGINE_ATTRIBUTE='{"of": "the table"}' */;

-- mysql/mysql-server mysql-test/r/engine_attribute.result at 1164fb9e: an empty attribute is none
CREATE TABLE hints (a INT) SECONDARY_ENGINE_ATTRIBUTE='';
CREATE TABLE `hints` (
  `a` int DEFAULT NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci;
