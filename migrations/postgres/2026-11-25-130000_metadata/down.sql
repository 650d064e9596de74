DROP TABLE models;
DROP TABLE metadata_edition;
