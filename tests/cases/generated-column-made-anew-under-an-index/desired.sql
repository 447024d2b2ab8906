CREATE TABLE t (
  id int NOT NULL PRIMARY KEY,
  v enum('a','b'),
  KEY i (v DESC),
  CONSTRAINT c CHECK (v <> 'x')
);
