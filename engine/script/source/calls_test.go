package source

import (
	"reflect"
	"testing"
)

func TestCallsOfModulesAreFound(t *testing.T) {
	for _, row := range []struct {
		source string
		want   []ModuleCall
	}{
		{`http.get("https://a.org")`, []ModuleCall{{1, "http", "get", "https://a.org", true, "", false}}},
		{`http.get "https://a.org"`, []ModuleCall{{1, "http", "get", "https://a.org", true, "", false}}},
		{`hash.file("md5", "/etc/motd")`, []ModuleCall{{1, "hash", "file", "md5", true, "/etc/motd", true}}},
		{`hash.file(name, path)`, []ModuleCall{{1, "hash", "file", "", false, "", false}}},
		{`http.get(url)`, []ModuleCall{{1, "http", "get", "", false, "", false}}},
		{`time.now()`, []ModuleCall{{1, "time", "now", "", false, "", false}}},
		{`exec.run{"ls", "-l", timeout = 5}`, []ModuleCall{{1, "exec", "run", "ls", true, "", false}}},
		{`exec.run({timeout = 5, "ls"})`, []ModuleCall{{1, "exec", "run", "ls", true, "", false}}},
		{`exec.run{name}`, []ModuleCall{{1, "exec", "run", "", false, "", false}}},
		{"register_tool('a', function(args)\nreturn fs.read('/etc/motd') .. tostring(os.getenv('CITY'))\nend)", []ModuleCall{
			{2, "fs", "read", "/etc/motd", true, "", false}, {2, "os", "getenv", "CITY", true, "", false},
		}},
		{"local http = require 'http'\nhttp.get('x')", []ModuleCall{{2, "http", "get", "x", true, "", false}}},
		{"local http = http\nhttp.get('x')", []ModuleCall{{2, "http", "get", "x", true, "", false}}},
		{"local http = {}\nhttp.get('x')", nil},
		{"local http = require 'my.http'\nhttp.get('x')", nil},
		{"http = {get = print}\nhttp.get('x')", nil},
		{"for _, http in ipairs(list) do http.get('x') end", nil},
		{"local function f(http) http.get('x') end", nil},
		{"print('x') a.b.c('x') a:b('x')", nil},
	} {
		if got := ModuleCalls(parsed(t, row.source)); !reflect.DeepEqual(got, row.want) {
			t.Errorf("%s\ngot  %v\nwant %v", row.source, got, row.want)
		}
	}
}
