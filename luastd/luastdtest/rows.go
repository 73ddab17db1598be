package luastdtest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/permit"
)

// A Row is a piece of Lua code with its result, as Script.Run returns it. Why says why the row is
// there.
type Row = struct{ Why, Source, Want string }

// Check runs the code of each row, and fails the test if the result is another one. replace
// replaces words in the code and in the results, such as the URL of a server.
func (s *Script) Check(replace *strings.Replacer, rows []Row) {
	s.t.Helper()
	for _, row := range rows {
		if got, want := s.Run(replace.Replace(row.Source)), replace.Replace(row.Want); got != want {
			s.t.Errorf("%s: %s\ngot  %s\nwant %s", row.Why, row.Source, got, want)
		}
	}
}

// ReloadWith loads the script again, with other source code. It fails the test if that is not
// possible.
func (s *Script) ReloadWith(source string) {
	s.t.Helper()
	if err := s.TryReloadWith(source); err != nil {
		s.t.Fatal(err)
	}
}

// TryReloadWith is like ReloadWith, but it returns an error if the script cannot be loaded.
func (s *Script) TryReloadWith(source string) error {
	s.t.Helper()
	path := filepath.Join(s.Folder, "test.lua")
	if err := os.WriteFile(path, []byte(prelude+source), 0o600); err != nil {
		s.t.Fatal(err)
	}
	_, err := s.Scripts.Reload(path)
	return err
}

// NetGrants returns the permissions to connect to these hosts.
func NetGrants(hosts ...string) []permit.Grant {
	var grants []permit.Grant
	for _, host := range hosts {
		grants = append(grants, permit.Grant{Kind: permit.Net, Value: host})
	}
	return grants
}

// WaitFor waits until f returns true, and returns how long that took. what says what is then true,
// for the error.
func WaitFor(t testing.TB, what string, f func() bool) time.Duration {
	t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		if f() {
			return time.Since(began)
		}
		if time.Since(began) > 30*time.Second {
			t.Fatalf("not within 30 s: %s", what)
		}
	}
}

// Descriptors returns how many files and connections the process has open. It skips the test on
// systems that do not tell.
func Descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("there is no /proc/self/fd")
	}
	return len(entries)
}
