package luastd

import (
	"encoding/json"
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"
	gopherjson "layeh.com/gopher-json"
)

// jsonSamples are chunks that return what the benchmarks write and read.
var jsonSamples = map[string]string{
	"5-key object":        `return {room = "kitchen", on = true, level = 75, colour = "warm white", scene = "dinner"}`,
	"list of 100 objects": `local t = {} for i = 1, 100 do t[i] = {id = i, name = "lamp " .. i, on = i % 2 == 0, level = i / 4, tags = {"a", "b"}} end return t`,
	"50 strings of 1 KB":  `local t = {} for i = 1, 50 do t[i] = ("The lamp in the hall is on. "):rep(37):sub(1, 1024) end return t`,
	"10,000 floats":       `local t = {} for i = 1, 10000 do t[i] = i * 1.37 % 100 end return t`,
	"10,000 readings":     `local t = {} for i = 1, 10000 do t[i] = math.floor(i * 137 % 4000) / 100 end return t`,
	"nested 60":           `local t = {x = 1} for i = 1, 59 do t = {name = "n", child = t} end return t`,
	"5,000-key map":       `local t = {} for i = 1, 5000 do t["key" .. i] = i end return t`,
}

// Each way of writing and reading is beside ours: by way of map[string]any and
// encoding/json, as a host without a codec would do it, and gopher-json.
func BenchmarkJSONEncode(b *testing.B) {
	eachJSONSample(b, func(b *testing.B, L *lua.LState, v lua.LValue) {
		buf := make([]byte, 0, 1<<20)
		b.Run("ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := AppendJSON(buf, v, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("any", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Marshal(luaToAny(v)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("gopher-json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gopherjson.Encode(v); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func BenchmarkJSONDecode(b *testing.B) {
	eachJSONSample(b, func(b *testing.B, L *lua.LState, v lua.LValue) {
		data, err := AppendJSON(nil, v, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("ours", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseJSON(L, data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("any", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(data, &v); err != nil {
					b.Fatal(err)
				}
				anyToLua(L, v)
			}
		})
		b.Run("gopher-json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := gopherjson.Decode(L, data); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

func eachJSONSample(b *testing.B, run func(*testing.B, *lua.LState, lua.LValue)) {
	names := make([]string, 0, len(jsonSamples))
	for name := range jsonSamples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			L := newJSONState(b)
			run(b, L, runJSON(b, L, jsonSamples[name]))
		})
	}
}

func luaToAny(v lua.LValue) any {
	switch v := v.(type) {
	case lua.LBool:
		return bool(v)
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		return string(v)
	case *lua.LTable:
		if n := v.MaxN(); n > 0 {
			list := make([]any, n)
			for i := range list {
				list[i] = luaToAny(v.RawGetInt(i + 1))
			}
			return list
		}
		object := make(map[string]any)
		v.ForEach(func(k, v lua.LValue) { object[k.String()] = luaToAny(v) })
		return object
	}
	return nil
}

func anyToLua(L *lua.LState, v any) lua.LValue {
	switch v := v.(type) {
	case bool:
		return lua.LBool(v)
	case float64:
		return lua.LNumber(v)
	case string:
		return lua.LString(v)
	case []any:
		t := L.CreateTable(len(v), 0)
		for i, v := range v {
			t.RawSetInt(i+1, anyToLua(L, v))
		}
		return t
	case map[string]any:
		t := L.CreateTable(0, len(v))
		for k, v := range v {
			t.RawSetString(k, anyToLua(L, v))
		}
		return t
	}
	return lua.LNil
}
