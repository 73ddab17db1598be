package engine

import (
	"flag"
	"os"
	"strings"
	"testing"
	"time"

	"moonlark/engine/bus"
	"moonlark/engine/llm/choice"
	"moonlark/engine/localagent"
	"moonlark/engine/localagent/brain/chat"
)

// realModel is a value of --llm, such as ollama:qwen3. Keys come from the environment.
var realModel = flag.String("llm", "", "language model for TestARealModelUsesTheTools, as for moonlark run --llm")

// This test needs a model that can call tools. It costs a few requests:
//
//	go test ./engine -run RealModel -v -llm ollama:qwen3
func TestARealModelUsesTheTools(t *testing.T) {
	if *realModel == "" {
		t.Skip("-llm names no language model")
	}
	model, err := choice.New(*realModel, "", nil, os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	opts := textOptions("Turn on the light in the kitchen and in the hall.", "Which lights are on now? Look it up.", "Thank you. And what is two plus two?")
	opts.LocalAgent = localagent.Options{Brain: &chat.Brain{Model: model}}
	h := newTestEngine(t, opts, "a.lua", `
		local on = {}
		register_tool {
			name = "switch_light", description = "Switches the light of a room on or off",
			parameters = { room = { type = "string", enum = { "kitchen", "hall", "garden" } }, on = { type = "boolean" } },
			handler = function(args) on[args.room] = args.on return "ok" end,
		}
		register_tool {
			name = "lights_on", description = "Returns the rooms whose lights are on",
			handler = function()
				local rooms = {}
				for room, lit in pairs(on) do if lit then rooms[#rooms + 1] = room end end
				table.sort(rooms)
				return rooms
			end,
		}`)
	began := time.Now()
	if err := h.runToEnd(); err != nil {
		t.Fatal(err)
	}
	for _, e := range h.published(bus.ModelRound) {
		t.Logf("%+v", *e.Round)
	}
	var said []string
	for _, e := range h.published(bus.Agent) {
		said = append(said, e.Text)
	}
	t.Logf("%v in %v", strings.Join(said, "\n"), time.Since(began))
	switched, looked := 0, ""
	for _, e := range h.published(bus.ToolResult) {
		switch {
		case e.IsError:
			t.Errorf("%s failed: %s", e.Tool, *e.Result)
		case e.Tool == "switch_light":
			switched++
		case e.Tool == "lights_on":
			looked = *e.Result
		}
	}
	if switched != 2 || looked != `["hall","kitchen"]` {
		t.Errorf("%d lights were switched, and the lights that are on were %q", switched, looked)
	}
	if last := said[len(said)-1]; !strings.Contains(last, "4") && !strings.Contains(strings.ToLower(last), "four") {
		t.Errorf("two plus two is %q", last)
	}
}
