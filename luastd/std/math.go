package std

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// openMath returns a table with the functions of the math library. Until the script calls
// math.randomseed, its random numbers are different each time the script is loaded.
//
//	math.abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp ldexp
//	math.log log10 max min modf pow rad sin sinh sqrt tan tanh
//	math.random()             -> a number from 0 up to but not including 1
//	math.random([m,] n)       -> a whole number from m, or 1, to n
//	math.randomseed(x)           makes the following random numbers the same each time
//	math.huge, math.pi
func openMath(L *lua.LState, _ luastd.Runtime) lua.LValue {
	all := L.CreateTable(0, 32)
	for name, f := range map[string]func(float64) float64{
		"abs": math.Abs, "acos": math.Acos, "asin": math.Asin, "atan": math.Atan, "ceil": math.Ceil,
		"cos": math.Cos, "cosh": math.Cosh, "exp": math.Exp, "floor": math.Floor, "log": math.Log,
		"log10": log10, "sin": math.Sin, "sinh": math.Sinh, "sqrt": math.Sqrt, "tan": math.Tan, "tanh": math.Tanh,
		"deg": func(x float64) float64 { return x / (math.Pi / 180) },
		"rad": func(x float64) float64 { return x * (math.Pi / 180) },
	} {
		all.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			L.Push(lua.LNumber(f(checkNumber(L, 1))))
			return 1
		}))
	}
	for name, f := range map[string]func(a, b float64) float64{
		"atan2": math.Atan2, "fmod": math.Mod, "mod": math.Mod, "pow": math.Pow,
		"ldexp": func(x, n float64) float64 { return math.Ldexp(x, int(max(-5000, min(5000, truncate(n))))) },
	} {
		all.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			a := checkNumber(L, 1)
			L.Push(lua.LNumber(f(a, checkNumber(L, 2))))
			return 1
		}))
	}
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	value.SetFunctions(L, all, map[string]lua.LGFunction{
		"frexp": func(L *lua.LState) int {
			fraction, exponent := math.Frexp(checkNumber(L, 1))
			L.Push(lua.LNumber(fraction))
			L.Push(lua.LNumber(exponent))
			return 2
		},
		"max":  func(L *lua.LState) int { return extreme(L, func(a, b float64) bool { return a > b }) },
		"min":  func(L *lua.LState) int { return extreme(L, func(a, b float64) bool { return a < b }) },
		"modf": mathModf,
		"random": func(L *lua.LState) int {
			return mathRandom(L, random.Float64())
		},
		"randomseed": func(L *lua.LState) int {
			*random = *rand.New(rand.NewPCG(math.Float64bits(checkNumber(L, 1)), 0))
			return 0
		},
	})
	all.RawSetString("pi", lua.LNumber(math.Pi))
	all.RawSetString("huge", lua.LNumber(math.Inf(1)))
	return all
}

// log10 returns the decimal logarithm of x. Unlike math.Log10, it is exact for powers of ten,
// because scripts use math.floor(math.log10(n)) to count the digits of n.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); n != y && math.Abs(n) < 400 && math.Pow10(int(n)) == x {
		return n
	}
	return y
}

// extreme pushes the greatest or the smallest of the arguments: the one for which before(argument,
// other) is true for all others. It returns 1.
func extreme(L *lua.LState, before func(a, b float64) bool) int {
	found := checkNumber(L, 1)
	for n := 2; n <= L.GetTop(); n++ {
		if x := checkNumber(L, n); before(x, found) {
			found = x
		}
	}
	L.Push(lua.LNumber(found))
	return 1
}

func mathModf(L *lua.LState) int {
	x := checkNumber(L, 1)
	whole, fraction := math.Modf(x)
	if math.IsInf(x, 0) {
		fraction = math.Copysign(0, x)
	}
	L.Push(lua.LNumber(whole))
	L.Push(lua.LNumber(fraction))
	return 2
}

// mathRandom is the Lua function math.random. r is a random number from 0 up to but not including
// 1, which mathRandom converts to the range that the arguments give.
func mathRandom(L *lua.LState, r float64) int {
	low, high := 1.0, 0.0
	switch L.GetTop() {
	case 0:
		L.Push(lua.LNumber(r))
		return 1
	case 1:
		high = float64(checkInt(L, 1))
	case 2:
		low, high = float64(checkInt(L, 1)), float64(checkInt(L, 2))
	default:
		L.RaiseError("wrong number of arguments")
	}
	if low > high {
		argError(L, L.GetTop(), "interval is empty")
	}
	L.Push(lua.LNumber(low + math.Floor(r*(high-low+1))))
	return 1
}
