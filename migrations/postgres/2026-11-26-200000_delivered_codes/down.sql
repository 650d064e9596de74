DROP TABLE code_sendings;
DROP TABLE delivered_codes;
DROP TABLE receivers;
