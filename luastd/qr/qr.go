// Package qr is the Lua module "qr", which makes QR codes.
//
//	qr.encode(text [, options]) -> the code as a PNG image, as SVG or as text; or nil, reason, code
//
// A code has at most 2,953 bytes, and an image 2,048 pixels in each direction.
package qr

import (
	"bytes"
	_ "embed"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strings"

	lua "github.com/yuin/gopher-lua"
	"rsc.io/qr"

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "qr".
var Module = luastd.Module{Name: "qr", Open: open, Doc: doc, Manual: manual}

const (
	maxText   = 2953 // bytes of a code with the level L
	maxSize   = 2048 // pixels
	maxBorder = 20   // modules
)

var levels = map[string]qr.Level{"L": qr.L, "M": qr.M, "Q": qr.Q, "H": qr.H}

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 1)
	value.SetFunctions(L, t, map[string]lua.LGFunction{"encode": func(L *lua.LState) int { return encode(L, rt) }})
	return t
}

// encode is the Lua function qr.encode.
func encode(L *lua.LState, rt luastd.Checkpointer) int {
	text := L.CheckString(1)
	o := value.CheckOptions(L, 2, "size", "level", "format", "border")
	level := levels[o.Choice("level", "M", "L", "Q", "H")]
	format := o.Choice("format", "png", "svg", "text")
	size := o.Int("size", 256, 1, maxSize)
	border := o.Int("border", 4, 0, maxBorder)
	if text == "" {
		L.ArgError(1, "the text is empty")
	}
	rt.Checkpoint(L)
	code, err := newCode(text, level)
	if err != nil {
		return value.PushFailure(L, "too_large", "%s", err)
	}
	g := grid{code, border}
	switch {
	case format == "text":
		L.Push(lua.LString(g.text()))
	case format == "svg":
		L.Push(lua.LString(g.svg(size)))
	case size < g.width():
		return value.PushFailure(L, "too_large", "the code needs at least %d pixels in each direction, not %d", g.width(), size)
	default:
		L.Push(lua.LString(g.png(size)))
	}
	rt.Checkpoint(L)
	return 1
}

// newCode returns the code for text.
func newCode(text string, level qr.Level) (*qr.Code, error) {
	if len(text) <= maxText {
		if code, err := qr.Encode(text, level); err == nil {
			return code, nil
		}
	}
	return nil, fmt.Errorf("a text of %d bytes is too long for a QR code of this level", len(text))
}

// A grid is a code with a white border.
type grid struct {
	*qr.Code
	border int // in modules
}

// width returns the number of modules in each direction.
func (g grid) width() int { return g.Size + 2*g.border }

// black reports whether a module is black. x and y count from the corner of the border.
func (g grid) black(x, y int) bool { return g.Black(x-g.border, y-g.border) }

// png returns an image of size pixels in each direction. All modules have the same size, so the
// border can be wider than asked for.
func (g grid) png(size int) string {
	scale := size / g.width()
	margin := (size - scale*g.width()) / 2
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := margin; y < margin+scale*g.width(); y++ {
		for x := margin; x < margin+scale*g.width(); x++ {
			if g.black((x-margin)/scale, (y-margin)/scale) {
				picture.SetColorIndex(x, y, 1)
			}
		}
	}
	var b bytes.Buffer
	png.Encode(&b, picture) // cannot fail
	return b.String()
}

// svg returns the code as an SVG image of size pixels in each direction.
func (g grid) svg(size int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges"><path fill="#fff" d="M0 0h%[3]dv%[3]dH0z"/><path d="`,
		size, size, g.width(), g.width())
	for y := range g.width() {
		for x := 0; x < g.width(); x++ {
			run := 0
			for g.black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
				x += run
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}

// text returns the code for a terminal with light text on a dark background. Each character shows two
// modules, one above the other.
func (g grid) text() string {
	var b strings.Builder
	for y := 0; y < g.width(); y += 2 {
		for x := range g.width() {
			above, below := g.black(x, y), y+1 >= g.width() || g.black(x, y+1)
			switch {
			case !above && !below:
				b.WriteString("█")
			case !above:
				b.WriteString("▀")
			case !below:
				b.WriteString("▄")
			default:
				b.WriteString(" ")
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
