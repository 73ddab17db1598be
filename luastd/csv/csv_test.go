package csv_test

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"

	module "moonlark/luastd/csv"
	"moonlark/luastd/luastdtest"
)

func TestCSVExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// decode must read what package encoding/csv reads, and the rows that decode returns must be the
// same after encode and decode.
func FuzzDecode(f *testing.F) {
	for _, text := range []string{"", "a,b\n1,2\n", "a;b\r\n\"1\"\"\n\";2", "\"", "a\"b,c", "\n\n", "\ufeffa", ",", "\"\"", "a,a\n", "\r"} {
		f.Add(text, true, true)
		f.Add(text, false, false)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string, header, lazy bool) {
		options := functions.L.NewTable()
		options.RawSetString("header", lua.LBool(header))
		options.RawSetString("lazy", lua.LBool(lazy))
		got, err := functions.Call("decode", lua.LString(text), options)
		if err != nil {
			t.Fatal(err)
		}
		reader := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		reader.LazyQuotes = lazy
		reader.FieldsPerRecord = 0
		if lazy {
			reader.FieldsPerRecord = -1
		}
		want, err := reader.ReadAll()
		if err != nil {
			luastdtest.CheckFailure(t, got, "invalid")
			return
		}
		if len(got) == 3 {
			if header {
				names := slices.DeleteFunc(slices.Sorted(slices.Values(want[0])), func(name string) bool { return name == "" })
				if len(slices.Compact(slices.Clone(names))) < len(names) {
					return // two columns have the same name
				}
			}
			t.Fatalf("decode(%q) returned %q", text, got)
		}
		if header {
			if rows := got[0].(*lua.LTable).Len(); rows != max(len(want)-1, 0) {
				t.Fatalf("decode(%q) returned %d rows, want %d after the header", text, rows, len(want)-1)
			}
			return
		}
		checkRows(t, text, got[0], want)
		encoded, err := functions.Call("encode", got[0])
		if err != nil {
			t.Fatal(err)
		}
		again, err := functions.Call("decode", encoded[0], options)
		if err != nil {
			t.Fatal(err)
		}
		checkRows(t, encoded[0].String(), again[0], want)
	})
}

// checkRows checks the rows that decode has returned for text.
func checkRows(t *testing.T, text string, rows lua.LValue, want [][]string) {
	var got [][]string
	table, ok := rows.(*lua.LTable)
	if !ok {
		t.Fatalf("decode(%q) returned %v", text, rows)
	}
	for i := 1; i <= table.Len(); i++ {
		var values []string
		row := table.RawGetInt(i).(*lua.LTable)
		for j := 1; j <= row.Len(); j++ {
			values = append(values, row.RawGetInt(j).String())
		}
		got = append(got, values)
	}
	if !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Fatalf("decode(%q) returned %q, want %q", text, got, want)
	}
}
