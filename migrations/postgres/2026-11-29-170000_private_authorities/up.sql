-- The certificates of authorities that a service's servers may be signed by, as PEM.
ALTER TABLE validation_services ADD COLUMN ca TEXT;
