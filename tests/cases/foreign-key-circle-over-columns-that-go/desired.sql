CREATE TABLE departments (
  dept_id int NOT NULL PRIMARY KEY
);
CREATE TABLE employees (
  emp_id int NOT NULL PRIMARY KEY,
  dept_id int
);
