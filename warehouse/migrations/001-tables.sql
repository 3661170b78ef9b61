-- Where Firehose's COPY puts rows; a load moves them on. Its columns are those of src/warehouse/columns.ts. TIMESTAMP is UTC.
CREATE TABLE darkroom.image_stats_stage (
  event_id         VARCHAR(64)   NOT NULL /*redshift ENCODE ZSTD */,
  revision         INTEGER       NOT NULL /*redshift ENCODE AZ64 */,
  attempt_id       VARCHAR(64)            /*redshift ENCODE ZSTD */,
  customer_id      VARCHAR(64)   NOT NULL /*redshift ENCODE ZSTD */,
  source           VARCHAR(16)   NOT NULL /*redshift ENCODE BYTEDICT */,
  outcome          VARCHAR(16)   NOT NULL /*redshift ENCODE BYTEDICT */,
  code             VARCHAR(64)            /*redshift ENCODE BYTEDICT */,
  reason           VARCHAR(2000)          /*redshift ENCODE ZSTD */,
  type             VARCHAR(16)   NOT NULL /*redshift ENCODE BYTEDICT */,
  bytes            BIGINT                 /*redshift ENCODE AZ64 */,
  width            INTEGER                /*redshift ENCODE AZ64 */,
  height           INTEGER                /*redshift ENCODE AZ64 */,
  frames           INTEGER                /*redshift ENCODE AZ64 */,
  has_alpha        BOOLEAN                /*redshift ENCODE ZSTD */,
  sha256           VARCHAR(64)            /*redshift ENCODE ZSTD */,
  pipeline         VARCHAR(200)           /*redshift ENCODE BYTEDICT */,
  renditions       INTEGER       NOT NULL /*redshift ENCODE AZ64 */,
  rendition_bytes  BIGINT        NOT NULL /*redshift ENCODE AZ64 */,
  received_at      TIMESTAMP     NOT NULL /*redshift ENCODE RAW */,
  created_at       TIMESTAMP              /*redshift ENCODE AZ64 */,
  processed_at     TIMESTAMP     NOT NULL /*redshift ENCODE AZ64 */,
  duration_ms      BIGINT        NOT NULL /*redshift ENCODE AZ64 */,
  source_topic     VARCHAR(249)  NOT NULL /*redshift ENCODE BYTEDICT */,
  source_partition INTEGER       NOT NULL /*redshift ENCODE AZ64 */,
  source_offset    BIGINT        NOT NULL /*redshift ENCODE AZ64 */,
  stats_partition  INTEGER       NOT NULL /*redshift ENCODE AZ64 */,
  stats_offset     BIGINT        NOT NULL /*redshift ENCODE AZ64 */
)
/*redshift DISTKEY (event_id) SORTKEY (received_at) */;

-- Rows of months that have no table: producers choose the time of their records. Month tables are made by month.sql.
CREATE TABLE darkroom.image_stats_other (
  LIKE darkroom.image_stats_stage,
  PRIMARY KEY (event_id, revision)
);

-- How far the loads have come, for each partition of the topic of statistics.
CREATE TABLE darkroom.load_progress (
  stats_partition INTEGER   NOT NULL,
  highest_offset  BIGINT    NOT NULL,
  loaded_through  TIMESTAMP NOT NULL,
  loaded_at       TIMESTAMP NOT NULL,
  PRIMARY KEY (stats_partition)
)
/*redshift DISTSTYLE ALL */;

-- Whose rows a user of the group darkroom_customers may see.
CREATE TABLE darkroom.customer_readers (
  reader      VARCHAR(128) NOT NULL,
  customer_id VARCHAR(64)  NOT NULL,
  PRIMARY KEY (reader, customer_id)
)
/*redshift DISTSTYLE ALL */;
