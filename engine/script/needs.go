package script

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/parse"

	"moonlark/engine/permit"
	"moonlark/engine/script/source"
	"moonlark/luastd"
)

// A PermissionCall is a call in the source of a script that may need a permission.
type PermissionCall struct {
	source.ModuleCall
	File   string
	module luastd.Module
}

// A Missing is a permission that a call in the source of a script needs and that is not granted.
type Missing struct {
	File     string
	Line     int
	Function string // such as "http.get"
	Flag     string // the flag that grants it, such as --allow-net=api.example.com
}

// permissionCalls returns the calls in the Lua files of g that may need a permission, by file and
// line.
func (g *generation) permissionCalls() []PermissionCall {
	var calls []PermissionCall
	for _, file := range g.luaFiles() {
		chunk, err := parse.Parse(bytes.NewReader(g.source(file)), file)
		if err != nil {
			continue // the file could not be loaded
		}
		for _, call := range source.ModuleCalls(chunk) {
			if m, ok := g.library.Module(call.Module); ok && (needsFirst(m, call.Function) || m.NeedSecond[call.Function] != nil) {
				calls = append(calls, PermissionCall{call, file, m})
			}
		}
	}
	return calls
}

// needsFirst reports whether a function of m may need a permission for its first argument.
func needsFirst(m luastd.Module, function string) bool {
	return m.Need != nil && (m.NeedFunctions == nil || slices.Contains(m.NeedFunctions, function))
}

// needs returns the errors for the permissions that the call needs and b lacks.
func (c PermissionCall) needs(b *permit.Broker) (errs []error) {
	if needsFirst(c.module, c.Function) {
		errs = append(errs, c.module.Need(b, c.Function, c.Argument, c.IsLiteral))
	}
	if need := c.module.NeedSecond[c.Function]; need != nil {
		errs = append(errs, need(b, c.Second, c.SecondIsLiteral))
	}
	return errs
}

// computes reports whether the call needs a permission for something that is known only when it runs.
func (c PermissionCall) computes() bool {
	return needsFirst(c.module, c.Function) && !c.IsLiteral || c.module.NeedSecond[c.Function] != nil && !c.SecondIsLiteral
}

// Missing returns the permissions that the calls in the source of the script need and that are not
// in p, each once. It knows only what the source says: a call whose host or file is computed counts
// as a need of any permission of its kind.
func (s Summary) Missing(p permit.Settings) ([]Missing, error) {
	b, err := p.Broker(s.Path, nil)
	if err != nil {
		return nil, err
	}
	defer b.Close()
	var missing []Missing
	for _, call := range s.Calls {
		for _, err := range call.needs(b) {
			var denied *permit.Denied
			if !errors.As(err, &denied) || denied.Flag == "" || slices.ContainsFunc(missing, func(m Missing) bool { return m.Flag == denied.Flag }) {
				continue
			}
			missing = append(missing, Missing{call.File, call.Line, call.Module + "." + call.Function, denied.Flag})
		}
	}
	return missing, nil
}

// Unused returns the grants of p that no call in the sources of the scripts needs, as far as the
// sources say. A grant is used if a permission is missing without it, or if a call computes what it
// needs.
func Unused(scripts []Summary, p permit.Settings) ([]permit.Grant, error) {
	var unused []permit.Grant
	for i, g := range p.Grants {
		rest := p
		rest.Grants = slices.Delete(slices.Clone(p.Grants), i, i+1)
		used := false
		for _, s := range scripts {
			with, err := s.Missing(p)
			without, restErr := s.Missing(rest)
			if err := errors.Join(err, restErr); err != nil {
				return nil, fmt.Errorf("%s: %w", s.Path, err)
			}
			used = used || len(without) > len(with) || s.computes(g.Kind)
		}
		if !used {
			unused = append(unused, g)
		}
	}
	return unused, nil
}

// computes reports whether a call in the source needs a permission of this kind for something that
// is known only when the call runs.
func (s Summary) computes(kind permit.Kind) bool {
	return slices.ContainsFunc(s.Calls, func(c PermissionCall) bool {
		return c.computes() && slices.Contains(c.module.Needs, kind)
	})
}
