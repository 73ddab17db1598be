//go:build unix

package script

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// A module with an error may have become something that cannot be read to its end.
func TestAPipeInThePlaceOfAModuleDelaysNobody(t *testing.T) {
	f := newSourceFixture(t, map[string]string{"main.lua": "", "new.lua": "x = = 1"})
	f.write("main.lua", `require "new"`)
	if _, err := f.Reload(f.path("main.lua")); err == nil {
		t.Fatal("the module was loaded")
	}
	if err := os.Remove(f.path("new.lua")); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(f.path("new.lua"), 0o600); err != nil {
		t.Fatal(err)
	}
	done := make(chan SourceView)
	go func() { done <- f.source("") }()
	select {
	case view := <-done:
		if len(view.Errors) != 0 {
			t.Errorf("got %+v", view.Errors)
		}
	case <-time.After(10 * time.Second):
		t.Error("Source does not return")
	}
}
