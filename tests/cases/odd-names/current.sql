CREATE TABLE `odd ``name` (`select` int PRIMARY KEY, `a b` int, `ümlaut` int, KEY `key` (`a b`));
