DROP TABLE validation_clients;
DROP TABLE otp_keys;
