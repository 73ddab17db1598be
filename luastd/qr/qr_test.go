package qr_test

import (
	"bytes"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

func TestTheExamplesOfTheManual(t *testing.T) { luastdtest.Examples(t, "manual.md") }

func TestCodesHaveTheFormatThatIsAskedFor(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	for _, row := range []struct{ source, want string }{
		{`return qr.encode("")`, "a.lua:1: bad argument #1 to encode (the text is empty)"},
		{`return qr.encode("x", {level = "X"})`, "a.lua:1: bad argument #2 to encode (level must be "},
		{`return qr.encode("x", {size = 5000})`, "a.lua:1: bad argument #2 to encode (size must be a whole number from 1 to 2048, not 5000)"},
		{`return qr.encode("x", {size = 20})`, "nil, too_large: the code needs at least 29 pixels in each direction, not 20, too_large"},
		{`return qr.encode(("x"):rep(2953), {level = "L"}) ~= nil`, "true"},
		{`return qr.encode(("x"):rep(2954), {level = "L"})`, "nil, too_large: a text of 2954 bytes is too long for a QR code of this level, too_large"},
		{`return qr.encode("x", {format = "svg", size = 100, border = 0}):sub(1, 90)`, `<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100" viewBox="0 0 21 21" shape`},
		{`return (qr.encode("x", {format = "text", border = 0}):match("[^\n]+"))`, " ▄▄▄▄▄ █▀█▄█▀█ ▄▄▄▄▄ "},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %q, want %s", row.source, got, row.want)
		}
	}
}

func TestAPNGCodeHasTheSizeAndABorder(t *testing.T) {
	s := luastdtest.Open(t, luastdtest.Options{})
	picture, err := png.Decode(bytes.NewReader([]byte(s.Run(`return qr.encode("hello", {size = 300})`))))
	if err != nil {
		t.Fatal(err)
	}
	if b := picture.Bounds(); b.Dx() != 300 || b.Dy() != 300 {
		t.Fatalf("the image is %v", b)
	}
	first := 0
	for ; first < 300; first++ {
		if r, _, _, _ := picture.At(first, first).RGBA(); r == 0 {
			break
		}
	}
	if first != 45 { // 10 pixels a module: a margin of 5, and a border of 4 modules
		t.Errorf("the first black pixel is %d, want 45", first)
	}
}

// The code is read by another program.
func TestAnotherProgramReadsTheCode(t *testing.T) {
	if testing.Short() {
		t.Skip("it starts a program")
	}
	zbar, err := exec.LookPath("zbarimg")
	if err != nil {
		t.Skip("zbarimg is not installed")
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	path := filepath.Join(t.TempDir(), "code.png")
	os.WriteFile(path, []byte(s.Run(`return qr.encode("Grüße, https://example.com/?a=1&b=2", {level = "H"})`)), 0o600)
	out, err := exec.Command(zbar, "--quiet", "--raw", path).Output()
	if got := strings.TrimSpace(string(out)); err != nil || got != "Grüße, https://example.com/?a=1&b=2" {
		t.Errorf("got %q, %v", got, err)
	}
}
