package feed

import (
	"html"
	"strings"
	"unicode/utf8"
)

// line is a text in one line.
func line(text string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " ")
}

// plain is what a reader sees of a piece of HTML, in one line: no tags, no
// scripts, no styles, entities read. A "<" that begins no tag stays.
func plain(text string) string {
	if !strings.ContainsAny(text, "<&") {
		return line(text)
	}
	var out strings.Builder
	for text != "" {
		i := strings.IndexByte(text, '<')
		if i < 0 {
			out.WriteString(html.UnescapeString(text))
			break
		}
		out.WriteString(html.UnescapeString(text[:i]))
		text = text[i:]
		name, after := tagAt(text)
		switch {
		case name == "":
			out.WriteByte('<')
			text = text[1:]
			continue
		case name == "script" || name == "style":
			after += closing(text[after:], name)
		case !inline[strings.TrimPrefix(name, "/")]:
			out.WriteByte(' ')
		}
		text = text[after:]
	}
	return line(out.String())
}

// inline are the elements that part no words.
var inline = map[string]bool{
	"a": true, "abbr": true, "b": true, "big": true, "cite": true, "code": true, "em": true, "font": true, "i": true, "ins": true, "mark": true,
	"q": true, "s": true, "small": true, "span": true, "strong": true, "sub": true, "sup": true, "u": true, "!--": true,
}

// tagAt is the name of the tag that a text begins with, "/name" for an end tag
// and "!--" for a comment, and what comes after it; "" when it is no tag.
func tagAt(text string) (string, int) {
	if strings.HasPrefix(text, "<!--") {
		if end := strings.Index(text, "-->"); end >= 0 {
			return "!--", end + 3
		}
		return "!--", len(text)
	}
	i := 1
	if i < len(text) && (text[i] == '/' || text[i] == '!' || text[i] == '?') {
		i++
	}
	begin := i
	for i < len(text) && (text[i]|0x20 >= 'a' && text[i]|0x20 <= 'z' || i > begin && (text[i] >= '0' && text[i] <= '9' || text[i] == ':' || text[i] == '-')) {
		i++
	}
	if i == begin {
		return "", 0
	}
	name := strings.ToLower(text[1:i])
	var quote byte
	for ; i < len(text); i++ {
		switch c := text[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return name, i + 1
		}
	}
	return name, len(text)
}

// closing is how long an element's inside is that holds no tags.
func closing(text, name string) int {
	for i := 0; ; {
		next := strings.Index(text[i:], "</")
		if next < 0 {
			return len(text)
		}
		i += next + 2
		if len(text)-i >= len(name) && strings.EqualFold(text[i:i+len(name)], name) {
			return i - 2
		}
	}
}

// clip cuts a text after so many runes.
func clip(text string, runes int) string {
	if utf8.RuneCountInString(text) <= runes {
		return text
	}
	n := 0
	for i := range text {
		if n == runes {
			return text[:i] + "…"
		}
		n++
	}
	return text
}
