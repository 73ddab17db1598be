package reference

import (
	"slices"
	"strings"
	"testing"

	"moonlark/luastd"
)

var lamps = []luastd.Module{
	{Name: "base", Manual: "# base\n\nLua.\n\n## string\n\nStrings are bytes.\n\n## loadfile, dofile\n\nLoad files.\n"},
	{
		Name: "lamp",
		Doc: `lamp = {}

---@class home.Lamp
---@field name string its name
local Lamp = {}

---Switches the lamp.
---@param on? boolean true for on
---@return true? ok
---@return string? reason why not
function Lamp:set(on) end

---Returns a lamp.
---@param name string
---@return home.Lamp
---@overload fun(number: integer): home.Lamp
function lamp.get(name) end

---Returns all lamps.
function lamp.all() end

---What there is. More.
lamp.none = nil
`,
		Manual: "# lamp\n\nLamps of the house. They are\nbright.\n\n<!-- made -->\n## lamp.get\n\n    lamp.get(name)\n\nGets it, as `lamp.all` does.\n\n" +
			"```lua\n# no heading\n```\n\n### bulb:set\n\nSets it.\n\n## lamp.none\n\nNothing.\n\n# lamp.more\n\nMore pages.\n",
	},
	{Name: "events", Doc: "---It has been switched.\n---@class moonlark.event.lamp\n---@field type \"lamp\"\n---@field on boolean whether it is on\n"},
}

func TestEntries(t *testing.T) {
	r := New(lamps)
	for name, want := range map[string]string{
		"lamp.get": "lamp.get(name: string) -> home.Lamp\nlamp.get(number: integer): home.Lamp\n\nReturns a lamp.\n\nFrom the manual of lamp, lamp.get:\n\n" +
			"    lamp.get(name)\n\nGets it, as `lamp.all` does.\n\n```lua\n# no heading\n```\n\n### bulb:set\n\nSets it.\n",
		"lamp.all":  "lamp.all()\n\nReturns all lamps.\n\nFrom the manual of lamp, lamp.get:\n\n",
		"lamp.none": "lamp.none\n\nWhat there is. More.\n\nFrom the manual of lamp, lamp.none:\n\nNothing.\n",
		"Lamp:set": "Lamp:set(on?: boolean) -> true?, string?\n\nSwitches the lamp.\n\n  on?        true for on\n  -> reason  why not\n\n" +
			"From the manual of lamp, bulb:set:\n\nSets it.\n",
		"bulb:set":      "bulb:set(on?: boolean)",
		"home.Lamp:set": "home.Lamp:set(on?: boolean)",
		"bulb.set":      "bulb:set(on?: boolean)",
		"other:set":     "Lamp:set(on?: boolean)",
		"home.Lamp":     "home.Lamp\n\n  name  string  its name\n\n  :set(on?: boolean) -> true?, string?\n",
		"lamp": "# lamp\n\nLamps of the house. They are\nbright.\n\n## lamp.get\n\n    lamp.get(name)\n\nGets it, as `lamp.all` does.\n\n```lua\n# no heading\n```\n\n" +
			"### bulb:set\n\nSets it.\n\n## lamp.none\n\nNothing.\n\n# lamp.more\n\nMore pages.\n\non(\"lamp\", function(e) ... end)\n\nIt has been switched.\n\n" +
			"  e.type  \"lamp\"\n  e.on    boolean  whether it is on\n",
		"string.rep": "string.rep: a function of Lua 5.1\n\nhttps://www.lua.org/manual/5.1/manual.html#pdf-string.rep describes it.\n\nFrom the manual of base, string:\n\nStrings are bytes.\n",
		"string":     "string: a library of Lua 5.1\n",
		"dofile":     "dofile: a function of Lua 5.1\n\nhttps://www.lua.org/manual/5.1/manual.html#pdf-dofile describes it.\n\nFrom the manual of base, loadfile, dofile:\n\nLoad files.\n",
		"pcall":      "pcall: a function of Lua 5.1\n\nhttps://www.lua.org/manual/5.1/manual.html#pdf-pcall describes it.\n",
		"table.pack": "table.pack: a function of Lua, but not of Lua 5.1\n",
		"lamps":      "", "": "", "set": "", ":set": "", "lamp:": "", ".": "",
	} {
		if got := r.Entry(name); !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, want)
		}
	}
}

func TestSummaries(t *testing.T) {
	r := New(lamps)
	for name, want := range map[string]string{
		"lamp": "lamp: Lamps of the house", "lamp.get": "lamp.get(name: string) -> home.Lamp", "string.rep": "string.rep: a function of Lua 5.1", "nothing": "",
	} {
		if got := r.Summary(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if names := r.Names(); !slices.Contains(names, "lamp.get") || !slices.IsSorted(names) {
		t.Errorf("got %q", names)
	}
}
