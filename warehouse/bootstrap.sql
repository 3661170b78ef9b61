-- What must be there before anything else: which migrations have been applied.
CREATE SCHEMA IF NOT EXISTS darkroom;

CREATE TABLE IF NOT EXISTS darkroom.schema_migrations (
  name       VARCHAR(200) NOT NULL,
  checksum   VARCHAR(64)  NOT NULL,
  applied_at TIMESTAMP    NOT NULL,
  PRIMARY KEY (name)
);
