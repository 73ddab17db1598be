package std

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	lua "github.com/yuin/gopher-lua"
)

// The test writes random numbers in random formats.
func TestFormatWritesNumbersAsLua51Does(t *testing.T) {
	n := 5000
	if testing.Short() {
		n = 1000
	}
	compareWithLua51(t, formatProgram(n))
}

// formatProgram returns a Lua program of n lines. Each line writes one line of output.
func formatProgram(n int) string {
	random := rand.New(rand.NewPCG(5, 1))
	numbers := []string{"0", "1", "-1", "0.5", "2.5", "-0.05", "9.5", "99.95", "123456", "1e15", "-1e16", "1e100", "-1e-100", "5e-324",
		"1.7976931348623157e308", "2^31", "-2^31", "2^53", "-2^62", "1/3", "-2/3", "1/0", "-1/0", "0.1", "1e5", "1e-4", "1e-5", "999999.5"}
	var program strings.Builder
	for range n {
		flags := ""
		for _, flag := range "-+ #0" {
			if random.IntN(4) == 0 {
				flags += string(flag)
			}
		}
		width := []string{"", "", "1", "7", "30", "99"}[random.IntN(6)]
		prec := []string{"", "", ".", ".0", ".1", ".3", ".14", ".17", ".40", ".99"}[random.IntN(10)]
		letter := "dioxXueEfgGgfs"[random.IntN(14)]
		number := numbers[random.IntN(len(numbers))]
		if random.IntN(2) == 0 {
			number = fmt.Sprint(random.NormFloat64() * []float64{1, 100, 1e6, 1e-3, 1e12}[random.IntN(5)])
		}
		whole := !strings.ContainsRune("eEfgGs", rune(letter))
		if whole && strings.Contains(number, "/0") || whole && strings.Contains(number, "e") && !strings.Contains(number, "e-") {
			// the result would be undefined in C, because no integer type can hold the number
			number = "42"
		}
		if letter == 's' {
			number = `"` + []string{"", "a", "hello", "hello world"}[random.IntN(4)] + `"`
		}
		if strings.Contains(flags, "#") && strings.ContainsRune("gG", rune(letter)) {
			number = "1.25" // some versions of glibc round such numbers wrongly to one more digit
		}
		fmt.Fprintf(&program, "write(string.format(\"%%%s%s%s%c|\\n\", %s))\n", flags, width, prec, letter, number)
	}
	return program.String()
}

// No arguments may make format panic, or write more than its maximal length.
func FuzzFormat(f *testing.F) {
	for _, seed := range []string{"%d %5.1f", "%s|%-10.3s", "%q%c", "%#x%+d% g", "%99.99f", "%y", "%", "%5", "%.", "%%%", "%-+ #0-d", "%#.0e%#.3g"} {
		f.Add(seed, "text\x00\"", 1.5)
		f.Add(seed, "12", -1e308)
	}
	f.Fuzz(func(t *testing.T, format, text string, number float64) {
		L := newState(t, &fakeRuntime{})
		fn := L.GetField(L.GetGlobal("string"), "format")
		for _, args := range [][]lua.LValue{
			{lua.LString(text), lua.LNumber(number), lua.LNil, lua.LString(text)},
			{lua.LNumber(number), lua.LNumber(-number), lua.LString(text)},
		} {
			args = append([]lua.LValue{lua.LString(format)}, args...)
			if err := L.CallByParam(lua.P{Fn: fn, NRet: 1, Protect: true}, args...); err != nil {
				if raised := (*lua.ApiError)(nil); errors.As(err, &raised) && raised.Type != lua.ApiErrorRun || strings.Contains(err.Error(), "runtime error") {
					t.Error(err)
				}
				continue
			}
			if size := len(L.Get(-1).String()); size > len(format)+3*420+4*3*len(text) {
				t.Errorf("%q gives %d bytes", format, size)
			}
			L.Pop(1)
		}
	})
}
