package scripttest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"moonlark/engine/script/vm"
)

// Package script loads a script again that has used too much memory. A test file must not run twice.
func TestATestFileThatUsesTooMuchMemoryIsStopped(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a_test.lua")
	const source = `
		kept = {}
		test("passes", function() end)
		test("keeps too much", function() while true do kept[#kept + 1] = ("x"):rep(2^20) end end)
		test("is stopped", function() task.event():wait() end)
		test("does not run", function() end)`
	if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	heap := vm.NewHeap(128 << 20)
	defer heap.Close()
	r := &runner{opts: Options{Timeout: time.Minute}, data: dir, slots: vm.NewSlots(0), heap: heap}
	f := r.runFile(t.Context(), path)
	last := f.Tests[len(f.Tests)-1]
	if last.Name == "does not run" || !strings.Contains(last.Failure, "the test has been stopped") {
		t.Errorf("got %+v", f)
	}
}
