DROP TABLE suspicions;
DROP TABLE spent_challenges;
