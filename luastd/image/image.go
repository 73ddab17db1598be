// Package image is the Lua module "image", for pictures as bytes.
//
//	image.size(bytes)                     -> width, height, kind; or nil, reason, code
//	image.scale(bytes, width, height [, options]) -> the bytes of a smaller or larger picture; or nil, reason, code
//
// PNG, JPEG, GIF (its first picture) and WebP are read. A picture that is scaled has at most 64
// million pixels, a progressive JPEG 16 million, and the result at most 4096 in each direction. One
// picture is scaled at a time in the whole process, because the pixels take up to 256 MB.
package image

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"image"
	"image/color"
	"image/draw"
	_ "image/gif" // registers the format
	"image/jpeg"
	"image/png"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp" // registers the format

	"moonlark/luastd"
	"moonlark/luastd/value"
)

//go:embed doc.lua
var doc string

//go:embed manual.md
var manual string

// Module is the Lua module "image".
var Module = luastd.Module{Name: "image", Open: open, Doc: doc, Manual: manual}

const (
	maxPixels = 64 << 20
	// maxProgressivePixels is less, because the decoder of a progressive JPEG needs four times as much
	// memory for a pixel.
	maxProgressivePixels = maxPixels / 4
	maxSide              = 4096 // of a result, in pixels
)

// oneAtATime has a value while a picture is scaled. It belongs to the process, whose memory it limits.
var oneAtATime = make(chan struct{}, 1)

func open(L *lua.LState, rt luastd.Runtime) lua.LValue {
	t := L.CreateTable(0, 2)
	value.SetFunctions(L, t, map[string]lua.LGFunction{
		"size":  size,
		"scale": func(L *lua.LState) int { return scale(L, rt) },
	})
	return t
}

// size is the Lua function image.size.
func size(L *lua.LState) int {
	config, kind, err := decodeConfig(L.CheckString(1))
	if err != nil {
		return value.PushFailure(L, "invalid", "%s", err)
	}
	L.Push(lua.LNumber(config.Width))
	L.Push(lua.LNumber(config.Height))
	L.Push(lua.LString(kind))
	return 3
}

var errFormat = errors.New("it is not a picture: PNG, JPEG, GIF and WebP are supported")

// decodeConfig returns the size and the format of a picture.
func decodeConfig(file string) (config image.Config, kind string, err error) {
	defer func() {
		if recover() != nil { // a decoder does not expect these bytes
			err = errFormat
		}
	}()
	config, kind, err = image.DecodeConfig(bytes.NewReader([]byte(file)))
	switch {
	case errors.Is(err, image.ErrFormat):
		err = errFormat
	case err == nil && (config.Width < 1 || config.Height < 1):
		err = errors.New("the picture has no pixels")
	}
	return config, kind, err
}

// isProgressive reports whether a file is a JPEG whose picture comes in several scans.
func isProgressive(file string) bool {
	const start, startOfScan, progressive = "\xff\xd8", 0xda, 0xc2
	rest, ok := strings.CutPrefix(file, start)
	for ok && len(rest) >= 4 {
		switch marker := rest[1]; {
		case rest[0] != 0xff: // bytes that do not belong to a segment, which the decoder skips
			rest = rest[1:]
			continue
		case marker == 0xff || marker == 0 || marker == 1 || marker >= 0xd0 && marker <= 0xd7: // no segment
			rest = rest[1:]
			continue
		case marker == progressive:
			return true
		case marker == startOfScan:
			return false
		}
		rest = rest[min(len(rest), 2+int(rest[2])<<8+int(rest[3])):]
	}
	return false
}

// scale is the Lua function image.scale.
func scale(L *lua.LState, rt luastd.Runtime) int {
	file := L.CheckString(1)
	width, height := int(value.CheckWhole(L, 2, 1, maxSide)), int(value.CheckWhole(L, 3, 1, maxSide))
	o := value.CheckOptions(L, 4, "fit", "format", "quality")
	w := work{file: file, width: width, height: height}
	w.fit = o.Choice("fit", "inside", "cover", "stretch")
	w.format = o.Choice("format", "png", "jpeg")
	w.quality = o.Int("quality", 85, 1, 100)
	config, _, err := decodeConfig(file)
	if err != nil {
		return value.PushFailure(L, "invalid", "%s", err)
	}
	limit, what := maxPixels, "picture"
	if isProgressive(file) {
		limit, what = maxProgressivePixels, "progressive JPEG"
	}
	if config.Width > limit/config.Height {
		return value.PushFailure(L, "too_large", "the %s has %d x %d pixels; the maximum is %d in all", what, config.Width, config.Height, limit)
	}
	type result struct {
		file []byte
		err  error
	}
	r := rt.Await(L, func(done func(any)) func() {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			defer cancel()
			file, err := w.run(ctx)
			done(result{file, err})
		}()
		return cancel
	}).(result)
	if r.err != nil {
		return value.PushFailure(L, "invalid", "%s", r.err)
	}
	L.Push(lua.LString(r.file))
	return 1
}

// A work is a picture that is being scaled.
type work struct {
	file          string
	width, height int
	fit, format   string
	quality       int
}

// run returns the file of the scaled picture.
func (w work) run(ctx context.Context) (file []byte, err error) {
	select {
	case oneAtATime <- struct{}{}:
		defer func() { <-oneAtATime }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	defer func() {
		if recover() != nil { // a decoder does not expect these bytes
			err = errFormat
		}
	}()
	from, _, err := image.Decode(bytes.NewReader([]byte(w.file)))
	if err != nil {
		return nil, err
	}
	source, size := w.areas(from.Bounds())
	to := image.NewNRGBA(size)
	if w.format == "jpeg" { // it has no transparency
		draw.Draw(to, size, image.NewUniform(color.White), image.Point{}, draw.Src)
	}
	xdraw.ApproxBiLinear.Scale(to, size, from, source, draw.Over, nil)
	var b bytes.Buffer
	if w.format == "jpeg" {
		err = jpeg.Encode(&b, to, &jpeg.Options{Quality: w.quality})
	} else {
		err = png.Encode(&b, to)
	}
	return b.Bytes(), err
}

// areas returns the part of the picture that is shown, and the size of the result.
func (w work) areas(from image.Rectangle) (source, size image.Rectangle) {
	fx, fy := float64(w.width)/float64(from.Dx()), float64(w.height)/float64(from.Dy())
	whole := func(x float64) int { return max(1, int(math.Round(x))) }
	switch w.fit {
	case "inside":
		f := min(fx, fy)
		return from, image.Rect(0, 0, min(whole(f*float64(from.Dx())), w.width), min(whole(f*float64(from.Dy())), w.height))
	case "cover":
		f := max(fx, fy)
		dx, dy := min(whole(float64(w.width)/f), from.Dx()), min(whole(float64(w.height)/f), from.Dy())
		corner := from.Min.Add(image.Pt((from.Dx()-dx)/2, (from.Dy()-dy)/2))
		from = image.Rectangle{Min: corner, Max: corner.Add(image.Pt(dx, dy))}
	}
	return from, image.Rect(0, 0, w.width, w.height)
}
