package connect_test

import (
	"context"
	"testing"
	"time"
)

// streamUntil reads a stream until done holds, then stops and waits for it.
func streamUntil(t *testing.T, h webHub, done func() bool) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		_, err := h.Read(ctx, "s")
		ended <- err
	}()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	for {
		select {
		case <-poll.C:
			if done() {
				stop()
				<-ended
				return
			}
		case err := <-ended:
			t.Fatalf("the stream ended before: %v", err)
		}
	}
}
