-- Every row: one for each event and revision. Replaced whenever a month's table comes or goes.
CREATE VIEW darkroom.image_stats AS
SELECT * FROM darkroom.image_stats_other;

-- How fresh the numbers are: the newest event that is loaded, and when a load last looked for more.
CREATE VIEW darkroom.loaded_through AS
SELECT MAX(loaded_through) AS loaded_through, MAX(loaded_at) AS loaded_at
FROM darkroom.load_progress;

-- One row for each image: its highest revision. Few images are ever corrected, so the join is with those few.
CREATE VIEW darkroom.images AS
SELECT
  s.event_id, s.revision, s.attempt_id, s.customer_id, s.source, s.outcome, s.code, s.reason, s.type, s.bytes, s.width,
  s.height, s.frames, s.has_alpha, s.sha256, s.pipeline, s.renditions, s.rendition_bytes, s.received_at, s.created_at,
  s.processed_at, s.duration_ms, s.source_topic, s.source_partition, s.source_offset, s.stats_partition, s.stats_offset
FROM darkroom.image_stats AS s
LEFT JOIN (
  SELECT event_id, MAX(revision) AS revision
  FROM darkroom.image_stats
  WHERE revision > 1
  GROUP BY event_id
) AS corrected ON corrected.event_id = s.event_id
WHERE corrected.revision IS NULL OR corrected.revision = s.revision;

-- How many images of which type came out how for which customer, by the day (UTC) on which they were received.
CREATE VIEW darkroom.images_by_customer_type_day AS
SELECT
  CAST(received_at AS DATE) AS day,
  customer_id,
  type,
  outcome,
  COUNT(*) AS images,
  SUM(bytes) AS bytes,
  SUM(renditions) AS renditions,
  SUM(rendition_bytes) AS rendition_bytes,
  (SELECT MAX(p.loaded_through) FROM darkroom.load_progress AS p) AS loaded_through
FROM darkroom.images
GROUP BY CAST(received_at AS DATE), customer_id, type, outcome;

-- The same images, for customers: whoever asks sees the rows of the customers that customer_readers gives to them.
CREATE VIEW darkroom.own_images /*postgres WITH (security_barrier) */ AS
SELECT
  i.event_id, i.customer_id, i.source, i.outcome, i.code, i.reason, i.type, i.bytes, i.width, i.height, i.frames,
  i.renditions, i.rendition_bytes, i.received_at, i.created_at, i.processed_at
FROM darkroom.images AS i
JOIN darkroom.customer_readers AS r ON r.customer_id = i.customer_id
WHERE r.reader = CURRENT_USER;
