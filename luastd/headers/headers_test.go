package headers

import "testing"

func TestCheck(t *testing.T) {
	for _, row := range []struct{ name, text, want string }{
		{"x-a", "b ä", ""},
		{"X-A", "", ""},
		{"a b", "c", `"a b" is not the name of a header`},
		{"", "c", `"" is not the name of a header`},
		{"content-LENGTH", "5", "the header Content-Length cannot be set"},
		{"x-a", "b\r\nC: d", "the header X-A has a line end or another control character"},
	} {
		got := ""
		if err := Check(row.name, row.text); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%q: %q: got %s, want %s", row.name, row.text, got, row.want)
		}
	}
}
