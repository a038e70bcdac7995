// Package fault names what can go wrong in five kinds, so that every layer of
// the hub speaks of failure in the same few words and only the presenter
// decides what a client sees.
//
// Wrap with fmt.Errorf("find dams: %w", err) on the way up; never log and
// return. Anything that is not a fault is Internal.
//
//	return fault.Invalid("BAD_CURSOR", "cursor belongs to another order; start again without `after`")
package fault

import (
	"errors"
	"fmt"
	"net/http"
)

// Kind says whose fault it is and whether asking again can help.
type Kind int

// The five kinds.
const (
	KindInternal    Kind = iota // ours: logged, shown as "internal error"
	KindInvalid                 // the request is wrong; it will be wrong again
	KindNotFound                // no such thing, or not for this viewer
	KindDenied                  // the viewer may not
	KindUnavailable             // not now; later perhaps
)

// Error is a failure with a stable code of the schema's enum ErrorCode and a
// message fit for a client: it names the limit or the place, never a secret.
type Error struct {
	Kind    Kind
	Code    string
	Message string
	Details map[string]any // further extensions: limit, actual, position …; may be nil
	cause   error
}

func (e *Error) Error() string { return e.Message }

// Unwrap gives the cause, which is for logs only.
func (e *Error) Unwrap() error { return e.cause }

// Status is the HTTP status of an answer that is nothing but this error.
func (e *Error) Status() int {
	switch e.Kind {
	case KindInvalid:
		return http.StatusBadRequest
	case KindNotFound:
		return http.StatusNotFound
	case KindDenied:
		if e.Code == "UNAUTHENTICATED" {
			return http.StatusUnauthorized
		}
		return http.StatusForbidden
	case KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

// With adds one extension and returns e.
func (e *Error) With(key string, value any) *Error {
	if e.Details == nil {
		e.Details = map[string]any{}
	}
	e.Details[key] = value
	return e
}

// Because records the cause for the log and returns e.
func (e *Error) Because(err error) *Error {
	e.cause = err
	return e
}

// Invalid is a request that can't be right: code BAD_INPUT, BAD_GEOMETRY, ….
func Invalid(code, format string, args ...any) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: fmt.Sprintf(format, args...)}
}

// NotFound is something unknown or hidden; the two look the same.
func NotFound(format string, args ...any) *Error {
	return &Error{Kind: KindNotFound, Code: "NOT_FOUND", Message: fmt.Sprintf(format, args...)}
}

// Denied is a question this viewer may not ask.
func Denied(format string, args ...any) *Error {
	return &Error{Kind: KindDenied, Code: "DENIED", Message: fmt.Sprintf(format, args...)}
}

// Unauthenticated is a credential that is not good.
func Unauthenticated(format string, args ...any) *Error {
	return &Error{Kind: KindDenied, Code: "UNAUTHENTICATED", Message: fmt.Sprintf(format, args...)}
}

// Unavailable is a passing state: code TIMEOUT or UNAVAILABLE.
func Unavailable(code, format string, args ...any) *Error {
	return &Error{Kind: KindUnavailable, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Of gives the fault inside err, or nil if there is none.
func Of(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
