CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (
  id int PRIMARY KEY,
  parent_id int,
  KEY child_parent (parent_id),
  KEY child_parent_and_more (parent_id, id),
  CONSTRAINT child_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
);
CREATE TABLE by_primary_key (
  id int,
  parent_id int NOT NULL,
  PRIMARY KEY (parent_id),
  KEY primary_parent (parent_id),
  CONSTRAINT primary_parent FOREIGN KEY (parent_id) REFERENCES parent (id)
);
