package engine

import (
	"context"
	"time"

	"moonlark/engine/agentsettings"
	"moonlark/engine/bus"
	"moonlark/engine/connect"
	"moonlark/engine/fleet"
	"moonlark/engine/localagent"
	"moonlark/engine/mcpclient"
	"moonlark/engine/permit"
	"moonlark/engine/pins/sim"
	"moonlark/engine/remote"
	"moonlark/engine/screen"
	"moonlark/engine/script"
	"moonlark/engine/script/debug"
	"moonlark/engine/script/vm"
	"moonlark/engine/tool"
	"moonlark/engine/voice"
	"moonlark/luastd"
)

// Options configure an engine. Every field except Scripts may be left out.
type Options struct {
	Scripts []string // paths of Lua files

	// Fleet decides which scripts run, in place of Scripts: those of the bundles of a store. The caller
	// closes it after Run. Nil means that Scripts run.
	Fleet *fleet.Device

	// Bus receives the events of the agent. Subscribe to it before New, so that no event is missed.
	// Nil makes a bus without subscribers.
	Bus *bus.Bus

	// Target selects the agent; the zero value is the embedded agent. Connection says how to reach
	// an ElevenLabs agent.
	Target     connect.Target
	Connection connect.Connection

	// LocalAgent configures how the embedded agent speaks and listens. The zero value makes it use
	// text only. The engine sets the fields Tools, Log and WordDelay.
	LocalAgent localagent.Options

	// Agent contains settings that replace those of the agent's configuration. Settings that a
	// script sets with the Lua function agent{} have priority over them.
	Agent agentsettings.Settings

	// TextOnly asks the agent for text instead of speech. The embedded agent accepts this. An
	// ElevenLabs agent closes the conversation unless the agent's configuration allows it.
	TextOnly bool

	// Voice selects the speaker and the microphone. Nil means no sound.
	Voice *voice.Settings

	// User takes the part of the user, for example by sending the agent what a person types. It is
	// called on its own goroutine when the first conversation begins. Its context is cancelled when
	// Run ends. When User returns, the conversation is ended, and Run returns User's error. Nil
	// means that only the agent and the scripts act.
	User func(context.Context, *remote.Remote) error

	// Wait makes Run wait until a script, Remote().Start or the wake word asks for a conversation. Any
	// number of conversations can follow one after the other. Without Wait, Run opens one conversation at
	// once.
	Wait bool

	// Retry repeats the first connection attempt until it succeeds, for example on a device that
	// boots before its network works.
	Retry bool

	// Reconnect opens another conversation when the connection of one was cut off, unless the next
	// one would be cut off for the same reason.
	Reconnect bool

	// Resume returns what the agent must know of an earlier conversation that this one replaces, or "" if it
	// replaces none. It is called when a conversation begins. If there is a text, the agent gets it, and
	// scripts get the event reconnected, as after a reconnection. Nil means that no conversation has an
	// earlier one, apart from those that Reconnect replaces.
	Resume func() string

	// Held reports whether this process may still act in the conversation: another one may have taken it over.
	// It is asked before a tool call of the agent runs, and before its result is sent. If it returns false, the
	// call does not run, or its result becomes an orphaned_result event. It must not block. Nil means always.
	Held func() bool

	// StartsPerHour is the maximum number of conversations that begin in an hour, since each costs
	// money. Zero means 60.
	StartsPerHour int

	// Idle is how long a silence may last, and MaxLength how long a conversation may last, before the
	// conversation is ended. In a silence nobody speaks and no tool runs. Zero means no limit.
	Idle, MaxLength time.Duration

	// Watch reloads a script when one of its files is saved.
	Watch bool

	// Globals are Go values and functions that every script can use as global variables with these
	// names. gopher-luar converts them to Lua values. A function runs on the script's executor and
	// occupies a run slot, so it must not block. It may call Lua functions only until it returns.
	// Several scripts use the same values at the same time.
	Globals map[string]any

	// Permissions are what the scripts may reach outside of the process.
	Permissions permit.Settings

	// MCPServers are the MCP servers of other people that the scripts can use. The caller closes them after
	// the engine has stopped. Nil means that there are none.
	MCPServers *mcpclient.Servers

	// Member is what the Lua module fleet uses. Nil means that the program belongs to no fleet.
	Member luastd.Fleet

	// Offloader carries out the calls of tools with where = "worker". Nil means that the scripts themselves
	// do.
	Offloader tool.Offloader

	// Jobs carries out the jobs of tools with job = true. Nil means that the scripts themselves do.
	Jobs tool.Jobs

	// Pins are simulated pins, which take the place of those of the machine. Nil means that scripts use
	// those of the machine.
	Pins *sim.Chip

	// Screen is what the pages of a kiosk show. Nil makes a screen without pages.
	Screen *screen.Screen

	// Slots and Heap limit how many scripts run at the same time and how much memory they use.
	// Engines of one process can share them. Nil creates new ones for this engine.
	Slots *vm.Slots
	Heap  *vm.Heap

	Limits script.Limits // limits for the tasks of a script

	// Debugger can stop the scripts at breakpoints. Nil means that nobody can. Lua code that a Go function
	// of Globals calls is not stopped.
	Debugger *debug.Debugger
}

func (o Options) connect(e *Engine) connect.Options {
	return connect.Options{
		Target: o.Target, Connection: o.Connection, Bus: e.bus, TextOnly: o.TextOnly, Local: o.LocalAgent, Tools: e.scripts.Tools,
	}
}
