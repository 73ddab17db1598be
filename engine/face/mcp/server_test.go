package mcp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/modelcontextprotocol/go-sdk/jsonrpc"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"moonlark/engine/testkit"
)

const house = `
register_tool("set_light", {
	title = "Set a light", description = "Switches a light", idempotent = true,
	parameters = { room = { type = "string", enum = { "hall", "kitchen" } }, on = "boolean" }, required = { "room" },
	returns = { type = "object", properties = { room = { type = "string" } } },
	handler = function(args)
		if args.on == nil then return "not a table" end
		return { room = args.room }
	end,
})
register_tool("clock", { title = "The time", read_only = true, handler = function(_, call) return call.client .. " " .. call.id end })
register_tool("break_it", function() return nil, "it is broken" end)
register_tool("refuse", function() error { message = "not now", type = "user_rejected" } end)
register_tool("nothing", function() end)
`

// eachEra runs a test with a client of each era, of a server for the same script.
func eachEra(t *testing.T, source string, opts Options, test func(t *testing.T, f *fixture, c *sdk.ClientSession)) {
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			f := newFixture(t, source, opts)
			test(t, f, f.connect(era, nil))
		})
	}
}

// call calls a tool and returns its result as one text.
func call(t *testing.T, c *sdk.ClientSession, name, args string) string {
	t.Helper()
	result, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: json.RawMessage(args)})
	if err != nil {
		var failed *jsonrpc.Error
		if !errors.As(err, &failed) {
			t.Fatal(err)
		}
		return fmt.Sprintf("%d %s", failed.Code, failed.Message)
	}
	text := result.Content[0].(*sdk.TextContent).Text
	if result.IsError {
		text = "error: " + text
	}
	if result.StructuredContent != nil {
		data, _ := json.Marshal(result.StructuredContent)
		text += " and " + string(data)
	}
	return text
}

func TestClientsSeeTheToolsAsTheScriptDescribesThem(t *testing.T) {
	eachEra(t, house, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		list, err := c.ListTools(t.Context(), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := map[string]string{}
		for _, d := range list.Tools {
			text, _ := json.Marshal(d)
			got[d.Name] = string(text)
		}
		for name, want := range map[string]string{
			"set_light": `{"annotations":{"destructiveHint":true,"idempotentHint":true,"openWorldHint":true,"readOnlyHint":false,"title":"Set a light"},` +
				`"description":"Switches a light",` +
				`"inputSchema":{"properties":{"on":{"type":"boolean"},"room":{"enum":["hall","kitchen"],"type":"string"}},"required":["room"],"type":"object"},` +
				`"name":"set_light",` +
				`"outputSchema":{"properties":{"room":{"type":"string"}},"required":["room"],"type":"object"},` +
				`"title":"Set a light"}`,
			"clock": `{"annotations":{"destructiveHint":false,"idempotentHint":false,"openWorldHint":true,"readOnlyHint":true,"title":"The time"},` +
				`"inputSchema":{"properties":{},"type":"object"},"name":"clock","title":"The time"}`,
			"nothing": `{"inputSchema":{"properties":{},"type":"object"},"name":"nothing"}`,
		} {
			if got[name] != want {
				t.Errorf("%s:\n got %s\nwant %s", name, got[name], want)
			}
		}
		if len(got) != 5 {
			t.Errorf("there are %d tools", len(got))
		}
	})
}

func TestResultsAndErrorsOfCalls(t *testing.T) {
	eachEra(t, house, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		for _, row := range []struct{ why, name, args, want string }{
			{"a table of a tool with returns", "set_light", `{"room":"hall","on":true}`, `{"room":"hall"} and {"room":"hall"}`},
			{"a result that does not fit returns", "set_light", `{"room":"hall"}`, `error: set_light returned a result that it does not declare: the result must be an object, not "not a table"`},
			{"arguments that do not fit", "set_light", `{"room":"attic"}`, `error: set_light: room must be one of hall, kitchen, not "attic"`},
			{"no arguments", "set_light", `null`, `error: set_light: room is missing (`},
			{"arguments that are not declared", "nothing", `{"x":1}`, `ok`},
			{"nil and a reason", "break_it", `{}`, `error: it is broken`},
			{"the user said no", "refuse", `{}`, `error: The user said no: not now`},
			{"the client and the id", "clock", `{}`, `tester mcp-`},
			{"no such tool", "set_lihgt", `{}`, `-32602 there is no tool "set_lihgt" (did you mean 'set_light'?)`},
		} {
			if got := call(t, c, row.name, row.args); !strings.HasPrefix(got, row.want) {
				t.Errorf("%s: got %s, want %s", row.why, got, row.want)
			}
		}
	})
}

func TestMethodsThatTheServerDoesNotHaveAreRefused(t *testing.T) {
	eachEra(t, house, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		_, prompts := c.ListPrompts(t.Context(), nil)
		_, resources := c.ListResources(t.Context(), nil)
		for what, err := range map[string]error{"prompts": prompts, "resources": resources} {
			var failed *jsonrpc.Error
			if !errors.As(err, &failed) || failed.Code != jsonrpc.CodeMethodNotFound {
				t.Errorf("a list of %s: got %v, want code %d", what, err, jsonrpc.CodeMethodNotFound)
			}
		}
	})
}

func TestOnlyTheNamedToolsAreOffered(t *testing.T) {
	var log bytes.Buffer
	opts := Options{Only: []string{"clock", "nothng"}, Log: slog.New(slog.NewTextHandler(&log, nil))}
	eachEra(t, house, opts, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		list, err := c.ListTools(t.Context(), nil)
		if err != nil || len(list.Tools) != 1 || list.Tools[0].Name != "clock" {
			t.Errorf("the tools are %+v, %v", list, err)
		}
		if got := call(t, c, "nothing", `{}`); !strings.HasPrefix(got, "-32602 there is no tool") {
			t.Errorf("got %s", got)
		}
		if !strings.Contains(log.String(), `--only nothng: no script has a tool of that name (did you mean 'nothing'?)`) {
			t.Errorf("the log says %s", log.String())
		}
		log.Reset()
		if f.server.Refresh(); log.Len() > 0 {
			t.Errorf("the warning comes again: %s", log.String())
		}
	})
}

func TestProgressReachesTheClient(t *testing.T) {
	source := `register_tool("copy", function(_, call)
		call:progress(1, 3, "first")
		call:progress(3, 3, "last")
		return "copied"
	end)`
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			f := newFixture(t, source, Options{})
			var mu sync.Mutex
			var got []string
			c := f.connect(era, &sdk.ClientOptions{ProgressNotificationHandler: func(_ context.Context, r *sdk.ProgressNotificationClientRequest) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, fmt.Sprintf("%v %v/%v %s", r.Params.ProgressToken, r.Params.Progress, r.Params.Total, r.Params.Message))
			}})
			params := &sdk.CallToolParams{Name: "copy"}
			params.SetProgressToken("t1")
			if _, err := c.CallTool(t.Context(), params); err != nil {
				t.Fatal(err)
			}
			testkit.Until(t, "the last progress", func() bool {
				mu.Lock()
				defer mu.Unlock()
				return len(got) > 0 && got[len(got)-1] == "t1 3/3 last"
			})
			if got := call(t, c, "copy", `{}`); got != "copied" {
				t.Errorf("without a token: %s", got)
			}
		})
	}
}

func TestACallThatTheClientCancelsIsCancelledInTheScript(t *testing.T) {
	eachEra(t, hang, Options{}, func(t *testing.T, f *fixture, c *sdk.ClientSession) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			_, err := c.CallTool(ctx, &sdk.CallToolParams{Name: "hang"})
			done <- err
		}()
		f.counted("1 0")
		cancel()
		f.counted("1 1")
		if err := <-done; err == nil {
			t.Error("the call has succeeded")
		}
	})
}

// described returns a script with two tools whose description contains n.
func described(n int) string {
	return fmt.Sprintf(`register_tool("greet", { description = "version %d", handler = function(args) return "hello " .. args.name end })
		register_tool("tool_%d", function() end)
		register_tool("same", function() end)`, n, n)
}

func TestCallsAndNotificationsSurviveReloads(t *testing.T) {
	reloads := 100
	if testing.Short() {
		reloads = 10
	}
	for _, era := range eras {
		t.Run(era, func(t *testing.T) {
			f := newFixture(t, described(0), Options{})
			var changes atomic.Int32
			c := f.connect(era, &sdk.ClientOptions{ToolListChangedHandler: func(context.Context, *sdk.ToolListChangedRequest) { changes.Add(1) }})
			stop := make(chan struct{})
			var callers sync.WaitGroup
			for caller := range 4 {
				callers.Go(func() {
					for i := 0; ; i++ {
						select {
						case <-stop:
							return
						default:
						}
						name := fmt.Sprintf("%d-%d", caller, i)
						result, err := c.CallTool(t.Context(), &sdk.CallToolParams{Name: "greet", Arguments: map[string]any{"name": name}})
						if err != nil {
							t.Errorf("call %s: %v", name, err)
							return
						}
						if got := result.Content[0].(*sdk.TextContent).Text; got != "hello "+name {
							t.Errorf("call %s: got %s", name, got)
						}
					}
				})
			}
			for n := 1; n <= reloads; n++ {
				f.reload(described(n))
				testkit.Until(t, fmt.Sprintf("the client hears of reload %d", n), func() bool { return int(changes.Load()) == n })
				f.server.Refresh() // without a change
			}
			close(stop)
			callers.Wait()
			list, err := c.ListTools(t.Context(), nil)
			if err != nil || len(list.Tools) != 3 || list.Tools[0].Description != fmt.Sprint("version ", reloads) || list.Tools[2].Name != fmt.Sprint("tool_", reloads) {
				t.Errorf("the tools are %+v, %v", list, err)
			}
			if n := int(changes.Load()); n != reloads {
				t.Errorf("the client heard of %d changes, want %d", n, reloads)
			}
			if got := call(t, c, "tool_1", `{}`); !strings.HasPrefix(got, "-32602") {
				t.Errorf("a tool that is gone: %s", got)
			}
		})
	}
}

func TestAReloadThatFailsChangesNothing(t *testing.T) {
	f := newFixture(t, described(1), Options{})
	c := f.connect(eras[0], nil)
	f.write("this is no Lua")
	if _, err := f.scripts.Reload(f.path); err == nil {
		t.Fatal("the script was loaded")
	}
	f.server.Refresh()
	if got := call(t, c, "greet", `{"name":"you"}`); got != "hello you" {
		t.Errorf("got %s", got)
	}
}

func TestSessionsAreCounted(t *testing.T) {
	f := newFixture(t, described(1), Options{})
	if n := f.server.Sessions(); n != 0 {
		t.Errorf("%d sessions without a client", n)
	}
	c := f.connect(eras[0], nil)
	f.connect(eras[1], nil)
	if n := f.server.Sessions(); n != 2 {
		t.Errorf("%d sessions with two clients", n)
	}
	c.Close()
	testkit.Until(t, "one session is left", func() bool { return f.server.Sessions() == 1 })
}
