package source

import (
	"maps"
	"testing"
)

func TestFunctionNames(t *testing.T) {
	t.Parallel()
	got := FunctionNames([]byte(`local function a() end
function b.c() end
function b:d() end
e = function() end
local f = function() end
register { handler = function() end }
call(function() end)
local g, h = function() end, function() end
`), "a.lua")
	want := map[int]string{1: "a", 2: "b.c", 3: "b:d", 4: "e", 5: "f", 6: "handler", 8: ""}
	if !maps.Equal(got, want) {
		t.Errorf("the names are %v; want %v", got, want)
	}
}
