package web

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
)

//go:embed examples
var examples embed.FS

// Example is one query to start from: examples/NN-name.graphql with its
// variables, if any, in NN-name.json.
type Example struct {
	// Name is the file's, without its number and ending: "reservoirs".
	Name string `json:"name"`
	// Title is the first line's comment: "English — Tiếng Việt".
	Title string `json:"title"`
	// Query is the whole file. It holds one operation, whose name is the tab's.
	Query string `json:"query"`
	// Variables is a JSON object as it was written, nil when there are none.
	Variables json.RawMessage `json:"variables,omitempty"`
}

// Examples reads the embedded examples, in the order of their numbers.
func Examples() ([]Example, error) { return readExamples(examples) }

func readExamples(fsys fs.FS) ([]Example, error) {
	files, err := fs.Glob(fsys, "examples/*.graphql")
	if err != nil {
		return nil, fmt.Errorf("list examples: %w", err)
	}
	var out []Example
	for _, file := range files {
		example, err := readExample(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read example %s: %w", file, err)
		}
		out = append(out, example)
	}
	return out, nil
}

func readExample(fsys fs.FS, file string) (Example, error) {
	query, err := fs.ReadFile(fsys, file)
	if err != nil {
		return Example{}, err
	}
	first, _, _ := strings.Cut(string(query), "\n")
	title, ok := strings.CutPrefix(first, "# ")
	if !ok {
		return Example{}, errors.New("the first line is not a comment with the title")
	}
	stem := strings.TrimSuffix(file, ".graphql")
	_, name, ok := strings.Cut(path.Base(stem), "-")
	if !ok {
		return Example{}, errors.New("the name has no number before it")
	}
	example := Example{Name: name, Title: strings.TrimSpace(title), Query: string(query)}

	variables, err := fs.ReadFile(fsys, stem+".json")
	if errors.Is(err, fs.ErrNotExist) {
		return example, nil
	}
	if err != nil {
		return Example{}, err
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(variables, &object); err != nil {
		return Example{}, fmt.Errorf("variables: %w", err)
	}
	example.Variables = variables
	return example, nil
}
