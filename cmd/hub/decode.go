package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"geohub/ingest/formats"
	"geohub/ingest/formats/ais"
	"geohub/ingest/formats/billboard"
	"geohub/ingest/formats/cap"
	"geohub/ingest/formats/card"
	"geohub/ingest/formats/cef"
	"geohub/ingest/formats/dossier"
	"geohub/ingest/formats/feed"
	"geohub/ingest/formats/monitoringtxt"
	"geohub/ingest/formats/ngsild"
	"geohub/ingest/formats/onvif"
	"geohub/ingest/formats/open311"
	"geohub/ingest/formats/sensorthings"
	"geohub/ingest/formats/table"
	"geohub/ingest/formats/vms"
)

// exitRefused is the exit code when some of the input was not understood.
const exitRefused = 3

// refusedError says that some records were refused; they are named already.
type refusedError struct{ understood, refused int }

func (e refusedError) Error() string {
	return fmt.Sprintf("%d records understood, %d refused", e.understood, e.refused)
}

// decoder reads one standard and hands on what it finds as any.
type decoder func(r io.Reader, sink formats.Sink[any]) error

// of makes a decoder of a format's Decode.
func of[T any](decode func(io.Reader, formats.Sink[T]) error) decoder {
	return func(r io.Reader, sink formats.Sink[any]) error {
		return decode(r, formats.Sink[T]{Record: func(v T) error { return sink.Record(v) }, Refuse: sink.Refuse})
	}
}

// paged makes a decoder of a Decode that also tells of a next page.
func paged[T, P any](decode func(io.Reader, formats.Sink[T]) (P, error)) decoder {
	return of(func(r io.Reader, sink formats.Sink[T]) error {
		_, err := decode(r, sink)
		return err
	})
}

func (m Main) decode() *cobra.Command {
	known := decoders()
	names := strings.Join(slices.Sorted(maps.Keys(known)), ", ")
	return &cobra.Command{
		Use:   "decode FORMAT [FILE]",
		Short: "Print what a file of a standard says, as one JSON object a line",
		Long: `Reads FILE (or standard input) and prints each record that is understood as one
JSON object a line, in the standard's own field names and units. What is not
understood goes to standard error with its line and the reason. The exit code is
0 when all was understood and 3 when some was refused.

Formats: ` + names + `.`,
		Example: `  hub decode ais < harbour.nmea
  hub decode cap warning.xml | jq .info`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0 || len(args) > 2:
				return usageError{fmt.Errorf("decode takes a format and at most one file; formats are %s", names)}
			case known[args[0]] == nil:
				return usageError{fmt.Errorf("there is no format %q; formats are %s", args[0], names)}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			in := m.Stdin
			if len(args) == 2 && args[1] != "-" {
				f, err := os.Open(args[1])
				if err != nil {
					return err
				}
				defer f.Close()
				in = f
			}
			return m.print(known[args[0]], in)
		},
	}
}

// print decodes in onto the two outputs.
func (m Main) print(decode decoder, in io.Reader) error {
	var count refusedError
	out := bufio.NewWriter(m.Stdout)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	err := decode(in, formats.Sink[any]{
		Record: func(v any) error {
			count.understood++
			return lines.Encode(v)
		},
		Refuse: func(r formats.Refusal) error {
			count.refused++
			if err := out.Flush(); err != nil {
				return err
			}
			_, err := fmt.Fprintln(m.Stderr, r.Error())
			return err
		},
	})
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	if err == nil && count.refused > 0 {
		return count
	}
	return err
}

// decoders are the formats by the names of their systems' standards.
func decoders() map[string]decoder {
	return map[string]decoder{
		"ais":            of(ais.Decode),
		"billboard":      of(billboard.Decode),
		"cap":            of(cap.Decode),
		"card":           of(card.Decode),
		"cef":            of(cef.Decode),
		"dossier":        paged(dossier.Decode),
		"feed":           of(feed.Decode),
		"monitoring-txt": of(monitoringtxt.Decode),
		"ngsi-ld":        paged(ngsild.Decode),
		"onvif":          of(onvif.Decode),
		"open311":        of(open311.Decode),
		"sensorthings":   paged(sensorthings.Decode),
		"table":          paged(table.Decode),
		"vms":            of(vms.Decode),
	}
}
