-- The rows that were received in one month. Distribution, order and encodings are those of the stage.
CREATE TABLE darkroom.{table} (
  LIKE darkroom.image_stats_stage,
  PRIMARY KEY (event_id, revision)
);
