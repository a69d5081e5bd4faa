-- Of the segments: `$row` is the number of a segment; of a move from one to another, 1>4.

-- segments.number
SELECT count(*) FROM insights.segment_profiles WHERE as_of = AS_OF
-- segments.customers
SELECT customer_count FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.customer_share
SELECT customer_share FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.spend_share
SELECT coalesce(spend_share, 0) FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.recency_days
SELECT recency_days FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.frequency
SELECT frequency FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.monetary_value
SELECT monetary_value FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.spend_90d
SELECT spend_90d FROM insights.segment_profiles WHERE as_of = AS_OF AND CAST(segment_id AS VARCHAR) = $row
-- segments.moved
SELECT customer_count FROM insights.segment_moves WHERE as_of = AS_OF AND coalesce(CAST(from_segment_id AS VARCHAR), '') || '>' || to_segment_id = $row
