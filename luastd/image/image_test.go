package image_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"moonlark/luastd/luastdtest"
)

// open opens a script whose folder has a picture of 300 x 100 pixels in several formats: its left third
// is red, the rest transparent.
func open(t *testing.T) *luastdtest.Script {
	picture := image.NewNRGBA(image.Rect(0, 0, 300, 100))
	for i := range 100 * 100 {
		picture.Set(i%100, i/100, color.NRGBA{255, 0, 0, 255})
	}
	s := luastdtest.Open(t, luastdtest.Options{})
	var b bytes.Buffer
	png.Encode(&b, picture)
	write(t, s, "a.png", b.Bytes())
	write(t, s, "cut.png", b.Bytes()[:b.Len()/2])
	write(t, s, "bomb.png", bomb())
	write(t, s, "progressive.jpeg", largeJPEG(0xc2))
	write(t, s, "baseline.jpeg", largeJPEG(0xc0))
	b.Reset()
	jpeg.Encode(&b, picture, nil)
	write(t, s, "a.jpeg", b.Bytes())
	b.Reset()
	gif.Encode(&b, picture, nil)
	write(t, s, "a.gif", b.Bytes())
	return s
}

func write(t *testing.T, s *luastdtest.Script, name string, content []byte) {
	if err := os.WriteFile(filepath.Join(s.Folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// bomb returns a PNG file of a few bytes that claims to have 12,000 x 12,000 pixels.
func bomb() []byte {
	header := append([]byte("IHDR"), 0, 0, 0x2e, 0xe0, 0, 0, 0x2e, 0xe0, 8, 6, 0, 0, 0)
	file := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), header...)
	return binary.BigEndian.AppendUint32(file, crc32.ChecksumIEEE(header))
}

// largeJPEG returns the beginning of a JPEG file of 5,000 x 5,000 pixels. frame is 0xc2 for a progressive
// one, and 0xc0 for another one.
func largeJPEG(frame byte) []byte {
	file := append([]byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00\xff"), frame, 0, 17, 8, 0x13, 0x88, 0x13, 0x88, 3)
	return append(file, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1)
}

func TestTheExamplesOfTheManual(t *testing.T) { luastdtest.Examples(t, "manual.md") }

func TestPicturesAreMeasuredAndScaled(t *testing.T) {
	s := open(t)
	for _, row := range []struct{ source, want string }{
		{`return image.size(fs.read("./a.png"))`, "300, 100, png"},
		{`return image.size(fs.read("./a.jpeg"))`, "300, 100, jpeg"},
		{`return image.size(fs.read("./a.gif"))`, "300, 100, gif"},
		{`return image.size(fs.read("./bomb.png"))`, "12000, 12000, png"},
		{`return image.size("")`, "nil, invalid: it is not a picture: PNG, JPEG, GIF and WebP are supported, invalid"},
		{`return image.scale(fs.read("./bomb.png"), 10, 10)`, "nil, too_large: the picture has 12000 x 12000 pixels; the maximum is 67108864 in all, too_large"},
		{`return image.size(fs.read("./progressive.jpeg"))`, "5000, 5000, jpeg"},
		{`return image.scale(fs.read("./progressive.jpeg"), 10, 10)`, "nil, too_large: the progressive JPEG has 5000 x 5000 pixels; the maximum is 16777216 in all, too_large"},
		{`return image.scale(fs.read("./baseline.jpeg"), 10, 10)`, "nil, invalid: unexpected EOF, invalid"}, // it is tried
		{`return image.scale(fs.read("./cut.png"), 10, 10)`, "nil, invalid: "},
		{`return image.scale("x", 10, 5000)`, "a.lua:1: bad argument #3 to scale (a whole number from 1 to 4096 expected, got 5000)"},
		{`return image.scale("x", 10, 10, {fit = "fill"})`, "a.lua:1: bad argument #4 to scale (fit must be "},
		{`return image.size(image.scale(fs.read("./a.png"), 60, 60))`, "60, 20, png"},
		{`return image.size(image.scale(fs.read("./a.jpeg"), 900, 200))`, "600, 200, png"},
		{`return image.size(image.scale(fs.read("./a.gif"), 60, 60, {fit = "cover", format = "jpeg"}))`, "60, 60, jpeg"},
		{`return image.size(image.scale(fs.read("./a.png"), 1, 1, {fit = "stretch"}))`, "1, 1, png"},
	} {
		if got := s.Run(row.source); !strings.HasPrefix(got, row.want) {
			t.Errorf("%s: got %s, want %s", row.source, got, row.want)
		}
	}
}

func TestTheColoursAreKept(t *testing.T) {
	s := open(t)
	for _, row := range []struct {
		source string
		x, y   int
		want   color.NRGBA
	}{
		{`return image.scale(fs.read("./a.png"), 30, 30)`, 5, 5, color.NRGBA{255, 0, 0, 255}},
		{`return image.scale(fs.read("./a.png"), 30, 30)`, 25, 5, color.NRGBA{}},
		{`return image.scale(fs.read("./a.png"), 30, 30, {fit = "cover"})`, 15, 15, color.NRGBA{}}, // the middle third
		{`return image.scale(fs.read("./a.png"), 30, 30, {fit = "stretch"})`, 5, 25, color.NRGBA{255, 0, 0, 255}},
	} {
		picture, err := png.Decode(strings.NewReader(s.Run(row.source)))
		if err != nil {
			t.Errorf("%s: %v", row.source, err)
			continue
		}
		if got := color.NRGBAModel.Convert(picture.At(row.x, row.y)); got != row.want {
			t.Errorf("%s: the pixel %d, %d is %v, want %v", row.source, row.x, row.y, got, row.want)
		}
	}
	picture, err := jpeg.Decode(strings.NewReader(s.Run(`return image.scale(fs.read("./a.png"), 30, 30, {format = "jpeg"})`)))
	if err != nil {
		t.Fatal(err)
	}
	if r, g, b, _ := picture.At(25, 5).RGBA(); min(r, g, b) < 0xf000 {
		t.Errorf("what was transparent is %v", picture.At(25, 5))
	}
}
