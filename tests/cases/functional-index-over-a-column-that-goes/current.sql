CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a int,
  b int,
  KEY f ((a * 2)),
  KEY g (b, ((a + b)))
);
