package feed_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"

	module "moonlark/luastd/feed"
	"moonlark/luastd/luastdtest"
)

func TestFeedExamples(t *testing.T) { luastdtest.Examples(t, "testdata/*.lua") }

// parse must return a feed in the documented form, or fail with a reason and a code.
func FuzzParse(f *testing.F) {
	for _, text := range []string{
		"<rss><channel><title>a</title><link>b</link><item><title>c &lt;b&gt;d&lt;/b&gt;</title><description><![CDATA[<p>e</p>f]]></description><pubDate>Thu, 01 Jan 1970 00:01 GMT</pubDate></item></channel></rss>",
		"<rdf:RDF><channel><title>a</title></channel><item><title>b</title><dc:date>1970-01-01</dc:date></item></rdf:RDF>",
		"<feed><title type='html'>a &amp;amp; b</title><link href='c'/><entry><content type='xhtml'><div><p>d</p>e<br/></div></content><updated>1970-01-01T00:00:00Z</updated></entry></feed>",
		"<a:feed><a:entry><a:title>b</a:title></a:entry></a:feed>", "<html/>", "", "<rss><link>a\nb</link><title>c\nd</title></rss>", "<rss><channel><item>", "<rss><item><description>&lt;script>&lt;a b=c&gt;&nbsp;&</description></item></rss>",
	} {
		f.Add(text)
	}
	functions := luastdtest.OpenFunctions(f, module.Module)
	f.Fuzz(func(t *testing.T, text string) {
		got, err := functions.Call("parse", lua.LString(text))
		if err != nil {
			t.Fatal(err)
		}
		if len(got) != 1 {
			luastdtest.CheckFailure(t, got, "invalid", "too_large", "unsupported")
			return
		}
		feed := got[0].(*lua.LTable)
		checkString(t, text, feed, "title")
		checkString(t, text, feed, "link")
		items := feed.RawGetString("items").(*lua.LTable)
		for i := 1; i <= items.Len(); i++ {
			item := items.RawGetInt(i).(*lua.LTable)
			checkString(t, text, item, "title")
			checkString(t, text, item, "link")
			checkString(t, text, item, "summary")
			switch item.RawGetString("date").(type) {
			case lua.LNumber, *lua.LNilType:
			default:
				t.Fatalf("%q: the date of item %d is %v", text, i, item.RawGetString("date"))
			}
		}
	})
}

func checkString(t *testing.T, text string, table *lua.LTable, field string) {
	s, ok := table.RawGetString(field).(lua.LString)
	if !ok || !utf8.ValidString(string(s)) || strings.TrimSpace(string(s)) != string(s) || len(s) > 64<<10 {
		t.Fatalf("%q: %s is %q", text, field, table.RawGetString(field))
	}
	if field != "summary" && strings.Contains(string(s), "\n") {
		t.Fatalf("%q: %s has several lines: %q", text, field, s)
	}
}
