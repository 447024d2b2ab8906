CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  b int,
  KEY g (b, ((b + 1)))
);
