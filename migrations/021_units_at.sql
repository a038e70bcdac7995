-- Which commune a point lies in is asked of every feature that comes in:
-- districts and provinces, in which each point lies as well, are in its way.
CREATE INDEX ON units USING gist (geom) WHERE kind = 'COMMUNE';
