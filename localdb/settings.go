//go:build unix

package localdb

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// settings are the server's arguments: for a small machine shared with the
// hub, on any kind of disk but a spinning one.
func settings(socketDir string, memoryMB int, o options) []string {
	connections := 100
	if o.unsafe {
		connections = 300 // many processes' tests at once
	}
	set := []string{
		"listen_addresses=",
		"port=" + port,
		`unix_socket_directories="` + strings.ReplaceAll(socketDir, `"`, `""`) + `"`,
		fmt.Sprintf("max_connections=%d", connections),
		fmt.Sprintf("shared_buffers=%dMB", min(256, max(32, memoryMB/8))),
		fmt.Sprintf("effective_cache_size=%dMB", max(128, memoryMB/2)),
		fmt.Sprintf("maintenance_work_mem=%dMB", min(128, max(16, memoryMB/16))),
		"work_mem=8MB",
		"random_page_cost=1.1",
		"jit=off",
		"wal_compression=on",
		"max_wal_size=1GB",
		"timezone=UTC",
		"log_timezone=UTC",
		"logging_collector=off",
		"log_destination=stderr",
		"log_checkpoints=off",
		"log_line_prefix=%m [%p] %q%d ",
	}
	if o.unsafe {
		// Autovacuum would look into every test's database, and change plans
		// from one run to the next.
		set = append(set, "fsync=off", "synchronous_commit=off", "full_page_writes=off",
			"autovacuum=off", "checkpoint_timeout=30min", "max_wal_size=256MB", "wal_compression=off")
	}
	args := make([]string, 0, 2*len(set))
	for _, s := range set {
		args = append(args, "-c", s)
	}
	return args
}

// memoryMB is what this machine or container has; 4096 where it doesn't tell.
func memoryMB() int {
	memory := 4096
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		if fields := strings.Fields(string(raw)); len(fields) > 1 && fields[0] == "MemTotal:" {
			if kb, err := strconv.Atoi(fields[1]); err == nil {
				memory = kb >> 10
			}
		}
	}
	if raw, err := os.ReadFile("/sys/fs/cgroup/memory.max"); err == nil {
		if limit, err := strconv.Atoi(strings.TrimSpace(string(raw))); err == nil {
			memory = min(memory, limit>>20)
		}
	}
	return memory
}
