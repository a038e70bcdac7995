package systems

import "time"

// said is a text, nil when there is none.
func said(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// firstOf is the first text that says something.
func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// coded is what a code of the source means; nil when it is none that is known.
func coded[T any](meaning map[string]T, code string) *T {
	if v, ok := meaning[code]; ok {
		return &v
	}
	return nil
}

// before is a time by a clock that runs ahead, as it is; nil stays nil.
func before(t *time.Time, ahead time.Duration) *time.Time {
	if t == nil || ahead == 0 {
		return t
	}
	v := t.Add(-ahead)
	return &v
}
