package value_test

import (
	"encoding/json"
	"slices"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// samples are Lua programs. They return the values that the benchmarks write and read.
var samples = map[string]string{
	"5-key object":        `return {room = "kitchen", on = true, level = 75, colour = "warm white", scene = "dinner"}`,
	"list of 100 objects": `local t = {} for i = 1, 100 do t[i] = {id = i, name = "lamp " .. i, on = i % 2 == 0, level = i / 4, tags = {"a", "b"}} end return t`,
	"50 strings of 1 KB":  `local t = {} for i = 1, 50 do t[i] = ("The lamp in the hall is on. "):rep(37):sub(1, 1024) end return t`,
	"10,000 floats":       `local t = {} for i = 1, 10000 do t[i] = i * 1.37 % 100 end return t`,
	"nested 60":           `local t = {x = 1} for i = 1, 59 do t = {name = "n", child = t} end return t`,
	"5,000-key map":       `local t = {} for i = 1, 5000 do t["key" .. i] = i end return t`,
}

// BenchmarkAppend compares Append with encoding/json, which needs a map[string]any.
func BenchmarkAppend(b *testing.B) {
	eachSample(b, func(b *testing.B, L *lua.LState, v lua.LValue) {
		b.Run("value", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := value.Append(nil, v, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encoding-json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := json.Marshal(luaToAny(v)); err != nil {
					b.Fatal(err)
				}
			}
		})
	})
}

// BenchmarkParse compares Parse with encoding/json, which returns a map[string]any.
func BenchmarkParse(b *testing.B) {
	eachSample(b, func(b *testing.B, L *lua.LState, v lua.LValue) {
		data, err := value.Append(nil, v, 0)
		if err != nil {
			b.Fatal(err)
		}
		b.Run("value", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := value.Parse(L, data); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("encoding-json", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(data, &v); err != nil {
					b.Fatal(err)
				}
				anyToLua(L, v)
			}
		})
	})
}

func eachSample(b *testing.B, bench func(*testing.B, *lua.LState, lua.LValue)) {
	names := make([]string, 0, len(samples))
	for name := range samples {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		b.Run(name, func(b *testing.B) {
			L := newState(b)
			bench(b, L, run(b, L, samples[name]))
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
