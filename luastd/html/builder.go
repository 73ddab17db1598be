package html

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"moonlark/luastd"
)

// A builder makes the tree of a page from its tokens. Its work is proportional to the length of the
// page, because at most maxDepth elements are open.
type builder struct {
	*luastd.Progress
	tokens *html.Tokenizer
	doc    *document
	head   *html.Node
	body   *html.Node   // nil before the first content of the body
	open   []*html.Node // the open elements: html, then head or body, then the elements in it
}

// parse returns the document in s. The error says which limit the document exceeds.
func parse(s string, p *luastd.Progress) (*document, error) {
	if len(s) > maxPage {
		return nil, fmt.Errorf("the page has %d bytes; the maximum is %d", len(s), maxPage)
	}
	s = strings.TrimPrefix(strings.ToValidUTF8(s, "\uFFFD"), "\uFEFF")
	b := &builder{Progress: p, tokens: html.NewTokenizer(strings.NewReader(s))}
	b.tokens.SetMaxBuf(maxToken)
	b.doc = &document{root: &html.Node{Type: html.DocumentNode}}
	root := newElement("html")
	b.doc.root.AppendChild(root)
	b.head = newElement("head")
	root.AppendChild(b.head)
	b.open = []*html.Node{root, b.head}
	for {
		kind := b.tokens.Next()
		b.Add(len(b.tokens.Raw()) + 100) // 100: the cost of a short token
		if kind == html.ErrorToken {
			break
		}
		if err := b.token(kind); err != nil {
			return nil, err
		}
	}
	if b.tokens.Err() == html.ErrBufferExceeded {
		return nil, fmt.Errorf("a tag or a text between tags has more than %d bytes", maxToken)
	}
	b.needBody()
	b.doc.nodes = 0
	b.doc.measure(b.doc.root, 0)
	return b.doc, nil
}

// measure sets the counts in d for n, which is in depth elements.
func (d *document) measure(n *html.Node, depth int) {
	siblings := 0
	for c := range n.ChildNodes() {
		siblings++
		d.measure(c, depth+1)
	}
	d.nodes++
	d.depth = max(d.depth, depth)
	d.siblings = max(d.siblings, siblings)
}

func newElement(name string) *html.Node {
	return &html.Node{Type: html.ElementNode, Data: name, DataAtom: atom.Lookup([]byte(name))}
}

func (b *builder) token(kind html.TokenType) error {
	switch kind {
	case html.TextToken:
		return b.text(strings.ReplaceAll(string(b.tokens.Text()), "\x00", ""))
	case html.StartTagToken, html.SelfClosingTagToken:
		return b.startTag(kind == html.SelfClosingTagToken)
	case html.EndTagToken:
		name, _ := b.tokens.TagName()
		return b.endTag(string(name))
	case html.DoctypeToken:
		if b.doc.root.FirstChild.Type != html.DoctypeNode && strings.HasPrefix(strings.ToLower(string(b.tokens.Text())), "html") {
			b.doc.root.InsertBefore(&html.Node{Type: html.DoctypeNode, Data: "html"}, b.doc.root.FirstChild)
		}
	}
	return nil
}

// top returns the innermost open element.
func (b *builder) top() *html.Node { return b.open[len(b.open)-1] }

// needBody begins the body, if it has not begun.
func (b *builder) needBody() {
	if b.body == nil {
		b.body = newElement("body")
		b.open[0].AppendChild(b.body)
		b.open = append(b.open[:1], b.body)
	}
}

func (b *builder) text(s string) error {
	if b.top() == b.head {
		if s = strings.TrimLeft(s, " \t\r\n\f"); s != "" {
			b.needBody()
		}
	}
	if name := b.top().Data; (name == "pre" || name == "textarea") && b.top().FirstChild == nil {
		s = strings.TrimPrefix(strings.TrimPrefix(s, "\r"), "\n")
	}
	if s == "" {
		return nil
	}
	return b.add(&html.Node{Type: html.TextNode, Data: s})
}

// add adds n to the innermost open element.
func (b *builder) add(n *html.Node) error {
	if b.doc.nodes++; b.doc.nodes > maxNodes {
		return fmt.Errorf("the page has more than %d elements and texts", maxNodes)
	}
	b.top().AppendChild(n)
	return nil
}

// push adds an element and opens it.
func (b *builder) push(n *html.Node) error {
	if len(b.open) >= maxDepth {
		return fmt.Errorf("the page has more than %d elements in each other", maxDepth)
	}
	err := b.add(n)
	b.open = append(b.open, n)
	return err
}

func (b *builder) startTag(selfClosing bool) error {
	tag, more := b.tokens.TagName()
	name := string(tag)
	attributes := b.attributes(more)
	switch name {
	case "html":
		addAttributes(b.open[0], attributes)
		return nil
	case "head":
		addAttributes(b.head, attributes)
		return nil
	case "body":
		b.needBody()
		addAttributes(b.body, attributes)
		return nil
	}
	if b.top() == b.head && !inHead[name] {
		b.needBody()
	}
	if err := b.closeImplied(name); err != nil {
		return err
	}
	n := newElement(name)
	n.Attr = attributes
	if void[name] || selfClosing && b.inForeign(name) {
		return b.add(n)
	}
	return b.push(n)
}

// attributes returns the attributes of the current tag. If two have the same name, the first
// counts.
func (b *builder) attributes(more bool) (all []html.Attribute) {
	for more && len(all) < maxAttributes {
		var key, val []byte
		key, val, more = b.tokens.TagAttr()
		if !hasAttribute(all, string(key)) {
			all = append(all, html.Attribute{Key: string(key), Val: string(val)})
		}
	}
	return all
}

func hasAttribute(all []html.Attribute, key string) bool {
	for i := range all {
		if all[i].Key == key {
			return true
		}
	}
	return false
}

func addAttributes(n *html.Node, more []html.Attribute) {
	for _, a := range more {
		if !hasAttribute(n.Attr, a.Key) && len(n.Attr) < maxAttributes {
			n.Attr = append(n.Attr, a)
		}
	}
}

// inForeign reports whether an element is part of SVG or MathML, in which a tag such as <path/> has
// no end tag.
func (b *builder) inForeign(name string) bool {
	return foreign[name] || b.find(foreign, nil) >= 0
}

// find returns the index of the innermost open element whose name is in names. It returns -1 if
// there is none, or if an element whose name is in barrier is further in.
func (b *builder) find(names, barrier set) int {
	for i := len(b.open) - 1; i >= 2; i-- {
		switch {
		case names[b.open[i].Data]:
			return i
		case barrier[b.open[i].Data]:
			return -1
		}
	}
	return -1
}

// closeAll closes elements as long as find finds one.
func (b *builder) closeAll(names, barrier set) {
	for {
		i := b.find(names, barrier)
		if i < 0 {
			return
		}
		b.open = b.open[:i]
	}
}

// closeImplied closes the elements that end before a start tag, and opens the parts of a table
// whose tags were left out.
func (b *builder) closeImplied(name string) error {
	if closesParagraph[name] {
		b.closeAll(set{"p": true}, paragraphBarrier)
	}
	switch name {
	case "li":
		b.closeAll(set{"li": true}, listBarrier)
	case "dd", "dt":
		b.closeAll(set{"dd": true, "dt": true}, listBarrier)
	case "option":
		b.closeAll(set{"option": true}, choiceBarrier)
	case "optgroup":
		b.closeAll(set{"option": true, "optgroup": true}, choiceBarrier)
	case "h1", "h2", "h3", "h4", "h5", "h6":
		if headings[b.top().Data] {
			b.open = b.open[:len(b.open)-1]
		}
	case "a", "button", "nobr":
		b.closeAll(set{name: true}, scope)
	case "rb", "rp", "rt", "rtc":
		b.closeAll(rubyParts, set{"ruby": true})
	case "caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th":
		return b.tablePart(name)
	}
	return nil
}

// tablePart prepares the innermost table for one of its parts. Outside of a table, it does nothing.
func (b *builder) tablePart(name string) error {
	if b.find(set{"table": true}, set{"template": true}) < 0 {
		return nil
	}
	contexts := set{"table": true}
	switch name {
	case "td", "th":
		contexts = set{"table": true, "tbody": true, "thead": true, "tfoot": true, "tr": true}
	case "tr":
		contexts = set{"table": true, "tbody": true, "thead": true, "tfoot": true}
	case "col":
		contexts = set{"table": true, "colgroup": true}
	}
	b.open = b.open[:b.find(contexts, nil)+1]
	top := b.top().Data
	switch {
	case name == "col" && top == "table":
		return b.push(newElement("colgroup"))
	case name == "tr" && top == "table":
		return b.push(newElement("tbody"))
	case (name == "td" || name == "th") && top == "table":
		if err := b.push(newElement("tbody")); err != nil {
			return err
		}
		return b.push(newElement("tr"))
	case (name == "td" || name == "th") && top != "tr":
		return b.push(newElement("tr"))
	}
	return nil
}

func (b *builder) endTag(name string) error {
	i := -1
	switch {
	case name == "br":
		if b.top() == b.head {
			b.needBody()
		}
		return b.add(newElement("br"))
	case headings[name]:
		i = b.find(headings, scope)
	case name == "p":
		i = b.find(set{"p": true}, paragraphBarrier)
	case name == "li":
		i = b.find(set{"li": true}, set{"ul": true, "ol": true, "td": true, "th": true, "table": true})
	case tableParts[name]:
		i = b.find(set{name: true}, set{"table": name != "table", "template": true})
	case special[name]:
		i = b.find(set{name: true}, scope)
	default:
		i = b.find(set{name: true}, special)
	}
	if i >= 0 {
		b.open = b.open[:i]
	}
	return nil
}
