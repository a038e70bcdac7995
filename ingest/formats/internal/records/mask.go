package records

import (
	"bytes"
	"encoding/json"
)

// redacted stands where a value was taken out.
const redacted = `"[redacted]"`

// Mask is a record, broken or not, without the values that keep says no to.
// It is asked for each string, number and word with the key it stands under;
// what is no JSON at all stands under "".
func Mask(raw []byte, keep func(key, value string) bool) []byte {
	var out []byte
	key := ""
	for i := 0; i < len(raw); {
		c := raw[i]
		if bytes.IndexByte([]byte("{}[],: \t\r\n"), c) >= 0 {
			out = append(out, c)
			i++
			continue
		}
		end := i + 1
		for end < len(raw) && (c == '"' || bytes.IndexByte([]byte("{}[],:\" \t\r\n"), raw[end]) < 0) {
			if end++; c == '"' && raw[end-1] == '"' {
				break
			} else if c == '"' && raw[end-1] == '\\' && end < len(raw) {
				end++
			}
		}
		token := raw[i:end]
		text := string(token)
		if c == '"' && json.Unmarshal(token, &text) != nil {
			text = string(token[1:])
		}
		isKey := c == '"' && bytes.HasPrefix(bytes.TrimLeft(raw[end:], " \t\r\n"), []byte{':'})
		switch {
		case isKey:
			key = text
			if !keep(key, key) && !keep(key, "") {
				// A name that nobody knows may itself be what must not be seen.
				token = maskDigits(token)
			}
		case text == "true" || text == "false" || text == "null" || keep(key, text):
		default:
			token = []byte(redacted)
		}
		out = append(out, token...)
		i = end
	}
	return out
}

func maskDigits(b []byte) []byte {
	return bytes.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return 'x'
		}
		return r
	}, b)
}
