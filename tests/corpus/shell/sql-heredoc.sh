#!/bin/bash
psql -X -v ON_ERROR_STOP=1 app <<SQL 2>/dev/null || echo "no database here"
BEGIN;
DELETE FROM sessions WHERE seen_at < now() - interval '{{ days }} days' AND note <> 'it''s kept';
SELECT count(*) AS "left over", '100%' AS share, E'a\\tb' FROM sessions;
COMMIT;
SQL
