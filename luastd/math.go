package luastd

import (
	"math"
	"math/rand/v2"

	lua "github.com/yuin/gopher-lua"
)

// openMath opens the math library, which is Lua 5.1's. Its random numbers
// differ from run to run until math.randomseed is called.
//
//	math.abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp ldexp
//	math.log log10 max min modf pow rad sin sinh sqrt tan tanh
//	math.random()             -> at least 0, less than 1
//	math.random([m,] n)       -> a whole number from m, or 1, to n
//	math.randomseed(x)           what follows is the same each time
//	math.huge, math.pi
func openMath(L *lua.LState) {
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
		"ldexp": func(x, n float64) float64 { return math.Ldexp(x, int(max(-5000, min(5000, whole(n))))) },
	} {
		all.RawSetString(name, L.NewFunction(func(L *lua.LState) int {
			a := checkNumber(L, 1)
			L.Push(lua.LNumber(f(a, checkNumber(L, 2))))
			return 1
		}))
	}
	random := rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	set(L, all, map[string]lua.LGFunction{
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
	L.SetGlobal("math", all)
}

// log10 is exact for the powers of ten, which Go's is not: a script that counts
// digits takes its floor.
func log10(x float64) float64 {
	y := math.Log10(x)
	if n := math.Round(y); n != y && math.Abs(n) < 400 && math.Pow10(int(n)) == x {
		return n
	}
	return y
}

// extreme returns the argument that comes before all others.
func extreme(L *lua.LState, before func(a, b float64) bool) int {
	most := checkNumber(L, 1)
	for n := 2; n <= L.GetTop(); n++ {
		if x := checkNumber(L, n); before(x, most) {
			most = x
		}
	}
	L.Push(lua.LNumber(most))
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

// mathRandom turns r, at least 0 and less than 1, into what was asked for.
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
