package html

import (
	"net/url"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"golang.org/x/net/html"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

// A resolver makes the URLs of a page absolute.
type resolver struct {
	base *url.URL // nil if it is not known
}

// newResolver returns a resolver for the page in n. pageURL is the URL of the page, or "".
func newResolver(n *html.Node, pageURL *url.URL) resolver {
	for n.Parent != nil {
		n = n.Parent
	}
	r := resolver{pageURL}
	for c := range headOf(n).ChildNodes() {
		if href, ok := attributeOf(c, "href"); ok && c.Data == "base" && len(href) <= maxBase {
			if u, err := url.Parse(strings.TrimSpace(href)); err == nil {
				r.base = r.absolute(u)
			}
			break
		}
	}
	return r
}

// headOf returns the head of a document.
func headOf(root *html.Node) *html.Node {
	for c := range root.LastChild.ChildNodes() {
		if c.Data == "head" {
			return c
		}
	}
	return root
}

func (r resolver) absolute(u *url.URL) *url.URL {
	if r.base == nil {
		return u
	}
	return r.base.ResolveReference(u)
}

// resolve returns the absolute URL that href means. ok is false if href is not a URL, or if its
// scheme is one for code or data.
func (r resolver) resolve(href string) (_ string, ok bool) {
	href = strings.Map(func(c rune) rune {
		if c == '\t' || c == '\n' || c == '\r' {
			return -1
		}
		return c
	}, strings.TrimSpace(href))
	u, err := url.Parse(href)
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "javascript", "data", "vbscript", "blob":
		return "", false
	}
	return r.absolute(u).String(), true
}

// checkBase returns the URL of a page, which must be absolute, or nil for "".
func checkBase(s string) (u *url.URL, ok bool) {
	if s == "" {
		return nil, true
	}
	u, err := url.Parse(s)
	return u, err == nil && u.IsAbs()
}

func (m *module) links(L *lua.LState) int {
	base, ok := checkBase(L.OptString(2, ""))
	if !ok {
		L.ArgError(2, value.Quote(L.CheckString(2))+" is not the URL of a page, such as https://example.com/")
	}
	n, failed := m.page(L)
	if failed > 0 {
		return failed
	}
	r := newResolver(n.Node, base)
	p := luastd.NewProgress(m, L)
	list := L.CreateTable(0, 0)
	size := 0 // of all URLs
	for c := range n.Descendants() {
		p.Add(50)
		if c.Type != html.ElementNode || c.Data != "a" && c.Data != "area" {
			continue
		}
		href, ok := attributeOf(c, "href")
		if !ok {
			continue
		}
		p.Add(len(href))
		if href, ok = r.resolve(href); !ok {
			continue
		}
		if size += len(href); size > maxResult {
			return value.PushFailure(L, "too_large", "the URLs of the page have more than %d bytes", maxResult)
		}
		link := L.CreateTable(0, 2)
		link.RawSetString("url", lua.LString(href))
		link.RawSetString("text", lua.LString(oneLine(textOf(c, maxLinkText, p))))
		list.Append(link)
	}
	L.Push(list)
	return 1
}

// oneLine returns text with spaces in place of line ends.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
