-- The first statement of the transaction, so that all that follow see the same stage. COPYs and other loaders wait here;
-- readers never read the stage.
LOCK TABLE darkroom.image_stats_stage;
