package debug

import (
	"context"
	"fmt"
	"slices"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/script/vm"
)

// pageSize is how many fields of a table the client gets at once. A field for the others follows.
const pageSize = 500

// A Variable is a variable or a value, for the client.
type Variable struct {
	Name, Value, Type string
	Reference         int // identifies the fields of the value; 0 if it has none
	// Indexed is how many fields of a table have the keys 1, 2 and so on, if there are many.
	Indexed int
	Named   bool // a table with Indexed set has other fields, too
}

// A variable is a variable of the script. If set is nil, it cannot be changed.
type variable struct {
	name  string
	value lua.LValue
	set   func(lua.LValue)
	more  *reference // the variable stands for further fields of a table
}

// A reference is a list of variables that the client knows by an identifier.
type reference struct {
	script *Script
	stop   *stop
	call   vm.Frame // a call in which an expression for a new value is evaluated
	list   func() []variable
	table  *lua.LTable // the list is that of the fields of a table; nil for other lists
	// If from is not nil, the list has only the named fields after this key of the table. If start
	// is not zero, it has only the indexed fields after this one.
	from  lua.LValue
	start int
}

// A Scope is a list of variables that a call sees.
type Scope struct {
	Name      string
	Kind      string // "locals", or "" for other lists
	Reference int
	Large     bool // the list can be long
}

// Scopes returns the lists of variables that a call of a stopped thread sees.
func (c *Session) Scopes(frameID int) ([]Scope, error) {
	var scopes []Scope
	err := c.inFrame(frameID, func(f frame) {
		add := func(name, kind string, list func() []variable) {
			c.d.mu.Lock()
			defer c.d.mu.Unlock()
			id := c.d.nextID()
			c.references[id] = reference{script: f.script, stop: f.stop, call: f.call, list: list}
			scopes = append(scopes, Scope{Name: name, Kind: kind, Reference: id, Large: kind == ""})
		}
		add("Locals", "locals", func() []variable { return localsOf(f.call) })
		if len(f.call.Upvalues()) > 0 {
			add("Upvalues", "", func() []variable { return variables(f.call.Upvalues()) })
		}
		add("Globals", "", func() []variable { return f.script.globals(f.call) })
	})
	return scopes, err
}

// localsOf returns the local variables of a call. A variable that hides another of the same name
// takes its place.
func localsOf(f vm.Frame) []variable {
	var all []variable
	for _, v := range variables(f.Locals()) {
		if v.name[0] == '(' { // the variables that the compiler adds for loops
			continue
		}
		all = append(slices.DeleteFunc(all, func(hidden variable) bool { return hidden.name == v.name }), v)
	}
	for i, v := range f.Arguments() {
		all = append(all, variable{name: fmt.Sprintf("... [%d]", i+1), value: v})
	}
	return all
}

func variables(all []vm.Variable) []variable {
	var list []variable
	for _, v := range all {
		list = append(list, variable{name: v.Name, value: v.Value, set: v.Set})
	}
	return list
}

// globals returns the global variables that the code of a call sees, without those that were there
// before the script began to load.
func (s *Script) globals(f vm.Frame) []variable {
	var all []variable
	t := f.Function().Env
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if name, ok := k.(lua.LString); ok && v != lua.LNil && !s.opts.IsBuiltin(string(name)) {
			all = append(all, variable{name: string(name), value: v, set: func(v lua.LValue) { t.RawSet(k, v) }})
		}
	}
	return all
}

// Fields says which variables of a list the client wants. The zero value means all.
type Fields struct {
	// Only is "indexed" for the fields with the keys 1, 2 and so on, "named" for the others, and ""
	// for both.
	Only         string
	Start, Count int // a range of the fields "indexed"; a Count of 0 means no limit
}

// Variables returns the variables of a list of a stopped thread.
func (c *Session) Variables(id int, want Fields) ([]Variable, error) {
	var all []Variable
	err := c.inReference(id, func(r reference) error {
		for _, v := range r.variables(want) {
			all = append(all, c.describe(r, v))
		}
		return nil
	})
	return all, err
}

// inReference runs the function do on the goroutine of the executor to which a list of variables
// belongs. It returns the error of do.
func (c *Session) inReference(id int, do func(r reference) error) error {
	c.d.mu.Lock()
	r, ok := c.references[id]
	c.d.mu.Unlock()
	if !ok {
		return errRuns
	}
	var failed error
	if err := c.whileStopped(r.script, func(*stop) { failed = do(r) }); err != nil {
		return err
	}
	return failed
}

// variables returns the variables of the list. Call it on the executor's goroutine.
func (r reference) variables(want Fields) []variable {
	if r.table == nil {
		return r.list()
	}
	t := r.table
	var all []variable
	if r.from == nil && want.Only != "named" {
		all = append(all, r.indexed(want)...)
	}
	if want.Only == "indexed" || r.start > 0 {
		return all
	}
	if r.from == nil && t.Metatable != lua.LNil {
		all = append(all, variable{name: "(metatable)", value: t.Metatable})
	}
	return append(all, r.named()...)
}

// indexed returns fields with the keys 1, 2 and so on.
func (r reference) indexed(want Fields) []variable {
	var all []variable
	first, last := r.start+1, r.table.MaxN()
	if want.Only == "indexed" {
		first = min(max(want.Start, 0), last) + 1
		if want.Count > 0 && want.Count < last-first+1 {
			last = first - 1 + want.Count
		}
	}
	more := last >= first+pageSize
	last = min(last, first+pageSize-1)
	for i := first; i <= last; i++ {
		all = append(all, r.field(lua.LNumber(i), r.table.RawGetInt(i)))
	}
	if more && want.Only == "" {
		next := r
		next.start = last
		all = append(all, variable{name: fmt.Sprintf("[%d...]", last+1), value: lua.LString(""), more: &next})
	}
	return all
}

// named returns the other fields of the table, after the key r.from.
func (r reference) named() []variable {
	var all []variable
	n := r.table.MaxN()
	from := r.from
	if from == nil {
		from = lua.LNil
		if n > 0 {
			from = lua.LNumber(n)
		}
	}
	for k, v := r.table.Next(from); k != lua.LNil; k, v = r.table.Next(k) {
		if i, ok := k.(lua.LNumber); ok && i >= 1 && int(i) <= n && lua.LNumber(int(i)) == i {
			continue
		}
		if len(all) == pageSize {
			next := r
			next.from = from
			return append(all, variable{name: "[more...]", value: lua.LString(""), more: &next})
		}
		all = append(all, r.field(k, v))
		from = k
	}
	return all
}

// hasNamed reports whether the table has a metatable, or other fields than those with the keys 1, 2
// and so on.
func (r reference) hasNamed() bool {
	after := lua.LValue(lua.LNil)
	if n := r.table.MaxN(); n > 0 {
		after = lua.LNumber(n)
	}
	k, _ := r.table.Next(after)
	return k != lua.LNil || r.table.Metatable != lua.LNil
}

// find returns the variable of the list with this name.
func (r reference) find(name string) (variable, bool) {
	var i int
	if _, err := fmt.Sscanf(name, "[%d]", &i); err == nil && r.table != nil && i >= 1 && i <= r.table.MaxN() {
		return r.field(lua.LNumber(i), r.table.RawGetInt(i)), true
	}
	all := r.variables(Fields{})
	at := slices.IndexFunc(all, func(v variable) bool { return r.script.opts.Explain(v.name) == name })
	if at < 0 {
		return variable{}, false
	}
	return all[at], true
}

func (r reference) field(k, v lua.LValue) variable {
	return variable{name: keyName(k), value: v, set: func(v lua.LValue) { r.table.RawSet(k, v) }}
}

// describe returns a variable for the client, and an identifier for its fields. r is a list of the
// same script. Call it on the executor's goroutine.
func (c *Session) describe(r reference, v variable) Variable {
	s := r.script
	described := Variable{Name: s.opts.Explain(v.name), Value: s.opts.Explain(shown(v.value)), Type: v.value.Type().String()}
	fields := reference{script: s, stop: r.stop, call: r.call}
	switch value := v.value.(type) {
	case *lua.LTable:
		fields.table = value
		if described.Indexed = value.MaxN(); described.Indexed <= pageSize {
			described.Indexed = 0
		}
		described.Named = fields.hasNamed()
	case *lua.LUserData:
		if value.Metatable == nil || value.Metatable == lua.LNil {
			return described
		}
		fields.list = func() []variable { return []variable{{name: "(metatable)", value: value.Metatable}} }
	default:
		if v.more == nil {
			return described
		}
		described.Value, described.Type = "", ""
		fields = *v.more
	}
	c.d.mu.Lock()
	defer c.d.mu.Unlock()
	described.Reference = c.d.nextID()
	c.references[described.Reference] = fields
	return described
}

// SetVariable sets a variable of a list to the value of an expression, and returns the variable.
func (c *Session) SetVariable(ctx context.Context, id int, name, expression string) (Variable, error) {
	proto, err := compileExpression(expression)
	if err != nil {
		return Variable{}, err
	}
	var result Variable
	err = c.inReference(id, func(r reference) error {
		v, ok := r.find(name)
		if !ok || v.set == nil {
			return fmt.Errorf("%s cannot be changed", name)
		}
		values, err := r.script.run(ctx, r.call, proto)
		if err != nil {
			return err
		}
		if v.value = lua.LNil; len(values) > 0 {
			v.value = values[0]
		}
		v.set(v.value)
		result = c.describe(r, v)
		return nil
	})
	return result, err
}
