package luastd

import (
	"fmt"
	"strings"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
)

// A Registrar takes down what a script offers while it loads. Each method
// returns an error when the script has loaded already, or the thing cannot be
// taken.
type Registrar interface {
	RegisterTool(spec *tool.Spec, handler *lua.LFunction) error
	On(event string, fn *lua.LFunction) error
	OnStart(fn *lua.LFunction) error
	OnUnload(fn *lua.LFunction) error

	// Agent says how the agent is to be different: settings are JSON, and place
	// is where the script says so.
	Agent(settings []byte, place string) error
}

// openTools opens the functions by which a script says what it offers. They
// work while it loads, not later.
//
//	register_tool(name, fn)
//	register_tool(name, spec, fn)
//	register_tool(spec)   spec is a table; see specFields. fn(args, call) -> result, or nil and why not
//	on(event, fn)         fn(event) runs at each event of that type
//	on_start(fn)          fn() runs once the script is the one in use
//	on_unload(fn)         fn() runs when it no longer is; it cannot wait
//	agent(settings)       how the agent is to be different from what it is configured to be
func openTools(L *lua.LState, host Registrar) {
	hooks := func(register func(*lua.LFunction) error) lua.LGFunction {
		return func(L *lua.LState) int {
			raise(L, register(L.CheckFunction(1)))
			return 0
		}
	}
	set(L, L.G.Global, map[string]lua.LGFunction{
		"register_tool": func(L *lua.LState) int {
			spec, handler := checkTool(L)
			raise(L, host.RegisterTool(spec, handler))
			return 0
		},
		"on": func(L *lua.LState) int {
			name, fn := L.CheckString(1), L.CheckFunction(2)
			raise(L, host.On(name, fn))
			return 0
		},
		"agent": func(L *lua.LState) int {
			settings, err := AppendJSON(nil, L.CheckTable(1), maxSettings)
			raise(L, err)
			raise(L, host.Agent(settings, scriptLine(L)))
			return 0
		},
		"on_start":  hooks(host.OnStart),
		"on_unload": hooks(host.OnUnload),
	})
}

// scriptLine is the script's own line.
func scriptLine(L *lua.LState) string { return strings.TrimSuffix(strings.TrimSpace(L.Where(1)), ":") }

// raise raises err at the script's own line.
func raise(L *lua.LState, err error) {
	if err != nil {
		L.RaiseError("%s", err.Error())
	}
}

// specFields are what the table of a tool may hold.
var specFields = []string{"name", "description", "parameters", "required", "timeout", "phrases", "handler"}

// checkTool reads the arguments of register_tool, in any of its three forms.
func checkTool(L *lua.LState) (*tool.Spec, *lua.LFunction) {
	spec := &tool.Spec{Source: scriptLine(L)}
	var fields *lua.LTable
	var handler lua.LValue
	if t, ok := L.Get(1).(*lua.LTable); ok {
		fields = t
		name, ok := t.RawGetString("name").(lua.LString)
		if !ok {
			L.RaiseError("register_tool: name must be a string")
		}
		spec.Name, handler = string(name), t.RawGetString("handler")
	} else {
		spec.Name, handler = L.CheckString(1), L.Get(2)
		if t, ok := handler.(*lua.LTable); ok {
			fields, handler = t, L.Get(3)
			if handler == lua.LNil {
				handler = t.RawGetString("handler")
			}
			if name := t.RawGetString("name"); name != lua.LNil && name != lua.LString(spec.Name) {
				L.RaiseError("register_tool %s: it is called %s as well", spec.Name, name.String())
			}
		}
	}
	if err := tool.CheckName(spec.Name); err != nil {
		L.RaiseError("register_tool: %s", err.Error())
	}
	if fields != nil {
		if err := readSpec(spec, fields); err != nil {
			L.RaiseError("register_tool %s: %s", spec.Name, err.Error())
		}
	}
	fn, ok := handler.(*lua.LFunction)
	if !ok {
		L.RaiseError("register_tool %s: its handler must be a function, not %s", spec.Name, a(handler))
	}
	return spec, fn
}

// readSpec fills spec from the table of a tool.
func readSpec(spec *tool.Spec, fields *lua.LTable) error {
	if err := checkFields(fields, specFields); err != nil {
		return err
	}
	var err error
	if spec.Description, err = optionalString(fields, "description"); err != nil {
		return err
	}
	if spec.Phrases, err = stringList(fields, "phrases"); err != nil {
		return err
	}
	switch t := fields.RawGetString("timeout").(type) {
	case *lua.LNilType:
	case lua.LNumber:
		spec.Timeout = time.Duration(float64(t) * float64(time.Second))
		if !(t > 0) || float64(t) > tool.MaxTimeout.Seconds() {
			return fmt.Errorf("timeout must be more than 0 and at most %v seconds", tool.MaxTimeout.Seconds())
		}
	default:
		return fmt.Errorf("timeout must be a number of seconds, not %s", a(t))
	}
	switch t := fields.RawGetString("parameters").(type) {
	case *lua.LNilType:
		if fields.RawGetString("required") != lua.LNil {
			return fmt.Errorf("required names parameters, but there are none")
		}
		return nil
	case *lua.LTable:
		spec.Parameters, err = readObject(t, fields, 0)
	default:
		return fmt.Errorf("parameters must be a table, not %s", a(t))
	}
	if err != nil {
		return fmt.Errorf("parameters: %w", err)
	}
	return nil
}

// a names the type of v: "a table", "nil".
func a(v lua.LValue) string {
	if v == lua.LNil {
		return "nil"
	}
	return "a " + v.Type().String()
}

// checkFields refuses a table with a field that is not among known.
func checkFields(t *lua.LTable, known []string) error {
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		name := k.String()
		if _, ok := k.(lua.LString); !ok {
			return fmt.Errorf("it has an entry [%s]; its fields are %s", name, strings.Join(known, ", "))
		}
		found := false
		for _, f := range known {
			found = found || f == name
		}
		if !found {
			return fmt.Errorf("there is no field '%s'%s; its fields are %s", name, guess.DidYouMean(name, known), strings.Join(known, ", "))
		}
	}
	return nil
}

func optionalString(t *lua.LTable, field string) (string, error) {
	switch v := t.RawGetString(field).(type) {
	case *lua.LNilType:
		return "", nil
	case lua.LString:
		return string(v), nil
	default:
		return "", fmt.Errorf("%s must be a string, not %s", field, a(v))
	}
}

// stringList reads a field that is a list of strings, nil when it is absent.
func stringList(t *lua.LTable, field string) ([]string, error) {
	list, ok := t.RawGetString(field).(*lua.LTable)
	if !ok {
		if v := t.RawGetString(field); v != lua.LNil {
			return nil, fmt.Errorf("%s must be a list of strings, not %s", field, a(v))
		}
		return nil, nil
	}
	words := []string{}
	for i := 1; i <= list.Len(); i++ {
		word, ok := list.RawGetInt(i).(lua.LString)
		if !ok {
			return nil, fmt.Errorf("%s[%d] must be a string, not %s", field, i, a(list.RawGetInt(i)))
		}
		words = append(words, string(word))
	}
	return words, nil
}
