-- Not TRUNCATE, which would end the transaction on Redshift.
DELETE FROM darkroom.image_stats_stage;

DROP TABLE load_rows;

DROP TABLE load_known;
