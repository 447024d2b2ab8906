CREATE TABLE t (
  a varchar(10),
  g varchar(20) AS (concat(a, convert(0xF09F9880 using utf8mb4))),
  CONSTRAINT c CHECK (a <> convert(0xF09F9880 using utf8mb4))
);
