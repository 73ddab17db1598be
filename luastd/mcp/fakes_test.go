package mcp_test

import (
	"net/http"
	"net/url"

	"moonlark/engine/mcpclient"
	"moonlark/luastd"
)

// fakeTools are the names of the tools of a fake server, as a test of a script has it. A real server
// could not have these names.
type fakeTools []string

var _ luastd.Fakes = fakeTools{}

func (f fakeTools) MCP(string) luastd.FakeMCP                  { return f }
func (fakeTools) Server(string, *url.URL) http.RoundTripper    { return nil }
func (fakeTools) Program([]string, string) *luastd.FakeProgram { return nil }
func (fakeTools) Serial(string) *luastd.FakeSerial             { return nil }
func (fakeTools) MQTT(string) luastd.FakeBroker                { return nil }
func (fakeTools) Keys() []*luastd.FakeKeys                     { return nil }
func (fakeTools) Answer(string, []string) (string, bool)       { return "", false }
func (fakeTools) Asked(string, string, []byte)                 {}
func (fakeTools) Call(name string, _ []byte) (*mcpclient.Result, error) {
	return &mcpclient.Result{Text: name}, nil
}

func (f fakeTools) Tools() (tools []*mcpclient.Tool) {
	for _, name := range f {
		tools = append(tools, mcpclient.NewTool(name, "", "", nil))
	}
	return tools
}
