DELETE FROM facts WHERE name IN ('set_up', 'setup_link', 'setup_turn');
DROP TABLE validation_rates;
DROP TABLE probes;
DROP TABLE nodes;
