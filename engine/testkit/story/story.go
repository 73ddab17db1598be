// Package story runs the stories in the folder testdata. A story is a txtar file that uses the
// command moonlark as people use it, with real processes and sockets. The test in the root folder
// of the module calls [Run].
//
// A story has the commands of testscript and the following commands. Where a description mentions
// stdout or stderr, the commands stdout and stderr of testscript check the output afterwards.
//
//	exits CODE PROGRAM ARG...   runs a program; its exit code must be CODE
//
//	save FROM TO                replaces the file TO by a copy of FROM in the way editors do:
//	                            writes a temporary file and renames it to TO
//
//	start NAME [-null|-socket|-terminal] [KEY=VALUE...] PROGRAM ARG...
//	                            starts a program and does not wait for its end. The standard input
//	                            of the program is a pipe, the null device, a Unix socket or
//	                            a terminal
//	type NAME TEXT              types a line into the program NAME
//	press NAME KEY              presses one key of a terminal: ctrl-c, ctrl-d or space
//	close NAME                  closes the standard input of the program
//	signal NAME INT|TERM|HUP    sends a signal to the program
//	see NAME stdout|stderr|heard REGEXP
//	                            waits until the output of a program, or the text that an agent has
//	                            received (heard), matches REGEXP after the previous match. The
//	                            group (?P<KEY>...) sets the environment variable KEY. All output
//	                            of a program on a terminal is stdout
//	ends NAME CODE [WITHIN]     waits for the end of the program; its exit code must be CODE. The
//	                            time since the last press, close or signal must be at most WITHIN.
//	                            Sets stdout and stderr to the output of the program
//
//	agent NAME FILE             starts an agent that plays the lines of FILE: see below. Sets the
//	                            variables NAME to the agent's URL and NAME_HOST to its address
//	noagent NAME                sets the same variables for an agent that is started later
//	tell NAME LINE              adds a line that the agent plays
//	heard NAME                  waits until the agent has played all lines and its client has
//	                            left. Sets stdout to the text that the agent has received
//
//	api NAME KEY FOLDER         starts an ElevenLabs API that accepts the API key KEY. Its agents
//	                            and tools are FOLDER/agents/ID.json and FOLDER/tools/ID.json. Sets
//	                            the variable NAME to the URL of the API
//	asked NAME                  sets stdout to the requests that the API has received
//
//	web NAME FOLDER             starts a web server that answers with the files in FOLDER, after a
//	                            second if the path begins with /slow/. Sets the variable NAME to its
//	                            URL
//	llm NAME FOLDER             starts a fake language model with the Chat Completions API. The file in
//	                            FOLDER with the name of the role of the last message is its reply.
//	                            The variable NAME is set to its URL
//	broker NAME                 starts the MQTT broker Mosquitto, which must be installed. Sets the
//	                            variable NAME_PORT to its port
//	visits NAME                 sets stdout to the requests that the web server has received: method,
//	                            URL and the header Authorization
//
//	code PAGE FILE [TITLE]      writes the Lua code of a Markdown page to FILE. With a title, only
//	                            the blocks whose first line is the comment "-- TITLE"
//	covers PAGE                 fails unless the story has run every line of the page that is a
//	                            moonlark command, with exits or start. The story may add arguments
//
//	debugger NAME ADDRESS FILE:LINE
//	                            connects a client of the Debug Adapter Protocol, and sets
//	                            a breakpoint
//	stopped NAME                waits until a task has stopped there. Sets stdout to the functions
//	                            and lines of its stack
//	evaluate NAME EXPRESSION    sets stdout to the value of a Lua expression in the stopped function
//	resume NAME continue|next|stepIn|stepOut
//	                            lets the stopped task go on
//
//	http METHOD URL [BODY [HEADER...]]
//	                            sends an HTTP request. A header has the form NAME: VALUE. Sets
//	                            stdout to the status and body of the response
//
//	jsonlines FILE              reads a file of events that --json has written. Sets stdout to a
//	                            list of the types of the events and their fields
//
// An agent plays lines of these kinds:
//
//	refuse STATUS [TEXT]        answers a handshake with an HTTP error
//	hang                        never answers a handshake
//	open                        opens a conversation: receives the client's first message and
//	                            sends the metadata
//	send FRAME                  sends FRAME, which may be invalid JSON
//	expect TYPE [REGEXP]        receives the client's next message, which must have this type and
//	                            match REGEXP; ignores pongs
//	wait DURATION               waits
//	close CODE [REASON]         sends a close frame
//	closed CODE                 receives the client's close frame, which must have this code
//
// If a line cannot be played, the agent plays no more lines, and the command heard fails.
//
// Stories cannot reach the network: the HTTP proxy is set to a port of this machine on which nobody
// listens. Only loopback addresses are used without the proxy.
package story

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"moonlark/engine/testkit"
)

// Run runs each story in the folder dir as a parallel subtest. root is the folder of the module.
func Run(t *testing.T, dir, root string) {
	testscript.Run(t, testscript.Params{
		Dir: dir,
		// programs that still run at this time are killed
		Deadline:            time.Now().Add(5 * time.Minute),
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("ROOT", root)
			// the default makes each program wait for 1 s at its end
			env.Setenv("GORACE", "atexit_sleep_ms=10")
			env.Setenv("HTTPS_PROXY", "http://127.0.0.1:1")
			env.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
			env.Setenv("XDG_DATA_HOME", filepath.Join(env.WorkDir, ".data"))
			env.Values[storyKey{}] = &story{
				TB:       env.T().(testkit.TB),
				env:      env,
				vars:     slices.Clone(env.Vars),
				programs: make(map[string]*program),
				agents:   make(map[string]*agent),
				apis:     make(map[string]*api),
				webs:     make(map[string]*testkit.Transcript),

				debuggers: make(map[string]*debugger),
			}
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name != "terminal" {
				return false, fmt.Errorf("unknown condition %q", name)
			}
			return testkit.HasTerminals, nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     command(2, 100, (*story).exits),
			"save":      command(2, 2, (*story).save),
			"start":     command(2, 100, (*story).start),
			"type":      command(2, 2, (*story).typeLine),
			"press":     command(2, 2, (*story).press),
			"close":     command(1, 1, (*story).closeInput),
			"signal":    command(2, 2, (*story).signal),
			"see":       command(3, 3, (*story).see),
			"ends":      command(2, 3, (*story).ends),
			"agent":     command(2, 2, (*story).agent),
			"noagent":   command(1, 1, (*story).noAgent),
			"tell":      command(2, 2, (*story).tell),
			"heard":     command(1, 1, (*story).heard),
			"api":       command(3, 3, (*story).api),
			"asked":     command(1, 1, (*story).asked),
			"web":       command(2, 2, (*story).web),
			"llm":       command(2, 2, (*story).llm),
			"realtime":  command(4, 4, (*story).realtime),
			"broker":    command(1, 1, (*story).broker),
			"visits":    command(1, 1, (*story).visits),
			"code":      command(2, 3, (*story).code),
			"covers":    command(1, 1, (*story).covers),
			"http":      command(2, 100, (*story).request),
			"debugger":  command(3, 3, (*story).debugger),
			"stopped":   command(1, 1, (*story).stopped),
			"evaluate":  command(2, 2, (*story).evaluate),
			"resume":    command(2, 2, (*story).resume),
			"jsonlines": command(1, 1, (*story).jsonLines),
		},
	})
}

// A story has the programs, agents and APIs of one txtar file. Only the goroutine of its test uses
// it.
type story struct {
	testkit.TB
	env      *testscript.Env
	vars     []string // environment for programs
	programs map[string]*program
	agents   map[string]*agent
	apis     map[string]*api
	webs     map[string]*testkit.Transcript // the requests that each web server has received

	debuggers map[string]*debugger
	ran       [][]string // the commands that exits and start have run
}

type storyKey struct{}

// Cleanup calls f at the end of the story, before the story's folder is deleted.
func (s *story) Cleanup(f func()) { s.env.Defer(f) }

// command returns a command of testscript that calls run. The command fails if it has fewer than
// min or more than max arguments.
func command(min, max int, run func(*story, *testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg {
			ts.Fatalf("this command cannot be negated")
		}
		if len(args) < min || len(args) > max {
			ts.Fatalf("%d arguments: see the documentation of package story", len(args))
		}
		run(ts.Value(storyKey{}).(*story), ts, args)
	}
}

// show prints the output of all programs and everything that the agents have received. It is called
// when a story fails because a program does not do something in time. It ends the programs, so that
// their output has all stacks.
func (s *story) show(ts *testscript.TestScript) {
	for name, p := range s.programs {
		p.EndWithStacks()
		fmt.Fprintf(ts.Stdout(), "%s stdout:\n%s%s stderr:\n%s", name, p.Stdout.String(), name, p.Stderr.String())
	}
	for name, a := range s.agents {
		fmt.Fprintf(ts.Stdout(), "%s heard:\n%s", name, a.received.String())
	}
}
