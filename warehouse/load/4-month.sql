-- The rows of one month, taken out of the others: the source of a MERGE must be a table.
CREATE TEMP TABLE load_month AS
SELECT * FROM load_rows WHERE received_at >= '{from}' AND received_at < '{to}';

DELETE FROM load_rows WHERE received_at >= '{from}' AND received_at < '{to}';
