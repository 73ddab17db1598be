package luastd

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

func TestAppendJSONAllocatesNothingWhereThereIsRoom(t *testing.T) {
	L := newJSONState(t)
	buf := make([]byte, 0, 1<<20)
	for _, row := range []struct{ why, source string }{
		{"an object", jsonSamples["5-key object"]},
		{"objects in an array", jsonSamples["list of 100 objects"]},
		{"tables in tables", jsonSamples["nested 60"]},
		{"numbers", jsonSamples["10,000 floats"]},
		{"large integers as keys", `return {[-5] = 1, [5000] = {2}, [300] = 3}`},
		{"a tagged array with holes", `return json.array{1, nil, {json.null}}`},
		{"strings to escape", `return {"a\nb", "Grüße \255"}`},
	} {
		v := runJSON(t, L, row.source)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := AppendJSON(buf, v, 0); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", row.why, n)
		}
	}
}

func TestAppendJSONAppends(t *testing.T) {
	L := newJSONState(t)
	v := runJSON(t, L, `return {1, {x = "y"}}`)
	got, err := AppendJSON([]byte("result="), v, 0)
	if string(got) != `result=[1,{"x":"y"}]` || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAppendJSONStopsAtMax(t *testing.T) {
	L := newJSONState(t)
	for _, source := range []string{`return "12345678"`, `return {12, 345, 6}`, `return {a = 1, b = ""}`, `return {{{}}}`, `return {[5000] = 1}`} {
		v := runJSON(t, L, source)
		whole, err := AppendJSON(nil, v, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := []byte("before")
		if got, err := AppendJSON(before, v, len(whole)); err != nil || string(got) != "before"+string(whole) {
			t.Errorf("%s: with just enough room got %q, %v", source, got, err)
		}
		for n := 1; n < len(whole); n++ {
			got, err := AppendJSON(before, v, n)
			var wrong *JSONError
			if !errors.As(err, &wrong) || !strings.Contains(wrong.Why, "longer than") || string(got) != "before" {
				t.Errorf("%s: with room for %d got %q, %v", source, n, got, err)
			}
		}
	}
}

func TestJSONErrorIsNamedFromTheOutside(t *testing.T) {
	L := newJSONState(t)
	for _, row := range []struct{ why, source, want string }{
		{"wrong itself", `return print`, "result: a function cannot be JSON"},
		{"wrong field", `return {x = {y = print}}`, "result.x.y: a function cannot be JSON"},
		{"wrong element", `return {{print}}`, "result[1][1]: a function cannot be JSON"},
		{"too long, which no element is guilty of", `return {a = {("x"):rep(100)}}`, "result: longer than 50 bytes"},
	} {
		_, err := AppendJSON(nil, runJSON(t, L, row.source), 50)
		var wrong *JSONError
		if !errors.As(err, &wrong) {
			t.Fatalf("%s: got %v", row.why, err)
		}
		if got := wrong.In("result").Error(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

// A path with 100 keys of a megabyte each would be no message.
func TestJSONErrorIsShort(t *testing.T) {
	L := newJSONState(t)
	v := runJSON(t, L, `
		local t = print
		for i = 1, 99 do t = {[("\1"):rep(1e5) .. i] = t} end
		return t`)
	_, err := AppendJSON(nil, v, 1<<30)
	if err == nil || len(err.Error()) > 20_000 {
		t.Errorf("got %.100v", err)
	}
}

func TestAppendJSONKnowsKeysBehindTheArrayPart(t *testing.T) {
	defer func(n int) { lua.MaxArrayIndex = n }(lua.MaxArrayIndex)
	lua.MaxArrayIndex = 4
	L := newJSONState(t)
	for _, row := range []struct{ why, source, want string }{
		{"an array that goes on behind", `local t = {} for i = 1, 6 do t[i] = i end return t`, "[1,2,3,4,5,6]"},
		{"set in any order", `local t = {} t[6], t[2], t[5] = 6, 2, 5 t[1], t[4], t[3] = 1, 4, 3 return t`, "[1,2,3,4,5,6]"},
		{"a gap behind", `local t = {1, 2, 3} t[5] = 5 return t`, `{"1":1,"2":2,"3":3,"5":5}`},
		{"a gap in front", `local t = {1, 2} t[4] = 4 return t`, `{"1":1,"2":2,"4":4}`},
		{"a tagged gap", `local t = json.array{1, 2} t[5] = 5 return t`, `[1,2,null,null,5]`},
	} {
		got, err := AppendJSON(nil, runJSON(t, L, row.source), 0)
		if string(got) != row.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", row.why, got, err, row.want)
		}
	}
	if v, err := ParseJSON(L, []byte("[1,2,3,4]")); err == nil {
		t.Errorf("an array beyond what a table can have became %v", v)
	}
	inserted := runJSON(t, L, `local t = {} for i = 1, 6 do table.insert(t, i) end return t`)
	if got, err := AppendJSON(nil, inserted, 0); err == nil {
		t.Errorf("a table in which no key is certain became %s", got)
	}
}

func TestParseJSONKeepsNothingOfItsInput(t *testing.T) {
	L := newJSONState(t)
	data := []byte(`{"name":"hall","lamps":["one","t\u0077o"]}`)
	v, err := ParseJSON(L, data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		data[i] = 'x'
	}
	if got, _ := AppendJSON(nil, v, 0); string(got) != `{"name":"hall","lamps":["one","two"]}` {
		t.Errorf("got %s", got)
	}
	state := jsonStateOf(L)
	for _, text := range []string{`[1,[2,{"a":3}]]`, `[1,[2,{"a":3},`, `["a\n`} {
		ParseJSON(L, []byte(text))
		for _, v := range state.values[:cap(state.values)] {
			if v != nil {
				t.Errorf("%s: %v still waits", text, v)
			}
		}
		for _, name := range state.names[:cap(state.names)] {
			if name != "" {
				t.Errorf("%s: %s still waits", text, name)
			}
		}
	}
}

// ParseJSON needs no OpenJSON, and each state has a null of its own, which is
// null in every state.
func TestJSONNullBelongsToItsState(t *testing.T) {
	A, B := newJSONState(t), lua.NewState()
	defer B.Close()
	a, errA := ParseJSON(A, []byte("null"))
	b, errB := ParseJSON(B, []byte("null"))
	if errA != nil || errB != nil || a == b {
		t.Fatalf("got %v, %v, %v, %v", a, b, errA, errB)
	}
	if null := A.GetGlobal("json").(*lua.LTable).RawGetString("null"); null != a {
		t.Errorf("json.null is %p, want %p", null, a)
	}
	thread, _ := A.NewThread()
	if again, _ := ParseJSON(thread, []byte("null")); again != a {
		t.Errorf("in a thread of the state, null is %p, want %p", again, a)
	}
	for _, null := range []lua.LValue{a, b, lua.LNil, nil} {
		if got, err := AppendJSON(nil, null, 0); string(got) != "null" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

// Numbers come out as those of encoding/json, which are the shortest too,
// except that it writes whole ones beyond 2^53 alike.
func TestJSONNumbersAreTheShortest(t *testing.T) {
	numbers := []float64{0, math.Copysign(0, -1), 0.1 + 0.2, 1e-6, 9.99999e-7, 999999999.999999, 1e9 + 0.1, 1 << 53, 1<<53 + 2, 1e20, 1e21,
		1e-9, 1.5e-10, 1e100, math.MaxFloat64, math.SmallestNonzeroFloat64, 0.000001, 0.0000015, 4.35, 0.285, 1.005, 2.675}
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		f := math.Float64frombits(random.Uint64())
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			numbers = append(numbers, f)
		}
		decimals := math.Pow10(random.IntN(9))
		few := math.Round(random.NormFloat64()*math.Pow10(random.IntN(10))*decimals) / decimals
		numbers = append(numbers, few, math.Nextafter(few, 0), random.Float64())
	}
	for _, f := range numbers {
		want, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendJSONNumber(nil, f); !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

func TestPlainJSONStopsAtTheFirstByteThatIsNot(t *testing.T) {
	for size := range 20 {
		plain := strings.Repeat("~ ", 10)[:size]
		if got := plainJSON(plain); got != size {
			t.Fatalf("%q: got %d, want %d", plain, got, size)
		}
		for at := range size {
			for c := range 256 {
				s := plain[:at] + string([]byte{byte(c)}) + "\x00\xff\""[:min(3, size-at)] + plain[at:]
				want := at
				for want < len(s) && s[want] >= ' ' && s[want] != '"' && s[want] != '\\' && s[want] < 0x80 {
					want++
				}
				if got := plainJSON(s); got != want {
					t.Fatalf("%q: got %d, want %d", s, got, want)
				}
			}
		}
	}
}

// runJSON is what a chunk returns.
func runJSON(t testing.TB, L *lua.LState, source string) lua.LValue {
	t.Helper()
	if err := L.DoString(source); err != nil {
		t.Fatal(err)
	}
	v := L.Get(-1)
	L.Pop(1)
	return v
}
