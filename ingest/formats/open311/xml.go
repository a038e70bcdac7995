package open311

import (
	"bytes"
	"encoding/json"

	"geohub/ingest/formats/internal/cut"
)

// membersOfXML reads an element as the object it would be in JSON: attributes
// and values, which are lists there, become arrays.
func membersOfXML(raw []byte) (members, error) {
	root, err := cut.Tree(raw)
	if err != nil {
		return nil, err
	}
	m := members{}
	for _, k := range root.Kids {
		v := valueOf(k)
		if isAbsent(v) {
			continue
		}
		if _, ok := m[k.Name]; ok {
			continue // the first is meant: no member of the standard's repeats
		}
		m[k.Name] = v
	}
	return m, nil
}

// valueOf is an element as JSON: text, an array for attributes and values, or
// an object whose members are arrays where an element repeats.
func valueOf(n *cut.Node) json.RawMessage {
	if len(n.Kids) == 0 {
		text, _ := json.Marshal(n.Text())
		return text
	}
	var out bytes.Buffer
	if item := map[string]string{"attributes": "attribute", "values": "value"}[n.Name]; item != "" && isList(n, item) {
		out.WriteByte('[')
		for i, k := range n.Kids {
			if i > 0 {
				out.WriteByte(',')
			}
			out.Write(valueOf(k))
		}
		out.WriteByte(']')
		return out.Bytes()
	}
	var names []string
	byName := map[string][]json.RawMessage{}
	for _, k := range n.Kids {
		if byName[k.Name] == nil {
			names = append(names, k.Name)
		}
		byName[k.Name] = append(byName[k.Name], valueOf(k))
	}
	out.WriteByte('{')
	for i, name := range names {
		if i > 0 {
			out.WriteByte(',')
		}
		key, _ := json.Marshal(name)
		out.Write(key)
		out.WriteByte(':')
		if all := byName[name]; len(all) == 1 {
			out.Write(all[0])
		} else {
			out.WriteByte('[')
			out.Write(bytes.Join(rawBytes(all), []byte{','}))
			out.WriteByte(']')
		}
	}
	out.WriteByte('}')
	return out.Bytes()
}

func isList(n *cut.Node, item string) bool {
	for _, k := range n.Kids {
		if k.Name != item {
			return false
		}
	}
	return true
}

func rawBytes(all []json.RawMessage) [][]byte {
	out := make([][]byte, len(all))
	for i, v := range all {
		out[i] = v
	}
	return out
}
