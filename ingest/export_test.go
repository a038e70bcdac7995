package ingest

// ToponymsIn lets tests read the gazetteer of a database.
var ToponymsIn = toponyms
