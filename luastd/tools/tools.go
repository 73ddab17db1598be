// Package tools has the global Lua functions with which a script registers tools, resources and prompts,
// changes the agent's settings, and registers functions for its own start and end. It can do that only
// while it loads.
//
//	register_tool(name, fn)
//	register_tool(name, spec, fn)
//	register_tool(spec)   spec is a table: see specFields. fn(args, call) -> result, or nil and the reason
//	register_resource(spec)   spec is a table: see resourceFields. read(uri, call) -> content
//	register_prompt(spec)     spec is a table: see promptFields. handler(args, call) -> messages
//	on_start(fn)     runs fn() when the script has been loaded and is in use
//	on_unload(fn)    runs fn() when the script is replaced or ends; fn cannot wait
//	agent(settings)  changes the agent's settings for this conversation
package tools

import (
	_ "embed"
	"fmt"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/tool"
	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module that defines register_tool, register_resource, register_prompt, on_start,
// on_unload and agent.
var Module = luastd.Module{
	Name:    "tools",
	Globals: []string{"agent", "on_start", "on_unload", "register_prompt", "register_resource", "register_tool"},
	Open:    open,
	Doc:     doc,
	Manual:  manual,
}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	hook := func(register func(*lua.LFunction) error) lua.LGFunction {
		return func(L *lua.LState) int {
			value.Raise(L, register(L.CheckFunction(1)))
			return 0
		}
	}
	module := L.CreateTable(0, 6)
	value.SetFunctions(L, module, map[string]lua.LGFunction{
		"register_tool": func(L *lua.LState) int {
			spec, handler := checkTool(L)
			value.Raise(L, rt.RegisterTool(spec, handler))
			return 0
		},
		"register_resource": func(L *lua.LState) int {
			r, read := checkResource(L)
			value.Raise(L, rt.RegisterResource(r, read))
			return 0
		},
		"register_prompt": func(L *lua.LState) int {
			p, handler := checkPrompt(L)
			value.Raise(L, rt.RegisterPrompt(p, handler))
			return 0
		},
		"agent": func(L *lua.LState) int {
			settings, err := value.Append(nil, L.CheckTable(1), luastd.MaxAgentSettings)
			value.Raise(L, err)
			value.Raise(L, rt.Agent(settings, value.Line(L)))
			return 0
		},
		"on_start":  hook(rt.OnStart),
		"on_unload": hook(rt.OnUnload),
	})
	return module
}

// specFields are the fields that the table for register_tool may have.
var specFields = []string{
	"name", "title", "description", "parameters", "required", "returns", "timeout", "phrases",
	"read_only", "destructive", "idempotent", "open_world", "where", "job", "expires", "handler",
}

// checkTool reads the arguments of register_tool, in each of its three forms. It returns the
// description of the tool and its handler. It raises an error if an argument is wrong.
func checkTool(L *lua.LState) (*tool.Spec, *lua.LFunction) {
	spec := &tool.Spec{Source: value.Line(L)}
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
				L.RaiseError("register_tool %s: its table has another name, %s", spec.Name, name.String())
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
		L.RaiseError("register_tool %s: its handler must be a function, not %s", spec.Name, value.TypeName(handler))
	}
	return spec, fn
}

// readSpec sets the fields of spec from the table that describes a tool.
func readSpec(spec *tool.Spec, fields *lua.LTable) error {
	if err := value.CheckFields(fields, specFields); err != nil {
		return err
	}
	var err error
	if spec.Title, err = value.OptionalString(fields, "title"); err != nil {
		return err
	}
	if spec.Description, err = value.OptionalString(fields, "description"); err != nil {
		return err
	}
	if spec.Phrases, err = value.StringList(fields, "phrases"); err != nil {
		return err
	}
	if spec.Timeout, err = readTimeout(fields); err != nil {
		return err
	}
	if spec.Hints, err = readHints(fields); err != nil {
		return err
	}
	if spec.OnWorker, err = readWhere(fields); err != nil {
		return err
	}
	if err := readJob(spec, fields); err != nil {
		return err
	}
	if returns := fields.RawGetString("returns"); returns != lua.LNil {
		if spec.Returns, err = readReturns(returns); err != nil {
			return fmt.Errorf("returns: %w", err)
		}
	}
	switch t := fields.RawGetString("parameters").(type) {
	case *lua.LNilType:
		if fields.RawGetString("required") != lua.LNil {
			return fmt.Errorf("required lists parameters, but the tool has none")
		}
		return nil
	case *lua.LTable:
		spec.Parameters, err = readParameters(t, fields)
	default:
		return fmt.Errorf("parameters must be a table, not %s", value.TypeName(t))
	}
	if err != nil {
		return fmt.Errorf("parameters: %w", err)
	}
	return nil
}

// readHints returns the hints in the table of a tool, or nil if the table has none. If the table
// has some of them, the others get the defaults of the Model Context Protocol.
func readHints(fields *lua.LTable) (*tool.Hints, error) {
	h := &tool.Hints{Destructive: true, OpenWorld: true}
	given := false
	for _, hint := range []struct {
		field string
		into  *bool
	}{{"read_only", &h.ReadOnly}, {"destructive", &h.Destructive}, {"idempotent", &h.Idempotent}, {"open_world", &h.OpenWorld}} {
		if fields.RawGetString(hint.field) == lua.LNil {
			continue
		}
		var err error
		if *hint.into, err = value.OptionalBool(fields, hint.field); err != nil {
			return nil, err
		}
		given = true
	}
	switch {
	case !given:
		return nil, nil
	case h.ReadOnly && fields.RawGetString("destructive") == lua.LTrue:
		return nil, fmt.Errorf("a tool cannot be both read_only and destructive")
	case h.ReadOnly:
		h.Destructive = false
	}
	return h, nil
}

// readWhere reports whether the table of a tool says that workers carry out its calls.
func readWhere(fields *lua.LTable) (onWorker bool, err error) {
	where, err := value.OptionalString(fields, "where")
	if err == nil && where != "" && where != "worker" {
		err = fmt.Errorf("where must be 'worker', not '%s'", where)
	}
	return where != "", err
}

// readJob sets the fields of spec that are about jobs.
func readJob(spec *tool.Spec, fields *lua.LTable) (err error) {
	if spec.Job, err = value.OptionalBool(fields, "job"); err != nil {
		return err
	}
	expires := fields.RawGetString("expires")
	if !spec.Job {
		if expires != lua.LNil {
			return fmt.Errorf("expires needs job = true")
		}
		return nil
	}
	for _, field := range []string{"timeout", "returns"} {
		if fields.RawGetString(field) != lua.LNil {
			return fmt.Errorf("a tool with job = true cannot have %s", field)
		}
	}
	if !spec.OnWorker {
		return fmt.Errorf("job = true needs where = 'worker'")
	}
	switch t := expires.(type) {
	case *lua.LNilType:
	case lua.LNumber:
		if !(t >= 1) || float64(t) > tool.MaxExpiry.Seconds() {
			return fmt.Errorf("expires must be from 1 to %v seconds", int(tool.MaxExpiry.Seconds()))
		}
		spec.Expires = time.Duration(float64(t) * float64(time.Second))
	default:
		return fmt.Errorf("expires must be a number of seconds, not %s", value.TypeName(expires))
	}
	return nil
}

// readReturns returns the schema of a tool's results, which v describes like a parameter of type
// object.
func readReturns(v lua.LValue) (*tool.Schema, error) {
	schema, err := readParameter(v, itemFields, 0)
	if err == nil && schema.Type != "object" {
		err = fmt.Errorf("type must be object, not %s", schema.Type)
	}
	return schema, err
}
