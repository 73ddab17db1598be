package tools

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

// FitArguments checks the arguments of a tool call against the parameters of the tool, and replaces
// values of a wrong type that can mean only one thing. args is the result of value.ParseArguments for
// the Lua state L. fitted is the table for the handler, which is args itself if args is an object, and
// an empty table if there are no arguments. changes has a sentence for each replaced value. The error
// is a sentence for the agent: see tool.Fit.
func FitArguments(L *lua.LState, spec *tool.Spec, args lua.LValue) (fitted lua.LValue, changes []string, err error) {
	values := luaValues{L}
	if text, ok := args.(lua.LString); ok {
		// some models send the arguments as JSON in a string
		if parsed, ok := values.Parse(string(text)); ok && values.Kind(parsed) == tool.Object {
			args, changes = parsed, []string{"the arguments are a string, taken as the object in it"}
		}
	}
	if values.Kind(args) == tool.Null {
		args = L.CreateTable(0, 0)
	}
	more, err := tool.Fit(spec, args, values)
	return args, append(changes, more...), err
}

// luaValues lets tool.Fit read and replace Lua values that were made from JSON.
type luaValues struct{ L *lua.LState }

func (luaValues) Kind(v lua.LValue) tool.Kind {
	switch v := v.(type) {
	case lua.LBool:
		return tool.Boolean
	case lua.LNumber:
		return tool.Number
	case lua.LString:
		return tool.String
	case *lua.LTable:
		if value.IsArray(v) {
			return tool.Array
		}
		return tool.Object
	}
	return tool.Null
}

func (luaValues) Text(v lua.LValue) string    { return string(v.(lua.LString)) }
func (luaValues) Number(v lua.LValue) float64 { return float64(v.(lua.LNumber)) }
func (luaValues) Len(v lua.LValue) int        { return v.(*lua.LTable).Len() }

func (luaValues) Item(v lua.LValue, i int) lua.LValue { return v.(*lua.LTable).RawGetInt(i + 1) }

func (luaValues) Field(v lua.LValue, name string) lua.LValue {
	return v.(*lua.LTable).RawGetString(name)
}

func (luaValues) SetField(v lua.LValue, name string, field lua.LValue) {
	v.(*lua.LTable).RawSetString(name, field)
}

func (luaValues) SetItem(v lua.LValue, i int, item lua.LValue) {
	v.(*lua.LTable).RawSetInt(i+1, item)
}

func (luaValues) NewBoolean(b bool) lua.LValue   { return lua.LBool(b) }
func (luaValues) NewNumber(x float64) lua.LValue { return lua.LNumber(x) }
func (luaValues) NewString(s string) lua.LValue  { return lua.LString(s) }

func (values luaValues) Parse(text string) (lua.LValue, bool) {
	v, err := value.ParseArguments(values.L, []byte(text))
	return v, err == nil
}

func (luaValues) Show(v lua.LValue) string {
	text, err := value.Append(nil, v, 0)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
