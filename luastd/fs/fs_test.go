package fs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"moonlark/engine/permit"
	"moonlark/luastd/luastdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestFileExamples(t *testing.T) {
	luastdtest.ExamplesInUse(t, "testdata/*.lua", luastdtest.Options{})
}

// granted returns a script that may change the folder dir, and may read everything if readAll is
// true.
func granted(t *testing.T, dir string, readAll bool) *luastdtest.Script {
	grants := []permit.Grant{{Kind: permit.Write, Value: dir}}
	if readAll {
		grants = append(grants, permit.Grant{Kind: permit.Read})
	}
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: grants}})
	s.Run("dir = " + quote(dir))
	return s
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `\`, `\\`) + `"` }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func text(path string) string {
	content, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(content)
}

func realTempDir(t *testing.T) string {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
