package mcp

import (
	"strings"
	"testing"

	"moonlark/engine/mcpclient"
	"moonlark/engine/tool"
)

func TestNoToolGetsTheNameOfAnother(t *testing.T) {
	t.Parallel()
	list := func(names ...string) (tools []*mcpclient.Tool) {
		for _, name := range names {
			tools = append(tools, mcpclient.NewTool(name, "", "", nil))
		}
		return tools
	}
	names := offeredNames("n_", list("a.b", "a_b", "c/d"), nil)
	if names["a_b"] != "n_a_b" || names["a.b"] == "n_a_b" || names["c/d"] != "n_c_d" {
		t.Errorf("got %q", names)
	}
	// the server now also has tools whose names become equal to those of others
	hashed := strings.TrimPrefix(names["a.b"], "n_")
	later := offeredNames("n_", list("a b", hashed, "c.d", "c_d", "c/d"), names)
	for name, offered := range names {
		if later[name] != offered {
			t.Errorf("%s was %s and is %s", name, offered, later[name])
		}
	}
	seen := make(map[string]bool)
	for name, offered := range later {
		if seen[offered] || tool.CheckName(offered) != nil {
			t.Errorf("%s is offered as %s", name, offered)
		}
		seen[offered] = true
	}
}
