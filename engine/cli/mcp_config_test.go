package cli

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"moonlark/engine/settings"
)

func TestConfigOfAClientHasTheFlagsWithAbsolutePaths(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	at := func(name string) string { return filepath.Join(here, name) }
	for _, row := range []struct {
		why        string
		args, want []string
		file       *settings.File
	}{
		{"only a script", []string{"mcp", "--config", "claude", "a.lua"}, []string{"mcp", at("a.lua")}, nil},
		{"the flags, each once", []string{"mcp", "--allow-net=a.b,c.d", "--allow-net=e.f", "a.lua", "--config=cursor", "--no-watch", "--only", "x,y", "--name", "my house", "--memory", "20", "--burst", "3s"},
			[]string{"mcp", "--allow-net=a.b,c.d,e.f", "--no-watch", "--only=x,y", "--name=my house", "--memory=20", "--burst=3s", at("a.lua")}, nil},
		{"permissions for everything", []string{"mcp", "--config=vscode", "--allow-read", "--allow-mic", "a.lua"}, []string{"mcp", "--allow-read", "--allow-mic", at("a.lua")}, nil},
		{"paths", []string{"mcp", "--config=vscode", "--allow-write=out,/tmp/x", "--allow-run=git,./build", "--data", "data", "--settings=s.toml", "a.lua"},
			[]string{"mcp", "--allow-write=" + at("out") + ",/tmp/x", "--allow-run=git," + at("build"), "--data=" + at("data"), "--settings=" + at("s.toml"), at("a.lua")}, nil},
		{"a settings file beside the script", []string{"mcp", "--config=vscode", "a.lua"}, []string{"mcp", "--settings=" + at("moonlark.toml"), at("a.lua")}, &settings.File{Path: "moonlark.toml"}},
	} {
		c := &mcpCommand{Scripts: []string{"a.lua"}}
		c.permissionFlags.file = row.file
		got, err := c.absoluteArguments(newParser(newConsole()), row.args)
		if err != nil || !slices.Equal(got, row.want) {
			t.Errorf("%s:\n got %q, %v\nwant %q", row.why, got, err, row.want)
		}
	}
}

func TestWordsOfAShellAndNamesOfServers(t *testing.T) {
	for word, want := range map[string]string{"--allow-net=a.b": "--allow-net=a.b", "": "''", "my house": "'my house'", "it's": `'it'\''s'`, "$HOME": "'$HOME'"} {
		if got := shellWord(word); got != want {
			t.Errorf("%q in a shell: got %s, want %s", word, got, want)
		}
	}
	for name, want := range map[string]string{"lights": "lights", "my house": "my-house", "größe": "gr-e", "***": "moonlark", "a.b_c-1": "a-b_c-1"} {
		if got := configName(name); got != want {
			t.Errorf("the name %q: got %q, want %q", name, got, want)
		}
	}
}
