// Package browser runs pages in a real Chromium, for tests. A test binary has one browser, which
// [Main] starts; each test opens its pages in tabs of their own. Without Chromium, the tests that need
// it are skipped, unless MOONLARK_NEED_BROWSER is set. With -short, they are always skipped.
package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// programs are the names of Chromium.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "headless-shell"}

// A Browser is a running Chromium.
type Browser struct {
	ctx context.Context // of the browser's first tab, which stays empty
	why string          // why there is no browser; empty if there is one

	short bool // there is no browser because of -short
}

// Main runs the tests of a package with one browser and returns the exit code. flags are further
// flags of Chromium, such as "use-fake-device-for-media-stream" or "use-file-for-fake-audio-capture=a.wav".
// Main sets *browser, in which the tests open their pages. Call Main in TestMain.
func Main(m interface{ Run() int }, browser **Browser, flags ...string) int {
	flag.Parse() // for testing.Short
	if testing.Short() {
		*browser = &Browser{why: "the tests in a browser take longer than -short allows", short: true}
		return m.Run()
	}
	b, end := start(flags)
	defer end()
	*browser = b
	return m.Run()
}

// start starts Chromium. Call end at the end, in any case.
func start(flags []string) (b *Browser, end func()) {
	path := ""
	for _, name := range programs {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		return &Browser{why: "there is no Chromium: apt-get install chromium"}, func() {}
	}
	folder, err := os.MkdirTemp("", "moonlark-chromium")
	if err != nil {
		return &Browser{why: err.Error()}, func() {}
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(folder), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("accept-lang", "en"), chromedp.Flag("hide-scrollbars", false))
	for _, f := range flags {
		name, value, hasValue := strings.Cut(f, "=")
		if hasValue {
			opts = append(opts, chromedp.Flag(name, value))
		} else {
			opts = append(opts, chromedp.Flag(name, true))
		}
	}
	ctx, cancelAllocator := chromedp.NewExecAllocator(context.Background(), opts...)
	ctx, cancel := chromedp.NewContext(ctx)
	end = func() {
		chromedp.Cancel(ctx) // closes the browser and waits
		cancel()
		cancelAllocator()
		os.RemoveAll(folder)
	}
	if err := chromedp.Do(ctx); err != nil {
		return &Browser{why: fmt.Sprintf("%s does not start: %v", path, err)}, end
	}
	return &Browser{ctx: ctx}, end
}

// Need skips the test if there is no browser.
func (b *Browser) Need(t testing.TB) {
	t.Helper()
	switch {
	case b == nil:
		t.Fatal("TestMain has not called browser.Main")
	case b.why == "":
	case os.Getenv("MOONLARK_NEED_BROWSER") != "" && !b.short:
		t.Fatal(b.why)
	default:
		t.Skip(b.why)
	}
}
