package value_test

import (
	"bytes"
	encodingjson "encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/json"
	"moonlark/luastd/value"
)

func TestAppendAllocatesNothingIfDstHasRoom(t *testing.T) {
	L := newState(t)
	buf := make([]byte, 0, 1<<20)
	for _, row := range []struct{ why, source string }{
		{"an object", samples["5-key object"]},
		{"objects in an array", samples["list of 100 objects"]},
		{"tables in tables", samples["nested 60"]},
		{"numbers", samples["10,000 floats"]},
		{"large integers as keys", `return {[-5] = 1, [5000] = {2}, [300] = 3}`},
		{"a tagged array with holes", `return json.array{1, nil, {json.null}}`},
		{"strings to escape", `return {"a\nb", "Grüße \255"}`},
	} {
		v := run(t, L, row.source)
		if n := testing.AllocsPerRun(100, func() {
			if _, err := value.Append(buf, v, 0); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", row.why, n)
		}
	}
}

func TestAppendKeepsTheContentOfDst(t *testing.T) {
	L := newState(t)
	v := run(t, L, `return {1, {x = "y"}}`)
	got, err := value.Append([]byte("result="), v, 0)
	if string(got) != `result=[1,{"x":"y"}]` || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestAppendStopsAtMax(t *testing.T) {
	L := newState(t)
	for _, source := range []string{`return "12345678"`, `return {12, 345, 6}`, `return {a = 1, b = ""}`, `return {{{}}}`, `return {[5000] = 1}`} {
		v := run(t, L, source)
		whole, err := value.Append(nil, v, 0)
		if err != nil {
			t.Fatal(err)
		}
		before := []byte("before")
		if got, err := value.Append(before, v, len(whole)); err != nil || string(got) != "before"+string(whole) {
			t.Errorf("%s: with just enough room got %q, %v", source, got, err)
		}
		for n := 1; n < len(whole); n++ {
			got, err := value.Append(before, v, n)
			var wrong *value.Error
			if !errors.As(err, &wrong) || !strings.Contains(wrong.Why, "longer than") || string(got) != "before" {
				t.Errorf("%s: with room for %d got %q, %v", source, n, got, err)
			}
		}
	}
}

func TestAnErrorHasThePathToTheWrongPart(t *testing.T) {
	L := newState(t)
	for _, row := range []struct{ why, source, want string }{
		{"wrong itself", `return print`, "result: a function cannot be JSON"},
		{"wrong field", `return {x = {y = print}}`, "result.x.y: a function cannot be JSON"},
		{"wrong element", `return {{print}}`, "result[1][1]: a function cannot be JSON"},
		{"too long, which no element is guilty of", `return {a = {("x"):rep(100)}}`, "result: longer than 50 bytes"},
	} {
		_, err := value.Append(nil, run(t, L, row.source), 50)
		var wrong *value.Error
		if !errors.As(err, &wrong) {
			t.Fatalf("%s: got %v", row.why, err)
		}
		if got := wrong.In("result").Error(); got != row.want {
			t.Errorf("%s: got %s, want %s", row.why, got, row.want)
		}
	}
}

// The path of this error has long keys. Without a limit for each key, the error would have 10 MB.
func TestAnErrorWithLongKeysIsShort(t *testing.T) {
	L := newState(t)
	v := run(t, L, `
		local t = print
		for i = 1, 99 do t = {[("\1"):rep(1e5) .. i] = t} end
		return t`)
	_, err := value.Append(nil, v, 1<<30)
	if err == nil || len(err.Error()) > 20_000 {
		t.Errorf("got %.100v", err)
	}
}

func TestAppendWritesKeysOutsideOfTheArrayPart(t *testing.T) {
	defer func(n int) { lua.MaxArrayIndex = n }(lua.MaxArrayIndex)
	lua.MaxArrayIndex = 4
	L := newState(t)
	for _, row := range []struct{ why, source, want string }{
		{"an array that goes on after the array part", `local t = {} for i = 1, 6 do t[i] = i end return t`, "[1,2,3,4,5,6]"},
		{"set in any order", `local t = {} t[6], t[2], t[5] = 6, 2, 5 t[1], t[4], t[3] = 1, 4, 3 return t`, "[1,2,3,4,5,6]"},
		{"a gap after the array part", `local t = {1, 2, 3} t[5] = 5 return t`, `{"1":1,"2":2,"3":3,"5":5}`},
		{"a gap in front", `local t = {1, 2} t[4] = 4 return t`, `{"1":1,"2":2,"4":4}`},
		{"a tagged gap", `local t = json.array{1, 2} t[5] = 5 return t`, `[1,2,null,null,5]`},
	} {
		got, err := value.Append(nil, run(t, L, row.source), 0)
		if string(got) != row.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", row.why, got, err, row.want)
		}
	}
	if v, err := value.Parse(L, []byte("[1,2,3,4]")); err == nil {
		t.Errorf("an array beyond what a table can have became %v", v)
	}
	inserted := run(t, L, `local t = {} for i = 1, 6 do table.insert(t, i) end return t`)
	if got, err := value.Append(nil, inserted, 0); err == nil {
		t.Errorf("a table in which no key is certain became %s", got)
	}
}

func TestTheResultOfParseDoesNotShareMemoryWithItsInput(t *testing.T) {
	L := newState(t)
	data := []byte(`{"name":"hall","lamps":["one","t\u0077o"]}`)
	v, err := value.Parse(L, data)
	if err != nil {
		t.Fatal(err)
	}
	for i := range data {
		data[i] = 'x'
	}
	if got, _ := value.Append(nil, v, 0); string(got) != `{"name":"hall","lamps":["one","two"]}` {
		t.Errorf("got %s", got)
	}
}

// Each Lua state has a json.null of its own, which is recognised in every state. Parse must work
// even if the Lua module json has not been opened.
func TestNullIsRecognisedInEveryState(t *testing.T) {
	A, B := newState(t), lua.NewState()
	defer B.Close()
	a, errA := value.Parse(A, []byte("null"))
	b, errB := value.Parse(B, []byte("null"))
	if errA != nil || errB != nil || a == b {
		t.Fatalf("got %v, %v, %v, %v", a, b, errA, errB)
	}
	if null := A.GetGlobal("json").(*lua.LTable).RawGetString("null"); null != a {
		t.Errorf("json.null is %p, want %p", null, a)
	}
	thread, _ := A.NewThread()
	if again, _ := value.Parse(thread, []byte("null")); again != a {
		t.Errorf("in a thread of the state, null is %p, want %p", again, a)
	}
	for _, null := range []lua.LValue{a, b, lua.LNil, nil} {
		if got, err := value.Append(nil, null, 0); string(got) != "null" || err != nil {
			t.Errorf("got %s, %v", got, err)
		}
	}
}

// Numbers are written as in encoding/json: as the shortest text that reads back as the same number.
func TestNumbersAreWrittenAsShortAsPossible(t *testing.T) {
	numbers := []float64{0, math.Copysign(0, -1), 0.1 + 0.2, 1e-6, 9.99999e-7, 999999999.999999, 1e9 + 0.1, 1 << 53, 1<<53 + 2, 1e20, 1e21,
		1e-9, 1.5e-10, 1e100, math.MaxFloat64, math.SmallestNonzeroFloat64, 0.000001, 0.0000015, 4.35, 0.285, 1.005, 2.675}
	random := rand.New(rand.NewPCG(1, 2))
	n := 200_000
	if testing.Short() {
		n = 20_000
	}
	for range n {
		f := math.Float64frombits(random.Uint64())
		if !math.IsNaN(f) && !math.IsInf(f, 0) {
			numbers = append(numbers, f)
		}
		decimals := math.Pow10(random.IntN(9))
		few := math.Round(random.NormFloat64()*math.Pow10(random.IntN(10))*decimals) / decimals
		numbers = append(numbers, few, math.Nextafter(few, 0), random.Float64())
	}
	for _, f := range numbers {
		want, err := encodingjson.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		if got := value.AppendNumber(nil, f); !bytes.Equal(got, want) {
			t.Fatalf("got %s, want %s", got, want)
		}
	}
}

// run runs the Lua code source and returns its result.
func run(t testing.TB, L *lua.LState, source string) lua.LValue {
	t.Helper()
	if err := L.DoString(source); err != nil {
		t.Fatal(err)
	}
	v := L.Get(-1)
	L.Pop(1)
	return v
}

// newState returns a Lua state with gopher-lua's libraries and the Lua module json.
func newState(t testing.TB) *lua.LState {
	L := lua.NewState()
	t.Cleanup(L.Close)
	L.SetGlobal("json", json.Module.Open(L, nil))
	return L
}
