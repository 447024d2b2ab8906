-- The server drops an index that it made for a foreign key as soon as another one covers it, even one that is declared.
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (
  id int PRIMARY KEY,
  parent_id int,
  CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
);
CREATE TABLE by_primary_key (
  id int PRIMARY KEY,
  parent_id int NOT NULL,
  CONSTRAINT primary_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
);
