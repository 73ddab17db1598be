package http

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	lua "github.com/yuin/gopher-lua"

	"moonlark/engine/permit"
	"moonlark/luastd/value"
)

// options are the options of a call.
type options struct {
	value.Options
	name    string            // the name of the function that the script has called, for errors
	secrets *[]*permit.Secret // the secrets among the values, which sentText adds
}

// newOptions returns the options in argument n of the function name. known are their names.
func newOptions(L *lua.LState, n int, name string, known []string) options {
	return options{value.CheckOptions(L, n, known...), name, new([]*permit.Secret)}
}

// Get returns the value of an option, or nil (lua.LNil) if it is not set. An option that is false
// is switched off: it is not set, even if the client has it.
func (o options) Get(name string) lua.LValue {
	if v := o.Options.Get(name); v != lua.LFalse || name == "json" {
		return v
	}
	return lua.LNil
}

// text returns the value of an option that must be a string, or "" if it is not set.
func (o options) text(name string) string {
	if o.Get(name) == lua.LNil {
		return ""
	}
	return o.String(name, "")
}

// fail raises an error with the name of the function.
func (o options) fail(format string, args ...any) {
	o.L.RaiseError("%s: %s", o.name, fmt.Sprintf(format, args...))
}

// sentText returns v as text that is sent to the server. ok is false if v is neither a string, nor
// a number, nor a secret.
func (o options) sentText(v lua.LValue) (s string, ok bool) {
	if secret, ok := value.SecretOf(v); ok {
		*o.secrets = append(*o.secrets, secret)
		return secret.Text, true
	}
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		written, err := value.Append(nil, v, 0)
		return string(written), err == nil
	}
	return "", false
}

// fieldText is like sentText, but v may also be true or false.
func (o options) fieldText(v lua.LValue) (s string, ok bool) {
	if b, ok := v.(lua.LBool); ok {
		return b.String(), true
	}
	return o.sentText(v)
}

// A field is a name and one of its values.
type field struct{ name, value string }

// fields returns the names and values of an option, sorted by name. The option is a table whose
// values are texts, or lists of texts. convert converts a text. what says what a value must be, for
// errors.
func fields(o options, option string, convert func(lua.LValue) (string, bool), what string) []field {
	v := o.Get(option)
	if v == lua.LNil {
		return nil
	}
	t, ok := v.(*lua.LTable)
	if !ok {
		o.Raise(option, "a table by name", v)
	}
	var all []field
	add := func(name string, v lua.LValue) {
		s, ok := convert(v)
		if !ok {
			o.Raise(option+"."+name, what, v)
		}
		if all = append(all, field{name, s}); len(all) > maxFields {
			o.Raise(option, fmt.Sprintf("a table with at most %d values", maxFields), v)
		}
	}
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		name, ok := k.(lua.LString)
		if !ok {
			o.Raise(option, "a table by name", k)
		}
		list, ok := v.(*lua.LTable)
		switch {
		case value.IsNull(v):
		case !ok:
			add(string(name), v)
		default:
			for i := 1; i <= list.Len(); i++ {
				add(string(name), list.RawGetInt(i))
			}
		}
	}
	slices.SortStableFunc(all, func(a, b field) int { return strings.Compare(a.name, b.name) })
	return all
}

// encodeFields returns the fields in the form a=1&b=2. space is how a space is written: "%20" or
// "+".
func encodeFields(all []field, space string) string {
	var b strings.Builder
	for i, f := range all {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(escape(f.name, space))
		b.WriteByte('=')
		b.WriteString(escape(f.value, space))
	}
	return b.String()
}

func escape(s, space string) string {
	return strings.ReplaceAll(url.QueryEscape(s), "+", space)
}
