-- The server makes an index for the foreign key, and a FULLTEXT index makes it believe that it is not needed: then no
-- ALTER of the table goes through (error 1553).
CREATE TABLE parent (name varchar(20) PRIMARY KEY);
CREATE TABLE child (
  id int PRIMARY KEY,
  name varchar(20),
  extra int,
  KEY extra (extra),
  FULLTEXT KEY words (name),
  CONSTRAINT child_name FOREIGN KEY (name) REFERENCES parent (name) ON DELETE CASCADE
);
CREATE TABLE widened (
  id int PRIMARY KEY,
  name varchar(20),
  FULLTEXT KEY words (name),
  CONSTRAINT widened_name FOREIGN KEY (name) REFERENCES parent (name)
);
