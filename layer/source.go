package layer

import (
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"

	"geohub/access"
	"geohub/clause"
	"geohub/internal/fault"
)

// SourceState is how a source fares.
type SourceState string

// The states, the one that matters most first.
const (
	SourcePaused  SourceState = "PAUSED"
	SourceFailing SourceState = "FAILING"
	SourceStale   SourceState = "STALE"
	SourceWaiting SourceState = "WAITING"
	SourceOK      SourceState = "OK"
)

// Source is a connection to a system and what it has done.
type Source struct {
	Name          string
	Format        string
	Stream        bool
	State         SourceState
	EveryS        *float64
	LastAttemptAt *time.Time
	LastSuccessAt *time.Time
	LastFailureAt *time.Time
	Failures      int
	NextRunAt     *time.Time
	NewestAt      *time.Time
	LagS          *float64
	Freshness     *Freshness
	HeldBy        *string
	Counts        *SourceCounts
	// Error is for operators: it may name what lies behind the source's address.
	Error *string

	agencyCode *string
	r          *Reader
}

// SourceCounts counts what became of a source's records since it was declared.
type SourceCounts struct {
	In, Changed, Same, Late, Quarantined, Gone int
	// Open is how many are in quarantine now.
	Open int
}

// Agency answers for what the source brings; nil when its declaration says none.
func (s *Source) Agency(ctx context.Context) (*Agency, error) {
	if s.agencyCode == nil {
		return nil, nil
	}
	return s.r.Agency(ctx, *s.agencyCode)
}

// operators see what sources say of themselves and what they sent amiss, which
// may hold anything.
var operators = access.Class{Sharing: access.Private, Personal: access.Basic}

// Sources are the declared sources, by name.
func (r *Reader) Sources(ctx context.Context) ([]*Source, error) {
	out := []*Source{}
	c := clause.Of(`SELECT s.name, s.format, s.agency_code, s.stream, s.paused, extract(epoch FROM s.every)::float8, extract(epoch FROM s.due)::float8,
		s.attempted_at, s.succeeded_at, s.failed_at, s.error, s.failures, s.next_at, s.newest_at, s.held_by,
		s.records_in, s.records_changed, s.records_same, s.records_late, s.records_quarantined, s.records_gone,
		(SELECT count(*) FROM quarantine q WHERE q.source = s.name AND q.replayed_at IS NULL)
		FROM sources s WHERE s.declared ORDER BY s.name`)
	err := r.query(ctx, "list sources", c, func(rows pgx.Rows) error {
		s := &Source{r: r, Counts: &SourceCounts{}}
		var paused bool
		var dueS *float64
		n := s.Counts
		err := rows.Scan(&s.Name, &s.Format, &s.agencyCode, &s.Stream, &paused, &s.EveryS, &dueS, &s.LastAttemptAt, &s.LastSuccessAt, &s.LastFailureAt,
			&s.Error, &s.Failures, &s.NextRunAt, &s.NewestAt, &s.HeldBy, &n.In, &n.Changed, &n.Same, &n.Late, &n.Quarantined, &n.Gone, &n.Open)
		if err != nil {
			return err
		}
		s.judge(r.now, paused, dueS)
		if !r.viewer.Sees("", operators) {
			s.Error, s.HeldBy = nil, nil
		}
		if s.agencyCode != nil {
			r.agencies.Want(*s.agencyCode)
		}
		out = append(out, s)
		return nil
	})
	return out, err
}

// judge says how the source fares now.
func (s *Source) judge(now time.Time, paused bool, dueS *float64) {
	s.Freshness = &Freshness{}
	if s.LastSuccessAt != nil && dueS != nil {
		due := s.LastSuccessAt.Add(time.Duration(*dueS * float64(time.Second)))
		s.Freshness.DueAt, s.Freshness.Stale = &due, due.Before(now)
	}
	if s.NewestAt != nil {
		lag := max(0, now.Sub(*s.NewestAt).Seconds())
		s.LagS = &lag
	}
	switch {
	case paused:
		s.State = SourcePaused
	case s.Freshness.Stale:
		s.State = SourceStale
	case s.Failures > 0:
		s.State = SourceFailing
	case s.LastSuccessAt == nil:
		s.State = SourceWaiting
	default:
		s.State = SourceOK
	}
}

// QuarantineStage is how far a record came before it was stopped.
type QuarantineStage string

// QuarantinedRecord is a record that did not come in, whole, with the reason.
type QuarantinedRecord struct {
	ID             string
	Source         string
	Format         string
	Stage          QuarantineStage
	Reason         string
	Place          *string
	Record         string
	MappingVersion string
	Times          int
	FirstAt        time.Time
	LastAt         time.Time
}

// QuarantineConnection is a page of quarantined records, the newest first.
type QuarantineConnection struct {
	Nodes    []*QuarantinedRecord
	PageInfo *PageInfo

	r     *Reader
	where clause.C
}

// quarantineOrder is the one order there is.
var quarantineOrder = order{name: "quarantine", desc: true}

// Quarantine gives the records that wait: those of a source and those whose
// reason holds some words; nil says nothing.
func (r *Reader) Quarantine(ctx context.Context, source, reason *string, first *int, after *string) (*QuarantineConnection, error) {
	if !r.viewer.Sees("", operators) {
		return nil, fault.Denied("quarantined records are for operators: they may hold anything")
	}
	n, err := pageSize("first", first, DefaultFirst, MaxFirst)
	if err != nil {
		return nil, err
	}
	where := []clause.C{clause.Of("q.replayed_at IS NULL")}
	if source != nil {
		where = append(where, clause.Of("q.source = ?", *source))
	}
	if reason != nil {
		where = append(where, clause.Of("fold(q.reason) LIKE '%' || fold(?) || '%'", likeEscape(*reason)))
	}
	c := &QuarantineConnection{Nodes: []*QuarantinedRecord{}, r: r, where: clause.And(where...)}
	var from *cursor
	if after != nil {
		if from, err = parseCursor(*after, quarantineOrder); err != nil {
			return nil, err
		}
		id, err := strconv.ParseInt(from.id, 10, 64)
		if err != nil {
			return nil, fault.Invalid("BAD_CURSOR", "`after` is not a cursor of this hub; start again without it")
		}
		where = append(where, clause.Of("q.id < ?", id))
	}
	err = r.query(ctx, "read quarantine", clause.Of(`SELECT q.id::text, q.source, q.format, q.stage, q.reason, q.place, q.record, q.mapping_version, q.times, q.first_at, q.last_at
		FROM quarantine q WHERE ? ORDER BY q.id DESC LIMIT ?`, clause.And(where...), n+1), func(rows pgx.Rows) error {
		var q QuarantinedRecord
		var record []byte
		err := rows.Scan(&q.ID, &q.Source, &q.Format, &q.Stage, &q.Reason, &q.Place, &record, &q.MappingVersion, &q.Times, &q.FirstAt, &q.LastAt)
		q.Record = legible(record)
		c.Nodes = append(c.Nodes, &q)
		return err
	})
	if err != nil {
		return nil, err
	}
	more := len(c.Nodes) > n
	if more {
		c.Nodes = c.Nodes[:n]
	}
	c.PageInfo = pageInfo(from, more, len(c.Nodes), func(i int) string { return quarantineOrder.cursor(nil, c.Nodes[i].ID) })
	return c, nil
}

// legible is a record as text; bytes that are no UTF-8 are replaced.
func legible(record []byte) string {
	return strings.ToValidUTF8(string(record), string(utf8.RuneError))
}

// TotalCount is how many there are in all.
func (c *QuarantineConnection) TotalCount(ctx context.Context) (n int, err error) {
	err = c.r.query(ctx, "count quarantine", clause.Of("SELECT count(*) FROM quarantine q WHERE ?", c.where), func(rows pgx.Rows) error { return rows.Scan(&n) })
	return n, err
}
