package settings

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"moonlark/engine/permit"
)

var knownFlags = []string{"agent", "wait", "idle", "memory", "say", "set", "log-level"}

func readFile(t *testing.T, content string) (*File, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return Read(path, knownFlags)
}

func TestEveryFormOfAValueIsRead(t *testing.T) {
	f, err := readFile(t, `
		scripts = ["kiosk.lua", "/opt/lamp.lua"]
		id = "harbour-kiosk"
		agent = "agent_1"
		wait = true
		memory = 512
		say = ["one", "two, three"]
		set = { first_message = "Hello", temperature = 0.5 }
		[permissions]
		allow-net = ["api.example.com", "lan"]
		deny-net = "10.0.0.1"
		allow-env = true
		allow-listen = [8080, "lan:80"]
		allow-write = false
		[permissions.kiosk]
		allow-read = "media"
		allow-run = ["ffmpeg", "./play"]`)
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Dir(f.Path)
	want := &File{
		Path: f.Path, ID: "harbour-kiosk",
		Scripts: []string{filepath.Join(folder, "kiosk.lua"), "/opt/lamp.lua"},
		Flags: []Flag{
			{Name: "agent", Values: []string{"agent_1"}},
			{Name: "memory", Values: []string{"512"}},
			{Name: "say", Values: []string{"one", "two, three"}},
			{Name: "set", Values: []string{"first_message=Hello", "temperature=0.5"}},
			{Name: "wait", IsBool: true},
		},
		DenyNet: []string{"10.0.0.1"},
		Grants: []permit.Grant{
			{Kind: permit.Env, Source: FileName},
			{Kind: permit.Listen, Value: "8080", Source: FileName},
			{Kind: permit.Listen, Value: "lan:80", Source: FileName},
			{Kind: permit.Net, Value: "api.example.com", Source: FileName},
			{Kind: permit.Net, Value: "lan", Source: FileName},
			{Kind: permit.Read, Value: filepath.Join(folder, "media"), Script: "kiosk", Source: FileName},
			{Kind: permit.Run, Value: "ffmpeg", Script: "kiosk", Source: FileName},
			{Kind: permit.Run, Value: filepath.Join(folder, "play"), Script: "kiosk", Source: FileName},
		},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got  %+v\nwant %+v", f, want)
	}
}

func TestAllowAllGrantsEveryKind(t *testing.T) {
	f, err := readFile(t, "[permissions.kiosk]\nallow-all = true")
	if err != nil || len(f.Grants) != len(permit.Kinds) || f.Grants[0].Script != "kiosk" {
		t.Errorf("got %v, %v, want a grant of each kind for kiosk", f, err)
	}
}

func TestAMistakeInTheFileIsNamed(t *testing.T) {
	for content, want := range map[string]string{
		"agnt = 1":                            "agnt: there is no such setting (did you mean 'agent'?)",
		"allow-net = true":                    "allow-net: it belongs below [permissions]",
		"id = 'a/b'":                          "id: an id has letters",
		"id = '..'":                           "id: an id has letters",
		"id = ''":                             "id: an id has letters",
		"permissions = 1":                     "permissions: it must be a table",
		"scripts = ['']":                      "scripts: it is empty",
		"agent = [[1]]":                       "agent: a text, a number, true or false is expected",
		"set = { a = [1] }":                   "set: a: a text, a number, true or false is expected",
		"\n\nagent = ":                        "line 3: ",
		"agent = 1\nagent = 2":                "line 2: ",
		"[permissions]\nallow-nte = 1":        "permissions: allow-nte: there is no such permission (did you mean 'allow-net'?)",
		"[permissions]\nallow-all = 'yes'":    "permissions: allow-all: it must be true or false",
		"[permissions.a]\ndeny-net = 'x.org'": "permissions: a: deny-net: it applies to all scripts",
		"[permissions.a.b]\nallow-net = true": "permissions: a: b: there is no such permission",
	} {
		if _, err := readFile(t, content); err == nil || !strings.Contains(err.Error(), FileName+": "+want) {
			t.Errorf("%q: got %v, want %s", content, err, want)
		}
	}
}

func TestAFileThatOthersCanChangeIsRefused(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("files have no mode on Windows")
	}
	path := filepath.Join(t.TempDir(), FileName)
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, want := range map[os.FileMode]bool{0o600: true, 0o644: true, 0o664: true, 0o646: false, 0o666: false} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(path, nil); (err == nil) != want {
			t.Errorf("mode %o: got %v", mode, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("scripts = ['a.lua']\n[permissions.a]\nallow-net = ['x.org']")
	f.Add("set = { a = 1.5 }\nsay = [1, true]")
	f.Fuzz(func(t *testing.T, content string) {
		file := &File{Path: FileName}
		if file.parse(content, knownFlags) != nil {
			return
		}
		for _, flag := range file.Flags {
			if flag.IsBool == (len(flag.Values) > 0) {
				t.Errorf("%q: the flag %s has the values %q", content, flag.Name, flag.Values)
			}
		}
	})
}

// The programs of MCP servers run with all rights, so a file that names them grants something.
func TestAFileWithMCPServersGrantsSomething(t *testing.T) {
	f, err := Parse("/srv/kiosk/moonlark.toml", `mcp-servers = "servers.json"`, []string{"mcp-servers"})
	if err != nil {
		t.Fatal(err)
	}
	want := filepath.Join("/srv/kiosk", "servers.json")
	if !f.GrantsSomething() || f.Flags[0].Values[0] != want {
		t.Errorf("got %+v", f)
	}
	if f, _ := Parse("moonlark.toml", `wait = true`, knownFlags); f.GrantsSomething() {
		t.Error("a file without permissions grants something")
	}
}
