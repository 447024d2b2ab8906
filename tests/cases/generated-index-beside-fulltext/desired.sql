CREATE TABLE parent (name varchar(20) PRIMARY KEY);
CREATE TABLE child (
  id int PRIMARY KEY,
  name varchar(20),
  other int,
  KEY other (name(7), other),
  FULLTEXT KEY words (name),
  CONSTRAINT child_name FOREIGN KEY (name) REFERENCES parent (name) ON DELETE CASCADE
) COMMENT 'changed';
CREATE TABLE widened (
  id int PRIMARY KEY,
  name varchar(20),
  FULLTEXT KEY words (name),
  CONSTRAINT widened_name FOREIGN KEY (name) REFERENCES parent (name) ON UPDATE CASCADE
);
