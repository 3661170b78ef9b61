-- More facts of an image. What names a month is done for the table of each, and rows that are there have null.
ALTER TABLE darkroom.image_stats_stage ADD COLUMN megapixels DOUBLE PRECISION /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.image_stats_stage ADD COLUMN colour_space VARCHAR(16) /*redshift ENCODE BYTEDICT */;
ALTER TABLE darkroom.image_stats_stage ADD COLUMN dominant_colour VARCHAR(7) /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.image_stats_stage ADD COLUMN has_location BOOLEAN /*redshift ENCODE ZSTD */;

ALTER TABLE darkroom.image_stats_other ADD COLUMN megapixels DOUBLE PRECISION /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.image_stats_other ADD COLUMN colour_space VARCHAR(16) /*redshift ENCODE BYTEDICT */;
ALTER TABLE darkroom.image_stats_other ADD COLUMN dominant_colour VARCHAR(7) /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.image_stats_other ADD COLUMN has_location BOOLEAN /*redshift ENCODE ZSTD */;

ALTER TABLE darkroom.{month} ADD COLUMN megapixels DOUBLE PRECISION /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.{month} ADD COLUMN colour_space VARCHAR(16) /*redshift ENCODE BYTEDICT */;
ALTER TABLE darkroom.{month} ADD COLUMN dominant_colour VARCHAR(7) /*redshift ENCODE ZSTD */;
ALTER TABLE darkroom.{month} ADD COLUMN has_location BOOLEAN /*redshift ENCODE ZSTD */;

-- Redshift replaces no view by one of other columns: they are made anew, as in 002 and 003.
DROP VIEW darkroom.own_images;
DROP VIEW darkroom.images_by_customer_type_day;
DROP VIEW darkroom.images;
DROP VIEW darkroom.image_stats;

CREATE VIEW darkroom.image_stats AS
{all_rows};

CREATE VIEW darkroom.images AS
SELECT
  s.event_id, s.revision, s.attempt_id, s.customer_id, s.source, s.outcome, s.code, s.reason, s.type, s.bytes, s.width,
  s.height, s.frames, s.has_alpha, s.sha256, s.pipeline, s.renditions, s.rendition_bytes, s.received_at, s.created_at,
  s.processed_at, s.duration_ms, s.source_topic, s.source_partition, s.source_offset, s.stats_partition, s.stats_offset,
  s.megapixels, s.colour_space, s.dominant_colour, s.has_location
FROM darkroom.image_stats AS s
LEFT JOIN (
  SELECT event_id, MAX(revision) AS revision
  FROM darkroom.image_stats
  WHERE revision > 1
  GROUP BY event_id
) AS corrected ON corrected.event_id = s.event_id
WHERE corrected.revision IS NULL OR corrected.revision = s.revision;

CREATE VIEW darkroom.images_by_customer_type_day AS
SELECT
  CAST(received_at AS DATE) AS day,
  customer_id,
  type,
  outcome,
  COUNT(*) AS images,
  SUM(bytes) AS bytes,
  SUM(megapixels) AS megapixels,
  SUM(renditions) AS renditions,
  SUM(rendition_bytes) AS rendition_bytes,
  (SELECT MAX(p.loaded_through) FROM darkroom.load_progress AS p) AS loaded_through
FROM darkroom.images
GROUP BY CAST(received_at AS DATE), customer_id, type, outcome;

CREATE VIEW darkroom.own_images /*postgres WITH (security_barrier) */ AS
SELECT
  i.event_id, i.customer_id, i.source, i.outcome, i.code, i.reason, i.type, i.bytes, i.width, i.height, i.frames,
  i.renditions, i.rendition_bytes, i.received_at, i.created_at, i.processed_at, i.megapixels, i.colour_space,
  i.dominant_colour, i.has_location
FROM darkroom.images AS i
JOIN darkroom.customer_readers AS r ON r.customer_id = i.customer_id
WHERE r.reader = CURRENT_USER;

GRANT SELECT ON darkroom.images_by_customer_type_day TO GROUP darkroom_analysts;
GRANT SELECT (
  event_id, revision, customer_id, source, outcome, code, type, bytes, width, height, frames, has_alpha, pipeline, renditions,
  rendition_bytes, received_at, created_at, processed_at, duration_ms, megapixels, colour_space, dominant_colour, has_location
) ON darkroom.images TO GROUP darkroom_analysts;
GRANT SELECT ON darkroom.own_images TO GROUP darkroom_customers;
