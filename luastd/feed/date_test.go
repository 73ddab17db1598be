package feed

import (
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	const want = "2026-05-07T07:30:00Z"
	for _, s := range []string{
		"Thu, 07 May 2026 07:30:00 GMT", "Thu, 7 May 2026 07:30:00 +0000", "07 May 2026 07:30 UT", "7 May 26 07:30:00 Z", "Thu,07 May 2026 09:30:00 +0200",
		"Thu, 07 May 2026 03:30:00 EDT", "Thu, 07 May 2026 09:30:00 cest", "Thursday, 7 May 2026 07:30:00 +0000 (UTC)", "Wrong, 07 May 2026 07:30:00", "Thu,\n 07  May 2026 07:30:00 +00:00",
		"2026-05-07T07:30:00Z", "2026-05-07T09:30:00+02:00", "2026-05-07T09:30:00.000+02:00", "2026-05-07T09:30+02:00", "2026-05-07T09:30:00+0200", "2026-05-07T07:30:00", "2026-05-07 07:30:00", "2026-05-07 07:30:00 UTC",
	} {
		got, ok := parseDate(s)
		if got := got.UTC().Format(time.RFC3339); !ok || got != want {
			t.Errorf("%s: got %s, %v", s, got, ok)
		}
	}
	for s, want := range map[string]string{"2026-05-07": "2026-05-07T00:00:00Z", "7 May 2026": "2026-05-07T00:00:00Z", "2026-05": "2026-05-01T00:00:00Z", "2026": "2026-01-01T00:00:00Z"} {
		if got, ok := parseDate(s); !ok || got.UTC().Format(time.RFC3339) != want {
			t.Errorf("%s: got %s, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "yesterday", "Thu, 07 May 2026 07:30:00 XYZ", "32 May 2026", "2026-13-01", strings.Repeat("2026-05-07", 20)} {
		if got, ok := parseDate(s); ok {
			t.Errorf("%s: got %s", s, got)
		}
	}
}

func TestPlainText(t *testing.T) {
	for _, row := range []struct{ html, want string }{
		{"a  b\n c", "a b\nc"},
		{"a &amp; b &eacute;&#33; &unknown; &", "a & b é! &unknown; &"},
		{"<p>one\ntwo</p><p>three<br>four</p>", "one two\nthree\nfour"},
		{"so <b>bo</b>ld, 1 < 2", "so bold, 1 < 2"},
		{"<a href='x>y'>link</a><img alt='>'>", "link"},
		{"a<script>if (a<b) {}</script>b<style>p{}</style>c<!-- d -->", "abc"},
		{"<ul><li>one<li>two</ul>", "one\ntwo"},
		{"cut in a <a href='", "cut in a"},
		{"&lt;b&gt; <i>x</i>", "<b> x"},
	} {
		if got := plain(row.html); got != row.want {
			t.Errorf("%s: got %q, want %q", row.html, got, row.want)
		}
	}
}
