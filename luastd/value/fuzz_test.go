package value_test

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/value"
)

// Parse must accept the texts that encoding/json accepts, and return the same values. Writing these
// values and reading them again must not change them.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		`{"a":[1,2.5,-0,1e3,null,true,false,"x\u00e9\ud83c\udf89"],"b":{}}`, `[[],{},[{"":""}]]`,
		`"\ud800"`, `"\udc00\ud800\u0041"`, "\"\xff\xe2\x82\"", `1e999`, `[0.1,1E-7,123456789012345678]`,
		`{"a":1,"a":{"b":2}}`, " \t\r\n[ ] ", `01`, `1.`, `{"a"}`, `[1,]`, `"\x"`, "\"\x01\"", `nul`, ``,
		strings.Repeat("[", 100) + strings.Repeat("]", 100),
	} {
		f.Add([]byte(text))
	}
	L := newState(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := value.Parse(L, data)
		var want any
		wantErr := json.Unmarshal(data, &want)
		if err != nil {
			if wantErr == nil && !strings.Contains(err.Error(), "nested") {
				t.Fatalf("%q: got %v", data, err)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("%q: accepted, want %v", data, wantErr)
		}
		if got, ok := model(v, nil); !ok || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q: got %#v, want %#v", data, got, want)
		}
		checkRoundTrip(t, L, v)
	})
}

// Append must write valid JSON that has the same meaning as the Lua value.
func FuzzAppend(f *testing.F) {
	for _, program := range []string{"", "a", "t5k1sab", "[n12345678", "t\x01\x02", "ttttaaaa", "[tx[tyd", "c", "abc[0nnnnnnnn1s3abc2bt"} {
		f.Add([]byte(program))
	}
	L := newState(f)
	array := L.GetGlobal("json").(*lua.LTable).RawGetString("array").(*lua.LFunction)
	f.Fuzz(func(t *testing.T, program []byte) {
		g := generator{L: L, program: program, tag: func(t *lua.LTable) {
			if err := L.CallByParam(lua.P{Fn: array, Protect: true}, t); err != nil {
				panic(err)
			}
		}}
		v := g.value(0)
		prefix := []byte("prefix")
		out, err := value.Append(prefix, v, 1<<16)
		want, ok := model(v, nil)
		if err != nil {
			var wrong *value.Error
			if !errors.As(err, &wrong) || string(out) != "prefix" {
				t.Fatalf("got %q, %v", out, err)
			}
			if ok && !strings.Contains(wrong.Why, "longer than") {
				t.Fatalf("got %v, want %#v", err, want)
			}
			return
		}
		text, ok2 := bytes.CutPrefix(out, prefix)
		if !ok || !ok2 || !json.Valid(text) {
			t.Fatalf("got %q", out)
		}
		var got any
		if err := json.Unmarshal(text, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s: got %#v, %v, want %#v", text, got, err, want)
		}
		pretty, err := value.AppendPretty(nil, v)
		var compact bytes.Buffer
		if err != nil || json.Compact(&compact, pretty) != nil || !bytes.Equal(compact.Bytes(), text) {
			t.Fatalf("pretty: got %s, %v, want %s", pretty, err, text)
		}
		again, err := value.Parse(L, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		text2 := checkRoundTrip(t, L, again)
		if bytes.Equal(text, text2) {
			return
		}
		// Keys that differ only in bytes that are not UTF-8 are written with the same text, and of
		// two fields with the same key only one is read. Everything else must be the same.
		var got2 any
		if err := json.Unmarshal(text2, &got2); err != nil || !bytes.Contains(text, []byte("\ufffd")) || !reflect.DeepEqual(got2, want) {
			t.Fatalf("got %s, want %s", text2, text)
		}
	})
}

// checkRoundTrip writes v as JSON, reads the text, and writes the result again. It fails the test
// if the two texts differ. It returns the text.
func checkRoundTrip(t *testing.T, L *lua.LState, v lua.LValue) []byte {
	once, err := value.Append(nil, v, 0)
	if err != nil {
		t.Fatal(err)
	}
	again, err := value.Parse(L, once)
	if err != nil {
		t.Fatalf("%s: %v", once, err)
	}
	if twice, err := value.Append(nil, again, 0); err != nil || !bytes.Equal(once, twice) {
		t.Fatalf("got %s, %v, want %s", twice, err, once)
	}
	return once
}

// model returns the value that encoding/json would read from the JSON text of v. It returns false
// if v cannot be JSON. above are the tables that contain v. The test compares model with
// value.Append, so it must not share code with Append.
func model(v lua.LValue, above []*lua.LTable) (any, bool) {
	switch v := v.(type) {
	case *lua.LNilType:
		return nil, true
	case lua.LBool:
		return bool(v), true
	case lua.LString:
		return strings.ToValidUTF8(separateBytes(string(v)), "\uFFFD"), true
	case lua.LNumber:
		return float64(v), !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0)
	case *lua.LUserData:
		return nil, value.IsNull(v)
	case *lua.LTable:
		if slices.Contains(above, v) || len(above) == value.MaxDepth {
			return nil, false
		}
		return modelOfTable(v, append(slices.Clip(above), v))
	}
	return nil, false
}

func modelOfTable(t *lua.LTable, above []*lua.LTable) (any, bool) {
	names, numbers, ok := map[string]any{}, map[float64]any{}, true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		member, fine := model(v, above)
		ok = ok && fine
		switch k := k.(type) {
		case lua.LString:
			names[strings.ToValidUTF8(separateBytes(string(k)), "\uFFFD")] = member
		case lua.LNumber:
			numbers[float64(k)] = member
			ok = ok && float64(k) == math.Trunc(float64(k)) && math.Abs(float64(k)) <= 1<<53
		default:
			ok = false
		}
	}
	first, last := 1.0, 0.0
	for k := range numbers {
		first, last = min(first, k), max(last, k)
	}
	mt, tagged := t.Metatable.(*lua.LTable)
	tagged = tagged && mt.RawGetString("__jsontype").String() == "array"
	switch {
	case !ok || len(names) > 0 && (tagged || len(numbers) > 0) || tagged && first < 1:
		return nil, false
	case tagged && last > 1<<16:
		return nil, true // Append may refuse the value because its text is too long
	case tagged || len(numbers) > 0 && first == 1 && int(last) == len(numbers):
		list := make([]any, int(last))
		for k, v := range numbers {
			list[int(k)-1] = v
		}
		return list, true
	}
	for k, v := range numbers {
		names[strconv.FormatFloat(k, 'f', -1, 64)] = v
	}
	return names, true
}

// separateBytes replaces each byte that is not UTF-8 by U+FFFD. strings.ToValidUTF8 would replace
// several such bytes by a single U+FFFD.
func separateBytes(s string) string {
	return string([]rune(s))
}

// A generator makes a Lua value from random bytes.
type generator struct {
	L       *lua.LState
	program []byte
	tables  []*lua.LTable
	tag     func(*lua.LTable)
}

func (g *generator) next() byte {
	if len(g.program) == 0 {
		return 0
	}
	b := g.program[0]
	g.program = g.program[1:]
	return b
}

func (g *generator) bytes(n int) []byte {
	n = min(n, len(g.program))
	b := g.program[:n]
	g.program = g.program[n:]
	return b
}

func (g *generator) number() lua.LNumber {
	return lua.LNumber(math.Float64frombits(binary.LittleEndian.Uint64(append(slices.Clone(g.bytes(8)), make([]byte, 8)...))))
}

func (g *generator) value(depth int) lua.LValue {
	switch b := g.next(); b % 16 {
	case 0:
		return lua.LNil
	case 1:
		return lua.LBool(b&16 != 0)
	case 2:
		return g.L.GetGlobal("json").(*lua.LTable).RawGetString("null")
	case 3:
		return g.number()
	case 4, 5:
		return lua.LNumber(int8(g.next())) / 4
	case 6, 7:
		return lua.LString(g.bytes(int(g.next())))
	case 8:
		if len(g.tables) > 0 {
			// may return a table that contains the new value: a cycle
			return g.tables[int(g.next())%len(g.tables)]
		}
		return g.L.NewFunction(func(*lua.LState) int { return 0 })
	}
	t := g.L.CreateTable(0, 0)
	g.tables = append(g.tables, t)
	if g.next()%4 == 0 {
		g.tag(t)
	}
	for n := g.next() % 8; n > 0 && depth < 120; n-- {
		g.set(t, g.value(depth+1))
	}
	return t
}

func (g *generator) set(t *lua.LTable, v lua.LValue) {
	switch b := g.next(); b % 16 {
	default:
		t.RawSetInt(t.MaxN()+1, v)
	case 1, 2, 3:
		t.RawSet(lua.LString(g.bytes(int(g.next()%16))), v)
	case 4:
		t.RawSet(lua.LNumber(int8(g.next())), v)
	case 5:
		t.RawSet(lua.LNumber(int8(g.next()))/2, v)
	case 6:
		t.RawSet(lua.LNumber(1e9+float64(g.next())), v)
	case 7:
		if k := g.number(); !math.IsNaN(float64(k)) && (k < 1<<16 || k > 1<<27) {
			t.RawSet(k, v)
		}
	case 8:
		t.RawSet(lua.LBool(b&16 != 0), v)
	}
}
