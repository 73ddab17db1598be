package mcp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// typeScript are the packages of the two TypeScript SDKs, which most clients use.
var typeScript = []string{"@modelcontextprotocol/client@2.4.0", "@modelcontextprotocol/sdk@1.32.2"}

const forClients = house + hang + `
register_tool("who", function(_, call) return call.client end)
register_tool("copy", function(_, call)
	for i = 1, 30 do call:progress(i, 30, "part " .. i) sleep(0.01) end
	return "copied"
end)
`

// A clientReport is what testdata/client.mjs prints.
type clientReport struct {
	Server                string
	Tools                 []clientTool
	Result, Failed, Unfit struct {
		Content           []struct{ Text string }
		StructuredContent json.RawMessage
		IsError           bool
	}
	Client   string
	Unknown  struct{ Message string }
	Progress []struct {
		Progress, Total float64
		Message         string
	}
	Aborted      string
	Calls        bool
	ToolsAfter   []string
	ChangesAfter int
}

type clientTool struct {
	Name, Title  string
	OutputSchema json.RawMessage
	Annotations  map[string]any
}

// clientFolder returns a folder with the TypeScript SDKs, further packages, and client.mjs.
func clientFolder(t *testing.T, more ...string) string {
	t.Helper()
	folder := testkit.NodeFolder(t, slices.Concat(more, typeScript)...)
	program, err := os.ReadFile("testdata/client.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "client.mjs"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	return folder
}

// scriptForClients returns the path of a script with the tools that client.mjs calls.
func scriptForClients(t *testing.T) string {
	t.Helper()
	script := filepath.Join(t.TempDir(), "house.lua")
	if err := os.WriteFile(script, []byte(forClients), 0o600); err != nil {
		t.Fatal(err)
	}
	return script
}

// runClient runs client.mjs in a folder of clientFolder and returns what it has printed. env are variables
// besides those of the test.
func runClient(t *testing.T, folder string, env []string, args ...string) (got clientReport) {
	t.Helper()
	run := exec.CommandContext(t.Context(), "node", append([]string{"client.mjs"}, args...)...)
	var stderr bytes.Buffer
	run.Dir, run.Stderr, run.Env = folder, &stderr, append(os.Environ(), env...)
	out, err := run.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, &stderr)
	}
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return got
}

func TestTheTypeScriptSDKsAsClients(t *testing.T) {
	if testing.Short() {
		t.Skip("starts Node.js several times")
	}
	node := clientFolder(t)
	moonlark := testkit.Moonlark(t)
	for _, row := range []struct {
		kind, client string
		reloads      int
	}{{"v1", "v1-test", 100}, {"legacy", "v2-test", 10}, {"auto", "v2-test", 10}, {"2026-07-28", "v2-test", 100}} {
		t.Run(row.kind, func(t *testing.T) {
			script := scriptForClients(t)
			// without a file watcher, which would load a script once more if it is slower than SIGHUP
			got := runClient(t, node, nil, row.kind, script, fmt.Sprint(row.reloads), moonlark, "mcp", "--no-watch", script)
			checkReport(t, got, row.client, row.reloads)
		})
	}
}

// checkReport checks what the client has seen. client is the name of the client.
func checkReport(t *testing.T, got clientReport, client string, reloads int) {
	t.Helper()
	i := slices.IndexFunc(got.Tools, func(d clientTool) bool { return d.Name == "set_light" })
	if i < 0 {
		t.Fatalf("there is no tool set_light in %+v", got.Tools)
	}
	if light := got.Tools[i]; light.Title != "Set a light" || light.OutputSchema == nil || light.Annotations["idempotentHint"] != true || got.Server != "house" {
		t.Errorf("server %s, tool %+v", got.Server, light)
	}
	if r := got.Result; r.IsError || string(r.StructuredContent) != `{"room":"hall"}` {
		t.Errorf("the result is %+v", r)
	}
	for why, row := range map[string]struct{ got, want string }{
		"an error of the tool":         {got.Failed.Content[0].Text, "it is broken"},
		"arguments that do not fit":    {got.Unfit.Content[0].Text, "set_light: room must be one of hall, kitchen"},
		"the name of the client":       {got.Client, client},
		"a tool that does not exist":   {got.Unknown.Message, "there is no tool \"set_lihgt\" (did you mean 'set_light'?)"},
		"a call that the client ended": {got.Aborted, "not needed"},
	} {
		if !strings.Contains(row.got, row.want) {
			t.Errorf("%s: got %q, want %q", why, row.got, row.want)
		}
	}
	if !got.Failed.IsError || !got.Unfit.IsError {
		t.Error("an error is not marked as one")
	}
	// not the last one, which the SDKs drop if it comes together with the result
	if n := len(got.Progress); n < 2 || n > 30 || got.Progress[0].Message != "part 1" || got.Progress[n-1].Progress <= got.Progress[0].Progress {
		t.Errorf("the progress was %+v", got.Progress)
	}
	if !got.Calls || got.ChangesAfter != reloads || len(got.ToolsAfter) != 1 || got.ToolsAfter[0] != fmt.Sprint("tool_", reloads) {
		t.Errorf("after %d reloads: calls %v, %d changes, tools %v", reloads, got.Calls, got.ChangesAfter, got.ToolsAfter)
	}
}
