package cli

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"moonlark/engine/bus"
	"moonlark/luastd/modules"
)

var updatePromises = flag.Bool("update", false, "write testdata/promises.txt")

// TestEverythingPromisedExists fails when something is gone or has another name that scripts, command
// lines or readers of --json may use: see docs/compatibility.md. testdata/promises.txt lists it; the
// flag -update adds what is new, and removes what is gone.
func TestEverythingPromisedExists(t *testing.T) {
	const file = "testdata/promises.txt"
	existing := slices.Concat(commandsAndFlags(), jsonLines(), luaNames())
	slices.Sort(existing)
	existing = slices.Compact(existing)
	if *updatePromises {
		if err := os.WriteFile(file, []byte(strings.Join(existing, "\n")+"\n"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	promised, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for promise := range strings.Lines(string(promised)) {
		if promise = strings.TrimSuffix(promise, "\n"); !slices.Contains(existing, promise) {
			t.Errorf("%q was promised and does not exist", promise)
		}
	}
}

// commandsAndFlags returns all commands with their flags, and the exit codes.
func commandsAndFlags() (names []string) {
	for _, code := range []int{exitOK, exitFailed, exitUsage, exitConfig} {
		names = append(names, fmt.Sprintf("exit code %d", code))
	}
	kong.Visit(newParser(&console{}).Model, func(node kong.Visitable, next kong.Next) error {
		if command, ok := node.(*kong.Node); ok && command.Type == kong.CommandNode && !command.Hidden {
			names = append(names, "command "+command.Path())
			for _, f := range command.Flags {
				if !f.Hidden {
					names = append(names, "command "+command.Path()+" --"+f.Name)
				}
			}
		}
		return next(nil)
	})
	return names
}

// jsonLines returns the types of the lines of --json, with their fields.
func jsonLines() (names []string) {
	for _, kind := range bus.Catalogue {
		if kind.Shown == nil {
			continue
		}
		names = append(names, "json "+string(kind.Type))
		for _, field := range kind.Shown {
			names = append(names, "json "+string(kind.Type)+" "+field.Name)
		}
	}
	return names
}

var luaFunction = regexp.MustCompile(`(?m)^function ([\w.:]+)\(`)

// luaNames returns the functions that scripts can call, and the events with their fields.
func luaNames() (names []string) {
	for _, m := range luaFunction.FindAllStringSubmatch(modules.Types(), -1) {
		names = append(names, "lua "+m[1])
	}
	for _, kind := range bus.Catalogue {
		if kind.Script == "" {
			continue
		}
		names = append(names, "event "+kind.Script)
		for _, field := range kind.Fields {
			names = append(names, "event "+kind.Script+" "+field.Name)
		}
	}
	return names
}
