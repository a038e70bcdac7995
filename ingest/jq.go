package ingest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/itchyny/gojq"
)

// jqTime is how long a program of jq may take over one record.
const jqTime = 2 * time.Second

// Program is a program of jq that makes one value of another. It knows no
// environment, no files and no further input, and may be run by many at once.
type Program struct{ code *gojq.Code }

// CompileMap compiles a map. Beside jq's own functions it may use
// col("MA_SO"): the property of that name, whatever its case, accents and
// underscores, with an error where the record has none; col("MA_SO"; null)
// takes the second where there is none.
func CompileMap(text string) (*Program, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		var at *gojq.ParseError
		if errors.As(err, &at) {
			return nil, fmt.Errorf("map: not jq, at character %d, near %q: %w", at.Offset, at.Token, err)
		}
		return nil, fmt.Errorf("map: not jq: %w", err)
	}
	code, err := gojq.Compile(query, gojq.WithFunction("col", 1, 2, column))
	if err != nil {
		return nil, fmt.Errorf("map: %w", err)
	}
	return &Program{code}, nil
}

// Run gives what the program makes of a value of JSON: maps, lists, texts,
// json.Number, bool, nil. It is to be exactly one.
func (p *Program) Run(ctx context.Context, v any) (any, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, jqTime, fmt.Errorf("map: it takes longer than %v over one record", jqTime))
	defer cancel()
	results := p.code.RunWithContext(ctx, v)
	out, ok := results.Next()
	if !ok {
		return nil, errors.New("map: it gives nothing")
	}
	if err, failed := out.(error); failed {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("map: %w", err)
	}
	if more, ok := results.Next(); ok {
		if err, failed := more.(error); failed {
			return nil, fmt.Errorf("map: %w", err)
		}
		return nil, errors.New("map: it gives more than one value")
	}
	return out, nil
}

// column is col(name) and col(name; otherwise).
func column(v any, args []any) any {
	name, ok := args[0].(string)
	if !ok {
		return fmt.Errorf("col takes a column's name, not %v", args[0])
	}
	record, _ := v.(map[string]any)
	properties, ok := record["properties"].(map[string]any)
	if !ok {
		return errors.New("col is asked of something that is no record")
	}
	if found, ok := lookup(properties, name); ok {
		return found
	}
	if len(args) > 1 {
		return args[1]
	}
	return fmt.Errorf("there is no column %q; columns are %s", name, namesOf(properties))
}

func namesOf(properties map[string]any) string {
	all := newProperties(properties).names()
	if len(all) > 600 {
		all = strings.ToValidUTF8(all[:600], "") + " …"
	}
	return all
}
