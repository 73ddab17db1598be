package engine

import (
	"errors"
	"strings"
	"testing"
	"time"

	"moonlark/engine/event"
)

func TestRaiseForgesNoEvent(t *testing.T) {
	h := build(t, Options{Wait: true, OwnEvents: true}, "a.lua", `
		on("*", function(e) print("any " .. e.type) end)
		on("bell", function(e) print("bell " .. json.encode(e.data)) end)
	`)
	h.start(t.Context())
	for end := time.Now().Add(10 * time.Second); h.Status() != "waiting" && time.Now().Before(end); {
		time.Sleep(2 * time.Millisecond)
	}
	for _, name := range append(eventNames(), "*", "", "1st", "with space", strings.Repeat("x", 65)) {
		var wrong *EventNameError
		if err := h.Raise(name, nil); !errors.As(err, &wrong) || wrong.EventName() != name {
			t.Errorf("Raise(%q) = %v", name, err)
		}
	}
	if err := h.Raise("bell", []byte(`{"type":"ping","at":[1]}`)); err != nil {
		t.Error(err)
	}
	h.until(event.Print, `"at":[1]`)
	h.until(event.Print, "any bell")
	if h.shown(event.Print, "any ping") || h.shown(event.Log, "no event is known") {
		t.Errorf("got %v, %v", h.all(event.Print), h.all(event.Log))
	}
}

// A reload that was asked for sees to it that what a script requires from then on
// is watched as well.
func TestReloadLooksForNewFilesToWatch(t *testing.T) {
	h := build(t, Options{Wait: true, Watch: true}, "a.lua", ``, "lib/m.lua", `print("module one")`)
	h.Reload() // nothing is loaded yet: nothing happens
	h.start(t.Context())
	for end := time.Now().Add(10 * time.Second); h.Status() != "waiting" && time.Now().Before(end); {
		time.Sleep(2 * time.Millisecond)
	}
	h.write("a.lua", `require "lib.m"`)
	h.Reload()
	h.until(event.Print, "module one")
	time.Sleep(100 * time.Millisecond)
	h.write("lib/m.lua", `print("module two")`)
	h.until(event.Print, "module two")
	if len(h.all(event.ReloadFailed)) > 0 {
		t.Errorf("got %v", h.all(event.ReloadFailed))
	}
}
