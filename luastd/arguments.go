package luastd

import (
	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
)

// CheckArguments compares the arguments of a call, as ParseJSON made them, with
// what the tool takes: see tool.Check.
func CheckArguments(spec *tool.Spec, args lua.LValue) error {
	return tool.Check(spec, args, luaValues{})
}

// luaValues reads Lua values as the JSON they came from.
type luaValues struct{}

func (luaValues) Kind(v lua.LValue) tool.Kind {
	switch v := v.(type) {
	case lua.LBool:
		return tool.Boolean
	case lua.LNumber:
		return tool.Number
	case lua.LString:
		return tool.String
	case *lua.LTable:
		if isJSONArray(v) {
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

func (luaValues) Show(v lua.LValue) string {
	text, err := AppendJSON(nil, v, 0)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
