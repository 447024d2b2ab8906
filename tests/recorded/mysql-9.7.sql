-- versions: 9.7.0
-- unlike: 8.0.18

-- measured on 9.7.4: the keys of attributes are sorted by length, those of indexes too
CREATE TABLE hints (
  a INT,
  KEY k (a) SECONDARY_ENGINE_ATTRIBUTE='{"kind":"x","b":[1,{"c":null}]}'
) SECONDARY_ENGINE_ATTRIBUTE='{"zz":1,"b":"a \\"b\\"","aa":true}';
CREATE TABLE `hints` (
  `a` int DEFAULT NULL,
  KEY `k` (`a`) /*!80021 SECONDARY_ENGINE_ATTRIBUTE '{"b": [1, {"c": null}], "kind": "x"}' */
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci /*!80021 SECONDARY_ENGINE_ATTRIBUTE='{"b": "a \\"b\\"", "aa": true, "zz": 1}' */;
