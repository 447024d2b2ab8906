CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  a text DEFAULT (''),
  b json DEFAULT ('{}')
);
