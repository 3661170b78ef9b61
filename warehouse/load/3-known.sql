-- A MERGE sees one month, and a repeat may say that it was received in another: rows loaded before drop out here. The bounds
-- are those of the rows to load, widened by as long as the ledger remembers an event; times that anybody may have made up
-- are outside of them, and few.
CREATE TEMP TABLE load_known AS
SELECT k.event_id, k.revision
FROM darkroom.image_stats AS k
JOIN load_rows AS r ON r.event_id = k.event_id AND r.revision = k.revision
WHERE k.received_at >= '{from}' AND k.received_at < '{to}'
UNION
SELECT k.event_id, k.revision
FROM darkroom.image_stats_other AS k
JOIN load_rows AS r ON r.event_id = k.event_id AND r.revision = k.revision;

DELETE FROM load_rows
USING load_known
WHERE load_known.event_id = load_rows.event_id AND load_known.revision = load_rows.revision;
