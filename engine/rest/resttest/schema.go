package resttest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A description is the OpenAPI document of the API.
type description struct {
	doc any

	mu       sync.Mutex // guards what follows
	compiler *jsonschema.Compiler
}

// theDescription is nil where there is none.
var theDescription = sync.OnceValues(func() (*description, error) {
	folder, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			return nil, errors.New("resttest: not in a module")
		}
	}
	text, err := os.ReadFile(filepath.Join(folder, "..", "shared", "protocol", "rest.openapi.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	d := &description{doc: doc, compiler: jsonschema.NewCompiler()}
	d.compiler.DefaultDraft(jsonschema.Draft2020) // that of OpenAPI 3.1
	return d, d.compiler.AddResource("rest.openapi.json", doc)
})

// Described says whether the description is there, so that requests and
// answers are compared with it.
func Described() bool {
	d, _ := theDescription()
	return d != nil
}

// Enum are the words that a schema of the description has, nil without a
// description.
func Enum(schema string) []string {
	d, _ := theDescription()
	if d == nil {
		return nil
	}
	var words []string
	list, _ := at(d.doc, "components", "schemas", schema, "enum").([]any)
	for _, word := range list {
		words = append(words, fmt.Sprint(word))
	}
	return words
}

// An operation is a method of a path.
type operation struct {
	d    *description // nil when nothing is known
	path string       // as the description has it: /v1/convai/agents/{agent_id}
	spec any
}

// described finds the operation of a request, which must have no parameters but
// its own, and all that it requires.
func described(r *http.Request) (operation, error) {
	d, err := theDescription()
	if err != nil || d == nil {
		return operation{}, err
	}
	paths, _ := at(d.doc, "paths").(map[string]any)
	for path := range paths {
		if !matches(path, r.URL.EscapedPath()) {
			continue
		}
		op := operation{d, path, at(d.doc, "paths", path, strings.ToLower(r.Method))}
		if op.spec == nil {
			return op, fmt.Errorf("%s %s: there is no such method", r.Method, path)
		}
		return op, op.checkParameters(r)
	}
	return operation{}, fmt.Errorf("%s %s: there is no such path", r.Method, r.URL.Path)
}

func matches(pattern, path string) bool {
	want, got := strings.Split(pattern, "/"), strings.Split(path, "/")
	if len(want) != len(got) {
		return false
	}
	for i := range want {
		if want[i] != got[i] && !strings.HasPrefix(want[i], "{") {
			return false
		}
	}
	return true
}

func (op operation) checkParameters(r *http.Request) error {
	query := r.URL.Query()
	list, _ := at(op.spec, "parameters").([]any)
	for i, p := range list {
		name, _ := at(p, "name").(string)
		values := query[name]
		delete(query, name)
		switch {
		case at(p, "in") != "query":
		case len(values) == 0 && at(p, "required") == true:
			return fmt.Errorf("%s %s: without %s", r.Method, op.path, name)
		case len(values) > 1:
			return fmt.Errorf("%s %s: %s twice", r.Method, op.path, name)
		case len(values) == 1:
			schema, err := op.schema("get", "parameters", strconv.Itoa(i), "schema")
			if err != nil {
				return err
			}
			var value any = values[0]
			if schema.Validate(value) != nil { // the text may stand for something else
				value, _ = strconv.ParseBool(values[0])
			}
			if err := schema.Validate(value); err != nil {
				return fmt.Errorf("%s %s: %s: %w", r.Method, op.path, name, err)
			}
		}
	}
	for name := range query {
		return fmt.Errorf("%s %s: there is no parameter %s", r.Method, op.path, name)
	}
	return nil
}

// check compares an answer with the schema. Of refusals only that for a wrong
// parameter is described.
func (op operation) check(status int, body []byte) error {
	code := strconv.Itoa(status)
	if op.d == nil || at(op.spec, "responses", code) == nil {
		return nil
	}
	schema, err := op.schema("get", "responses", code, "content", "application/json", "schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// schema compiles the one at a place of the operation's path.
func (op operation) schema(place ...string) (*jsonschema.Schema, error) {
	pointer := "#"
	for _, key := range append([]string{"paths", op.path}, place...) {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
	}
	op.d.mu.Lock()
	defer op.d.mu.Unlock()
	return op.d.compiler.Compile("rest.openapi.json" + pointer)
}

// at goes down a document; nil when there is no such place.
func at(doc any, path ...string) any {
	for _, key := range path {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	return doc
}
