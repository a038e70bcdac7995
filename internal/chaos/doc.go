// Package chaos holds the tests that kill hubs and databases and starve the
// network between the hub and its sources: whatever they do, the tables end as
// they do when nobody disturbs it.
//
//	go test ./internal/chaos                 # a few kills
//	make chaos                               # fifty
package chaos
