package mcpclient

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// read reads a file with this text. The variable NOTES_KEY is set.
func read(t *testing.T, text string) ([]*Entry, string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "servers.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	entries, err := ReadFile(path, func(name string) (string, bool) { return "se$cret", name == "NOTES_KEY" })
	return entries, filepath.Dir(path), err
}

func TestAFileNamesServers(t *testing.T) {
	entries, folder, err := read(t, `{
		"mcpServers": {
			"notes": {
				"command": "npx", "args": ["-y", "notes-server", "/srv/${NOTES_FOLDER:-notes}"], "env": {"KEY": "${NOTES_KEY}"}, "cwd": "data",
				"allow": ["read_*"], "deny": ["*secret*"], "timeout": 0.5, "startup": 60, "trust": true, "type": "stdio"
			},
			"own": {"command": "./own-server"},
			"home": {"url": "http://homeassistant.local:8123/api/mcp", "headers": {"authorization": "Bearer ${NOTES_KEY}"}}
		}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	notes := &Entry{
		Name: "notes", Command: "npx", Args: []string{"-y", "notes-server", "/srv/notes"}, Env: []string{"KEY=se$cret"}, Dir: filepath.Join(folder, "data"),
		Allow: []string{"read_*"}, Deny: []string{"*secret*"}, Timeout: 500 * time.Millisecond, Startup: time.Minute, Trust: true,
	}
	if !reflect.DeepEqual(entries[0], notes) {
		t.Errorf("got %+v", entries[0])
	}
	if got, want := entries[1].Command, filepath.Join(folder, "own-server"); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := entries[2]; got.URL.Host != "homeassistant.local:8123" || got.Headers.Get("Authorization") != "Bearer se$cret" || !got.IsUnencrypted() {
		t.Errorf("got %+v", got)
	}
}

func TestMistakesInAFileNameThePlace(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                                 `:1: not JSON: the text ends too early`,
		`[1]`:                               `:1: want an object such as {"mcpServers": {"notes": {"command": "notes-server"}}}, not an array`,
		`{}`:                                `:1: there is no mcpServers`,
		"{\n\"servers\": {}}":               `:2: unknown key "servers" (the servers belong into mcpServers)`,
		"{\"mcpServers\": {\n\"a b\": {}}}": `:2: mcpServers: "a b" cannot name a server: want 1 to 64 of a-z, A-Z, 0-9, _, . and -, of which the first is a letter or a digit`,
		"{\"mcpServers\": {\n\"a\": {\n\"comand\": \"x\"}}}":                               `:3: mcpServers.a: unknown key "comand" (did you mean 'command'?)`,
		"{\"mcpServers\": {\n\"a\": {\n\"command\": 3}}}":                                  `:3: mcpServers.a.command must be a string, not a number`,
		"{\"mcpServers\": {\"a\": {\"command\": \"x\",\n\"args\": [\"a\",\n7]}}}":          `:3: mcpServers.a.args[1] must be a string, not a number`,
		"{\"mcpServers\": {\"a\": {\"command\": \"x\",\n\"env\": {\"K\": \"${NOPE}\"}}}}":  `:2: mcpServers.a.env.K: the environment variable NOPE is not set`,
		`{"mcpServers": {"a": {"command": "x", "timeout": 5000}}}`:                         `:1: mcpServers.a.timeout must be from 0.01 to 600 seconds, not 5000`,
		`{"mcpServers": {"a": {"command": "x", "trust": "yes"}}}`:                          `:1: mcpServers.a.trust must be true or false, not a string`,
		`{"mcpServers": {"a": {"command": "x", "url": "https://b"}}}`:                      `:1: mcpServers.a: command and url exclude each other`,
		`{"mcpServers": {"a": {"args": ["x"]}}}`:                                           `:1: mcpServers.a: want command, for a program, or url, for a server that is reached by HTTP`,
		`{"mcpServers": {"a": {"url": "ftp://b"}}}`:                                        `:1: mcpServers.a.url: want a URL with http:// or https://`,
		`{"mcpServers": {"a": {"url": "https://u:p@b/"}}}`:                                 `:1: mcpServers.a.url: the URL has a user name: use a header Authorization`,
		`{"mcpServers": {"a": {"url": "https://b/", "type": "sse"}}}`:                      `:1: mcpServers.a: the type "sse" is not supported: use the server's address for streamable HTTP, which often ends in /mcp`,
		`{"mcpServers": {"a": {"url": "http://example.com/", "headers": {"X-Key": "k"}}}}`: `:1: mcpServers.a: headers would be sent to example.com without encryption: use https://`,
		`{"mcpServers": {"a": {"url": "https://b/", "headers": {"Mcp-Session-Id": "k"}}}}`: `:1: mcpServers.a.headers: the header Mcp-Session-Id is set by Moonlark itself`,
		`{"mcpServers": {"a": {"command": "x"}, "a": {"command": "y"}}}`:                   `:1: "a" is there twice`,
	} {
		_, _, err := read(t, text)
		got := ""
		if err != nil {
			_, got, _ = strings.Cut(err.Error(), "servers.json")
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", text, got, want)
		}
	}
}

func TestPatternsOfNames(t *testing.T) {
	for pattern, names := range map[string]struct{ match, other string }{
		"read_file": {"read_file", "read_files a_read_file"},
		"read_*":    {"read_ read_file", "unread_file read"},
		"*secret*":  {"secret my_secrets", "secre"},
		"*_all":     {"read_all _all_all", "read_all_x"},
		"a*b*c":     {"abc axbxc abbcc", "ac acb"},
		"*":         {"x", ""},
	} {
		for _, name := range strings.Fields(names.match) {
			if !MatchesAny([]string{"zz", pattern}, name) {
				t.Errorf("%s does not match %s", pattern, name)
			}
		}
		for _, name := range strings.Fields(names.other) {
			if MatchesAny([]string{pattern}, name) {
				t.Errorf("%s matches %s", pattern, name)
			}
		}
	}
}

func TestWhatADenyRuleNamesCannotBeCalled(t *testing.T) {
	for name, want := range map[string]bool{"read_file": true, "read_secret": false, "write_file": false} {
		if got := (&Entry{Allow: []string{"read_*"}, Deny: []string{"*secret*"}}).MayCall(name); got != want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if (&Entry{Allow: []string{}}).MayCall("a") || !new(Entry).MayCall("a") {
		t.Error("an empty list must allow nothing, and none everything")
	}
}

func TestACommandIsRelativeToTheFolderOfTheFileAlsoIfThatIsTheWorkingFolder(t *testing.T) {
	_, folder, _ := read(t, `{"mcpServers": {"notes": {"command": "./ls", "cwd": "."}}}`)
	t.Chdir(folder)
	entries, err := ReadFile("servers.json", os.LookupEnv)
	if err != nil {
		t.Fatal(err)
	}
	// without a folder, the command ls would be looked for in PATH
	if e := entries[0]; !filepath.IsAbs(e.Command) || filepath.Base(e.Command) != "ls" || !filepath.IsAbs(e.Dir) {
		t.Errorf("got the command %s in the folder %s", e.Command, e.Dir)
	}
}
