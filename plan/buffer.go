package plan

import (
	"io"
	"sync"
)

// buffers are used again by later answers.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 64<<10); return &b }}

// largest is how large a buffer may be to be kept, bytes.
const largest = 4 << 20

// buffer is a pooled buffer, taken when it is first needed.
type buffer struct{ p *[]byte }

func (b *buffer) get() *[]byte {
	if b.p == nil {
		b.p = buffers.Get().(*[]byte)
		*b.p = (*b.p)[:0]
	}
	return b.p
}

func (b *buffer) bytes() []byte {
	if b.p == nil {
		return nil
	}
	return *b.p
}

func (b *buffer) free() {
	if b.p != nil && cap(*b.p) <= largest {
		buffers.Put(b.p)
	}
	b.p = nil
}

// Answer is a finished value of a root field.
type Answer struct{ buffer }

// MarshalGQL writes the value, once.
func (a *Answer) MarshalGQL(w io.Writer) {
	_, _ = w.Write(a.bytes())
	a.free()
}
