CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  v varchar(100) COLLATE utf8mb4_bin AS (conv(id % 5, 10, 16)) VIRTUAL,
  KEY i (v DESC),
  CONSTRAINT c CHECK (v <> 'x')
);
