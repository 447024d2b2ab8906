CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  b text,
  FULLTEXT KEY f (b)
);
