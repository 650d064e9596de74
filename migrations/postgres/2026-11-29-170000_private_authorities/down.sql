ALTER TABLE validation_services DROP COLUMN ca;
