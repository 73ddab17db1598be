package mcp

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"moonlark/engine/testkit"
)

// everything is a server for tests of clients that the authors of the protocol have written for
// Node.js. The benchmarks compare Moonlark with it.
const everything = "@modelcontextprotocol/server-everything@2026.8.31"

// A benchServer is an MCP server that a benchmark starts, and a tool of it that does little.
type benchServer struct {
	name    string
	command testkit.Command
	tool    string
	args    string
}

// benchServers returns Moonlark, and the server for Node.js if it is installed.
func benchServers(b *testing.B) []benchServer {
	script := filepath.Join(b.TempDir(), "echo.lua")
	source := `register_tool("echo", { parameters = { message = "string" } }, function(args) return "Echo: " .. args.message end)`
	if err := os.WriteFile(script, []byte(source), 0o600); err != nil {
		b.Fatal(err)
	}
	servers := []benchServer{{"moonlark", testkit.Command{Path: testkit.Moonlark(b), Args: []string{"mcp", script}}, "echo", `{"message":"hello"}`}}
	b.Run("is Node.js there", func(b *testing.B) { // skipped alone
		program := filepath.Join(testkit.NodeFolder(b, everything), "node_modules/@modelcontextprotocol/server-everything/dist/index.js")
		program, err := filepath.EvalSymlinks(program) // the folder of this benchmark is removed at its end
		if err != nil {
			b.Fatal(err)
		}
		node := testkit.Command{Path: "/usr/bin/env", Args: []string{"node", program, "stdio"}}
		servers = append(servers[:1], benchServer{"node", node, "echo", `{"message":"hello"}`})
	})
	return servers
}

// start starts the server and returns it, and the lines that it writes, when it has listed its tools.
func (s benchServer) start(b *testing.B) (*testkit.Process, chan string) {
	lines := make(chan string, 100)
	command := s.command
	command.MaxMemory = 1 << 30 // so that the memory is measured
	command.Line = func(line []byte) { lines <- string(line) }
	p := testkit.Start(b, command)
	for _, line := range []string{
		request(1, "initialize", `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1"}}`),
		`{"jsonrpc":"2.0","method":"notifications/initialized"}` + "\n",
		request(2, "tools/list", `{}`),
	} {
		if err := p.Type(line); err != nil {
			b.Fatal(err)
		}
	}
	awaitAnswer(b, lines, 2)
	return p, lines
}

// awaitAnswer waits for the answer to the request with this id.
func awaitAnswer(b *testing.B, lines chan string, id int) {
	b.Helper()
	timeout := time.After(testkit.Timeout)
	for {
		select {
		case line := <-lines:
			if hasID(line, id) {
				return
			}
		case <-timeout:
			b.Fatalf("request %d has no answer", id)
		}
	}
}

// hasID reports whether a line is the answer with this id, wherever the server writes the id.
func hasID(line string, id int) bool {
	var answer struct{ ID any }
	return json.Unmarshal([]byte(line), &answer) == nil && answer.ID == float64(id)
}

// From the start of the process to the answer to tools/list, and the memory of the process then.
func BenchmarkStart(b *testing.B) {
	for _, s := range benchServers(b) {
		b.Run(s.name, func(b *testing.B) {
			var memory uint64
			for b.Loop() {
				p, _ := s.start(b)
				b.StopTimer()
				testkit.Until(b, "the memory is measured", func() bool { return p.MaxMemory() > 0 })
				memory = max(memory, p.MaxMemory())
				p.CloseInput()
				p.Wait(testkit.Timeout)
				b.StartTimer()
			}
			b.ReportMetric(float64(memory)/(1<<20), "MiB")
		})
	}
}

// One call after the other, each from the request to its answer.
func BenchmarkCall(b *testing.B) {
	for _, s := range benchServers(b) {
		b.Run(s.name, func(b *testing.B) {
			p, lines := s.start(b)
			id := 2
			for b.Loop() {
				id++
				if err := p.Type(request(id, "tools/call", fmt.Sprintf(`{"name":%q,"arguments":%s}`, s.tool, s.args))); err != nil {
					b.Fatal(err)
				}
				awaitAnswer(b, lines, id)
			}
			b.StopTimer()
			b.ReportMetric(float64(p.MaxMemory())/(1<<20), "MiB")
			p.CloseInput()
			p.Wait(testkit.Timeout)
		})
	}
}
