package fault_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/google/go-cmp/cmp"

	"geohub/internal/fault"
)

func TestKinds(t *testing.T) {
	for _, test := range []struct {
		name    string
		err     *fault.Error
		kind    fault.Kind
		code    string
		message string
	}{
		{"invalid", fault.Invalid("BAD_CURSOR", "first is %d", 0), fault.KindInvalid, "BAD_CURSOR", "first is 0"},
		{"not found", fault.NotFound("there is no unit %q", "46"), fault.KindNotFound, "NOT_FOUND", `there is no unit "46"`},
		{"denied", fault.Denied("%s is not for this viewer", "phone"), fault.KindDenied, "DENIED", "phone is not for this viewer"},
		{"unauthenticated is a way of denied", fault.Unauthenticated("the key is not known"), fault.KindDenied, "UNAUTHENTICATED", "the key is not known"},
		{"unavailable", fault.Unavailable("TIMEOUT", "too long: %ds", 5), fault.KindUnavailable, "TIMEOUT", "too long: 5s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.err.Kind != test.kind || test.err.Code != test.code || test.err.Error() != test.message {
				t.Errorf("got kind %d, code %s: %s", test.err.Kind, test.err.Code, test.err)
			}
			if test.err.Details != nil || errors.Unwrap(test.err) != nil {
				t.Errorf("a new fault has details %v and cause %v", test.err.Details, errors.Unwrap(test.err))
			}
		})
	}
	if (fault.Error{}).Kind != fault.KindInternal {
		t.Error("what says nothing of its kind is not Internal")
	}
}

func TestOf(t *testing.T) {
	inner := fault.Invalid("BAD_INPUT", "inner")
	outer := fault.Unavailable("UNAVAILABLE", "outer").Because(fmt.Errorf("read: %w", inner))
	for _, test := range []struct {
		name string
		err  error
		want *fault.Error
	}{
		{"no error", nil, nil},
		{"another error", io.EOF, nil},
		{"a fault", inner, inner},
		{"wrapped twice", fmt.Errorf("find dams: %w", fmt.Errorf("filter river: %w", inner)), inner},
		{"joined", errors.Join(io.EOF, inner), inner},
		{"the outermost counts", fmt.Errorf("find dams: %w", outer), outer},
		{"named, not wrapped", fmt.Errorf("find dams: %v", inner), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := fault.Of(test.err); got != test.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

// TestWithBecause: what is added is kept with the very fault it was added to,
// and the cause is never part of what a client reads.
func TestWithBecause(t *testing.T) {
	e := fault.Invalid("PAGE_LIMIT", "first is 5000; it can be 1 to 1000")
	if got := e.With("limit", 1000).With("actual", 1).With("actual", 5000); got != e {
		t.Error("With gives another fault")
	}
	if diff := cmp.Diff(map[string]any{"limit": 1000, "actual": 5000}, e.Details); diff != "" {
		t.Errorf("details (-want +got):\n%s", diff)
	}
	if got := e.Because(fmt.Errorf("password is secret: %w", context.DeadlineExceeded)); got != e {
		t.Error("Because gives another fault")
	}
	if !errors.Is(e, context.DeadlineExceeded) {
		t.Error("the cause can't be found")
	}
	if e.Error() != "first is 5000; it can be 1 to 1000" {
		t.Errorf("the message became %q", e)
	}
	if other := fault.Invalid("PAGE_LIMIT", "another"); other.Details != nil {
		t.Errorf("another fault has details %v", other.Details)
	}
}
