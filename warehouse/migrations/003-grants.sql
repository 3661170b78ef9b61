-- Analysts see numbers and facts of images: not what a refusal says of one, nor its checksum, which would find it elsewhere.
GRANT USAGE ON SCHEMA darkroom TO GROUP darkroom_analysts;
GRANT SELECT ON darkroom.images_by_customer_type_day TO GROUP darkroom_analysts;
GRANT SELECT ON darkroom.loaded_through TO GROUP darkroom_analysts;
GRANT SELECT (
  event_id, revision, customer_id, source, outcome, code, type, bytes, width, height, frames, has_alpha, pipeline, renditions,
  rendition_bytes, received_at, created_at, processed_at, duration_ms
) ON darkroom.images TO GROUP darkroom_analysts;

-- Customers see their own rows, and nothing else.
GRANT USAGE ON SCHEMA darkroom TO GROUP darkroom_customers;
GRANT SELECT ON darkroom.loaded_through TO GROUP darkroom_customers;
GRANT SELECT ON darkroom.own_images TO GROUP darkroom_customers;
