package reference

import (
	"cmp"
	"strings"
)

// luaFunctions are the functions of Lua's own library that scripts have, by the name of their table; ""
// has the global functions.
var luaFunctions = map[string]string{
	"": "assert collectgarbage dofile error gcinfo getfenv getmetatable ipairs load loadfile loadstring next pairs pcall print rawequal rawget rawset " +
		"require select setfenv setmetatable tonumber tostring type unpack xpcall",
	"coroutine": "create resume running status wrap yield",
	"debug":     "getinfo traceback",
	"io":        "close flush input lines open output popen read tmpfile type write",
	"math": "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp ldexp log log10 max min mod modf pow rad random randomseed " +
		"sin sinh sqrt tan tanh",
	"os":      "clock date difftime execute exit getenv remove rename time tmpname",
	"package": "",
	"string":  "byte char dump find format gmatch gsub len lower match pack packsize rep reverse sub unpack upper",
	"table":   "concat foreach foreachi getn insert maxn pack remove setn sort unpack",
}

// notInLua51 are names of luaFunctions that the manual of Lua 5.1 does not describe.
const notInLua51 = " gcinfo math.mod string.pack string.packsize string.unpack table.foreach table.foreachi table.getn table.setn table.pack table.unpack "

// addLua adds entries for the functions of Lua's own library: a link to the manual of Lua, and what the
// manual of the module base says.
func (r *Reference) addLua(base *module) {
	for table, functions := range luaFunctions {
		section := ""
		if table != "" {
			section = base.headed(table)
			summary := table + ": a library of Lua 5.1"
			r.put(table, summary, summary+"\n\nhttps://www.lua.org/manual/5.1/manual.html#5 describes it.\n"+section)
			table += "."
		}
		for _, function := range strings.Fields(functions) {
			name := table + function
			summary, link := name+": a function of Lua 5.1", "\nhttps://www.lua.org/manual/5.1/manual.html#pdf-"+name+" describes it.\n"
			if strings.Contains(notInLua51, " "+name+" ") {
				summary, link = name+": a function of Lua, but not of Lua 5.1", ""
			}
			r.put(name, summary, summary+"\n"+link+cmp.Or(base.headed(name), section))
		}
	}
}
