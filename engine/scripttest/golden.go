package scripttest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// golden is the Lua function t.golden. It compares a text, or a value as Show shows it, with the
// content of a file, or writes the file if Options.UpdateGolden is set.
func (f *testFile) golden(L *lua.LState, _ *testRun) int {
	name, got := L.CheckString(1), L.CheckAny(2)
	if !filepath.IsLocal(name) || strings.ContainsAny(name, `\:`) {
		L.ArgError(1, "want the name of a file, not "+value.Quote(name))
	}
	text, ok := got.(lua.LString)
	if !ok {
		text = lua.LString(value.Show(got) + "\n")
		if len(text) > value.MaxShown {
			L.ArgError(2, "the value is too large: make a text of what matters in it")
		}
	}
	path := f.goldenPath(name)
	var want []byte
	f.await(L, func() (err error) {
		if f.opts.UpdateGolden {
			if err = os.MkdirAll(filepath.Dir(path), 0o777); err == nil {
				err = os.WriteFile(path, []byte(text), 0o666)
			}
			want = []byte(text)
			return err
		}
		if want, err = os.ReadFile(path); errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no file %s: moonlark test --update writes it", path)
		}
		return err
	})
	if text != lua.LString(want) {
		L.RaiseError("%s", difference(text, lua.LString(want), path))
	}
	return 0
}

// goldenPath returns the path of the file with the wanted text of this name.
func (f *testFile) goldenPath(name string) string {
	test := strings.TrimSuffix(filepath.Base(f.path), suffix)
	return filepath.Join(filepath.Dir(f.path), "testdata", test, filepath.FromSlash(name))
}
