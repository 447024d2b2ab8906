CREATE TABLE departments (dept_id int NOT NULL PRIMARY KEY, manager_id int);
CREATE TABLE employees (emp_id int NOT NULL PRIMARY KEY, dept_id int, CONSTRAINT emp_dept FOREIGN KEY (dept_id) REFERENCES departments (dept_id));
ALTER TABLE departments ADD CONSTRAINT dept_manager FOREIGN KEY (manager_id) REFERENCES employees (emp_id);
