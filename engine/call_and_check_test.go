package engine

import (
	"context"
	"encoding/json"
	"testing"

	"moonlark/engine/bus"
)

func TestCallRunsOneTool(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{}, "a.lua", lightTools+`on_start(function() print("started") end)`)
	r, err := Call(context.Background(), h.opts, "light", json.RawMessage(`{"on":"red"}`))
	if err != nil || r.Text != "the light is red" {
		t.Errorf("got %+v, %v", r, err)
	}
	h.waitFor(bus.Print, "started")
	h.close()
}

func TestCheckRunsNoHandler(t *testing.T) {
	t.Parallel()
	h := newTestEngine(t, Options{}, "a.lua", `
		register_tool("x", function() print("tool ran") end)
		on("ping", function() end)
		on_start(function() print("on_start ran") end)
		on_unload(function() print("on_unload ran") end)
		after(0, function() print("timer ran") end)
		spawn(function() print("spawn ran") end)
		print("top level ran")
	`)
	all, err := Check(context.Background(), h.opts)
	if err != nil || len(all) != 1 || len(all[0].Tools) != 1 || all[0].On[0] != "ping" {
		t.Errorf("got %+v, %v", all, err)
	}
	h.waitFor(bus.Print, "top level ran")
	if n := len(h.published(bus.Print)); n != 1 {
		t.Errorf("%d lines were printed, want only that of the top level", n)
	}
	h.close()
}
