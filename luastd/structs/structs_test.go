package structs_test

import (
	"testing"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd/luastdtest"
	"moonlark/luastd/structs"
)

func TestStructExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// unpack must accept or refuse any format and any bytes. The values that it returns must be the
// same after pack and unpack.
func FuzzUnpack(f *testing.F) {
	for _, format := range []string{"<i4", ">I3b", "!4bi4Xd", "s1z", "c3", "fd", "s16", "i16", "y", "X", "i99999999999", "!3bi3", " ", "=jJlLTnhH"} {
		f.Add(format, "\x01\x02\x03\x00\x00\x00\x00\x00\x00abc\x00\xff\xff\xff\xff\xff\xff\xff\xff")
	}
	functions := luastdtest.OpenFunctions(f, structs.Module)
	f.Fuzz(func(t *testing.T, format, data string) {
		values, err := functions.Call("unpack", lua.LString(format), lua.LString(data))
		if err != nil {
			return // unpack raises an error if the format is wrong
		}
		if values[0] == lua.LNil {
			luastdtest.CheckFailure(t, values, "invalid")
			return
		}
		next := values[len(values)-1].(lua.LNumber)
		if next < 1 || int(next) > len(data)+1 {
			t.Fatalf("unpack(%q, %q) returned the position %v", format, data, next)
		}
		args := append([]lua.LValue{lua.LString(format)}, values[:len(values)-1]...)
		packed, err := functions.Call("pack", args...)
		if err != nil {
			t.Fatalf("pack(%q, %q): %v", format, values, err)
		}
		again, err := functions.Call("unpack", lua.LString(format), packed[0])
		if err != nil || len(again) != len(values) {
			t.Fatalf("unpack(%q, %q) returned %q, %v; want %q", format, packed[0], again, err, values)
		}
		for i, v := range values {
			if v.String() != again[i].String() { // compares strings, because NaN is not equal to itself
				t.Fatalf("unpack(%q, %q) returned %q, want %q", format, packed[0], again, values)
			}
		}
	})
}
