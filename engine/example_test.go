package engine_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"moonlark/engine"
)

// A Lamp is a value of the embedding program.
type Lamp struct {
	Room string
	On   bool
}

// Switch turns the lamp on or off. Scripts call it as lamp:Switch(on).
func (l *Lamp) Switch(on bool) { l.On = on }

// A Go program gives scripts its own values and functions.
func ExampleOptions_globals() {
	dir, _ := os.MkdirTemp("", "moonlark")
	defer os.RemoveAll(dir)
	script := filepath.Join(dir, "lamp.lua")
	os.WriteFile(script, []byte(`
		register_tool("light_up", function(args)
			lamp:Switch(true)
			return shout("the " .. lamp.Room .. " lamp is on")
		end)
	`), 0o644)

	lamp := &Lamp{Room: "hall"}
	result, err := engine.Call(context.Background(), engine.Options{
		Scripts: []string{script},
		Globals: map[string]any{"lamp": lamp, "shout": strings.ToUpper},
	}, "light_up", nil)
	fmt.Println(result.Text, lamp.On, err)
	// Output: THE HALL LAMP IS ON true <nil>
}
