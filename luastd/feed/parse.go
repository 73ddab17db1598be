package feed

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"moonlark/engine/safetext"
	"moonlark/luastd/value"
	"moonlark/luastd/xmlreader"
)

// A feed is what a text says about itself, and its items.
type feed struct {
	entry
	items []entry
}

// An entry is an item of a feed, or the feed itself: the texts of its elements by name, without
// tags. Of several elements with the same name, the first that is not empty counts.
type entry map[string]string

// These are the elements that an entry keeps. If it has several summaries or dates, the first one
// in the list counts.
var (
	summaries = []string{"summary", "description", "itunes:summary", "media:description", "content:encoded", "content"}
	dates     = []string{"pubDate", "published", "dc:date", "issued", "updated", "modified", "dcterms:modified"}
	kept      = slices.Concat([]string{"title", "link", "guid"}, summaries, dates)
)

func (e entry) title() string { return oneLine(e["title"]) }

// link returns the link of the entry. A guid can replace it if it is a link.
func (e entry) link() string {
	if e["link"] == "" && strings.HasPrefix(e["guid"], "http") {
		return oneLine(e["guid"])
	}
	return oneLine(e["link"])
}

func (e entry) summary() string {
	for _, name := range summaries {
		if e[name] != "" {
			return e[name]
		}
	}
	return ""
}

// date returns when the entry was published or updated. ok is false if this is not known.
func (e entry) date() (date time.Time, ok bool) {
	for _, name := range dates {
		if date, ok = parseDate(e[name]); ok {
			return date, true
		}
	}
	return time.Time{}, false
}

// A parser reads one feed.
type parser struct {
	*xmlreader.Reader
	checkpoint func()
	atom       bool
	prefix     string // prefix of the names of an Atom feed, such as "atom:"; usually empty
	feed       feed
}

// parse returns the feed in text. It calls checkpoint regularly, which may panic.
func parse(text string, checkpoint func()) (*feed, error) {
	reader, err := xmlreader.New(text, xmlreader.Options{MaxNodes: maxNodes, Lenient: true, Checkpoint: checkpoint})
	if err != nil {
		return nil, err
	}
	p := &parser{Reader: reader, checkpoint: checkpoint, feed: feed{entry: entry{}}}
	root, err := p.Next()
	if err != nil {
		return nil, err
	}
	name := root.Name[strings.LastIndexByte(root.Name, ':')+1:]
	switch {
	case name == "feed":
		p.atom, p.prefix = true, strings.TrimSuffix(root.Name, name)
	case name != "rss" && name != "RDF":
		return nil, fmt.Errorf("the text is not a feed: its first element is %s, not rss, rdf:RDF or feed", value.Quote(root.Name))
	}
	if err := p.children(p.feedElement); err != nil {
		return nil, err
	}
	return &p.feed, nil
}

// children reads the current element up to its end tag. It calls element with the start tag of each
// child. element must read the child up to its end tag.
func (p *parser) children(element func(tag xmlreader.Token) error) error {
	for {
		token, err := p.Next()
		if err != nil || token.Kind == xmlreader.End {
			return err
		}
		if token.Kind == xmlreader.Start {
			if err := element(token); err != nil {
				return err
			}
		}
	}
}

// feedElement reads an element of the feed itself. In RSS 2.0 all of them are in the element
// channel. In RSS 1.0 the items are beside it.
func (p *parser) feedElement(tag xmlreader.Token) error {
	switch strings.TrimPrefix(tag.Name, p.prefix) {
	case "channel":
		return p.children(p.feedElement)
	case "item", "entry":
		p.checkpoint()
		if len(p.feed.items) == maxItems {
			return &xmlreader.Error{Code: "too_large", Why: fmt.Sprintf("more than %d items", maxItems)}
		}
		item := entry{}
		p.feed.items = append(p.feed.items, item)
		return p.children(func(tag xmlreader.Token) error { return p.entryElement(tag, item) })
	}
	return p.entryElement(tag, p.feed.entry)
}

// entryElement reads an element of an item, or of the feed itself.
func (p *parser) entryElement(tag xmlreader.Token, e entry) error {
	name := strings.TrimPrefix(tag.Name, p.prefix)
	switch {
	case name == "media:group":
		return p.children(func(tag xmlreader.Token) error { return p.entryElement(tag, e) })
	case name == "link" && attribute(tag, "href") != "":
		if rel := attribute(tag, "rel"); e[name] == "" && (rel == "" || rel == "alternate") {
			e[name] = collapse(safetext.Cut(attribute(tag, "href"), maxString, ""))
		}
	case name == "guid" && attribute(tag, "isPermaLink") == "false":
	case slices.Contains(kept, name) && e[name] == "":
		text, err := p.text(tag, name == "title" || slices.Contains(summaries, name))
		e[name] = text
		return err
	}
	_, err := p.content(false)
	return err
}

// text returns the content of the current element, whose start tag is tag, without tags. mayBeHTML
// is false if the content is no HTML in any feed: in a link, &copy means something else.
func (p *parser) text(tag xmlreader.Token, mayBeHTML bool) (string, error) {
	kind := attribute(tag, "type")
	content, err := p.content(kind == "xhtml")
	if mayBeHTML && (!p.atom || kind == "html" || kind == "text/html") {
		return plain(content), err
	}
	return collapse(content), err
}

// content reads the current element up to its end tag. It returns the text of the element and of
// the elements in it, up to maxString bytes. Elements that HTML shows on lines of their own begin
// new lines. If flow is true, the line ends of the text become spaces, as in HTML.
func (p *parser) content(flow bool) (string, error) {
	var b strings.Builder
	for depth := 1; ; {
		token, err := p.Next()
		if err != nil {
			return "", err
		}
		text := token.Text
		switch token.Kind {
		case xmlreader.Start:
			depth++
		case xmlreader.End:
			depth--
		case xmlreader.Text:
			if flow {
				text = oneLine(text)
			}
		}
		if depth == 0 {
			return b.String(), nil
		}
		if isBlock(token.Name) {
			text = "\n"
		}
		b.WriteString(safetext.Cut(text, maxString-b.Len(), ""))
	}
}

func attribute(tag xmlreader.Token, name string) string {
	for _, attribute := range tag.Attrs {
		if attribute.Name == name {
			return attribute.Value
		}
	}
	return ""
}
