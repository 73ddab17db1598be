package browser

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Sizes are the sizes of the screens that pages are made for, in pixels: a monitor, the same monitor
// turned, the small display of a device, and a phone.
var Sizes = [][2]int64{{1920, 1080}, {1080, 1920}, {800, 480}, {390, 844}}

// Schemes are the colour schemes that a user can prefer.
var Schemes = []string{"dark", "light"}

// WantsPictures reports whether the environment variable MOONLARK_SCREENSHOTS names a folder for pictures.
func WantsPictures() bool { return os.Getenv("MOONLARK_SCREENSHOTS") != "" }

// Pictures writes pictures of the page, for people, in each of the Sizes and Schemes, to the folder
// MOONLARK_SCREENSHOTS. Afterwards the page has its size again, and no scheme is preferred. Pictures does
// nothing if no folder is named.
func (b *Tab) Pictures(state string) {
	b.t.Helper()
	if !WantsPictures() {
		return
	}
	for _, scheme := range Schemes {
		b.Prefer("prefers-color-scheme", scheme)
		b.PicturesAsItIs(state + "-" + scheme)
	}
	b.Prefer("prefers-color-scheme", "")
}

// PicturesAsItIs is like Pictures, for a page that has a colour scheme of its own.
func (b *Tab) PicturesAsItIs(state string) {
	b.t.Helper()
	if !WantsPictures() {
		return
	}
	folder := os.Getenv("MOONLARK_SCREENSHOTS")
	width, height := b.width, b.height
	for _, size := range Sizes {
		b.Resize(size[0], size[1])
		b.still()
		path := filepath.Join(folder, fmt.Sprintf("%s-%dx%d.png", state, size[0], size[1]))
		if err := os.WriteFile(path, b.capture(page.CaptureScreenshotParams{}), 0o644); err != nil {
			b.t.Error(err)
		}
	}
	b.Resize(width, height)
}

// still waits until two frames have been drawn since the last change, and no animation that ends is running.
func (b *Tab) still() {
	b.t.Helper()
	b.Do("for (let i = 0; i < 2; i++) await new Promise((done) => requestAnimationFrame(done))")
	b.Until("document.fonts.status === 'loaded' && document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)")
}

// capture returns a picture of the page.
func (b *Tab) capture(params page.CaptureScreenshotParams) []byte {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, timeout)
	defer cancel()
	result, err := chromedp.Call(ctx, page.CaptureScreenshot, params)
	if err != nil {
		b.t.Fatal(err)
	}
	return result.Data
}

// MaxPictureBytes is the maximum size of a picture in the manual.
const MaxPictureBytes = 120_000

// ManualPicture checks the size of the WebP picture in the file, which is one of the manual. With update, it
// writes what the page shows now to the file first.
func (b *Tab) ManualPicture(path string, update bool) {
	b.t.Helper()
	if update {
		b.still()
		quality := int64(82)
		picture := b.capture(page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatWebp, Quality: &quality})
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			b.t.Fatal(err)
		}
	}
	stored, err := os.Stat(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if stored.Size() > MaxPictureBytes {
		b.t.Errorf("%s has %d bytes, at most %d are allowed", path, stored.Size(), MaxPictureBytes)
	}
}
