-- The highest position of each partition, repeats included; loaded_at also when nothing was new.
CREATE TEMP TABLE load_partitions AS
SELECT stats_partition, MAX(highest_offset) AS highest_offset, MAX(loaded_through) AS loaded_through
FROM (
  SELECT stats_partition, stats_offset AS highest_offset, processed_at AS loaded_through
  FROM darkroom.image_stats_stage
  UNION ALL
  SELECT stats_partition, highest_offset, loaded_through
  FROM darkroom.load_progress
) AS positions
GROUP BY stats_partition;

DELETE FROM darkroom.load_progress;

INSERT INTO darkroom.load_progress (stats_partition, highest_offset, loaded_through, loaded_at)
SELECT stats_partition, highest_offset, loaded_through, CAST('{now}' AS TIMESTAMP)
FROM load_partitions;

DROP TABLE load_partitions;
