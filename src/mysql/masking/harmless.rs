//! The numbers whose messages name schemas, tables, columns, indexes, constraints, accounts, options and syntax, and
//! quote no value of a row, on MySQL and on MariaDB: those that statements of ours meet, and no others.
//!
//! A message belongs here only if no argument of it is computed from a row. It is not enough that it usually names a
//! function: 1772 and 3902 quote the argument that the function was given.

/// Whether a message under this number can be shown as it is.
pub(super) fn names_objects_only(code: u16) -> bool {
    access(code) || server_state(code) || definitions(code) || data(code) || mysql_only(code) || replication(code)
}

/// Accounts and privileges; limits of connections.
fn access(code: u16) -> bool {
    matches!(
        code,
        1040 | 1044
            | 1045
            | 1049
            | 1129
            | 1130
            | 1142
            | 1143
            | 1203
            | 1226
            | 1227
            | 1370
            | 1410
            | 1419
            | 1698
            | 1820
            | 1862
            | 3118
            | 3159
            | 3530
            | 3552
            | 3554
            // MariaDB: a locked account.
            | 4151
    )
}

/// What the server is doing, what it may do, what it has too little of.
fn server_state(code: u16) -> bool {
    matches!(
        code,
        1015 | 1021 | 1030 | 1036 | 1037 | 1038 | 1041 | 1053 | 1094 | 1114 | 1135 | 1158
            ..=1161
            | 1180
            | 1181
            | 1205
            | 1206
            | 1213
            | 1223
            | 1290
            | 1317
            | 1412
            | 1436
            | 1637
            | 1792
            | 1799
            | 1836
            | 1874
            | 1878
            | 3024
            | 3100
            | 3169
            | 3572
            | 3675
            | 3989
            | 4031
            // MariaDB: a connection that was killed; a time limit.
            | 1927
            | 1969
    )
}

/// What is wrong with a definition, or with its text: told before a row is read.
fn definitions(code: u16) -> bool {
    matches!(
        code,
        1005 | 1007
            | 1008
            | 1025
            | 1031
            | 1046
            | 1050..=1052
            | 1054
            | 1059..=1061
            | 1063
            | 1064
            | 1065
            | 1067..=1075
            | 1089..=1091
            | 1097
            | 1101
            | 1102
            | 1103
            | 1109
            | 1110
            | 1112
            | 1113
            | 1115..=1118
            | 1121
            | 1146
            | 1163
            | 1164
            | 1166..=1168
            | 1170
            | 1171
            | 1173
            | 1176
            | 1178
            | 1193
            | 1210
            | 1214
            | 1215
            | 1221
            | 1228
            | 1229
            | 1232
            | 1235
            | 1238
            | 1239
            | 1253
            | 1267
            | 1270
            | 1271
            | 1273
            | 1280
            | 1283
            | 1286
            | 1291
            | 1293
            | 1294
            | 1304
            | 1305
            | 1336
            | 1347
            | 1356
            | 1425..=1427
            | 1439
            | 1450
            | 1464
            | 1478..=1480
            | 1486..=1493
            | 1495
            | 1496
            | 1498..=1500
            | 1503..=1508
            | 1512
            | 1513
            | 1515..=1517
            | 1553
            | 1564
            | 1582..=1585
            | 1628..=1630
            | 1652..=1655
            | 1657..=1660
            | 1674
            | 1688
            | 1697
            | 1707
            | 1709
            | 1712
            | 1731..=1733
            | 1735
            | 1736
            | 1740
            | 1793
            | 1795..=1798
            | 1800
            | 1801
            | 1809
            | 1812..=1814
            | 1821..=1834
            | 1845..=1848
            | 1850..=1857
            // MariaDB: expressions of generated columns, options, types, keys.
            | 1901..=1908
            | 1911
            | 4078
            | 4079
            | 4108
            | 4144
            | 4159
            | 4161
            | 4169
            | 4174
    )
}

/// What is wrong with rows, where the message names the column or the constraint alone.
fn data(code: u16) -> bool {
    matches!(
        code,
        1032 | 1048
            | 1136
            | 1138
            | 1216
            | 1217
            | 1264
            | 1265
            | 1364
            | 1406
            | 1451
            | 1452
            | 1737
            | 1863
            | 3673
            | 3751
            | 3752
            | 3819
            | 3904
            ..=3909
            // MariaDB: a CHECK that a row breaks.
            | 4025
    )
}

/// Definitions, as only MySQL tells of them.
fn mysql_only(code: u16) -> bool {
    matches!(
        code,
        3102..=3109
            | 3152
            | 3161
            | 3184
            | 3185
            | 3522
            | 3716
            | 3718
            | 3723
            | 3729
            | 3730
            | 3733
            | 3734
            | 3750
            | 3753..=3774
            | 3776
            | 3780
            | 3800
            | 3812..=3818
            | 3820..=3823
            | 3825
            | 3833
            | 3834
            | 3837
            | 3855
            | 3886
            | 3913
            | 3939..=3941
            | 3959
            | 3981
            | 4023
            | 4024
            | 4026
            | 4092
            | 6125
    )
}

/// What stops replication: the connection to the source, the logs, the definitions on both sides, numbers of
/// transactions. From 2000 they are those of the replica as a client.
fn replication(code: u16) -> bool {
    matches!(
        code,
        1201 | 1236
            | 1535
            | 1593..=1595
            | 1677
            | 1678
            | 1785..=1787
            | 1790
            | 1837
            | 1872
            | 2002
            | 2003
            | 2005
            | 2006
            | 2013
            | 2026
            | 2061
            | 13114
            | 13117
            | 13121
            | 13122
            | 13146
    )
}
