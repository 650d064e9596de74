-- Nothing: the form of before finds no less of what was kept in it.
SELECT 1;
