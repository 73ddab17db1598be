package mcpclient

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/engine/testkit"
)

// realServers are the servers of the Model Context Protocol's own repository.
var realServers = []string{
	"@modelcontextprotocol/server-everything@2026.8.31", "@modelcontextprotocol/server-filesystem@2026.8.31", "@modelcontextprotocol/server-memory@2026.8.31",
}

func TestRealServers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts programs of Node.js")
	}
	t.Parallel()
	bin := filepath.Join(testkit.NodeFolder(t, realServers...), "node_modules", ".bin")
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct {
		args             []string
		env              []string
		tool, call, want string
	}{
		"mcp-server-everything": {[]string{"stdio"}, nil, "get-sum", `{"a":2,"b":3}`, "5"},
		"mcp-server-filesystem": {[]string{folder}, nil, "read_text_file", `{"path":"` + filepath.Join(folder, "a.txt") + `","head":null}`, "hello"},
		"mcp-server-memory":     {nil, []string{"MEMORY_FILE_PATH=" + filepath.Join(folder, "memory.json")}, "read_graph", `{}`, `"entities"`},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := start(t, &Entry{Name: "real", Command: filepath.Join(bin, name), Args: row.args, Env: row.env, Startup: testkit.Timeout, Timeout: testkit.Timeout})
			if got := mustCall(t, s, row.tool, row.call); !strings.Contains(got, row.want) {
				t.Errorf("got %s, want %s", got, row.want)
			}
			for _, tool := range s.Tools() {
				if tool.Parameters == nil || tool.Description == "" {
					t.Errorf("%s: %+v", tool.Name, tool)
				}
				t.Logf("%s: %s", tool.Name, tool.Parameters.Describe())
			}
		})
	}
}
