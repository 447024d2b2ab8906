CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a text,
  b text,
  FULLTEXT KEY f (a)
);
