-- Names that were tried and not yet got right, by the network from which: many of them from one
-- network are somebody who tries a few passwords on everybody.
CREATE TABLE failed_names (
    network TEXT NOT NULL,
    scope TEXT NOT NULL,
    failed_at BIGINT NOT NULL,
    PRIMARY KEY (network, scope)
);
CREATE INDEX failed_names_by_age ON failed_names (failed_at);
CREATE INDEX failed_names_by_scope ON failed_names (scope);

CREATE INDEX attempts_by_lock ON attempts (locked_until);
