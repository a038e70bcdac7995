package main

import (
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func (m Main) version() *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "version",
		Short: "Say which hub this is",
		RunE: func(*cobra.Command, []string) error {
			v := map[string]string{"version": "dev", "go": "", "revision": ""}
			if info, ok := debug.ReadBuildInfo(); ok {
				v["go"] = info.GoVersion
				for _, s := range info.Settings {
					if s.Key == "vcs.revision" {
						v["revision"] = s.Value
					}
				}
				if info.Main.Version != "" && info.Main.Version != "(devel)" {
					v["version"] = info.Main.Version
				}
			}
			if asJSON {
				return json.NewEncoder(m.Stdout).Encode(v)
			}
			fmt.Fprintln(m.Stdout, strings.TrimSpace(fmt.Sprintf("hub %s (%s) %s", v["version"], v["go"], v["revision"])))
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return c
}
