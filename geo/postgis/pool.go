package postgis

import (
	"strconv"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// StatementTimeout is after how long the database itself stops a statement.
const StatementTimeout = 5 * time.Second

// Configure makes the connections of a pool fit for the hub: they know
// PostGIS's types and speak of times in UTC.
func Configure(c *pgxpool.Config) {
	c.AfterConnect = Register
	c.ConnConfig.RuntimeParams["timezone"] = "UTC"
	c.ConnConfig.RuntimeParams["application_name"] = "geohub"
}

// Bound adds the limits of serving: StatementTimeout on every statement.
func Bound(c *pgxpool.Config) {
	c.ConnConfig.RuntimeParams["statement_timeout"] = strconv.Itoa(int(StatementTimeout.Milliseconds()))
}
