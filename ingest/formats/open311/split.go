package open311

import (
	"bytes"
	"encoding/json"
)

// split takes an object of valid JSON apart: its members by name, their values
// as they stand in raw. Of a name that stands twice the last counts, as in
// encoding/json, which takes several times as long.
func split(raw []byte) members {
	m := make(members, 32)
	i := space(raw, 1) // behind the brace
	for i < len(raw) && raw[i] == '"' {
		end := literal(raw, i)
		name := unquoted(raw[i:end])
		i = space(raw, space(raw, end)+1) // behind the colon
		end = value(raw, i)
		m[name] = raw[i:end:end]
		if i = space(raw, end); i < len(raw) && raw[i] == ',' {
			i = space(raw, i+1)
		}
	}
	return m
}

// Extension is the members of extended_attributes by name, as they are written.
type Extension map[string]json.RawMessage

// Extension takes extended_attributes apart; nil when they are absent or no
// object.
func (q *Request) Extension() Extension {
	if raw := bytes.TrimSpace(q.ExtendedAttributes); len(raw) > 0 && raw[0] == '{' {
		return Extension(split(raw))
	}
	return nil
}

// Text is a member that is text, a number or a truth value, as text; "" when it
// is absent or anything else.
func (e Extension) Text(name string) string {
	text, _ := scalar(e[name])
	return text
}

// unquoted is a text of valid JSON without its quotes and escapes.
func unquoted(v []byte) string {
	if bytes.IndexByte(v, '\\') < 0 {
		return string(v[1 : len(v)-1])
	}
	var text string
	_ = json.Unmarshal(v, &text) // it is valid
	return text
}

func space(raw []byte, i int) int {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\n' || raw[i] == '\r' || raw[i] == '\t') {
		i++
	}
	return i
}

// literal is the end of the text that begins at i.
func literal(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// value is the end of the value that begins at i.
func value(raw []byte, i int) int {
	for depth := 0; i < len(raw); {
		switch raw[i] {
		case '"':
			i = literal(raw, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\n', '\r', '\t':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return len(raw)
}
