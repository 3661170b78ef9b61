-- Firehose delivers at least once: of the same event and revision one row, that of the lowest offset.
CREATE TEMP TABLE load_rows /*redshift DISTKEY (event_id) */ AS
SELECT
  event_id, revision, attempt_id, customer_id, source, outcome, code, reason, type, bytes, width, height, frames, has_alpha, sha256,
  pipeline, renditions, rendition_bytes, received_at, created_at, processed_at, duration_ms, source_topic, source_partition,
  source_offset, stats_partition, stats_offset, megapixels, colour_space, dominant_colour, has_location
FROM (
  SELECT
    s.*,
    ROW_NUMBER() OVER (PARTITION BY event_id, revision ORDER BY stats_partition, stats_offset) AS repeat_number
  FROM darkroom.image_stats_stage AS s
) AS numbered
WHERE repeat_number = 1;
