package bundle

import (
	"bytes"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// counted counts how many files are open.
type counted struct {
	io.Reader
	open *int
}

func (c counted) Close() error {
	*c.open--
	return nil
}

func TestABundleIsMadeOfFilesFromElsewhere(t *testing.T) {
	m := manifestOf(shop)
	text, err := m.Encode()
	if err != nil {
		t.Fatal(err)
	}
	signatures := EncodeSignatures(signed(t, text, "shop"))
	for name, row := range map[string]struct {
		change func(content string) string // of each file
		reason Reason                      // "" means that the bundle can be unpacked
	}{
		"the right content": {change: func(s string) string { return s }},
		"short files":       {change: func(s string) string { return s[:len(s)-1] }, reason: Damaged},
		"other files":       {change: strings.ToUpper, reason: Damaged},
		"longer files":      {change: func(s string) string { return s + "more" }},
	} {
		t.Run(name, func(t *testing.T) {
			opened := 0
			b, err := NewFrom(text, signatures, func(f File) (io.ReadCloser, error) {
				opened++
				return counted{strings.NewReader(row.change(shop[f.Path])), &opened}, nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := b.Verify(testKeys(t, 1, "shop")); err != nil {
				t.Fatal(err)
			}
			dir := filepath.Join(t.TempDir(), "files")
			for range 2 { // the content can be read again
				err = b.CheckFiles()
				if err == nil {
					err = b.Write(new(bytes.Buffer))
				}
			}
			if err == nil {
				if err = b.Unpack(dir); err == nil {
					err = m.CheckFolder(dir)
				}
			}
			var refusal *Refusal
			if row.reason == "" && err != nil || row.reason != "" && (!errors.As(err, &refusal) || refusal.Reason != row.reason) {
				t.Errorf("the error is %v, want the reason %q", err, row.reason)
			}
			if b.Close(); opened != 0 {
				t.Errorf("%d files are still open", opened)
			}
		})
	}
	missing := errors.New("it is gone")
	b, err := NewFrom(text, signatures, func(File) (io.ReadCloser, error) { return nil, missing })
	if err != nil {
		t.Fatal(err)
	}
	if err := b.CheckFiles(); !errors.Is(err, missing) {
		t.Errorf("without a file: %v", err)
	}
}
