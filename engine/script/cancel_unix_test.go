//go:build unix

package script

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// silentPipe makes a named pipe to which nobody writes. At the end of the test it lets the readers
// of the pipe go on.
func (f *fixture) silentPipe(name string) {
	f.t.Helper()
	os.Remove(f.path(name))
	if err := syscall.Mkfifo(f.path(name), 0o600); err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(func() {
		writer, err := os.OpenFile(f.path(name), os.O_RDWR, 0) // wakes the goroutines that open the pipe
		os.Remove(f.path(name))                                // others find no file
		if err == nil {
			writer.Close()
		}
	})
}

func TestCancelEndsALoad(t *testing.T) {
	for name, source := range map[string]string{
		"a loop":                      `print("loads") while true do end`,
		"a wait":                      `print("loads") sleep(3600)`,
		"a module that does not come": `print("loads") require "pipe"`,
		"a script that does not come": ``,
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, Options{LoadTimeout: time.Hour})
			f.silentPipe("pipe.lua")
			path := f.path("a.lua")
			f.write("a.lua", source)
			if source == "" {
				path = f.path("pipe.lua")
			}
			loaded := make(chan error, 1)
			go func() {
				_, err := f.Load(path)
				loaded <- err
			}()
			if source != "" {
				f.until("loads")
			}
			f.Cancel()
			select {
			case err := <-loaded:
				if !errors.Is(err, ErrCancelled) {
					t.Errorf("Load returned %v, want %v", err, ErrCancelled)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("the load goes on")
			}
			if _, err := f.Load(path); !errors.Is(err, ErrCancelled) {
				t.Errorf("a later Load returned %v, want %v", err, ErrCancelled)
			}
		})
	}
}

// A file that does not come must not keep other scripts from being reloaded.
func TestAReloadDoesNotWaitForAFileThatDoesNotCome(t *testing.T) {
	f := load(t, `register_tool("version", function() return "old" end)`)
	f.Scripts.opts.LoadTimeout = 50 * time.Millisecond
	f.silentPipe("a.lua")
	_, err := f.Reload(f.path("a.lua"))
	if err == nil || !strings.HasSuffix(err.Error(), "a.lua: the file could not be read within 50ms") {
		t.Errorf("Reload returned %v", err)
	}
	f.want("version", "{}", "old")
}
