package bundle

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// writeFolder makes a folder with these files and returns its path.
func writeFolder(t testing.TB, content map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range content {
		p := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(p, created, created); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestAFolderListsWhatDevicesNeedAndSaysWhatIsLeftOut(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string]string{
		"main.lua": "print('hello')\n", "main_test.lua": "", ".git/config": "", ".luarc.json": "", "types/moonlark.lua": "---@meta\n", "old.mlb": "", "main.lua~": "",
		"lib/price.lua": "--", "lib/notes.md": "", "photos/big.raw": "", "photos/small.png": "PNG", "empty/.keep": "", "secrets.toml": "", "lib/secrets.toml": "",
	})
	f, err := OpenFolder(dir, []string{"*.md", "photos/*.raw"}, map[string]string{"secrets.toml": "secrets"})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var files []string
	for _, file := range f.Files {
		files = append(files, file.Path)
	}
	if want := []string{"lib/price.lua", "main.lua", "photos/small.png"}; !slices.Equal(files, want) {
		t.Errorf("files: %q, want %q", files, want)
	}
	want := []string{
		".git (begins with a dot)", ".luarc.json (begins with a dot)", "empty/.keep (begins with a dot)", "lib/notes.md (excluded)", "lib/secrets.toml (secrets)",
		"main.lua~ (a backup of an editor)", "main_test.lua (a test)", "old.mlb (a bundle)", "photos/big.raw (excluded)", "secrets.toml (secrets)", "types/moonlark.lua (declarations for editors)",
	}
	if !slices.Equal(f.LeftOut, want) {
		t.Errorf("left out: %q, want %q", f.LeftOut, want)
	}
	if !f.Newest.Equal(created) {
		t.Errorf("the newest file is of %v", f.Newest)
	}
}

func TestTheSameFolderMakesTheSameBundle(t *testing.T) {
	t.Parallel()
	var bundles [2][]byte
	for i := range bundles {
		f, err := OpenFolder(writeFolder(t, shop), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		m := manifestOf(nil)
		m.Files, m.Created = f.Files, f.Newest.UTC()
		text, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		var out bytes.Buffer
		if err := Write(&out, text, nil, f.Open); err != nil {
			t.Fatal(err)
		}
		f.Close()
		bundles[i] = out.Bytes()
	}
	if !bytes.Equal(bundles[0], bundles[1]) {
		t.Error("the bundles differ")
	}
	if want := makeBundle(t, manifestOf(shop), shop); !bytes.Equal(bundles[0], want) {
		t.Errorf("got %q, want %q", bundles[0], want)
	}
}

func TestFoldersWithWhatABundleCannotContainAreRefused(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		make func(dir string) error
		want string
	}{
		{"a link to a file", func(dir string) error { return os.Symlink("main.lua", filepath.Join(dir, "link.lua")) }, "link.lua: neither a file nor a folder"},
		{"a link to a folder", func(dir string) error { return os.Symlink("/etc", filepath.Join(dir, "etc")) }, "etc: neither a file nor a folder"},
		{"a name for Windows' devices", func(dir string) error { return os.WriteFile(filepath.Join(dir, "aux.lua"), nil, 0o644) }, "name of a device on Windows"},
		{"names that differ in case", func(dir string) error { return os.WriteFile(filepath.Join(dir, "MAIN.lua"), nil, 0o644) }, "differ only"},
		{"a large file", func(dir string) error {
			f, err := os.Create(filepath.Join(dir, "large.wav"))
			if err == nil {
				defer f.Close()
				err = f.Truncate(MaxSize + 1)
			}
			return err
		}, "at most 1000 files"},
		{"many files", func(dir string) error {
			for i := range MaxFiles {
				if err := os.WriteFile(filepath.Join(dir, "f"+strings.Repeat("x", i%100)+string(rune('a'+i/100))), nil, 0o644); err != nil {
					return err
				}
			}
			return nil
		}, "at most 1000 files"},
	} {
		if runtime.GOOS != "linux" && row.name != "many files" {
			continue // other systems cannot make these names and links
		}
		dir := writeFolder(t, small)
		if err := row.make(dir); err != nil {
			t.Fatal(err)
		}
		if f, err := OpenFolder(dir, nil, nil); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: got %v, %v, want %q", row.name, f, err, row.want)
		}
	}
	if _, err := OpenFolder(t.TempDir(), []string{"["}, nil); err == nil {
		t.Error("a wrong pattern was accepted")
	}
}

func TestAFileThatChangesWhileTheBundleIsWrittenIsNoticed(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"print('hallo')\n", "short"} {
		dir := writeFolder(t, small)
		f, err := OpenFolder(dir, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		m := manifestOf(nil)
		m.Files = f.Files
		manifest, err := m.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "main.lua"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := Write(new(bytes.Buffer), manifest, nil, f.Open); err == nil || !strings.Contains(err.Error(), "main.lua: the file was changed") {
			t.Errorf("got %v", err)
		}
	}
}

func TestSecretsAreFound(t *testing.T) {
	t.Parallel()
	_, secretKey, publicKey, err := GenerateKey("")
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ text, want string }{
		{"-----BEGIN PRIVATE KEY-----", "a private key"},
		{"-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"},
		{string(secretKey), "a secret key of minisign"},
		{string(secretKey[bytes.IndexByte(secretKey, '\n')+1:]), "a secret key of minisign"},
		{"SUAM" + strings.Repeat("A", 54), "a seed of NATS"},
		{"key = 'sk_" + strings.Repeat("0a", 24) + "'", "a key of ElevenLabs"},
		{"sk-proj-" + strings.Repeat("a", 40), "a key of OpenAI, Anthropic or OpenRouter"},
		{"AIza" + strings.Repeat("b", 35), "a key of Google"},
		{"AKIA" + strings.Repeat("C", 16), "a key of AWS"},
		{"ghp_" + strings.Repeat("d", 36), "a token of GitHub"},
		{"xoxb-" + strings.Repeat("1", 24), "a token of Slack"},
		{"eyJ" + strings.Repeat("a", 20) + ".eyJ" + strings.Repeat("b", 20) + "." + strings.Repeat("c", 30), "a token of Home Assistant or another JWT"},
		{string(publicKey), ""},
		{"-----BEGIN PUBLIC KEY-----", ""},
		{"local sk_kiosk, task_id = 1, 'sk-short'", ""},
		{"MASK-" + strings.Repeat("a", 40), ""},
	} {
		found := FindSecrets([]byte("first line\n" + row.text + "\n"))
		switch {
		case row.want == "" && len(found) > 0:
			t.Errorf("%.30q was taken for %v", row.text, found)
		case row.want != "" && (len(found) != 1 || found[0].What != row.want || found[0].Line != 2):
			t.Errorf("%.30q: got %v, want %q in line 2", row.text, found, row.want)
		}
	}
}

// Newest ignores what is left out.
func TestTheNewestFileIsOneOfTheBundle(t *testing.T) {
	t.Parallel()
	dir := writeFolder(t, map[string]string{"main.lua": "", "main_test.lua": "", "types.lua": "---@meta"})
	for _, name := range []string{"main_test.lua", "types.lua"} {
		if err := os.Chtimes(filepath.Join(dir, name), created.Add(time.Hour), created.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := OpenFolder(dir, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if !f.Newest.Equal(created) {
		t.Errorf("the newest file is of %v", f.Newest)
	}
}
