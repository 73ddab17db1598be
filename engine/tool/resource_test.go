package tool

import (
	"fmt"
	"strings"
	"testing"
)

func TestAURIIsCheckedWhenTheResourceIsMade(t *testing.T) {
	for uri, want := range map[string]string{
		"notes://all": "", "file:///a/b.txt": "", "notes://{id}": "", "a:{x}/{y_2}?q={z}": "", "urn:isbn:1": "",
		"notes":                            `must begin with a scheme, such as notes://all, not "notes"`,
		"":                                 `must begin with a scheme, such as notes://all, not ""`,
		"notes:":                           `must begin with a scheme, such as notes://all, not "notes:"`,
		"{scheme}://a":                     `must begin with a scheme, such as notes://all, not "{scheme}://a"`,
		"/a/b":                             `must begin with a scheme, such as notes://all, not "/a/b"`,
		"notes://a b":                      `must not have ' ': percent-encode it`,
		"notes://a\n":                      `must not have '\n': percent-encode it`,
		"notes://%zz":                      `must not have '%': percent-encode it`,
		"a:b|{c}":                          `must not have '|': percent-encode it`,
		"a:ü":                              `must not have 'ü': percent-encode it`,
		"a:\xff":                           `must not have '�': percent-encode it`,
		"notes://[a":                       `is not a URI: "notes://[a"`,
		"notes://{id":                      `has a { without a }: "notes://{id"`,
		"notes://id}":                      `has a } without a {: "notes://id}"`,
		"notes://{+path}":                  "has {+path}: a parameter is a name of letters, digits and _ in braces, such as {id}",
		"notes://{}":                       "has {}: a parameter is a name of letters, digits and _ in braces, such as {id}",
		"notes://{a,b}":                    "has {a,b}: a parameter is a name of letters, digits and _ in braces, such as {id}",
		"notes://{a}/{a}":                  "has {a} twice",
		"notes://{a}{b}/c":                 "has {a} directly before another parameter, so that nobody knows where it ends",
		"a:" + strings.Repeat("x", MaxURI): "has 1002 bytes; 1000 are allowed",
	} {
		r, err := NewResource(uri)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if got != want || err == nil && (r.URI != uri || r.Name != uri || r.IsTemplate() != strings.Contains(uri, "{")) {
			t.Errorf("%q: got %q, want %q; the resource is %+v", uri, got, want, r)
		}
	}
}

func TestATemplateMatchesItsURIs(t *testing.T) {
	for _, row := range []struct{ template, uri, want string }{
		{"notes://all", "notes://all", "map[]"},
		{"notes://all", "notes://All", ""},
		{"notes://{id}", "notes://7", "map[id:7]"},
		{"notes://{id}", "notes://a%20b%2Fc", "map[id:a b/c]"},
		{"notes://{id}", "notes://a b", "map[id:a b]"},
		{"notes://{id}", "notes://gr\u00fcn", "map[id:gr\u00fcn]"},
		{"notes://{id}", "notes://", ""},
		{"notes://{id}", "notes://a/b", ""},
		{"notes://{id}", "notes://a?b", ""},
		{"notes://{id}", "notes://%FF", ""},
		{"notes://{id}", "notes://%zz", ""},
		{"notes://{id}", "notes://" + strings.Repeat("x", MaxURI), ""},
		{"notes://{book}/{id}.md", "notes://home/7.md", "map[book:home id:7]"},
		{"notes://{book}/{id}.md", "notes://home/7xmd", ""},
	} {
		r, err := NewResource(row.template)
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if parameters, ok := r.Match(row.uri); ok {
			got = fmt.Sprint(parameters)
		}
		if got != row.want {
			t.Errorf("%s, %s: got %s, want %s", row.template, row.uri, got, row.want)
		}
	}
}

func TestAURIIsMadeCanonical(t *testing.T) {
	for _, row := range []struct{ template, uri, want string }{
		{"notes://all", "notes://all", "notes://all"},
		{"mail:{address}", "mail:ada@example.com", "mail:ada%40example.com"},
		{"notes://{book}/{id}", "notes://my book/a%2fb+~", "notes://my%20book/a%2Fb%2B~"},
		{"notes://{id}", "notes://{id}", "notes://%7Bid%7D"},
		{"notes://{a}/{b}", "notes://{b}/{a}", "notes://%7Bb%7D/%7Ba%7D"},
		{"notes://{id}", "other:x", ""},
	} {
		r, err := NewResource(row.template)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := r.Canonical(row.uri)
		if ok != (row.want != "") || ok && got != row.want {
			t.Errorf("%s, %s: got %q, %v, want %q", row.template, row.uri, got, ok, row.want)
		}
		if again, _ := r.Canonical(got); ok && again != got {
			t.Errorf("%s becomes %s, which becomes %s", row.uri, got, again)
		}
	}
}

func TestNamesOfParametersMakeNoOtherResource(t *testing.T) {
	a, _ := NewResource("notes://{id}/x")
	b, _ := NewResource("notes://{name}/x")
	c, _ := NewResource("notes://{name}/y")
	if a.Shape() != b.Shape() || b.Shape() == c.Shape() {
		t.Errorf("the shapes are %s, %s and %s", a.Shape(), b.Shape(), c.Shape())
	}
}

// A URI belongs to the resource that says most about it.
func TestTheMoreExactResourcePrecedes(t *testing.T) {
	for _, row := range []struct{ first, second string }{
		{"mail:a@b", "mail:{address}"},
		{"n://{a}/x", "n://{a}/{b}"}, // although the latter is longer
		{"n://{a}/all.md", "n://{a}/{b}.md"},
	} {
		first, _ := NewResource(row.first)
		second, _ := NewResource(row.second)
		if !first.Precedes(second) || second.Precedes(first) || first.Precedes(first) {
			t.Errorf("%s and %s: %v, %v, %v", row.first, row.second, first.Precedes(second), second.Precedes(first), first.Precedes(first))
		}
	}
}

func TestMissingArgumentsOfAPromptAreNamed(t *testing.T) {
	p := &Prompt{Name: "plan", Arguments: []PromptArgument{{Name: "city", Required: true}, {Name: "day", Required: true}, {Name: "style"}}}
	for want, args := range map[string]map[string]string{
		"":                      {"city": "Rome", "day": "", "more": "x"},
		"day is missing":        {"city": "Rome"},
		"city, day are missing": nil,
	} {
		got := ""
		if err := p.CheckArguments(args); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%v: got %q, want %q", args, got, want)
		}
	}
}

// What a template matches has values for all of its parameters.
func FuzzTemplate(f *testing.F) {
	f.Add("notes://{id}", "notes://7")
	f.Add("a:{x}.{y}", "a:1.2.3")
	f.Add("a:%7B{x}", "a:%7B%7D")
	f.Fuzz(func(t *testing.T, template, uri string) {
		r, err := NewResource(template)
		if err != nil {
			return
		}
		if parameters, ok := r.Match(uri); ok && r.IsTemplate() && len(parameters) != strings.Count(template, "{") {
			t.Errorf("%q, %q: %q", template, uri, parameters)
		}
	})
}
