package modules_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"moonlark/engine/permit"
	"moonlark/luastd/annotation"
	"moonlark/luastd/luastdtest"
	"moonlark/luastd/modules"
)

// scripttestDoc declares what tests of scripts can call. Its package is on a higher floor.
const scripttestDoc = "../../engine/scripttest/doc.lua"

func TestTheDeclarationsHaveNoMistakes(t *testing.T) {
	var all []*annotation.Declarations
	for _, m := range modules.All() {
		all = append(all, annotation.Parse(m.Name, m.Doc))
	}
	tests, err := os.ReadFile(scripttestDoc)
	if err != nil {
		t.Fatal(err)
	}
	all = append(all, annotation.Parse("scripttest", string(tests)))
	for _, d := range all {
		for _, mistake := range d.Mistakes {
			t.Error(mistake)
		}
		for _, f := range d.Functions {
			if f.About == "" {
				t.Errorf("%s:%d: %s has no description", d.Source, f.Line, f.Name)
			}
		}
	}
	for _, mistake := range annotation.Check(all...) {
		t.Error(mistake)
	}
}

// Each name that a doc.lua declares is in the module when a script uses it, and has the declared kind.
// TestEveryFunctionHasADeclaration has the other direction.
func TestEveryDeclarationIsOfSomethingThatExists(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, m := range modules.All() {
		d := annotation.Parse(m.Name, m.Doc)
		for _, f := range d.Functions {
			if f.Class == nil {
				if got := s.Run("return type(" + f.Name + ")"); got != "function" {
					t.Errorf("doc.lua of %s declares the function %s, which is %s", m.Name, f.Name, got)
				}
			}
		}
		for _, v := range d.Values {
			if got := s.Run("return type(" + v.Name + ")"); got == "nil" {
				t.Errorf("doc.lua of %s declares %s, which is nil", m.Name, v.Name)
			}
		}
	}
}

// handles are Lua expressions that make a handle of each class.
var handles = map[string]string{
	"db.database":          `db.open("a", { mode = "memory" })`,
	"db.statement":         `db.open("b", { mode = "memory" }):prepare("SELECT 1")`,
	"fs.File":              `fs.open("a.txt", "w")`,
	"fs.Watch":             `fs.watch(".", print)`,
	"moonlark.HTMLNode":    `html.parse("<p>a</p>")`,
	"moonlark.HTTPCookies": `http.cookies()`,
	"moonlark.HTTPFeed":    `http.serve { port = 0 }:events("/feed")`,
	"moonlark.HTTPServer":  `http.serve { port = 0, name = "another" }`,
	"moonlark.Mutex":       `task.mutex()`,
	"moonlark.Pattern":     `re.compile("a")`,
	"moonlark.Queue":       `task.queue()`,
	"moonlark.Semaphore":   `task.semaphore(1)`,
	"moonlark.Task":        `task.spawn(print)`,
	"moonlark.TaskEvent":   `task.event()`,
	"moonlark.Template":    `template.compile("a")`,
	"moonlark.Timer":       `after(1000, print)`,
	"store.watch":          `store.watch("a", print)`,
}

// A handle has the methods that its class declares. Classes that are not in handles, such as connections,
// are only compared with the source code, by TestTheMethodsAreThoseOfTheSource.
func TestHandlesHaveTheirMethods(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{Permissions: permit.Settings{Grants: permit.All("a test")}})
	checked := 0
	for _, m := range modules.All() {
		for _, c := range annotation.Parse(m.Name, m.Doc).Classes {
			handle, known := handles[c.Name]
			if !known {
				continue
			}
			checked++
			if got := s.Run("h = assert(" + handle + ")"); got != "" {
				t.Errorf("%s: %s", c.Name, got)
				continue
			}
			for _, f := range c.Methods {
				_, name, _ := strings.Cut(f.Name, ":")
				if got := s.Run("return type(h." + name + ")"); got != "function" {
					t.Errorf("%s:%d: %s is %s", m.Name, f.Line, f.Name, got)
				}
			}
		}
	}
	if checked != len(handles) {
		t.Errorf("%d of %d handles were found in the declarations", checked, len(handles))
	}
}

// The functions and methods in the tables of Go functions of a module are declared, and the declared
// methods are in its source code.
func TestTheMethodsAreThoseOfTheSource(t *testing.T) {
	docs, err := filepath.Glob("../*/doc*.lua")
	if err != nil || len(docs) < 30 {
		t.Fatalf("%d files, %v", len(docs), err)
	}
	declared := make(map[string][]*annotation.Function) // by folder
	for _, path := range docs {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(path)
		declared[folder] = append(declared[folder], annotation.Parse(path, string(text)).Functions...)
	}
	for _, f := range declared["../httpserve"] { // a part of the module http
		if f.Class == nil {
			declared["../http"] = append(declared["../http"], f)
		}
	}
	delete(declared, "../tools") // whose handle is in engine/script
	for folder, functions := range declared {
		keys, texts := sourceNames(t, folder)
		last := make(map[string]bool)
		for _, f := range functions {
			name := f.Name[strings.LastIndexAny(f.Name, ".:")+1:]
			last[name] = true
			if f.Class != nil && !texts[name] {
				t.Errorf("%s: the source has no method %s", folder, f.Name)
			}
		}
		for key := range keys {
			if !last[key] && !strings.HasPrefix(key, "__") {
				t.Errorf("%s: no function or method %s is declared", folder, key)
			}
		}
	}
}

// sourceNames reads the Go files of a folder. It returns the keys of the tables of Lua functions in them,
// and all strings.
func sourceNames(t *testing.T, folder string) (keys, texts map[string]bool) {
	t.Helper()
	keys, texts = make(map[string]bool), make(map[string]bool)
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				if text, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING {
					texts[text] = true
				}
			case *ast.CompositeLit:
				if isFunctionTable(n) {
					for _, element := range n.Elts {
						if key, ok := element.(*ast.KeyValueExpr).Key.(*ast.BasicLit); ok {
							name, _ := strconv.Unquote(key.Value)
							keys[name] = true
						}
					}
				}
			}
			return true
		})
	}
	return keys, texts
}

// isFunctionTable reports whether a literal has the type map[string]lua.LGFunction.
func isFunctionTable(literal *ast.CompositeLit) bool {
	m, ok := literal.Type.(*ast.MapType)
	if !ok {
		return false
	}
	value, ok := m.Value.(*ast.SelectorExpr)
	return ok && value.Sel.Name == "LGFunction"
}

// A manual mentions each function of its module, and the lines that show how to call it have the
// parameters that its declaration has.
func TestTheManualsShowTheDeclaredParameters(t *testing.T) {
	compared := 0
	for _, m := range modules.All() {
		forms := formsIn(m.Manual)
		for _, f := range annotation.Parse(m.Name, m.Doc).Functions {
			name := f.Name
			if f.Class != nil {
				name = name[strings.Index(name, ":"):]
			}
			if !strings.Contains(m.Manual, name+"(") && !strings.Contains(m.Manual, name+"{") && !strings.Contains(m.Manual, name+"`") {
				t.Errorf("the manual of %s does not mention %s", m.Name, f.Name)
			}
			allowed := [][]string{names(f.Params)}
			for _, overload := range f.Overloads {
				allowed = append(allowed, names(annotation.Parameters(overload)))
			}
			for _, form := range forms[name] {
				compared++
				if f.Class == nil && !slices.ContainsFunc(allowed, func(a []string) bool { return agrees(form, a) }) {
					t.Errorf("the manual of %s shows %s with the parameters %q, its declaration has %q", m.Name, f.Name, form, allowed)
				}
			}
		}
	}
	if compared < 200 {
		t.Errorf("only %d lines of the manuals were compared", compared)
	}
}

func names(fields []annotation.Field) []string {
	list := make([]string, len(fields))
	for i, f := range fields {
		list[i] = f.Name
	}
	return list
}

// callForm matches a function and its parameters.
var callForm = regexp.MustCompile(`([A-Za-z_][\w.:]*)\(([^()]*)\)`)

// formsIn returns the lists of parameters in the lines of a manual that show how to call a function, such
// as "    audio.beep([hertz [, seconds]]) -> true", by the name of the function. These are the lines of
// code that follow a heading. The name of a method is without its handle: ":cancel".
func formsIn(manual string) map[string][][]string {
	forms := make(map[string][][]string)
	follows := false // the line follows a heading, with only such lines between them
	for line := range strings.Lines(manual) {
		text, isCode := strings.CutPrefix(line, "    ")
		follows = strings.HasPrefix(line, "##") || follows && (isCode || line == "\n")
		if !follows || !isCode {
			continue
		}
		text, _, _ = strings.Cut(text, " -> ")
		for _, part := range callForm.FindAllStringSubmatch(text, -1) {
			name, list := part[1], part[2]
			if i := strings.Index(name, ":"); i >= 0 {
				name = name[i:]
			}
			list = strings.NewReplacer("[", "", "]", "").Replace(inBraces.ReplaceAllString(list, "{}"))
			var parameters []string
			for _, p := range strings.Split(list, ",") {
				if p = strings.TrimSpace(p); p != "" {
					parameters = append(parameters, p)
				}
			}
			forms[name] = append(forms[name], parameters)
		}
	}
	return forms
}

var inBraces = regexp.MustCompile(`\{[^}]*\}`)

// agrees reports whether the parameters in a manual are the declared ones. A table or a text in the
// manual, such as {raw = false}, can be any parameter.
func agrees(shown, declared []string) bool {
	return slices.EqualFunc(shown, declared, func(s, d string) bool { return s == d || s[0] == '{' || s[0] == '"' })
}
