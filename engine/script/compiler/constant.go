package compiler

import (
	"math"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
	"unsafe"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// A constant is the key under which a function finds the index of a constant. The key of a number
// is its bits, so that 0 and -0 are two constants.
type constant struct {
	kind   lua.LValueType
	number uint64 // the bits of a number; 1 for true
	text   string
}

// constantIndex returns the index of v in the function's constants. It adds v if it is new.
func (f *function) constantIndex(v lua.LValue, line int) int {
	key, text := constant{kind: v.Type()}, ""
	switch v := v.(type) {
	case lua.LNumber:
		key.number = math.Float64bits(float64(v))
	case lua.LBool:
		if v {
			key.number = 1
		}
	case lua.LString:
		text = string(v)
		key.text = text
	}
	if i, ok := f.constants[key]; ok {
		return i
	}
	i := len(f.proto.Constants)
	if i >= maxBx {
		f.failLimit(line, maxBx, "constants: large data belongs in a JSON file")
	}
	f.constants[key] = i
	f.proto.Constants = append(f.proto.Constants, v)
	f.strings = append(f.strings, text)
	return i
}

func (f *function) stringIndex(s string, line int) int { return f.constantIndex(lua.LString(s), line) }

// literal returns the value of e if e is a constant expression, and a Go nil otherwise.
func (f *function) literal(e ast.Expr) lua.LValue {
	switch e := e.(type) {
	case *ast.NilExpr:
		return lua.LNil
	case *ast.TrueExpr:
		return lua.LTrue
	case *ast.FalseExpr:
		return lua.LFalse
	case *ast.StringExpr:
		return lua.LString(e.Value)
	}
	if n, ok := f.fold(e, 0); ok {
		return lua.LNumber(n)
	}
	return nil
}

// maxFold is the maximal depth of an expression that fold computes. Without a limit, the time to
// compile a long sum would grow with the square of its length.
const maxFold = 8

// fold returns the value of e if e consists of numbers only, and false otherwise. It also returns
// false for modulo, for divisions by zero and if the result is NaN; the virtual machine computes
// these. depth is how deep e is inside of the expression that is computed.
func (f *function) fold(e ast.Expr, depth int) (float64, bool) {
	if depth > maxFold {
		return 0, false
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		return f.number(e), true
	case *ast.UnaryMinusOpExpr:
		n, ok := f.fold(e.Expr, depth+1)
		return -n, ok
	case *ast.ArithmeticOpExpr:
		right, ok := f.fold(e.Rhs, depth+1)
		if !ok {
			return 0, false
		}
		left, ok := f.fold(e.Lhs, depth+1)
		if !ok {
			return 0, false
		}
		n := math.NaN()
		switch {
		case e.Operator == "+":
			n = left + right
		case e.Operator == "-":
			n = left - right
		case e.Operator == "*":
			n = left * right
		case e.Operator == "^":
			n = math.Pow(left, right)
		case e.Operator == "/" && right != 0:
			n = left / right
		}
		return n, !math.IsNaN(n)
	}
	return 0, false
}

// number returns the value of a number literal.
func (f *function) number(e *ast.NumberExpr) float64 {
	text := e.Value
	if digits, ok := strings.CutPrefix(strings.ToLower(text), "0x"); ok {
		if n, err := strconv.ParseUint(digits, 16, 64); err == nil {
			return float64(n)
		}
		text = "0x" + digits + "p0" // ParseFloat wants an exponent
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil && !math.IsInf(n, 0) {
		f.fail(e.Line(), "malformed number near '%s'", strings.TrimFunc(e.Value, func(r rune) bool { return r <= ' ' || r == utf8.RuneError }))
	}
	return n
}

// stringsField is the offset of the field stringConstants in a lua.FunctionProto. The virtual
// machine reads the names of globals and fields from this field, and gopher-lua does not export it.
var stringsField = func() uintptr {
	field, ok := reflect.TypeFor[lua.FunctionProto]().FieldByName("stringConstants")
	if !ok || field.Type != reflect.TypeFor[[]string]() {
		panic("gopher-lua keeps the texts of constants in another way")
	}
	return field.Offset
}()

func setStringConstants(p *lua.FunctionProto, texts []string) {
	*(*[]string)(unsafe.Add(unsafe.Pointer(p), stringsField)) = texts
}
