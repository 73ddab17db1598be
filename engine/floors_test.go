package engine_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// floors lists the packages of Moonlark. The lowest floor comes first. A package may import
// packages of its own floor and of the floors before it in this list, but not of those after it. An
// entry includes the packages in its subfolders, unless they have an entry of their own.
var floors = [][]string{
	// Types that all packages share, small helpers, and the sound devices.
	{"engine/tool", "engine/activity", "engine/agentsettings", "engine/apikey", "engine/health", "engine/guess", "engine/safetext", "engine/version", "engine/loopback", "engine/mdns", "engine/network", "engine/backoff", "engine/repeat", "engine/clock", "engine/filelock", "engine/durable", "engine/fleet/bundle", "engine/pins", "engine/process", "engine/provider", "engine/screen", "engine/testkit"},
	{"audio"},

	// Agents and backends.
	{"engine/convai", "engine/rest", "engine/speech", "engine/llm", "engine/localagent", "engine/toolexport", "engine/toolpush", "engine/testkit/story"},

	// Lua.
	{"engine/permit", "engine/settings", "engine/mcpclient"},
	{"luastd", "engine/script/vm", "engine/script/compiler", "engine/script/source", "engine/script/debug"},
	{"luastd/modules"},
	{"engine/script"},
	{"luastd/luastdtest"},

	// The running agent.
	{"engine/bus"},
	{"engine/fleet", "engine/life", "engine/voice", "engine/connect", "engine/filewatch", "engine/scripttest"},
	{"engine/dialog"},
	{"engine/remote"},
	{"engine"},

	// The faces: they show and drive a running agent.
	{"engine/face", "engine/doctor", "engine/install"},

	// The command.
	{"engine/cli"},
	{""},
}

// forbidden lists imports that are forbidden although the floors allow them.
var forbidden = map[string][]string{
	"engine/face":   {"engine", "engine/script", "engine/dialog", "engine/life", "engine/voice", "engine/connect", "engine/convai", "luastd"},
	"engine/doctor": {"engine", "engine/script", "luastd"},
	"engine/life":   {"engine/script", "engine/convai", "luastd", "github.com/gorilla/websocket", "net"},
	"engine/voice":  {"engine/script", "engine/convai", "luastd"},
	"audio":         {"engine/convai", "engine/bus"},
}

// importsExec lists the packages that may import os/exec. All others must use engine/process, which
// keeps secrets from the programs that it starts. engine/speech/command and engine/speech/grammar only
// look for programs, and the last six packages are for tests.
var importsExec = []string{
	"engine/process", "engine/speech/command", "engine/speech/grammar",
	"engine/testkit", "engine/testkit/browser", "engine/testkit/story", "engine/testkit/wine", "audio/pulse/pulsetest", "luastd/luastdtest",
}

// floorOf returns the number of the floor of a package, and the entry of floors that contains the
// package. The number is -1 if there is no such entry.
func floorOf(path string) (floor int, entry string) {
	floor = -1
	for i, entries := range floors {
		for _, e := range entries {
			if (path == e || e != "" && strings.HasPrefix(path, e+"/")) && len(e) >= len(entry) {
				floor, entry = i, e
			}
		}
	}
	return floor, entry
}

func TestNoPackageImportsAHigherFloor(t *testing.T) {
	t.Parallel()
	list := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	list.Dir = ".."
	out, err := list.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	packages := 0
	for d := json.NewDecoder(strings.NewReader(string(out))); ; packages++ {
		var p struct {
			ImportPath    string
			Imports, Deps []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, "moonlark"), "/")
		floor, _ := floorOf(path)
		if floor < 0 {
			t.Errorf("%s is on no floor: add it to the list floors", p.ImportPath)
		}
		for _, imported := range p.Imports {
			inner, ours := strings.CutPrefix(imported, "moonlark/")
			if above, _ := floorOf(inner); ours && above > floor {
				t.Errorf("%s imports %s, which is on a higher floor", p.ImportPath, imported)
			}
		}
		if slices.Contains(p.Imports, "os/exec") && !slices.Contains(importsExec, path) {
			t.Errorf("%s imports os/exec: use engine/process", p.ImportPath)
		}
		if path != "engine/fleet/nats" && slices.ContainsFunc(p.Imports, func(i string) bool { return strings.HasPrefix(i, "github.com/nats-io/nats.go") }) {
			t.Errorf("%s imports the client library of NATS: use engine/fleet/nats", p.ImportPath)
		}
		for entry, imports := range forbidden {
			if path != entry && !strings.HasPrefix(path, entry+"/") {
				continue
			}
			for _, imported := range p.Imports {
				for _, f := range imports {
					if imported == "moonlark/"+f || imported == f || f == "luastd" && strings.HasPrefix(imported, "moonlark/luastd/") {
						t.Errorf("%s imports %s", p.ImportPath, imported)
					}
				}
			}
		}
	}
	if packages < 40 {
		t.Errorf("go list returned only %d packages", packages)
	}
}
