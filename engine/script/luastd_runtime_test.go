package script

import (
	"testing"

	"moonlark/engine/permit"
)

func TestOnlyGrantedEnvironmentVariablesCanBeRead(t *testing.T) {
	t.Setenv("MOONLARK_PLACE", "hall")
	t.Setenv("CITY", "Bremen")
	t.Setenv("SECRET_TOKEN", "hush")
	f := newFixture(t, Options{Permissions: permit.Settings{Grants: []permit.Grant{{Kind: permit.Env, Value: "CITY"}}}})
	f.write("a.lua", `register_tool("env", function(a) return tostring(os.getenv(a.name)) end)`)
	if _, err := f.Load(f.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	f.want("env", `{"name":"MOONLARK_PLACE"}`, "hall")
	f.want("env", `{"name":"CITY"}`, "Bremen")
	f.want("env", `{"name":"SECRET_TOKEN"}`, "nil")
	f.want("env", `{"name":"PATH"}`, "nil")
}
