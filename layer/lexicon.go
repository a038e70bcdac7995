package layer

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"geohub/access"
)

// Lexicon is what the layers' part of the schema says to those that write rows
// and have no whole schema.
type Lexicon struct {
	Enums   map[string][]EnumValue    // by the enum's name
	Sharing map[string]access.Sharing // by the layer's type: the least class of its rows
}

// NewLexicon reads a text of GraphQL's schema language.
func NewLexicon(text string) (Lexicon, error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "layers", Input: text})
	if err != nil {
		return Lexicon{}, err
	}
	l := Lexicon{map[string][]EnumValue{}, map[string]access.Sharing{}}
	for _, def := range doc.Definitions {
		for _, v := range def.EnumValues {
			l.Enums[def.Name] = append(l.Enums[def.Name], EnumValue{v.Name, titleOf(v.Directives)})
		}
		var class access.Class
		if err := classOf(def.Directives, &class); err != nil {
			return Lexicon{}, fmt.Errorf("%s: %w", def.Name, err)
		}
		l.Sharing[def.Name] = class.Sharing
	}
	return l, nil
}
