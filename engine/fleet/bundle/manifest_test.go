package bundle

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write testdata/small.mlb")

// fullManifest returns a manifest in which every field is set.
func fullManifest() *Manifest {
	m := manifestOf(map[string]string{"main.lua": "print('hello')\n", "sounds/gong.wav": "RIFF"})
	m.Channel, m.Floor, m.For, m.Moonlark = "beta", 12, []string{"kiosk", "lab-2"}, "1.4"
	m.Expires = created.AddDate(0, 1, 0)
	m.Settings, m.Trial, m.Notes = "wait = true # <& ü\n", 600, "louder gong"
	return m
}

const fullText = `{"format":"moonlark bundle 1","fleet":"shop","channel":"beta","version":17,"floor":12,"for":["kiosk","lab-2"],` +
	`"created":"2026-11-30T12:00:00Z","expires":"2026-12-30T12:00:00Z","moonlark":"1.4","scripts":["main.lua"],` +
	`"files":[{"path":"main.lua","size":15,"sha256":"03e693d9f2f687e0f40e36a8df7fcb4d1c22974012b7c2a55c000eb30f305824"},` +
	`{"path":"sounds/gong.wav","size":4,"sha256":"a40ff3d5900fb7698b8c865041347cb49eccedc8f93945f89629ad104aaecce4"}],` +
	`"settings":"wait = true # <& ü\n","trial":600,"notes":"louder gong"}`

func TestAManifestHasOneEncoding(t *testing.T) {
	t.Parallel()
	text, err := fullManifest().Encode()
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != fullText {
		t.Errorf("got  %s\nwant %s", text, fullText)
	}
	m, err := ParseManifest(text)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := m.Encode(); err != nil || string(again) != fullText {
		t.Errorf("the parsed manifest is encoded as %s, %v", again, err)
	}
	if m.TrialLength() != 10*time.Minute || m.Size() != 19 || m.Name() != "shop 17" {
		t.Errorf("trial %v, size %d, name %s", m.TrialLength(), m.Size(), m.Name())
	}
}

func TestManifestsThatBreakARuleAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, old, new, want string }{
		{"another format", "bundle 1", "bundle 2", "does not begin with"},
		{"a space before the format", `{"format"`, `{ "format"`, "does not begin with"},
		{"a repeated field", `"version":17,`, `"version":16,"version":17,`, "one encoding"},
		{"a field in upper case", `"version"`, `"Version"`, "one encoding"},
		{"an unknown field", `"version":17,`, `"version":17,"root":true,`, "unknown field"},
		{"a space", `"version":17`, `"version": 17`, "one encoding"},
		{"text after the end", `gong"}`, `gong"}{}`, "one encoding"},
		{"a character escaped without need", `louder`, `\u006couder`, "one encoding"},
		{"text that is not UTF-8", `louder`, "\xff", "one encoding"},
		{"a fraction", `"version":17`, `"version":17.5`, "cannot unmarshal"},
		{"no version", `"version":17`, `"version":0`, "version 0"},
		{"a version that JSON numbers cannot hold", `"version":17`, `"version":9007199254740992`, "version 9007199254740992"},
		{"a floor above the version", `"floor":12`, `"floor":18`, "floor 18"},
		{"a negative floor", `"floor":12`, `"floor":-1`, "floor -1"},
		{"a fleet that is a right", `"shop"`, `"*"`, "fleet:"},
		{"a group with a dot", `"kiosk"`, `"kiosk.lab"`, "for:"},
		{"a group twice", `"lab-2"`, `"kiosk"`, "kiosk is listed twice"},
		{"another time zone", `30T12:00:00Z","expires`, `30T12:00:00+01:00","expires`, "created:"},
		{"parts of a second", `30T12:00:00Z","expires`, `30T12:00:00.5Z","expires`, "created:"},
		{"an end before the beginning", `2026-12-30`, `2026-10-30`, "expires:"},
		{"no version of Moonlark", `"1.4"`, `"new"`, "moonlark:"},
		{"no scripts", `["main.lua"]`, `[]`, "scripts: there are none"},
		{"a script that is not there", `["main.lua"]`, `["other.lua"]`, "not among the files"},
		{"a script twice", `["main.lua"]`, `["main.lua","main.lua"]`, "listed twice"},
		{"a script that is not Lua", `["main.lua"]`, `["sounds/gong.wav"]`, "does not end with .lua"},
		{"a path that leaves the folder", `sounds/gong.wav`, `../gong.wav`, "relative"},
		{"a file twice", `sounds/gong.wav`, `main.lua`, "listed twice"},
		{"files in another order", `sounds/gong.wav`, `a.wav`, "order of paths"},
		{"paths that differ in case", `sounds/gong.wav`, `main.luA`, "order of paths"},
		{"a negative size", `"size":4`, `"size":-4`, "-4 bytes"},
		{"a size above the limit", `"size":4`, `"size":67108864`, "67108864 bytes"},
		{"a size at which sums overflow", `"size":4`, `"size":9223372036854775807`, "9223372036854775807 bytes"},
		{"a hash in upper case", `"03e6`, `"03E6`, "SHA-256"},
		{"a short hash", `"03e6`, `"`, "SHA-256"},
		{"a negative trial", `"trial":600`, `"trial":-1`, "trial:"},
		{"a trial of a year", `"trial":600`, `"trial":31536000`, "trial:"},
		{"endless notes", `louder`, strings.Repeat("l", 5000), "notes:"},
	} {
		text := strings.Replace(fullText, row.old, row.new, 1)
		if text == fullText {
			t.Errorf("%s: nothing was changed", row.name)
		}
		if _, err := ParseManifest([]byte(text)); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, want %q", row.name, err, row.want)
		}
	}
}

func TestManifestsHaveAtMost64KB(t *testing.T) {
	t.Parallel()
	m := manifestOf(shop)
	m.Settings = strings.Repeat("#", MaxManifest)
	if _, err := m.Encode(); err == nil {
		t.Error("a long manifest was encoded")
	}
	if _, err := ParseManifest([]byte(prefix + strings.Repeat(" ", MaxManifest))); err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a long manifest was parsed: %v", err)
	}
}

// testdata/small.mlb must not change: devices have bundles of this form.
func TestTheBytesOfABundleStayTheSame(t *testing.T) {
	t.Parallel()
	const file = "testdata/small.mlb"
	m := fullManifest()
	got := makeBundle(t, m, map[string]string{"main.lua": "print('hello')\n", "sounds/gong.wav": "RIFF"}, "anna", "bert")
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	b, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if err := b.Verify(testKeys(t, 2, "anna", "bert")); err != nil {
		t.Error(err)
	}
	if err := b.CheckFiles(); err != nil {
		t.Error(err)
	}
}
