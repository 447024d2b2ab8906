CREATE TABLE t (id int PRIMARY KEY, a timestamp/*!50601(2)*/ NULL DEFAULT CURRENT_TIMESTAMP(/*!506012*/), b int /*!80023 INVISIBLE */, c int /*!99999 broken */);
