package ingest

import "strings"

// letter is a letter of Vietnamese taken apart: the bare letter of the
// alphabet, the same with its quality (ă, â, đ …), and its tone.
type letter struct {
	bare, full rune
	tone       byte // place in tones; 0: level, or no vowel
}

// vowels have six forms each, by tone: level, huyền, sắc, hỏi, ngã, nặng.
const vowels = "aàáảãạ ăằắẳẵặ âầấẩẫậ eèéẻẽẹ êềếểễệ iìíỉĩị oòóỏõọ ôồốổỗộ ơờớởỡợ uùúủũụ ưừứửữự yỳýỷỹỵ"

// Combining marks, of text whose accents stand apart: tones, and the quality
// that each gives to a letter.
var (
	combiningTones = map[rune]byte{'\u0300': 1, '\u0301': 2, '\u0309': 3, '\u0303': 4, '\u0323': 5}
	combiningMarks = map[rune]map[rune]rune{
		'\u0302': {'a': 'â', 'e': 'ê', 'o': 'ô'},
		'\u0306': {'a': 'ă'},
		'\u031B': {'o': 'ơ', 'u': 'ư'},
	}
	bareOf  = map[rune]rune{'ă': 'a', 'â': 'a', 'ê': 'e', 'ô': 'o', 'ơ': 'o', 'ư': 'u', 'đ': 'd'}
	letters = func() map[rune]letter {
		all := map[rune]letter{'đ': {'d', 'đ', 0}}
		for _, forms := range strings.Fields(vowels) {
			var first rune
			for i, r := range []rune(forms) {
				if i == 0 {
					first = r
				}
				bare := first
				if b, ok := bareOf[first]; ok {
					bare = b
				}
				all[r] = letter{bare, first, byte(i)}
			}
		}
		return all
	}()
)

// spelling takes a small-letter word of Vietnamese apart: bare is it without
// any accent, full with the accents of the letters and the tone at the end,
// wherever it was written: hóa and hoá are the same, as are composed letters
// and those with combining marks.
func spelling(word string) (bare, full string) {
	var b, f []rune
	var tone byte
	for _, r := range word {
		if t, ok := combiningTones[r]; ok {
			tone = t
			continue
		}
		if marked, ok := combiningMarks[r]; ok {
			if n := len(f); n > 0 && marked[f[n-1]] != 0 {
				f[n-1] = marked[f[n-1]]
			}
			continue
		}
		l, ok := letters[r]
		if !ok {
			l = letter{bare: r, full: r}
		}
		b, f = append(b, l.bare), append(f, l.full)
		if l.tone != 0 {
			tone = l.tone
		}
	}
	if tone != 0 {
		f = append(f, rune('0'+tone))
	}
	return string(b), string(f)
}
