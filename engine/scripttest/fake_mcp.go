package scripttest

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/mcpclient"
	"moonlark/engine/script"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A fakeMCP takes the place of an MCP server. Any goroutine may use it.
type fakeMCP struct {
	name  string
	tools []fakeTool

	mu     sync.Mutex // guards called
	called []record
}

// A fakeTool is a tool of a fake MCP server, with the result of its calls.
type fakeTool struct {
	*mcpclient.Tool
	result mcpclient.Result
}

// Tools implements luastd.FakeMCP.
func (m *fakeMCP) Tools() (tools []*mcpclient.Tool) {
	for _, t := range m.tools {
		tools = append(tools, t.Tool)
	}
	return tools
}

// Call implements luastd.FakeMCP.
func (m *fakeMCP) Call(name string, args []byte) (*mcpclient.Result, error) {
	m.mu.Lock()
	m.called = append(m.called, record{"tool": name, "arguments": json.RawMessage(slices.Clone(args))})
	m.mu.Unlock()
	i := slices.IndexFunc(m.tools, func(t fakeTool) bool { return t.Name == name })
	r := m.tools[i].result // the tool has been listed
	return &r, nil
}

func (m *fakeMCP) calls() []record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.called)
}

func (m *fakeMCP) String() string { return "fake of the MCP server " + m.name }

// MCP implements luastd.Fakes. The fake that was made last has priority.
func (f *fakes) MCP(name string) luastd.FakeMCP {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range slices.Backward(f.mcpServers) {
		if m.name == name {
			return m
		}
	}
	return nil
}

// mcp is the Lua function t.mcp.
func (f *testFile) mcp(L *lua.LState, t *testRun) int {
	m := &fakeMCP{name: L.CheckString(1)}
	if err := mcpclient.CheckName(m.name); err != nil {
		L.ArgError(1, err.Error())
	}
	if tools := L.OptTable(2, nil); tools != nil {
		tools.ForEach(func(key, v lua.LValue) {
			name, ok := key.(lua.LString)
			if !ok {
				L.ArgError(2, `want the tools by their names, such as {read_file = "the text"}`)
			}
			m.tools = append(m.tools, checkTool(L, string(name), v))
		})
	}
	slices.SortFunc(m.tools, func(a, b fakeTool) int { return strings.Compare(a.Name, b.Name) })
	t.fakes.mu.Lock()
	t.fakes.mcpServers = append(t.fakes.mcpServers, m)
	t.fakes.mu.Unlock()
	return f.pushRecorder(L, m)
}

// checkTool returns a tool of t.mcp: v is the text of its results, or a table.
func checkTool(L *lua.LState, name string, v lua.LValue) fakeTool {
	if text, ok := v.(lua.LString); ok {
		return newFakeTool(name, "", nil, string(text))
	}
	spec, ok := v.(*lua.LTable)
	if !ok {
		L.ArgError(2, name+" must be a text or a table, not "+value.TypeName(v))
	}
	if err := value.CheckFields(spec, []string{"description", "parameters", "text", "data", "error"}); err != nil {
		L.ArgError(2, name+": "+err.Error())
	}
	texts := make(map[string]string)
	for _, field := range []string{"description", "text", "error"} {
		text, err := value.OptionalString(spec, field)
		if err != nil {
			L.ArgError(2, name+": "+err.Error())
		}
		texts[field] = text
	}
	var schema any
	if parameters := toJSON(L, name, spec.RawGetString("parameters")); parameters != nil {
		if err := json.Unmarshal(parameters, &schema); err != nil {
			L.ArgError(2, name+": parameters: "+err.Error())
		}
	}
	t := newFakeTool(name, texts["description"], schema, texts["text"])
	if t.result.Data = toJSON(L, name, spec.RawGetString("data")); t.result.Data != nil && texts["text"] == "" {
		t.result.Text, t.result.Content = string(t.result.Data), nil
	}
	if texts["error"] != "" {
		t.result = mcpclient.Result{IsError: true, Text: texts["error"], Content: []mcpclient.Block{{Type: "text", Text: texts["error"]}}}
	}
	return t
}

func newFakeTool(name, description string, schema any, text string) fakeTool {
	return fakeTool{mcpclient.NewTool(name, "", description, schema), mcpclient.Result{Text: text, Content: []mcpclient.Block{{Type: "text", Text: text}}}}
}

// toJSON returns v as JSON, or nil if v is nil.
func toJSON(L *lua.LState, name string, v lua.LValue) json.RawMessage {
	if v == lua.LNil {
		return nil
	}
	text, err := value.Append(nil, v, value.MaxJSON)
	if err != nil {
		L.ArgError(2, name+": "+err.Error())
	}
	return text
}

// newApprovals returns the questions whether tools of MCP servers may be called, which the script under
// test answers.
func (s *subject) newApprovals() *script.Approvals {
	return &script.Approvals{
		Listens: func() bool { return s.scripts.Listens(script.ApprovalEvent) },
		Publish: func(q script.Question) {
			s.scripts.Dispatch(script.Event{Type: script.ApprovalEvent, Data: q.Fields()})
		},
	}
}
