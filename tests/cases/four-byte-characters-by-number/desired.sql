CREATE TABLE t (
  a varchar(10) DEFAULT '😀',
  g varchar(20) AS (concat(a, convert(0xF09F9881 using utf8mb4))),
  CONSTRAINT c CHECK (a <> convert(X'F09F9881' using utf8mb4))
);
