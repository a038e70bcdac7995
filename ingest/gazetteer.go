package ingest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/paulmach/orb"
)

// Toponym is a name on the map that a text may speak of.
type Toponym struct {
	// Name as it is written: "Phú Xuân", "Chợ Đông Ba".
	Name string
	// Kind stands before the name and tells it from others of the same name:
	// "phường", "huyện"; empty for a place, whose kind is part of its name.
	Kind string
	// Unit is the code of an administrative unit; empty for a place.
	Unit string
	// Now says that it is on the map of today: a former unit yields to one.
	Now bool
	// At is a point in it, and AccuracyM the radius of what lies round that.
	At        orb.Point
	AccuracyM float64
}

// Gazetteer finds the names of units and places in texts. The longest name
// counts. It knows names with and without accents, and either way to set a tone
// (Hoá, Hóa). Since many names are common words or names of persons as well, a
// name counts only where it is written as one: with capital letters, or behind
// its kind ("xã Phú Lộc"), and not as a part of a longer name ("Nguyễn Phú Lộc").
type Gazetteer struct{ root node }

// node is a word on the way to names; next is by the word without accents.
type node struct {
	next map[string]*node
	ends []entry
}

type entry struct {
	Toponym
	full  []string // its words, spelt with accents
	upper []bool   // which of them it writes with a capital
}

// NewGazetteer makes a gazetteer of names. A unit's name of one word counts
// only behind its kind, as does one that is a number.
func NewGazetteer(names []Toponym) *Gazetteer {
	g := &Gazetteer{}
	for _, t := range names {
		name, _, _ := strings.Cut(t.Name, "(") // the rest explains
		words := wordsOf(name)
		if len(words) == 0 {
			continue
		}
		e := entry{Toponym: t}
		at := &g.root
		for _, w := range words {
			e.full, e.upper = append(e.full, w.full), append(e.upper, w.upper)
			if at.next == nil {
				at.next = map[string]*node{}
			}
			if at.next[w.bare] == nil {
				at.next[w.bare] = &node{}
			}
			at = at.next[w.bare]
		}
		at.ends = append(at.ends, e)
	}
	return g
}

// Find gives the names in a text, in its order, each once.
func (g *Gazetteer) Find(text string) []Toponym {
	words := wordsOf(text)
	var found []Toponym
	for i := 0; i < len(words); i++ {
		e, n := g.longest(words, i)
		if e == nil {
			continue
		}
		if !slices.ContainsFunc(found, func(f Toponym) bool { return f.Name == e.Name && f.Kind == e.Kind && f.Unit == e.Unit }) {
			found = append(found, e.Toponym)
		}
		i += n - 1
	}
	return found
}

// longest is the longest name that begins at a word, and its length in words.
func (g *Gazetteer) longest(words []word, from int) (best *entry, n int) {
	at := &g.root
	for i := from; i < len(words); i++ {
		if i > from && !words[i].joined {
			break
		}
		if at = at.next[words[i].bare]; at == nil {
			break
		}
		if e := at.best(words, from, i+1); e != nil {
			best, n = e, i+1-from
		}
	}
	return best, n
}

// best is the name that words[from:to] mean, of all that are spelt so: the one
// of the kind that stands before it, else the one of today.
func (n *node) best(words []word, from, to int) *entry {
	kind := kindBefore(words, from)
	var best *entry
	points := -1
	for i := range n.ends {
		e := &n.ends[i]
		if !e.spelt(words[from:to]) {
			continue
		}
		ofKind := e.Kind != "" && e.Kind == kind
		if !ofKind && (e.Unit != "" && (kind != "" || to-from == 1 || e.numbered()) || !e.asName(words, from, to)) {
			continue
		}
		p := 0
		if ofKind {
			p += 4
		}
		if e.Now {
			p += 2
		}
		if e.Kind == "phường" || e.Kind == "xã" {
			p++
		}
		if p > points {
			best, points = e, p
		}
	}
	return best
}

// spelt says that words write the name with its accents, or wholly without.
func (e *entry) spelt(words []word) bool {
	exact, without := true, true
	for i, w := range words {
		exact = exact && w.full == e.full[i]
		without = without && w.full == w.bare
	}
	return exact || without
}

func (e *entry) numbered() bool {
	last := e.full[len(e.full)-1]
	return strings.Trim(last, "0123456789") == ""
}

// asName says that words[from:to] are written as a name by itself.
func (e *entry) asName(words []word, from, to int) bool {
	for i := from; i < to; i++ {
		if e.upper[i-from] && !words[i].upper && !(i == from && e.Unit == "" && to-from > 2) {
			return false
		}
	}
	if from > 0 && words[from].joined && words[from].upper && words[from-1].title() && !(words[from-1].first && !isSurname[words[from-1].full]) {
		return false
	}
	return to == len(words) || !words[to].joined || !words[to].title() || isEnglishKind[words[to].bare]
}

// unitKinds are what stands before a unit's name, by its spelling.
var unitKinds = func() map[string]string {
	all := map[string]string{}
	for _, kind := range []string{"phường", "xã", "thị trấn", "huyện", "thị xã", "quận", "thành phố", "tỉnh"} {
		var full []string
		for _, w := range wordsOf(kind) {
			full = append(full, w.full)
		}
		all[strings.Join(full, " ")] = kind
	}
	return all
}()

// kindBefore is the kind of unit that is named just before a word.
func kindBefore(words []word, at int) string {
	if at == 0 || !words[at].joined {
		return ""
	}
	if at > 1 && words[at-1].joined {
		if kind := unitKinds[words[at-2].full+" "+words[at-1].full]; kind != "" {
			return kind
		}
	}
	return unitKinds[words[at-1].full]
}

// isEnglishKind are words that may follow a name with a capital: Phu Xuan Ward.
var isEnglishKind = map[string]bool{"ward": true, "commune": true, "district": true, "town": true, "city": true, "province": true}

// isSurname are the common family names, as spelling writes them: what stands
// between one and the end of a name is a person's.
var isSurname = func() map[string]bool {
	all := map[string]bool{}
	for _, w := range wordsOf("nguyễn trần lê phạm hoàng huỳnh phan vũ võ đặng bùi đỗ hồ ngô dương lý đinh đoàn trương trịnh lương mai tô tạ hà châu cao thái tôn tống văn thị") {
		all[w.full] = true
	}
	return all
}()

// word is a word of a text.
type word struct {
	text, lower, bare, full string
	upper                   bool // it begins with a capital, or with a digit
	joined                  bool // nothing but space lies between it and the word before
	first                   bool // it begins a sentence
}

// title says that a word is written like Huế, not like UBND.
func (w word) title() bool {
	_, n := utf8.DecodeRuneInString(w.text)
	return w.upper && w.text[:n] != w.lower[:min(n, len(w.lower))] && (n == len(w.text) || w.text[n:] != strings.ToUpper(w.text[n:]))
}

// wordsOf are the words of a text: runs of letters, digits and accents.
func wordsOf(text string) []word {
	var words []word
	joined, first := false, true
	for text != "" {
		end := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Mn, r) })
		if end < 0 {
			end = len(text)
		}
		if end == 0 {
			r, n := utf8.DecodeRuneInString(text)
			if !unicode.IsSpace(r) {
				joined = false
			}
			if strings.ContainsRune(".!?:…\n\"“(", r) {
				first = true
			}
			text = text[n:]
			continue
		}
		w := word{text: text[:end], lower: strings.ToLower(text[:end]), joined: joined, first: first}
		w.bare, w.full = spelling(w.lower)
		r, _ := utf8.DecodeRuneInString(w.text)
		w.upper = unicode.IsUpper(r) || unicode.IsDigit(r)
		words = append(words, w)
		joined, first = true, false
		text = text[end:]
	}
	return words
}
