package resttest

import (
	"bytes"
	"cmp"
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

// A description is the OpenAPI document that describes the API.
type description struct {
	doc any

	mu       sync.Mutex // guards compiler
	compiler *jsonschema.Compiler
}

// loadDescription returns the OpenAPI document that is stored beside the repository, or nil if the
// document is not there. The document is read only once.
var loadDescription = sync.OnceValues(func() (*description, error) {
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
	d.compiler.DefaultDraft(jsonschema.Draft2020) // OpenAPI 3.1 uses this draft of JSON Schema
	return d, d.compiler.AddResource("rest.openapi.json", doc)
})

// Described reports whether the OpenAPI document was found. If so, requests and responses are
// compared with it.
func Described() bool {
	d, _ := loadDescription()
	return d != nil
}

// Enum returns the values of the enum schema with this name in the OpenAPI document. It returns nil
// if the document or the schema is not there.
func Enum(schema string) []string {
	d, _ := loadDescription()
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

// An operation is one path of the API together with an HTTP method.
type operation struct {
	d *description // nil if there is no OpenAPI document
	// path is the path as the OpenAPI document writes it, such as /v1/convai/agents/{agent_id}.
	path   string
	method string // in lower case
	spec   any    // the JSON object that describes the operation in the OpenAPI document
}

// described returns the operation that r requests. It returns an error if the OpenAPI document does
// not describe the path, the method or a parameter of r, or if a parameter is missing or invalid.
func described(r *http.Request) (operation, error) {
	d, err := loadDescription()
	if err != nil || d == nil {
		return operation{}, err
	}
	paths, _ := at(d.doc, "paths").(map[string]any)
	for path := range paths {
		if !matches(path, r.URL.EscapedPath()) {
			continue
		}
		method := strings.ToLower(r.Method)
		op := operation{d, path, method, at(d.doc, "paths", path, method)}
		if op.spec == nil {
			return op, fmt.Errorf("%s %s: not a known method", r.Method, path)
		}
		return op, op.checkParameters(r)
	}
	return operation{}, fmt.Errorf("%s %s: not a known path", r.Method, r.URL.Path)
}

// matches reports whether a path fits a pattern such as /v1/convai/agents/{agent_id}, where
// {agent_id} stands for any text without a slash.
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

// checkParameters returns an error if the query parameters of r do not fit the operation in the
// OpenAPI document.
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
			return fmt.Errorf("%s %s: %s is missing", r.Method, op.path, name)
		case len(values) > 0:
			schema, err := op.schema(op.method, "parameters", strconv.Itoa(i), "schema")
			if err != nil {
				return err
			}
			if err := fitsAny(schema, values); err != nil {
				return fmt.Errorf("%s %s: %s: %w", r.Method, op.path, name, err)
			}
		}
	}
	for name := range query {
		return fmt.Errorf("%s %s: unknown parameter %s", r.Method, op.path, name)
	}
	return nil
}

// fitsAny returns an error if the values of one parameter do not fit the schema in any of the types
// that they may stand for.
func fitsAny(schema *jsonschema.Schema, values []string) error {
	var list []any
	for _, value := range values {
		list = append(list, value)
	}
	candidates := []any{list}
	if len(values) == 1 {
		candidates = append(candidates, values[0])
		if b, err := strconv.ParseBool(values[0]); err == nil {
			candidates = append(candidates, b)
		}
		if x, err := strconv.ParseFloat(values[0], 64); err == nil {
			candidates = append(candidates, x)
		}
	}
	var first error
	for _, candidate := range candidates {
		err := schema.Validate(candidate)
		if err == nil {
			return nil
		}
		first = cmp.Or(first, err)
	}
	return first
}

// checkBody returns an error if the body of a request does not fit the schema that the OpenAPI document
// has for it.
func (op operation) checkBody(body []byte) error {
	if op.d == nil {
		return nil
	}
	if at(op.spec, "requestBody") == nil {
		return errors.New("the request must not have one")
	}
	schema, err := op.schema(op.method, "requestBody", "content", "application/json", "schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// check returns an error if the body of a response does not fit the schema that the OpenAPI
// document has for the status. It returns nil if the document has no schema for the status, as for
// most errors.
func (op operation) check(status int, body []byte) error {
	code := strconv.Itoa(status)
	if op.d == nil || at(op.spec, "responses", code) == nil {
		return nil
	}
	schema, err := op.schema(op.method, "responses", code, "content", "application/json", "schema")
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// schema compiles the schema at the path place, which begins at the operation's object in the
// OpenAPI document.
func (op operation) schema(place ...string) (*jsonschema.Schema, error) {
	pointer := "#"
	for _, key := range append([]string{"paths", op.path}, place...) {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
	}
	op.d.mu.Lock()
	defer op.d.mu.Unlock()
	return op.d.compiler.Compile("rest.openapi.json" + pointer)
}

// at returns the value at a path of object keys in a JSON document, or nil if there is none.
func at(doc any, path ...string) any {
	for _, key := range path {
		object, _ := doc.(map[string]any)
		doc = object[key]
	}
	return doc
}
