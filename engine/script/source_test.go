package script

import (
	"fmt"
	"strings"
	"testing"
)

func TestASourceThatCannotBeCompiledIsRefused(t *testing.T) {
	many := func(n int, of string) string { return strings.Repeat(of, n) }
	var constants strings.Builder
	for i := range 30_000 {
		fmt.Fprintf(&constants, "local_%d = %d\n", i, i)
	}
	for name, row := range map[string]struct{ source, want string }{
		"brackets in each other": {"x = " + many(500_000, "{") + many(500_000, "}"), "a.lua:1: chunk has too many syntax levels"},
		"a row of signs":         {"return " + many(200_000, "not ") + "true", "a.lua:1: chunk has too many syntax levels"},
		"a long sum":             {"return 1" + many(20_000, "+1"), "a.lua:1: chunk has too many syntax levels"},
		"too many constants":     {constants.String(), "more than 20000 constants in one function"},
		"a very long file":       {"--" + many(2<<20, "x"), "a.lua: longer than 1048576 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, Options{})
			b.write("a.lua", row.source)
			_, err := b.Load(b.path("a.lua"))
			if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), b.dir+"/", ""), row.want) {
				t.Errorf("got %.200v, want %s", err, row.want)
			}
		})
	}
}

func TestEnvironmentVariablesAreReadByLeave(t *testing.T) {
	t.Setenv("MOONLARK_PLACE", "hall")
	t.Setenv("SECRET_TOKEN", "hush")
	b := newBench(t, Options{Env: func(name string) (string, bool) { return "allowed " + name, name == "CITY" }})
	b.write("a.lua", `register_tool("env", function(a) return tostring(os.getenv(a.name)) end)`)
	if _, err := b.Load(b.path("a.lua")); err != nil {
		t.Fatal(err)
	}
	b.want("env", `{"name":"MOONLARK_PLACE"}`, "hall")
	b.want("env", `{"name":"CITY"}`, "allowed CITY")
	b.want("env", `{"name":"SECRET_TOKEN"}`, "nil")
	b.want("env", `{"name":"PATH"}`, "nil")
}
