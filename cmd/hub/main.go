// Command hub is GeoHub: every information system of a province on one map and
// behind one GraphQL endpoint.
//
//	hub serve --demo     # a private PostGIS, the demo province, http://127.0.0.1:8080
//	hub doctor           # what is wrong, and the next step
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	m := Main{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv}
	os.Exit(m.Run(ctx, os.Args[1:]))
}

// Main is the program without its process: end-to-end tests run it too.
type Main struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Ready is told the address once the hub serves; may be nil.
	Ready func(address string)
}

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1
	exitUsage  = 2
)

// usageError is a command line that can't be right.
type usageError struct{ error }

// Run carries out a command line and gives the exit code.
func (m Main) Run(ctx context.Context, args []string) int {
	root := m.root()
	root.SetArgs(args)
	root.SetOut(m.Stdout)
	root.SetErr(m.Stderr)
	err := root.ExecuteContext(ctx)
	var usage usageError
	var refused refusedError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &refused):
		fmt.Fprintf(m.Stderr, "hub: %v\n", err)
		return exitRefused
	case errors.As(err, &usage):
		fmt.Fprintf(m.Stderr, "hub: %v\nTry `hub --help`.\n", err)
		return exitUsage
	default:
		fmt.Fprintf(m.Stderr, "hub: %v\n", err)
		return exitFailed
	}
}

func (m Main) root() *cobra.Command {
	c := &cobra.Command{
		Use:   "hub",
		Short: "Every information system of a province on one map, behind one GraphQL endpoint",
		Example: `  hub serve --demo
  hub import places harbours.csv --check
  hub import units communes.geojson --from 2025-07-01
  HUB_DATABASE_URL=postgres://… hub migrate`,
		SilenceUsage: true, SilenceErrors: true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{fmt.Errorf("there is no command %q", args[0])}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cfg := m.config(c)
	c.AddCommand(m.serve(cfg), m.migrate(cfg), m.demo(cfg), m.importCommand(cfg), m.source(cfg), m.decode(), m.doctor(cfg), m.version())
	for _, sub := range c.Commands() {
		if sub.Args == nil && !sub.HasSubCommands() {
			sub.Args = noArgs
		}
	}
	return c
}

func noArgs(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unexpected argument %q", args[0])}
	}
	return nil
}
