package cql2

import (
	"bytes"
	"encoding/json"

	"geohub/geo"
)

// JSON prints e in cql2-json, compact. e is such a tree as Parse gives, or a part
// of one.
func JSON(e Expr) []byte {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document(e)); err != nil {
		return []byte("null") // not such a tree: a number is not finite
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}

type jsonOperation struct {
	Op   string `json:"op"`
	Args []any  `json:"args"`
}

// document is what encoding/json makes cql2-json of.
func document(e Expr) any {
	switch e := e.(type) {
	case And:
		return jsonOperation{"and", documents(e.Args)}
	case Or:
		return jsonOperation{"or", documents(e.Args)}
	case Not:
		return jsonOperation{"not", documents(children(e))}
	case Comparison:
		return jsonOperation{string(e.Op), documents(children(e))}
	case Like:
		return jsonOperation{"like", documents(children(e))}
	case Between:
		return jsonOperation{"between", documents(children(e))}
	case In:
		return jsonOperation{"in", []any{document(e.Value), documents(e.List)}}
	case IsNull:
		return jsonOperation{"isNull", documents(children(e))}
	case Spatial:
		return jsonOperation{string(e.Op), documents(children(e))}
	case Temporal:
		return jsonOperation{string(e.Op), documents(children(e))}
	case CaseI:
		return jsonOperation{"casei", documents(children(e))}
	case AccentI:
		return jsonOperation{"accenti", documents(children(e))}
	case Arithmetic:
		return jsonOperation{string(e.Op), documents(children(e))}
	case Function:
		return jsonOperation{e.Name, documents(e.Args)}
	case Array:
		return documents(e.Items)
	case Property:
		return map[string]string{"property": string(e)}
	case Number:
		return json.RawMessage(appendNumber(nil, float64(e)))
	case Date:
		return map[string]string{"date": e.String()}
	case Timestamp:
		return map[string]string{"timestamp": e.String()}
	case Interval:
		return map[string][]any{"interval": {document(endText(e.Start)), document(endText(e.End))}}
	case BBox:
		return map[string]json.RawMessage{"bbox": geo.BBox(e).Append(nil)}
	case Geometry:
		return json.RawMessage(geo.AppendGeoJSON(nil, e.Shape, -1))
	}
	return e // a Boolean, a String or nil
}

func documents(all []Expr) []any {
	out := make([]any, len(all))
	for i, e := range all {
		out[i] = document(e)
	}
	return out
}
