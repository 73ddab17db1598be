// Package bit has the Lua modules "bit" and "bit32". They work with the bits of 32-bit numbers, as
// the library "bit" of LuaJIT does.
//
//	bit.band(x, ...)   bit.bor(x, ...)   bit.bxor(x, ...)  -> the bits of all arguments combined by and,
//	                                                          or, exclusive or
//	bit.bnot(x)        -> x with all bits inverted
//	bit.lshift(x, n)   -> x shifted left by n bits
//	bit.rshift(x, n)   -> x shifted right by n bits, filled with zeros
//	bit.arshift(x, n)  -> x shifted right by n bits, filled with the sign bit of x
//	bit.rol(x, n)      -> x rotated left by n bits
//	bit.ror(x, n)      -> x rotated right by n bits
//	bit.tobit(x)       -> x as a 32-bit number
//	bit.tohex(x [, n]) -> x in hexadecimal, with n digits (default: 8); upper case if n is negative
//
// The functions of bit return numbers from -2^31 to 2^31-1, and those of bit32 return numbers from
// 0 to 2^32-1. Arguments may be of either kind: only the lowest 32 bits of an argument count. The
// fraction of a number is rounded. Only the lowest 5 bits of n count in a shift or rotation.
package bit

import (
	_ "embed"
	"fmt"
	"math"
	"math/bits"

	lua "github.com/yuin/gopher-lua"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

//go:embed doc32.lua
var doc32 string

//go:embed manual32.md
var manual32 string

// Module is the Lua module "bit".
var Module = luastd.Module{Name: "bit", Doc: doc, Manual: manual, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
	return open(L, func(x uint32) lua.LNumber { return lua.LNumber(int32(x)) })
}}

// Module32 is the Lua module "bit32".
var Module32 = luastd.Module{Name: "bit32", Doc: doc32, Manual: manual32, Open: func(L *lua.LState, _ luastd.Runtime) lua.LValue {
	return open(L, func(x uint32) lua.LNumber { return lua.LNumber(x) })
}}

// open returns the table of a module whose functions convert their results with number.
func open(L *lua.LState, number func(uint32) lua.LNumber) lua.LValue {
	combine := func(f func(x, y uint32) uint32) lua.LGFunction {
		return func(L *lua.LState) int {
			x := check(L, 1)
			for n := 2; n <= L.GetTop(); n++ {
				x = f(x, check(L, n))
			}
			L.Push(number(x))
			return 1
		}
	}
	shift := func(f func(x uint32, n int) uint32) lua.LGFunction {
		return func(L *lua.LState) int {
			x, n := check(L, 1), check(L, 2)
			L.Push(number(f(x, int(n&31))))
			return 1
		}
	}
	convert := func(f func(x uint32) uint32) lua.LGFunction {
		return func(L *lua.LState) int {
			L.Push(number(f(check(L, 1))))
			return 1
		}
	}
	t := L.CreateTable(0, 11)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"band":    combine(func(x, y uint32) uint32 { return x & y }),
		"bor":     combine(func(x, y uint32) uint32 { return x | y }),
		"bxor":    combine(func(x, y uint32) uint32 { return x ^ y }),
		"bnot":    convert(func(x uint32) uint32 { return ^x }),
		"lshift":  shift(func(x uint32, n int) uint32 { return x << n }),
		"rshift":  shift(func(x uint32, n int) uint32 { return x >> n }),
		"arshift": shift(func(x uint32, n int) uint32 { return uint32(int32(x) >> n) }),
		"rol":     shift(bits.RotateLeft32),
		"ror":     shift(func(x uint32, n int) uint32 { return bits.RotateLeft32(x, -n) }),
		"tobit":   convert(func(x uint32) uint32 { return x }),
		"tohex":   tohex,
	})
	return t
}

// check returns the lowest 32 bits of argument n. It raises an error if the argument is not a
// finite number.
func check(L *lua.LState, n int) uint32 {
	x := float64(L.CheckNumber(n))
	if math.IsNaN(x) || math.IsInf(x, 0) {
		L.ArgError(n, fmt.Sprintf("a finite number expected, got %v", lua.LNumber(x)))
	}
	x = math.Mod(math.RoundToEven(x), 1<<32)
	return uint32(int64(x))
}

func tohex(L *lua.LState) int {
	x, digits := check(L, 1), 8
	if L.Get(2) != lua.LNil {
		digits = int(int32(check(L, 2)))
	}
	format := "%0*x"
	if digits < 0 {
		digits = -max(digits, -8)
		format = "%0*X"
	}
	if digits = min(digits, 8); digits == 0 {
		L.Push(lua.LString(""))
		return 1
	}
	if digits < 8 {
		x &= 1<<(4*digits) - 1
	}
	L.Push(lua.LString(fmt.Sprintf(format, digits, x)))
	return 1
}
