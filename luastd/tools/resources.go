package tools

import (
	"fmt"
	"slices"
	"time"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/guess"
	"moonlark/engine/tool"
	"moonlark/luastd/value"
)

var (
	// resourceFields are the fields that the table for register_resource may have.
	resourceFields = []string{"uri", "name", "title", "description", "mime", "timeout", "read"}
	// promptFields are the fields that the table for register_prompt may have.
	promptFields = []string{"name", "title", "description", "arguments", "timeout", "handler"}
	// argumentFields are the fields that an argument in the table for register_prompt may have.
	argumentFields = []string{"name", "title", "description", "required", "optional", "type"}
)

// checkResource reads the argument of register_resource. It returns the resource and the function that
// reads it. It raises an error if the argument is wrong.
func checkResource(L *lua.LState) (*tool.Resource, *lua.LFunction) {
	fields := L.CheckTable(1)
	uri, ok := fields.RawGetString("uri").(lua.LString)
	if !ok {
		err := value.CheckFields(fields, resourceFields) // uri may be misspelt
		if err == nil {
			err = fmt.Errorf("uri must be a string such as \"notes://all\", not %s", value.TypeName(fields.RawGetString("uri")))
		}
		L.RaiseError("register_resource: %s", err.Error())
	}
	r, err := tool.NewResource(string(uri))
	if err != nil {
		L.RaiseError("register_resource: uri %s", err.Error())
	}
	r.Source = value.Line(L)
	if err := readResource(r, fields); err != nil {
		L.RaiseError("register_resource %s: %s", uri, err.Error())
	}
	return r, checkFunction(L, "register_resource "+string(uri), "read", fields)
}

// readResource sets the fields of r from the table that describes a resource.
func readResource(r *tool.Resource, fields *lua.LTable) error {
	err := value.CheckFields(fields, resourceFields)
	if err != nil {
		return err
	}
	if fields.RawGetString("name") != lua.LNil {
		if r.Name, err = value.OptionalString(fields, "name"); err != nil {
			return err
		}
		if r.Name == "" {
			return fmt.Errorf("name must not be empty: leave it out to use the URI")
		}
	}
	if r.Title, r.Description, r.Timeout, err = readAbout(fields); err != nil {
		return err
	}
	if r.MIME, err = value.OptionalString(fields, "mime"); err != nil || r.MIME == "" {
		return err
	}
	return tool.CheckMIME(r.MIME)
}

// checkPrompt reads the argument of register_prompt. It returns the prompt and its handler. It raises an
// error if the argument is wrong.
func checkPrompt(L *lua.LState) (*tool.Prompt, *lua.LFunction) {
	fields := L.CheckTable(1)
	p := &tool.Prompt{Source: value.Line(L)}
	name, ok := fields.RawGetString("name").(lua.LString)
	if !ok {
		err := value.CheckFields(fields, promptFields) // name may be misspelt
		if err == nil {
			err = fmt.Errorf("name must be a string, not %s", value.TypeName(fields.RawGetString("name")))
		}
		L.RaiseError("register_prompt: %s", err.Error())
	}
	p.Name = string(name)
	if tool.CheckName(p.Name) != nil {
		L.RaiseError("register_prompt: %q is not the name of a prompt (1 to 64 of a-z, A-Z, 0-9, _ and -)", p.Name)
	}
	if err := readPrompt(p, fields); err != nil {
		L.RaiseError("register_prompt %s: %s", p.Name, err.Error())
	}
	return p, checkFunction(L, "register_prompt "+p.Name, "handler", fields)
}

// readPrompt sets the fields of p from the table that describes a prompt.
func readPrompt(p *tool.Prompt, fields *lua.LTable) error {
	err := value.CheckFields(fields, promptFields)
	if err != nil {
		return err
	}
	if p.Title, p.Description, p.Timeout, err = readAbout(fields); err != nil {
		return err
	}
	switch arguments := fields.RawGetString("arguments").(type) {
	case *lua.LNilType:
		return nil
	case *lua.LTable:
		if p.Arguments, err = readArguments(arguments); err != nil {
			return fmt.Errorf("arguments: %w", err)
		}
		return nil
	default:
		return fmt.Errorf("arguments must be a table, not %s", value.TypeName(arguments))
	}
}

// readArguments returns the arguments of a prompt. Their table is a list, in which each item is a name
// or a table with a name, or it has an entry for each name, as the parameters of a tool do.
func readArguments(t *lua.LTable) ([]tool.PromptArgument, error) {
	var all []tool.PromptArgument
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		var a tool.PromptArgument
		var err error
		name, named := k.(lua.LString)
		item, isName := v.(lua.LString)
		fields, isTable := v.(*lua.LTable)
		switch {
		case named:
			a.Name = string(name)
			err = readNamedArgument(&a, v)
		case isName:
			a.Name, a.Required = string(item), true
		case isTable:
			if a.Name, err = value.OptionalString(fields, "name"); err == nil {
				err = readArgument(&a, fields)
			}
		default:
			err = fmt.Errorf("must be a name, or a table such as { name = \"city\" }, not %s", value.TypeName(v))
		}
		switch {
		case err != nil && named:
			return nil, fmt.Errorf("%s: %w", name, err)
		case err != nil:
			return nil, fmt.Errorf("[%s]: %w", k.String(), err)
		case !isArgumentName(a.Name):
			return nil, fmt.Errorf("[%s]: %q is not the name of an argument (1 to 64 of a-z, A-Z, 0-9, _ and -)", k.String(), a.Name)
		case slices.ContainsFunc(all, func(other tool.PromptArgument) bool { return other.Name == a.Name }):
			return nil, fmt.Errorf("%s is there twice", a.Name)
		}
		all = append(all, a)
	}
	return all, nil
}

// isArgumentName reports whether name can be the name of an argument.
func isArgumentName(name string) bool { return tool.CheckName(name) == nil }

// readNamedArgument sets the fields of a, except its name, from v: the type "string", or a table that
// describes the argument.
func readNamedArgument(a *tool.PromptArgument, v lua.LValue) error {
	switch v := v.(type) {
	case lua.LString:
		a.Required = true
		return checkArgumentType(string(v))
	case *lua.LTable:
		if other := v.RawGetString("name"); other != lua.LNil && other != lua.LString(a.Name) {
			return fmt.Errorf("its table has another name, %s", other.String())
		}
		return readArgument(a, v)
	}
	return fmt.Errorf("must be \"string\", or a table such as { description = ... }, not %s", value.TypeName(v))
}

// readArgument sets the fields of a, except its name, from the table that describes it.
func readArgument(a *tool.PromptArgument, fields *lua.LTable) error {
	err := value.CheckFields(fields, argumentFields)
	if err != nil {
		return err
	}
	if a.Title, err = value.OptionalString(fields, "title"); err != nil {
		return err
	}
	if a.Description, err = value.OptionalString(fields, "description"); err != nil {
		return err
	}
	kind, err := value.OptionalString(fields, "type")
	if err == nil && kind != "" {
		err = checkArgumentType(kind)
	}
	if err != nil {
		return err
	}
	optional, err := value.OptionalBool(fields, "optional")
	if err != nil {
		return err
	}
	required, err := value.OptionalBool(fields, "required")
	if err != nil {
		return err
	}
	if optional && required {
		return fmt.Errorf("it cannot be both optional and required")
	}
	a.Required = !optional && (required || fields.RawGetString("required") == lua.LNil)
	return nil
}

// checkArgumentType returns an error unless kind is the type that all arguments of prompts have.
func checkArgumentType(kind string) error {
	if kind == "string" {
		return nil
	}
	if near := guess.DidYouMean(kind, []string{"string"}); near != "" {
		return fmt.Errorf("the type must be \"string\", not '%s'%s", kind, near)
	}
	return fmt.Errorf("the type must be \"string\", not '%s': all arguments of prompts are texts", kind)
}

// readAbout reads the fields title, description and timeout.
func readAbout(fields *lua.LTable) (title, description string, timeout time.Duration, err error) {
	if title, err = value.OptionalString(fields, "title"); err != nil {
		return "", "", 0, err
	}
	if description, err = value.OptionalString(fields, "description"); err != nil {
		return "", "", 0, err
	}
	timeout, err = readTimeout(fields)
	return title, description, timeout, err
}

// readTimeout returns the field timeout, or 0 if it is missing.
func readTimeout(fields *lua.LTable) (time.Duration, error) {
	switch t := fields.RawGetString("timeout").(type) {
	case *lua.LNilType:
		return 0, nil
	case lua.LNumber:
		if !(t > 0) || float64(t) > tool.MaxTimeout.Seconds() {
			return 0, fmt.Errorf("timeout must be more than 0 and at most %v seconds", tool.MaxTimeout.Seconds())
		}
		return time.Duration(float64(t) * float64(time.Second)), nil
	default:
		return 0, fmt.Errorf("timeout must be a number of seconds, not %s", value.TypeName(t))
	}
}

// checkFunction returns the field of the table, which must be a function. what names the table in the
// error that checkFunction raises.
func checkFunction(L *lua.LState, what, field string, fields *lua.LTable) *lua.LFunction {
	fn, ok := fields.RawGetString(field).(*lua.LFunction)
	if !ok {
		L.RaiseError("%s: %s must be a function, not %s", what, field, value.TypeName(fields.RawGetString(field)))
	}
	return fn
}
