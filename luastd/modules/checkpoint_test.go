package modules_test

import (
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/base64"
	"moonlark/luastd/csv"
	"moonlark/luastd/feed"
	"moonlark/luastd/hash"
	"moonlark/luastd/hex"
	"moonlark/luastd/html"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/random"
	"moonlark/luastd/re"
	"moonlark/luastd/template"
	"moonlark/luastd/text"
	"moonlark/luastd/toml"
	"moonlark/luastd/url"
	"moonlark/luastd/utf8"
	"moonlark/luastd/xml"
	"moonlark/luastd/yaml"
)

// A Go function that processes a long text or list must call Checkpoint, so that its task can be
// killed and other scripts can run.
func TestFunctionsThatRunLongCallCheckpoint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds of real time")
	}
	long := lua.LString(strings.Repeat("abcd", 1<<20))
	words := lua.LString(strings.Repeat("word \n", 150000))
	page := lua.LString(strings.Repeat("<p>word <a href=x>y</a>", 20000))
	rows := &lua.LTable{Metatable: lua.LNil}
	for range 5000 {
		row := &lua.LTable{Metatable: lua.LNil}
		row.Append(lua.LString("x"))
		rows.Append(row)
	}
	wide := &lua.LTable{Metatable: lua.LNil}
	for range 20 {
		row := &lua.LTable{Metatable: lua.LNil}
		for range 5000 {
			row.Append(lua.LString("x"))
		}
		wide.Append(row)
	}
	list := &lua.LTable{Metatable: lua.LNil}
	for i := range 100000 {
		list.Append(lua.LNumber(i))
	}
	named := &lua.LTable{Metatable: lua.LNil}
	named.RawSetString("list", list)
	table := &lua.LTable{Metatable: lua.LNil}
	table.RawSetString("rows", rows)
	node := &lua.LTable{Metatable: lua.LNil}
	node.RawSetString("tag", lua.LString("a"))
	nodes := &lua.LTable{Metatable: lua.LNil}
	for range 5000 {
		child := &lua.LTable{Metatable: lua.LNil}
		child.RawSetString("tag", lua.LString("b"))
		nodes.Append(child)
	}
	node.RawSetString("children", nodes)
	for _, row := range []struct {
		module   luastd.Module
		function string
		args     []lua.LValue
		min      int // the minimal number of calls of Checkpoint
	}{
		{base64.Module, "encode", []lua.LValue{long}, 10},
		{base64.Module, "decode", []lua.LValue{long}, 10},
		{hex.Module, "encode", []lua.LValue{long}, 10},
		{hex.Module, "decode", []lua.LValue{long}, 10},
		{hash.Module, "md5", []lua.LValue{long}, 60},
		{hash.Module, "sha512", []lua.LValue{long}, 60},
		{hash.Module, "crc32", []lua.LValue{long}, 60},
		{hash.Module, "hmac", []lua.LValue{lua.LString("sha256"), long, long}, 120},
		{url.Module, "encode", []lua.LValue{long}, 10},
		{url.Module, "decode", []lua.LValue{long}, 10},
		{utf8.Module, "len", []lua.LValue{long}, 10},
		{utf8.Module, "offset", []lua.LValue{long, lua.LNumber(-4 << 20)}, 10},
		{csv.Module, "decode", []lua.LValue{lua.LString(strings.Repeat("a\n", 5000))}, 4},
		{csv.Module, "encode", []lua.LValue{rows}, 4},
		{csv.Module, "decode", []lua.LValue{lua.LString(strings.Repeat(strings.Repeat(",", 5000)+"\n", 20))}, 15},
		{csv.Module, "encode", []lua.LValue{wide}, 15},
		{toml.Module, "decode", []lua.LValue{lua.LString("a = [" + strings.Repeat("1,", 5000) + "]")}, 6},
		{toml.Module, "encode", []lua.LValue{table}, 4},
		{yaml.Module, "decode", []lua.LValue{lua.LString(strings.Repeat("- a\n", 25000))}, 30},
		{yaml.Module, "encode", []lua.LValue{lua.LString(strings.Repeat("abcd\n", 100000))}, 30},
		{xml.Module, "decode", []lua.LValue{"<a>" + long + "</a>"}, 60},
		{xml.Module, "encode", []lua.LValue{node}, 4},
		{feed.Module, "parse", []lua.LValue{"<rss>" + lua.LString(strings.Repeat("<item/>", 5000)) + "</rss>"}, 5000},
		{html.Module, "parse", []lua.LValue{page}, 10},
		{html.Module, "text", []lua.LValue{page}, 20},
		{html.Module, "markdown", []lua.LValue{page}, 20},
		{html.Module, "links", []lua.LValue{page}, 15},
		{html.Module, "escape", []lua.LValue{long}, 100},
		{html.Module, "unescape", []lua.LValue{long}, 100},
		{text.Module, "split", []lua.LValue{words}, 10},
		{text.Module, "split", []lua.LValue{words, lua.LString(" ")}, 10},
		{text.Module, "words", []lua.LValue{words}, 10},
		{text.Module, "words", []lua.LValue{long}, 10},
		{text.Module, "wrap", []lua.LValue{long, lua.LNumber(80)}, 100},
		{text.Module, "wrap", []lua.LValue{words, lua.LNumber(80)}, 10},
		{text.Module, "shorten", []lua.LValue{long, lua.LNumber(4 << 20)}, 100},
		{text.Module, "dedent", []lua.LValue{words}, 10},
		{text.Module, "lower", []lua.LValue{long}, 50},
		{text.Module, "normalize", []lua.LValue{long}, 100},
		{text.Module, "fold", []lua.LValue{lua.LString(strings.Repeat("é", 1<<20))}, 30},
		{text.Module, "levenshtein", []lua.LValue{long[:10000], long[:10000]}, 1000},
		{random.Module, "shuffle", []lua.LValue{list}, 3},
		{re.Module, "test", []lua.LValue{long[:64<<10], lua.LString("(a?){10}z")}, 10},
		{re.Module, "gsub", []lua.LValue{long[:64<<10], lua.LString("a"), long[:1<<10]}, 60},
		{re.Module, "split", []lua.LValue{long[:64<<10], lua.LString("a")}, 60},
		{template.Module, "compile", []lua.LValue{lua.LString(strings.Repeat("{{a}}", 5000))}, 4},
		{template.Module, "render", []lua.LValue{lua.LString(strings.Repeat("{{a}}", 5000)), rows}, 8},
		{template.Module, "render", []lua.LValue{lua.LString("{{#list}}{{/list}}"), named}, 90},
	} {
		functions := luastdtest.OpenFunctions(t, row.module)
		_, err := functions.Call(row.function, row.args...)
		if err != nil || functions.Checkpoints < row.min {
			t.Errorf("%s.%s called Checkpoint %d times, want at least %d (error: %v)", row.module.Name, row.function, functions.Checkpoints, row.min, err)
		}
	}
}
