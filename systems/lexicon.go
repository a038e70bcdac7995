package systems

import (
	"embed"
	"fmt"
	"strings"

	"geohub/layer"
)

//go:embed *.graphqls
var schemas embed.FS

// Lexicon is what the layers' schema says of enums and classes.
func Lexicon() layer.Lexicon {
	var text strings.Builder
	files, _ := schemas.ReadDir(".")
	for _, f := range files {
		part, _ := schemas.ReadFile(f.Name())
		text.Write(part)
		text.WriteByte('\n')
	}
	l, err := layer.NewLexicon(text.String())
	if err != nil {
		panic(fmt.Sprintf("systems: the schema does not parse: %v", err))
	}
	return l
}
