package html_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	module "moonlark/luastd/html"
	"moonlark/luastd/luastdtest"
)

func TestHTMLExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua", module.Module) }

// call calls a function of the module, or a method of a node. It returns the first result.
func call(t testing.TB, functions *luastdtest.Functions, name string, args ...lua.LValue) lua.LValue {
	t.Helper()
	results, err := functions.Call(name, args...)
	if err != nil {
		t.Fatal(err)
	}
	return results[0]
}

// render returns the page as the module has understood it.
func render(t testing.TB, functions *luastdtest.Functions, page string) string {
	t.Helper()
	doc := call(t, functions, "parse", lua.LString(page))
	L := functions.L
	if err := L.CallByParam(lua.P{Fn: L.GetField(doc, "html"), NRet: 1, Protect: true}, doc); err != nil {
		t.Fatal(err)
	}
	defer L.Pop(1)
	return L.Get(-1).String()
}

// Pages that leave out tags only where HTML allows it are parsed as by html.Parse.
func TestPagesAreParsedAsByBrowsers(t *testing.T) {
	functions := luastdtest.OpenFunctions(t, module.Module)
	pages := []string{
		"", "text", "<title>a</title><p>b", "<p>a<p>b<ul><li>c<li>d<ul><li>e</ul></ul>f",
		"<!doctype html><html><head><meta charset=utf-8><script>a<b</script></head><body id=x><div>a</div></body></html>",
		"<table><caption>c</caption><colgroup><col><thead><tr><th>a<tbody><tr><td>b<td>c<tr><td>d<tfoot><tr><td>e</table>f",
		"<table><tr><td><table><td>a</table><p>b<tr><td>c</table>",
		"<dl><dt>a<dd>b<p>c<dt>d</dl>", "<select><optgroup label=a><option>b<option>c<optgroup><option>d</select>",
		"<div><p>a<h1>b</h1><p>c<pre>\n d</pre></div>", "<a href=x>b</a><a href=y>c</a>", "<ruby>a<rp>(<rt>b<rp>)</ruby>",
		"<h1>a<h2>b</h2>", "<button>a</button><form><input><textarea>\nx</textarea></form>", "<div><span>a</div>b</span>",
		"<ul><li><div><p>a</div><li>b</ul>", "<p>a<blockquote><p>b</blockquote>c", "a<br>b</br>c", "<iframe><p></iframe><noscript><p></noscript>",
	}
	for range 300 {
		pages = append(pages, "<body>"+randomElements(rand.New(rand.NewPCG(uint64(len(pages)), 1)), 5, "flow"))
	}
	for _, page := range pages {
		root, err := html.Parse(strings.NewReader(page))
		if err != nil {
			t.Fatal(err)
		}
		var want strings.Builder
		html.Render(&want, root)
		if got := render(t, functions, page); got != want.String() {
			t.Errorf("%s\ngot  %s\nwant %s", page, got, want.String())
		}
	}
}

// randomElements returns elements that HTML allows in content of a kind. It leaves out some end
// tags.
func randomElements(r *rand.Rand, depth int, kind string) string {
	var b strings.Builder
	for range r.IntN(4) {
		if depth == 0 || kind != "list" && kind != "rows" && kind != "cells" && r.IntN(3) == 0 {
			if kind == "flow" || kind == "phrasing" {
				b.WriteString([]string{"word", "a &amp; b", "<br>", "<img src=x>"}[r.IntN(4)])
			}
			continue
		}
		name, inner := "", kind
		end := true
		switch kind {
		case "flow":
			name = []string{"div", "section", "p", "ul", "table", "span", "b", "h2", "blockquote"}[r.IntN(9)]
			inner = map[string]string{"p": "phrasing", "span": "phrasing", "b": "phrasing", "h2": "phrasing", "ul": "list", "table": "rows"}[name]
			if inner == "" {
				inner = "flow"
			}
		case "phrasing":
			name = []string{"span", "em", "code", "u"}[r.IntN(4)]
		case "list":
			name, inner, end = "li", "flow", r.IntN(2) == 0
		case "rows":
			name, inner, end = "tr", "cells", r.IntN(2) == 0
		case "cells":
			name, inner, end = "td", "flow", r.IntN(2) == 0
		}
		b.WriteString("<" + name + ">" + randomElements(r, depth-1, inner))
		if end {
			b.WriteString("</" + name + ">")
		}
	}
	return b.String()
}

// The time to parse a hostile page and to get its text is proportional to its length.
func TestHostilePagesTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it measures time")
	}
	functions := luastdtest.OpenFunctions(t, module.Module)
	for name, page := range map[string]string{
		"nested":              strings.Repeat("<div>", 500) + strings.Repeat("</i></b>", 100_000),
		"deeper than allowed": strings.Repeat("<div>", 100_000),
		"one long tag":        strings.Repeat("<a ", 1<<20/3),
		"open formatting":     strings.Repeat("<p><b id=1>x", 60_000),
		"formatting to copy":  "<p>" + strings.Repeat("<b><i><u><em>", 100) + "</p>" + strings.Repeat("<p>x</p>", 60_000),
		"open cells":          strings.Repeat("<table><tr><td>a", 90) + strings.Repeat("</p>", 1<<18),
		"open quotes":         strings.Repeat("<blockquote>", 500) + strings.Repeat("a<br>", 90_000),
		"nested lists":        strings.Repeat("<ul><li>", 250) + strings.Repeat("a<br>", 90_000),
		"many attributes":     strings.Repeat("<a "+strings.Repeat("x ", 127)+">", 4000),
		"references":          strings.Repeat("&", 1<<20),
		"no tags":             strings.Repeat("<", 1<<20),
		"nested links":        strings.Repeat("<table><tr><td><a href=x>", 120) + strings.Repeat("word ", 200_000),
	} {
		start := time.Now()
		for _, function := range []string{"text", "markdown", "links"} {
			call(t, functions, function, lua.LString(page))
		}
		// about 0.3 s; quadratic time would be minutes
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: a page of %d bytes took %v", name, len(page), took)
		}
	}
}

// No page may make the functions panic or exceed the limits. What parse returns must be parsed as
// itself, apart from elements that lose their place.
func FuzzParse(f *testing.F) {
	for _, page := range []string{"", "<p>a<b>c", "<table><tr><td>x", "<!doctype html><title>a", "<a href='x'>b</a>", "</", "<a b='", "<svg><path/>", "<pre>\n\n x", "<li><ul><li>", "&amp;&#0;&x", "<\x00a>", "<ol start=5><li><pre>`</pre>", "<table><td><a href=x>|"} {
		f.Add(page, "p > a, b:not(.c)")
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, page, css string) {
		if len(page) > 10_000 {
			return
		}
		results, err := functions.Call("parse", lua.LString(page))
		if err != nil {
			t.Fatal(err)
		}
		if len(results) == 3 {
			luastdtest.CheckFailure(t, results, "too_large")
			return
		}
		rendered := render(t, functions, page)
		root, err := html.Parse(strings.NewReader(rendered))
		if err == nil && root == nil || !utf8.ValidString(rendered) {
			t.Fatalf("parse(%q) has the HTML %q", page, rendered)
		}
		for _, function := range []string{"text", "markdown"} {
			if got := call(t, functions, function, results[0]).String(); !utf8.ValidString(got) || len(got) > 50*len(page)+1000 {
				t.Fatalf("%s(%q) returned %q", function, page, got)
			}
		}
		call(t, functions, "links", results[0], lua.LString("https://example.com/"))
		L := functions.L
		bottom := L.GetTop()
		defer L.SetTop(bottom)
		if L.CallByParam(lua.P{Fn: L.GetField(results[0], "select"), NRet: 1, Protect: true}, results[0], lua.LString(css)) == nil {
			list, ok := L.Get(-1).(*lua.LTable)
			if !ok || list.Len() > len(page)+3 {
				t.Fatalf("select(%q) of %q returned %v", css, page, L.Get(-1))
			}
		}
	})
}
