-- What is there already stays as it is: a row never changes, and Redshift wants the clause to say something.
MERGE INTO darkroom.{table}
USING {source} AS fresh
ON {table}.event_id = fresh.event_id AND {table}.revision = fresh.revision
WHEN MATCHED THEN UPDATE SET revision = fresh.revision
WHEN NOT MATCHED THEN INSERT (
  event_id, revision, attempt_id, customer_id, source, outcome, code, reason, type, bytes, width, height, frames, has_alpha, sha256,
  pipeline, renditions, rendition_bytes, received_at, created_at, processed_at, duration_ms, source_topic, source_partition,
  source_offset, stats_partition, stats_offset, megapixels, colour_space, dominant_colour, has_location
) VALUES (
  fresh.event_id, fresh.revision, fresh.attempt_id, fresh.customer_id, fresh.source, fresh.outcome, fresh.code,
  fresh.reason, fresh.type, fresh.bytes, fresh.width, fresh.height, fresh.frames, fresh.has_alpha, fresh.sha256,
  fresh.pipeline, fresh.renditions, fresh.rendition_bytes, fresh.received_at, fresh.created_at, fresh.processed_at,
  fresh.duration_ms, fresh.source_topic, fresh.source_partition, fresh.source_offset, fresh.stats_partition,
  fresh.stats_offset, fresh.megapixels, fresh.colour_space, fresh.dominant_colour, fresh.has_location
);
