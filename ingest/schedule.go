package ingest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"geohub/internal/fault"
)

// longestWait is the longest that a source which fails is left alone: it is
// read again within ten seconds of its return.
const longestWait = 5 * time.Second

// readJob is river's job of reading one source once.
type readJob struct {
	Source string `json:"source"`
}

// Kind names the job for river.
func (readJob) Kind() string { return "read_source" }

type readWorker struct {
	river.WorkerDefaults[readJob]
	r     *Runner
	locks *locks
}

// Work reads the source, unless another hub is at it or it has been read since
// the job was due.
func (w *readWorker) Work(ctx context.Context, job *river.Job[readJob]) error {
	s, err := w.r.source(job.Args.Source)
	if err != nil {
		return river.JobCancel(err) // no longer declared
	}
	held, release := w.locks.take(ctx, s.Name)
	if held == nil {
		return nil
	}
	defer release()
	var idle bool
	err = w.r.DB.QueryRow(ctx, "SELECT paused OR coalesce(succeeded_at > $2, false) FROM sources WHERE name = $1", s.Name, job.CreatedAt).Scan(&idle)
	if err != nil || idle {
		return err
	}
	breaker := w.r.breaker(s.Name)
	if !breaker.TryAcquirePermit() {
		return river.JobSnooze(max(breaker.RemainingDelay(), 100*time.Millisecond))
	}
	if _, err := w.r.Read(held, s.Name); err != nil {
		breaker.RecordError(err)
		return err
	}
	breaker.RecordSuccess()
	return nil
}

// Timeout bounds one read: a backfill may take long, what hangs ends.
func (w *readWorker) Timeout(*river.Job[readJob]) time.Duration { return 30 * time.Minute }

// NextRetry waits a little longer after each failure.
func (w *readWorker) NextRetry(job *river.Job[readJob]) time.Time {
	return time.Now().Add(backoff(job.Attempt))
}

func backoff(attempt int) time.Duration {
	wait := min(longestWait, 250*time.Millisecond<<min(attempt, 10))
	return wait/2 + rand.N(wait/2)
}

// breaker is the source's own: after three failures it lets one attempt pass at
// a time, longestWait apart.
func (r *Runner) breaker(name string) circuitbreaker.CircuitBreaker[any] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.breakers == nil {
		r.breakers = map[string]circuitbreaker.CircuitBreaker[any]{}
	}
	b := r.breakers[name]
	if b == nil {
		b = circuitbreaker.NewBuilder[any]().WithFailureThreshold(3).WithDelay(longestWait).Build()
		r.breakers[name] = b
	}
	return b
}

// Run reads the sources until ctx ends. It comes back when all have stopped.
func (r *Runner) Run(ctx context.Context) error {
	if err := r.Declare(ctx); err != nil {
		return err
	}
	held := newLocks(r)
	var running sync.WaitGroup
	defer running.Wait()
	running.Go(func() { held.keep(ctx) })
	running.Go(func() { r.tidy(ctx) })
	running.Go(func() { r.fold(ctx) })
	var periodic []*river.PeriodicJob
	for _, s := range r.Sources {
		if r.Formats[s.Format].Stream {
			running.Go(func() { r.stream(ctx, held, s) })
			continue
		}
		// Not unique: a job that died with its hub would be in the next one's way.
		// A second one finds the source's lock taken, or that it has been read.
		every := time.Duration(s.Every)
		opts := &river.InsertOpts{Queue: "sources", MaxAttempts: max(2, min(25, int(every/longestWait)))}
		periodic = append(periodic, river.NewPeriodicJob(river.PeriodicInterval(every),
			func() (river.JobArgs, *river.InsertOpts) { return readJob{s.Name}, opts }, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	if len(periodic) == 0 {
		<-ctx.Done()
		return nil
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &readWorker{r: r, locks: held})
	client, err := river.NewClient(riverpgxv5.New(r.DB), &river.Config{
		ID:     r.Hub,
		Queues: map[string]river.QueueConfig{"sources": {MaxWorkers: 2 * len(periodic)}},
		Logger: slog.New(quiet{r.Log.Handler()}), Workers: workers, PeriodicJobs: periodic,
		ErrorHandler: &jobErrors{r.Log}, FetchPollInterval: 500 * time.Millisecond,
		CompletedJobRetentionPeriod: time.Hour, DiscardedJobRetentionPeriod: time.Hour, CancelledJobRetentionPeriod: time.Hour,
	})
	if err != nil {
		return fmt.Errorf("schedule sources: %w", err)
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("schedule sources: %w", err)
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return client.StopAndCancel(stop)
}

// jobErrors tells of failed reads; river tries them again.
type jobErrors struct{ log *slog.Logger }

func (e *jobErrors) HandleError(ctx context.Context, job *rivertype.JobRow, err error) *river.ErrorHandlerResult {
	if !errors.Is(err, context.Canceled) {
		e.log.Warn("a source could not be read", "attempt", job.Attempt, "err", err)
	}
	return nil
}

func (e *jobErrors) HandlePanic(ctx context.Context, job *rivertype.JobRow, p any, trace string) *river.ErrorHandlerResult {
	e.log.Error("reading a source panicked", "job", string(job.EncodedArgs), "panic", p, "trace", trace)
	return nil
}

// quiet keeps river's own log to what somebody has to act on.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && q.Handler.Enabled(ctx, level)
}

func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }
func (q quiet) WithGroup(name string) slog.Handler       { return quiet{q.Handler.WithGroup(name)} }

// tidy forgets, once an hour, what needn't be remembered.
func (r *Runner) tidy(ctx context.Context) {
	for tick := time.NewTicker(time.Hour); ; {
		select {
		case <-ctx.Done():
			tick.Stop()
			return
		case <-tick.C:
		}
		err := pgx.BeginFunc(ctx, r.DB, func(tx pgx.Tx) error { return forget(ctx, tx, r.Clock()) })
		if err != nil && ctx.Err() == nil {
			r.Log.Warn("counted events could not be forgotten", "err", err)
		}
	}
}

// ReadNow reads a source once, as Read does, unless a hub is at it just then.
func (r *Runner) ReadNow(ctx context.Context, name string) (Result, error) {
	s, err := r.source(name)
	if err != nil {
		return Result{}, err
	}
	l := newLocks(r)
	defer l.close()
	held, release := l.take(ctx, s.Name)
	if held == nil {
		return Result{}, fault.Unavailable("UNAVAILABLE", "source %s is being read by a hub just now; pause it first (hub source pause %s) or try again", name, name)
	}
	defer release()
	return r.Read(held, name)
}
