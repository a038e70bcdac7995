package changes

import "time"

// SetBeat has a feed ask sooner whether its connection lives.
func (f *Feed) SetBeat(beat time.Duration) { f.beat = beat }
