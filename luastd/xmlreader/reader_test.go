package xmlreader_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"moonlark/luastd/xmlreader"
)

const maxNodes = 100_000

// show reads a text. It returns the tokens as <name attribute=value>, </name> and (text), and the
// error.
func show(text string, opts xmlreader.Options) (tokens string, err error) {
	opts.MaxNodes = maxNodes
	if opts.Checkpoint == nil {
		opts.Checkpoint = func() {}
	}
	r, err := xmlreader.New(text, opts)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for {
		token, err := r.Next()
		switch {
		case err == io.EOF:
			return b.String(), nil
		case err != nil:
			return b.String(), err
		case token.Kind == xmlreader.Start:
			b.WriteString("<" + token.Name)
			for _, attribute := range token.Attrs {
				fmt.Fprintf(&b, " %s=%s", attribute.Name, attribute.Value)
			}
			b.WriteString(">")
		case token.Kind == xmlreader.End:
			b.WriteString("</" + token.Name + ">")
		default:
			b.WriteString("(" + token.Text + ")")
		}
	}
}

func TestTokens(t *testing.T) {
	for _, row := range []struct{ why, text, want string }{
		{"elements and attributes", `<a b="1" c='2'><d/>x</a>`, "<a b=1 c=2><d></d>(x)</a>"},
		{"names with prefixes", `<x:a x:b="1" xmlns:x="u"/>`, "<x:a x:b=1 xmlns:x=u></x:a>"},
		{"entities and CDATA", `<a b="&lt;&#65;">&amp;&#x42;<![CDATA[<c>&amp;]]></a>`, "<a b=<A>(&B)(<c>&amp;)</a>"},
		{"what is skipped", "<?xml version='1.0'?>\n<!DOCTYPE a SYSTEM 'a.dtd'><!-- [ --><a>b<!-- c -->d<?e?></a>\n<!-- f -->\n", "<a>(b)(d)</a>"},
		{"a byte order mark", "\ufeff<a>é</a>", "<a>(é)</a>"},
		{"a declared encoding", "<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9\x80</a>", "<a>(é€)</a>"},
		{"a declared encoding of several bytes", "<?xml version=\"1.0\" encoding=\"Shift_JIS\"?><a>\x93\xfa</a>", "<a>(日)</a>"},
		{"UTF-16", "\xff\xfe<\x00a\x00/\x00>\x00", "<a></a>"},
		{"UTF-16 with the high byte first", "\xfe\xff\x00<\x00a\x00/\x00>", "<a></a>"},
		{"UTF-8 that claims to be UTF-16", "<?xml version='1.0' encoding='UTF-16'?><a>é</a>", "<a>(é)</a>"},
		{"a > in a value", `<a b=">" c="'>"/>`, "<a b=> c='>></a>"},
	} {
		got, err := show(row.text, xmlreader.Options{})
		if got != row.want || err != nil {
			t.Errorf("%s: got %s, %v, want %s", row.why, got, err, row.want)
		}
	}
}

func TestErrors(t *testing.T) {
	nested := func(n int) string { return strings.Repeat("<a>", n) + strings.Repeat("</a>", n) }
	for _, row := range []struct{ why, text, code, want string }{
		{"no element", " \n", "invalid", "the text has no element"},
		{"text before", "a<b/>", "invalid", "line 1: text outside of the root element"},
		{"text after", "<b/>\na", "invalid", "line 2: text outside of the root element"},
		{"two roots", "<a/>\n<b/>", "invalid", "line 2: a second root element: b"},
		{"no end", "<a>\n<b></b>\n", "invalid", "line 3: the text ends within the element a"},
		{"a wrong end", "<a>\n<b></a>", "invalid", "line 2: the end tag is a, but the element is b"},
		{"only an end", "</a>", "invalid", "line 1: an end tag without a start tag: a"},
		{"a tag that does not end", "<a b='", "invalid", "line 1: unexpected EOF"},
		{"an attribute twice", "<a b='1' b='2'/>", "invalid", "line 1: the attribute b occurs twice"},
		{"an attribute without value", "<a b/>", "invalid", "line 1: attribute name without = in element"},
		{"an entity of HTML", "<a>\n&nbsp;</a>", "invalid", "line 2: invalid character entity &nbsp;"},
		{"an & alone", "<a>b & c</a>", "invalid", "line 1: invalid character entity & (no semicolon)"},
		{"a byte that is not UTF-8", "<a>\xff</a>", "invalid", "line 1: invalid UTF-8"},
		{"a control character", "<a>\x01</a>", "invalid", "line 1: illegal character code U+0001"},
		{"an unknown encoding", "<?xml version='1.0' encoding='x-none'?><a/>", "unsupported", `the encoding "x-none" is not known`},
		{"an encoding that browsers refuse", "<?xml version='1.0' encoding='iso-2022-kr'?><a/>", "unsupported", `the encoding "iso-2022-kr" is not known`},
		{"XML 1.1", "<?xml version='1.1'?><a/>", "invalid", `line 1: unsupported version "1.1"; only version 1.0 is supported`},
		{"definitions", "<!DOCTYPE a [\n<!ENTITY b 'c'>]><a>&b;</a>", "unsupported", "line 2: a document type with definitions"},
		{"an entity that is defined elsewhere", "<!DOCTYPE a SYSTEM 'a.dtd'><a>&b;</a>", "invalid", "line 1: invalid character entity &b;"},
		{"101 nested elements", nested(101), "too_large", "line 1: more than 100 nested elements"},
		{"too many elements", "<a>" + strings.Repeat("<b/>", maxNodes) + "</a>", "too_large", "more than 100000 elements and attributes"},
		{"too many attributes", "<a>" + strings.Repeat("<b c=''/>", maxNodes/2) + "</a>", "too_large", "more than 100000 elements and attributes"},
		{"too many attributes in one tag", "<a " + strings.Repeat("b='' ", 5000) + "/>", "too_large", "line 1: a tag with too many attributes"},
		{"a long text", strings.Repeat(" ", xmlreader.MaxText+1), "too_large", "the text has 8388609 bytes; the maximum is 8388608"},
	} {
		_, err := show(row.text, xmlreader.Options{})
		var wrong *xmlreader.Error
		if !errors.As(err, &wrong) || wrong.Code != row.code || wrong.Why != row.want {
			t.Errorf("%s: got %v, want %s", row.why, err, row.want)
		}
	}
	for _, row := range []struct{ why, text string }{
		{"100 nested elements", nested(100)},
		{"as many elements as permitted", "<a>" + strings.Repeat("<b/>", maxNodes-1) + "</a>"},
		{"spaces and quotes outside of tags", "<a><!-- ' " + strings.Repeat("= ", 20_000) + " --><![CDATA[<b " + strings.Repeat("= ", 20_000) + "]]>" + strings.Repeat("= ", 20_000) + "</a>"},
		{"a long value", "<a b='" + strings.Repeat("= ", 20_000) + "'/>"},
	} {
		if _, err := show(row.text, xmlreader.Options{}); err != nil {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

func TestALenientReaderReadsWhatIsAlmostXML(t *testing.T) {
	for _, row := range []struct{ why, text, want string }{
		{"an entity of HTML", "<a>&nbsp;&eacute;&lt;</a>", "<a>(\u00a0é<)</a>"},
		{"an unknown entity", "<a>&unknown; &</a>", "<a>(&unknown; &)</a>"},
		{"an & alone", "<a b='c&d=e'>AT&T & co</a>", "<a b=c&d=e>(AT&T & co)</a>"},
		{"characters that are not permitted", "<a>\x01\xff\xfe\ufffe</a>", "<a>(\ufffd\ufffd\ufffd)</a>"},
		{"attributes without quotes", "<a b=c d/>", "<a b=c d=d></a>"},
		{"text outside of the root element", "warning!<a/>x", "<a></a>"},
	} {
		got, err := show(row.text, xmlreader.Options{Lenient: true})
		if got != row.want || err != nil {
			t.Errorf("%s: got %q, %v, want %q", row.why, got, err, row.want)
		}
	}
	many := "<a " + strings.Repeat("b ", 10_001) + "/>"
	if _, err := show(many, xmlreader.Options{Lenient: true}); err == nil || err.Error() != "line 1: a tag with too many attributes" {
		t.Errorf("many attributes without values: got %v", err)
	}
}

func TestCheckpointIsCalledWithinALongText(t *testing.T) {
	count := 0
	long := "<a>" + strings.Repeat("x", 1<<20) + "</a>"
	if _, err := show(long, xmlreader.Options{Checkpoint: func() { count++ }}); err != nil || count < 15 {
		t.Errorf("called %d times, %v", count, err)
	}
}

// Each text is as expensive as the limits permit.
func TestExpensiveTextsNeedLittleMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds on a busy machine")
	}
	const maxMemory = 96 << 20 // with the memory that becomes free while the text is read
	for _, row := range []struct{ why, text string }{
		{"elements", "<a>" + strings.Repeat("<b/>", maxNodes-1) + "</a>"},
		{"attributes", "<a>" + strings.Repeat("<b "+strings.Repeat("c=d ", 4000)+"/>", 24) + "</a>"},
		{"attributes without values", "<a " + strings.Repeat("b ", xmlreader.MaxText/2)},
		{"a long text", "<a>" + strings.Repeat("b", xmlreader.MaxText-10) + "</a>"},
		{"a long comment", "<!--" + strings.Repeat("b", xmlreader.MaxText-20) + "--><a/>"},
		{"a long name", "<" + strings.Repeat("b", xmlreader.MaxText-10) + "/>"},
		{"entities", "<a>" + strings.Repeat("&lt;", xmlreader.MaxText/4-10) + "</a>"},
		{"entities without end", "<a>" + strings.Repeat("&", xmlreader.MaxText-10) + "</a>"},
		{"brackets", strings.Repeat("<", xmlreader.MaxText)},
		{"directives", strings.Repeat("<!a>", xmlreader.MaxText/4)},
		{"nested directives", "<!a" + strings.Repeat("<", xmlreader.MaxText-10)},
	} {
		for _, lenient := range []bool{false, true} {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			r, err := xmlreader.New(row.text, xmlreader.Options{MaxNodes: maxNodes, Lenient: lenient, Checkpoint: func() {}})
			for err == nil {
				_, err = r.Next()
			}
			runtime.ReadMemStats(&after)
			if got := after.TotalAlloc - before.TotalAlloc; got > maxMemory {
				t.Errorf("%s: allocated %d MiB (%v)", row.why, got>>20, err)
			}
		}
	}
}

// A Reader must not accept more than encoding/xml, and must return the same names and texts.
func FuzzReader(f *testing.F) {
	for _, text := range []string{`<a b="1"><c/>d</a>`, "<x:a>&lt;<![CDATA[b]]><!-- c --></x:a>", "<?xml version='1.0'?><!DOCTYPE a><a/>", "<a><b></a></b>", "<a b='>' c=\"'\"/>", "<a b c=d>&nbsp;&</a>", "\xff\xfe<\x00", "<!a<'>'>><a/>"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		show(text, xmlreader.Options{Lenient: true}) // must not panic
		if _, err := show(text, xmlreader.Options{}); err != nil {
			var wrong *xmlreader.Error
			if !errors.As(err, &wrong) {
				t.Fatalf("%q: got %v", text, err)
			}
			return
		}
		if strings.Contains(text, "encoding") || strings.HasPrefix(text, "\xff\xfe") || strings.HasPrefix(text, "\xfe\xff") {
			return // encoding/xml does not know the encoding
		}
		elements, characters := 0, ""
		decoder := xml.NewDecoder(strings.NewReader(strings.TrimPrefix(text, "\ufeff")))
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%q: accepted, want %v", text, err)
			}
			switch token := token.(type) {
			case xml.StartElement:
				elements++
			case xml.CharData:
				characters += string(token)
			}
		}
		gotElements, gotCharacters := contentOf(t, text)
		if gotElements != elements || gotCharacters != strings.TrimSpace(characters) {
			t.Fatalf("%q: got %d elements and %q, want %d and %q", text, gotElements, gotCharacters, elements, characters)
		}
	})
}

// contentOf returns the number of elements in text, and its characters without space at the ends.
func contentOf(t *testing.T, text string) (elements int, characters string) {
	r, err := xmlreader.New(text, xmlreader.Options{MaxNodes: maxNodes, Checkpoint: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	for {
		token, err := r.Next()
		if err != nil {
			return elements, strings.TrimSpace(characters)
		}
		if token.Kind == xmlreader.Start {
			elements++
		}
		characters += token.Text
	}
}
