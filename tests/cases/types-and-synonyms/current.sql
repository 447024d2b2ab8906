CREATE TABLE t (id serial, a int(11), b bool, c dec(5), d double precision, e long, f national varchar(5), g year(4), h tinyint(1) unsigned, i int(5) zerofill);
